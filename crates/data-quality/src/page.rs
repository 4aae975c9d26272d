//! The report as a page.

mod numbers;
mod pictures;

use jiff::Timestamp;
use marquee_pages::{Block, Fact, Page, Section, Tone, Unit, Value, Verdict};

use crate::ValidationReport;

/// The page of a report: the verdict, what was rejected and why with examples, what the good rows
/// look like, and all numbers of the report under the names they have there.
#[must_use]
pub fn page(report: &ValidationReport) -> Page {
    Page {
        title: format!("Validation of {}", report.input_path),
        verdict: verdict(report),
        facts: facts(report),
        sections: vec![
            Section {
                heading: "What was rejected, and why".to_owned(),
                blocks: pictures::rejected(report),
            },
            Section {
                heading: "What the good rows look like".to_owned(),
                blocks: good_rows(report),
            },
            Section {
                heading: "All numbers".to_owned(),
                blocks: vec![numbers::faults(report), numbers::listing(report)],
            },
        ],
        footer: "Written by dq-validate. Names of numbers are those of its JSON report.".to_owned(),
    }
}

fn verdict(report: &ValidationReport) -> Verdict {
    let rows = Value::Count(report.input_rows);
    let rejected = Value::Count(report.reject_rows);
    let limit = Unit::Share.exactly(report.max_reject_rate);
    let repaired = match report.repaired_rows {
        0 => String::new(),
        1 => " One row was repaired.".to_owned(),
        count => format!(" {} rows were repaired.", Value::Count(count)),
    };
    let (tone, word, sentence) = if report.input_rows == 0 {
        (Tone::Bad, "Refused", "The table holds no row.".to_owned())
    } else if !report.passed {
        let sentence =
            format!("{rejected} of {rows} rows were rejected, more than the limit of {limit}.");
        (Tone::Bad, "Refused", sentence + &repaired)
    } else if report.reject_rows > 0 {
        let sentence =
            format!("{rejected} of {rows} rows were rejected, within the limit of {limit}.");
        (Tone::Warning, "Accepted, with rejects", sentence + &repaired)
    } else {
        (Tone::Good, "Clean", format!("All {rows} rows are good.") + &repaired)
    };
    Verdict { tone, word: word.to_owned(), sentence }
}

fn facts(report: &ValidationReport) -> Vec<Fact> {
    let duplicates = if report.duplicate_rows_estimated {
        "Duplicates, kept (estimated)"
    } else {
        "Duplicates, kept"
    };
    let mut facts = vec![
        Fact::new("Rows", Value::Count(report.input_rows)),
        Fact::new("Good rows", Value::Count(report.clean_rows)),
        Fact::new("Rejected rows", Value::Count(report.reject_rows)),
        Fact::new("Repaired rows", Value::Count(report.repaired_rows)),
        Fact::new(duplicates, Value::Count(report.duplicate_rows)),
        Fact::new("Times in the future, kept", Value::Count(report.future_rows)),
    ];
    if let Some(distinct) = report.dedupe_rows_out {
        facts.push(Fact::new("Distinct rows", Value::Count(distinct)));
    }
    for (name, time) in [("First", report.first_timestamp), ("Last", report.last_timestamp)] {
        let value = match time {
            Some(time) => Value::Text(written(time, "%Y-%m-%d %H:%M UTC")),
            None => Value::Missing("no good row".to_owned()),
        };
        facts.push(Fact::new(name, value));
    }
    facts.push(Fact::new("Seconds", Value::Real(report.elapsed_sec)));
    facts
}

fn good_rows(report: &ValidationReport) -> Vec<Block> {
    vec![pictures::ratings(report), pictures::volume(&report.volume)]
}

/// A time in seconds since 1970 as `format` has it; the number where no calendar reaches.
fn written(time: i64, format: &str) -> String {
    match Timestamp::from_second(time) {
        Ok(timestamp) => timestamp.strftime(format).to_string(),
        Err(_) => time.to_string(),
    }
}
