//! The numbers of variants, service and log as tables.

use marquee_pages::{Align, Block, Cell, Column, Table, Unit, Value};

use super::by_lists;
use crate::{
    counts::Distribution,
    online::{ArmReport, Breakdown, WatchThroughReport},
};

pub(super) fn variants(report: &WatchThroughReport) -> Block {
    let rows = by_lists(report).into_iter().filter_map(|name| {
        let (lists, arm) = (report.variant_breakdown.get(name)?, report.variants.get(name)?);
        Some(variant(name, lists, arm))
    });
    table(
        "Variants",
        "Design effect: how many times the variance is that of independent lists.",
        &[
            "Variant",
            "Lists",
            "Converted",
            "Rate",
            "Users",
            "Design effect",
            "Still open",
            "Without a film",
            "Starts",
            "Mean place",
        ],
        rows.collect(),
    )
}

fn variant(name: &str, lists: &Breakdown, arm: &ArmReport) -> Vec<Value> {
    vec![
        Value::Text(name.to_owned()),
        Value::Count(lists.total_recommendation_events),
        Value::Count(lists.converted_recommendation_events),
        Value::in_unit(Unit::Share, lists.watch_through_rate, "no list"),
        Value::Count(arm.users),
        Value::in_unit(Unit::Real, arm.design_effect, ""),
        Value::Count(arm.censored_recommendation_events),
        Value::Count(arm.empty_recommendation_events),
        Value::Count(arm.attributed_starts),
        Value::in_unit(Unit::Real, arm.mean_position, ""),
    ]
}

pub(super) fn time_to_start(report: &WatchThroughReport) -> Block {
    let rows = by_lists(report)
        .into_iter()
        .filter_map(|name| Some(distribution(name, &report.variants.get(name)?.seconds_to_start)))
        .chain([distribution("all", &report.seconds_to_start)]);
    let heads = ["Variant", "Lists", "Mean", "Median", "90 %", "95 %", "99 %", "Longest"];
    table("Seconds from list to watch", "Over converted lists.", &heads, rows.collect())
}

pub(super) fn statuses(report: &WatchThroughReport) -> Block {
    let all = report.service.requests as f64;
    let rows = report.service.statuses.iter().map(|(status, &requests)| {
        vec![
            Value::Text(status.to_string()),
            Value::Count(requests),
            Value::Share(requests as f64 / all),
        ]
    });
    let personalised =
        Value::in_unit(Unit::Share, report.service.personalised_share, "there is no list");
    let caption = format!("Of the lists, given to nobody else film for film: {personalised}.");
    table("Answers by status", &caption, &["Status", "Requests", "Share"], rows.collect())
}

pub(super) fn service(report: &WatchThroughReport) -> Block {
    let with_availability = |mut row: Vec<Value>, availability: Option<f64>| {
        row.insert(2, Value::in_unit(Unit::Share, availability, "no request"));
        row
    };
    let rows = by_lists(report)
        .into_iter()
        .filter_map(|name| {
            let arm = report.variants.get(name)?;
            Some(with_availability(distribution(name, &arm.latency_ms), arm.availability))
        })
        .chain([with_availability(
            distribution("all", &report.service.latency_ms),
            report.service.availability,
        )]);
    table(
        "Availability and latency in milliseconds",
        "A failed request names no variant and counts as unknown, unless an experiment assigns its \
         user.",
        &["Variant", "Requests", "Available", "Mean", "Median", "90 %", "95 %", "99 %", "Slowest"],
        rows.collect(),
    )
}

fn distribution(name: &str, of: &Distribution) -> Vec<Value> {
    let whole = |value: Option<u64>| value.map_or(Value::Missing(String::new()), Value::Count);
    vec![
        Value::Text(name.to_owned()),
        Value::Count(of.count),
        Value::in_unit(Unit::Real, of.mean, ""),
        whole(of.p50),
        whole(of.p90),
        whole(of.p95),
        whole(of.p99),
        whole(of.max),
    ]
}

pub(super) fn log(report: &WatchThroughReport) -> Vec<Block> {
    let time = |time: &Option<String>| {
        let utc = time.as_ref().map(|time| time.trim_end_matches("+00:00").replace('T', " "));
        utc.map_or(Value::Missing("no event".to_owned()), Value::Text)
    };
    let rows = [
        ("Lines", Value::Count(report.total_log_lines)),
        ("Lines that are no event", Value::Count(report.refused_lines)),
        ("Events left out as too late", Value::Count(report.late_events)),
        ("Late by at most, seconds", Value::Real(report.late_bound_seconds)),
        ("First event, UTC", time(&report.first_event)),
        ("Last event, UTC", time(&report.last_event)),
        ("Started again after, hours", Value::Real(report.play_gap_hours)),
        ("Lines that contradict the experiment", Value::Count(report.contradicted_variants)),
        ("Answers without a film", Value::Count(report.empty_recommendation_events)),
        ("Starts attributed to a list", Value::Count(report.attributed_starts)),
    ];
    let rows = rows.map(|(name, value)| vec![Value::Text(name.to_owned()), value]);
    let mut blocks = vec![table("What was read", "", &["Name", "Value"], rows.into())];
    if report.refused_lines > 0 {
        let rows = report
            .refused
            .iter()
            .map(|(reason, &lines)| vec![Value::Text((*reason).to_owned()), Value::Count(lines)]);
        blocks.push(table("Lines that are no event", "", &["Reason", "Lines"], rows.collect()));
    }
    blocks
}

/// A column of names and columns of numbers.
fn table(title: &str, caption: &str, heads: &[&str], rows: Vec<Vec<Value>>) -> Block {
    let columns = heads.iter().enumerate().map(|(place, head)| Column {
        name: (*head).to_owned(),
        align: if place == 0 { Align::Text } else { Align::Number },
    });
    Block::Table(Table {
        title: title.to_owned(),
        caption: caption.to_owned(),
        columns: columns.collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Cell::Value).collect()).collect(),
    })
}
