//! Tests of the data quality crate, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod agreement; // compiled checks and the jsonschema crate give the same verdicts
mod faults; // twelve kinds of faults, each found, and no good row rejected
mod forms; // csv, JSON Lines and Parquet; threads; order; dedupe
mod hostile; // files that are odd, endless or none, and schemas that are
mod page; // what people see of a report
mod reference; // the rows and counts of the reference
mod report; // the report and the rejects, field by field
mod seed; // the table of `faults`
mod values; // how values are typed and repaired
mod written; // what the programs write passes the bundled schemas

use std::path::{Path, PathBuf};

use marquee_data_quality::{QualityError, RejectRecord, ValidationJob, ValidationReport, validate};
use marquee_dataset::NoProgress;
use tempfile::TempDir;

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";
/// Later than the rows of these tests.
const NOW: i64 = 1_800_000_000;

/// A file of the fixtures folder.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run").join(name)
}

/// A schema of the repository.
fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(name)
}

/// A folder for one run.
struct Run {
    folder: TempDir,
}

impl Run {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A job on a file of that text, with the bundled schema.
    fn job(&self, name: &str, bytes: impl AsRef<[u8]>) -> ValidationJob {
        fs_err::write(self.path(name), bytes).unwrap();
        self.job_on(&self.path(name))
    }

    fn job_on(&self, input: &Path) -> ValidationJob {
        let (schema, out) = (bundled("interactions.schema.json"), self.path("clean.csv"));
        ValidationJob {
            rejects: Some(self.path("rejects.jsonl")),
            report: Some(self.path("report.json")),
            ..ValidationJob::new(input.to_owned(), schema, out, NOW)
        }
    }

    /// The good rows, without the header.
    fn clean(&self) -> String {
        let text = fs_err::read_to_string(self.path("clean.csv")).unwrap();
        text.strip_prefix(HEADER).unwrap().to_owned()
    }

    fn rejects(&self) -> Vec<RejectRecord> {
        let text = fs_err::read_to_string(self.path("rejects.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Line and reasons of every reject, the reasons as `column:reason`.
    fn reasons(&self) -> Vec<(u64, Vec<String>)> {
        let text = |record: RejectRecord| {
            let reasons = record.reasons.into_iter().map(|it| match it.column {
                Some(column) => format!("{column}:{}", it.reason),
                None => it.reason,
            });
            (record.line, reasons.collect())
        };
        self.rejects().into_iter().map(text).collect()
    }
}

fn run(job: &ValidationJob) -> Result<ValidationReport, QualityError> {
    validate(job, &mut NoProgress)
}

/// What the error says, with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
