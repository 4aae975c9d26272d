//! Rates, their difference, positions and times as drawings.

use marquee_pages::{
    BarChart, BarSeries, Block, Estimate, EstimateGroup, Estimates, Line, LineChart, Shape, Unit,
};

use super::{by_lists, curves};
use crate::online::{ByArm, WatchThroughPicture, WatchThroughReport};

/// Variants whose rate is drawn.
const MOST_RATES: usize = 12;

/// Places in a list that are drawn alone; those after count together.
const MOST_POSITIONS: usize = 30;

/// The share of requests whose latency is drawn: the slowest would hide the others.
const DRAWN_SHARE: f64 = 0.99;

pub(super) fn rates(report: &WatchThroughReport) -> Block {
    let names = by_lists(report);
    let mut groups: Vec<EstimateGroup> = names
        .iter()
        .take(MOST_RATES)
        .map(|&name| {
            let rate = report.variant_breakdown.get(name).and_then(|arm| arm.watch_through_rate);
            let interval = report.variants.get(name).and_then(|arm| arm.watch_through_interval);
            group(name, rate, interval)
        })
        .collect();
    groups.push(group("all lists", report.watch_through_rate, report.watch_through_interval));
    let hidden = names.len().saturating_sub(MOST_RATES);
    Block::Estimates(Estimates {
        title: "Watch-through rate".to_owned(),
        caption: format!(
            "Share of lists that led to a watch, with intervals of confidence {} by users{}.",
            Unit::Share.exactly(report.confidence),
            if hidden > 0 {
                format!("; {hidden} variants more in the table")
            } else {
                String::new()
            }
        ),
        category: "Variant".to_owned(),
        unit: Unit::Share,
        signed: false,
        series: vec!["rate".to_owned()],
        groups,
    })
}

/// The difference of the compared variants, by users and as if lists were independent.
pub(super) fn difference(report: &WatchThroughReport) -> Block {
    let by_user = report.clustered_z_test.as_ref().map(|clustered| &clustered.test);
    let mut groups = Vec::new();
    for (name, test) in [("by users", by_user), ("list by list", report.z_test.as_ref())] {
        if let Some(test) = test {
            groups.push(group(name, Some(test.effect_size), Some(test.confidence_interval)));
        }
    }
    let caption = match &report.z_test {
        None => "It needs two variants with lists that can be judged.".to_owned(),
        Some(test) => format!(
            "{} less {}. By users is the one to decide by: lists of one user come out alike.",
            test.variant_a, test.variant_b
        ),
    };
    Block::Estimates(Estimates {
        title: "Difference of the two variants".to_owned(),
        caption,
        category: "Counted".to_owned(),
        unit: Unit::Points,
        signed: true,
        series: vec!["difference".to_owned()],
        groups,
    })
}

fn group(name: &str, value: Option<f64>, interval: Option<[f64; 2]>) -> EstimateGroup {
    let interval = interval.map(|[low, high]| (low, high));
    EstimateGroup { name: name.to_owned(), estimates: vec![Estimate { value, interval }] }
}

pub(super) fn positions(report: &WatchThroughReport) -> Block {
    let all = report.converted_recommendation_events;
    let share = |converted: u64| (all > 0).then(|| converted as f64 / all as f64);
    let alone = report.positions.iter().take(MOST_POSITIONS);
    let mut categories: Vec<String> = alone.clone().map(|at| at.position.to_string()).collect();
    let mut values: Vec<Option<f64>> = alone.map(|at| share(at.converted)).collect();
    if let [first, ..] = report.positions.get(MOST_POSITIONS..).unwrap_or_default() {
        let rest = &report.positions[MOST_POSITIONS..];
        categories.push(format!("{}+", first.position));
        values.push(share(rest.iter().map(|at| at.converted).sum()));
    }
    Block::Bars(BarChart {
        title: "Place in the list".to_owned(),
        caption: "Share of converted lists whose first watched film stood there.".to_owned(),
        category: "Place".to_owned(),
        categories,
        ordered: true,
        unit: Unit::Share,
        series: vec![BarSeries { name: "share of converted lists".to_owned(), values }],
    })
}

pub(super) fn time_to_start(report: &WatchThroughReport, picture: &WatchThroughPicture) -> Block {
    Block::Lines(LineChart {
        title: "Time to start".to_owned(),
        caption: "How many of the converted lists had a film watched by then.".to_owned(),
        x_name: "Minutes after the list".to_owned(),
        lines: lines(report, &picture.seconds_to_start, |(seconds, share)| {
            Some((seconds / 60.0, share))
        }),
        ..cumulative()
    })
}

pub(super) fn latency(report: &WatchThroughReport, picture: &WatchThroughPicture) -> Block {
    Block::Lines(LineChart {
        title: "Latency".to_owned(),
        caption: format!(
            "How many of all requests, failed ones too, were answered by then, up to {}.",
            Unit::Share.exactly(DRAWN_SHARE)
        ),
        x_name: "Milliseconds".to_owned(),
        lines: lines(report, &picture.latency_ms, |point| {
            (point.1 <= DRAWN_SHARE).then_some(point)
        }),
        ..cumulative()
    })
}

fn cumulative() -> LineChart {
    LineChart {
        y_name: "Share".to_owned(),
        y_unit: Unit::Share,
        shape: Shape::Wide,
        ..LineChart::default()
    }
}

fn lines(
    report: &WatchThroughReport,
    curves_of: &ByArm<Vec<(f64, f64)>>,
    point: impl Fn((f64, f64)) -> Option<(f64, f64)>,
) -> Vec<Line> {
    curves(report)
        .into_iter()
        .filter_map(|name| {
            let points: Vec<_> = curves_of.get(name)?.iter().copied().filter_map(&point).collect();
            (!points.is_empty()).then(|| Line { name: name.to_owned(), points })
        })
        .collect()
}
