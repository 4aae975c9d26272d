//! The report as a page.

mod gauges;
mod numbers;
mod pictures;

use marquee_pages::{Align, Block, Cell, Column, Fact, Page, Section, Table, Tone, Value, Verdict};

use crate::{DriftPicture, DriftReport, Mode, TableSize};
use gauges::Metric;
use numbers::Numbers;

/// The page of a report: the verdict, what moved and why, every metric against its limits, the
/// distributions, and all numbers and flags of the report under the names they have there.
///
/// A report of one table has no reference to compare with; its page shows the table alone.
#[must_use]
pub fn page(report: &DriftReport, picture: &DriftPicture) -> Page {
    let numbers = Numbers::of(report);
    let metrics = gauges::metrics(report, picture, &numbers);
    Page {
        title: title(report),
        verdict: verdict(report, &metrics),
        facts: facts(report),
        sections: vec![
            Section {
                heading: match report.mode {
                    Mode::RefVsCur => "What moved, and why".to_owned(),
                    Mode::SingleSnapshot => "Who holds most".to_owned(),
                },
                blocks: pictures::movers(report),
            },
            Section {
                heading: "Every metric against its limits".to_owned(),
                blocks: vec![gauges::block(&metrics)],
            },
            Section {
                heading: match report.mode {
                    Mode::RefVsCur => "Distributions side by side".to_owned(),
                    Mode::SingleSnapshot => "Distributions".to_owned(),
                },
                blocks: pictures::distributions(report, picture),
            },
            Section { heading: "All numbers".to_owned(), blocks: numbers.blocks(report) },
        ],
        footer: "Written by drift-check. Names of numbers and flags are those of its JSON report."
            .to_owned(),
    }
}

fn title(report: &DriftReport) -> String {
    match &report.reference_path {
        Some(reference) => format!("Drift of {} against {reference}", report.current_path),
        None => format!("State of {}", report.current_path),
    }
}

/// Drift, or what comes near it, or neither.
fn verdict(report: &DriftReport, metrics: &[Metric]) -> Verdict {
    let alone = report.mode == Mode::SingleSnapshot;
    let named = |tone: Tone| {
        let named: Vec<String> = metrics
            .iter()
            .filter(|metric| metric.gauge.flag.tone == tone)
            .map(Metric::in_words)
            .collect();
        (named.len(), enumeration(&named))
    };
    let (bad, bad_names) = named(Tone::Bad);
    let (odd, odd_names) = named(Tone::Warning);
    let (unknown, unknown_names) = named(Tone::Neutral);
    let all = metrics.len();
    let not_judged = match unknown {
        0 => String::new(),
        count => format!(" {count} could not be judged: {unknown_names}."),
    };
    if report.drift_detected {
        let word = if alone { "Out of bounds" } else { "Drift detected" };
        return Verdict {
            tone: Tone::Bad,
            word: word.to_owned(),
            sentence: format!("{bad} of {all} metrics past a limit that counts: {bad_names}.")
                + &not_judged,
        };
    }
    let word = if alone { "Within bounds" } else { "No drift" };
    if odd > 0 {
        return Verdict {
            tone: Tone::Warning,
            word: format!("{word}, but look"),
            sentence: format!("{odd} of {all} metrics past a limit that only warns: {odd_names}.")
                + &not_judged,
        };
    }
    if unknown > 0 {
        let judged = all - unknown;
        return Verdict {
            tone: Tone::Warning,
            word: format!("{word} in what could be judged"),
            sentence: format!("None of {judged} metrics is past a limit.") + &not_judged,
        };
    }
    Verdict {
        tone: Tone::Good,
        word: word.to_owned(),
        sentence: format!("None of {all} metrics is past a limit."),
    }
}

/// The first three of `names` and how many more there are.
fn enumeration(names: &[String]) -> String {
    let first = names.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    match names.len().saturating_sub(3) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}

fn facts(report: &DriftReport) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |side: &str, size: TableSize| {
        facts.extend([
            Fact::new(&format!("Rows{side}"), Value::Count(size.rows)),
            Fact::new(&format!("Users{side}"), Value::Count(size.users)),
            Fact::new(&format!("Films{side}"), Value::Count(size.films)),
            Fact::new(&format!("Days{side}"), Value::Count(size.days)),
        ]);
    };
    match report.tables.reference {
        Some(reference) => {
            add(", reference", reference);
            add(", current", report.tables.current);
        }
        None => add("", report.tables.current),
    }
    facts
}

/// A table of names and values.
fn listing(title: &str, caption: &str, rows: Vec<(String, Cell)>) -> Block {
    Block::Table(Table {
        title: title.to_owned(),
        caption: caption.to_owned(),
        columns: vec![
            Column::text("Name"),
            Column { name: "Value".to_owned(), align: Align::Number },
        ],
        rows: rows
            .into_iter()
            .map(|(name, cell)| vec![Cell::Value(Value::Text(name)), cell])
            .collect(),
    })
}
