//! Tests of the drift crate, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod calibration; // false alarms, planted drift, the file of thresholds
mod comparison; // what is flagged, what is null and why
mod format; // the report's fields, refused where one is unknown or lost
mod page; // what people see: every number, limit and flag, and why one is missing
mod reference; // the reports of the reference, number by number
#[path = "../../examples/source/mod.rs"]
mod source; // tables drawn from one source

use std::path::{Path, PathBuf};

use marquee_dataset::Interactions;
use marquee_drift::{
    ComparisonMetrics, DriftConfig, DriftReport, Keep, Metrics, TableSummary, compare,
};

/// A file of the fixtures folder.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run").join(name)
}

fn summary(table: &Interactions) -> TableSummary {
    TableSummary::of(table, Keep::Counts)
}

/// The report of two tables, with default thresholds.
fn report(reference: &Interactions, current: &Interactions) -> DriftReport {
    compare(&summary(reference), &summary(current), None, &DriftConfig::default()).unwrap().0
}

/// The numbers of a report of two tables.
fn numbers(report: &DriftReport) -> &ComparisonMetrics {
    match &report.metrics {
        Metrics::Comparison(metrics) => metrics,
        Metrics::Snapshot(_) => panic!("a report of one table"),
    }
}

/// A table of (user, film, rating, timestamp) rows.
fn table(rows: impl IntoIterator<Item = (u64, String, u8, i64)>) -> Interactions {
    let mut table = Interactions::default();
    for (user, film, rating, timestamp) in rows {
        table.push(user, &film, rating, timestamp);
    }
    table
}
