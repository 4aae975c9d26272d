use std::{path::PathBuf, time::Instant};

use marquee_dataset::{Keys, Progress, Strategy};

use crate::{
    QualityError, RowSchema, ValidationReport,
    checker::Checker,
    input::{self, InputFormat},
    outcome::Sink,
    repair::Repair,
};

/// What is to be checked, by what, and where the results go.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidationJob {
    /// The table: `.csv`, `.jsonl`, `.parquet` or a folder of `.parquet` files.
    pub input: PathBuf,
    /// The schema of its rows.
    pub schema: PathBuf,
    /// Good rows, `.csv` or `.parquet`, in the order of the input.
    pub out: PathBuf,
    /// The report as JSON.
    pub report: Option<PathBuf>,
    /// The report as a page for people, one HTML file.
    pub html: Option<PathBuf>,
    /// Rejected rows, `.jsonl` or `.parquet`.
    pub rejects: Option<PathBuf>,
    /// Rows of Parquet decoded at a time, 1 or more; text is read in blocks of 512 KiB.
    pub chunk_rows: usize,
    /// The greatest part of rows that may be rejected, 0 to 1.
    pub max_reject_rate: f64,
    /// What is done to ratings and timestamps before.
    pub repair: Repair,
    /// The time in seconds since 1970: later rows count as being in the future.
    pub now: i64,
    /// Whether good rows are made distinct too.
    pub dedupe: Option<DedupeJob>,
}

/// How good rows are made distinct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupeJob {
    /// Distinct rows, `.csv` or `.parquet`, sorted by user, time and input order.
    pub out: PathBuf,
    /// What tells rows apart.
    pub keys: Keys,
    /// Which row stays.
    pub strategy: Strategy,
}

impl ValidationJob {
    /// Rows of Parquet decoded at a time, if nothing is said.
    pub const DEFAULT_CHUNK_ROWS: usize = 250_000;
    /// The greatest part of rows that may be rejected, if nothing is said.
    pub const DEFAULT_MAX_REJECT_RATE: f64 = 0.05;

    /// A job with defaults.
    #[must_use]
    pub fn new(input: PathBuf, schema: PathBuf, out: PathBuf, now: i64) -> Self {
        Self {
            input,
            schema,
            out,
            report: None,
            html: None,
            rejects: None,
            chunk_rows: Self::DEFAULT_CHUNK_ROWS,
            max_reject_rate: Self::DEFAULT_MAX_REJECT_RATE,
            repair: Repair::default(),
            now,
            dedupe: None,
        }
    }

    /// Checks what can be checked without reading anything.
    ///
    /// # Errors
    /// [`QualityError::Setting`] naming the first setting out of its range.
    pub fn validate(&self) -> Result<(), QualityError> {
        let wrong = |setting, value: String, expected| {
            Err(QualityError::Setting { setting, value, expected })
        };
        if self.chunk_rows == 0 {
            return wrong("chunksize", self.chunk_rows.to_string(), "at least 1");
        }
        if !(0.0..=1.0).contains(&self.max_reject_rate) {
            return wrong("max-reject-rate", self.max_reject_rate.to_string(), "from 0 to 1");
        }
        if self.dedupe.as_ref().is_some_and(|job| job.strategy == Strategy::Aggregate) {
            let expected = "one of latest_by_timestamp, first_seen and last_seen: aggregate needs \
                            an events file, which dedup takes";
            return wrong("dedupe-strategy", Strategy::Aggregate.to_string(), expected);
        }
        Ok(())
    }
}

/// Checks every row of a table and writes those that are good, those that are not with every
/// reason, and the report; all appear at the end.
///
/// `clean_rows + reject_rows = input_rows`; empty lines are no rows. Good rows keep their order,
/// and the bytes of all outputs (the report's `elapsed_sec` apart) are the same for any number of
/// threads. Rows are read, checked and written at the same time on all threads of the current
/// rayon pool. Memory does not grow with the table but for 8 bytes a row, up to 512 MiB, that find
/// repeated rows, and with dedupe 46 bytes a row and the movie ids.
///
/// # Errors
/// [`QualityError`] when a setting is out of range, the schema is none, the input cannot be read or
/// has no header with the four columns, or an output cannot be written. Then no output has changed,
/// unless it was an error of renaming. A rate of rejects above the limit is no error:
/// [`ValidationReport::passed`] is false then.
pub fn validate(
    job: &ValidationJob,
    progress: &mut dyn Progress,
) -> Result<ValidationReport, QualityError> {
    let started = Instant::now();
    job.validate()?;
    let format = InputFormat::of(&job.input)?;
    let schema = RowSchema::read(&job.schema)?;
    let checker =
        Checker::new(&schema, job.repair, job.now, marquee_dataset::TableFormat::of(&job.out)?);
    let mut sink = Sink::create(job)?;
    match format {
        InputFormat::Csv => input::read_csv(&job.input, &checker, &mut sink, progress)?,
        InputFormat::JsonLines => input::read_jsonl(&job.input, &checker, &mut sink, progress)?,
        InputFormat::Parquet => {
            input::read_parquet(&job.input, job.chunk_rows, &checker, &mut sink, progress)?;
        }
    }
    sink.finish(started, progress)
}
