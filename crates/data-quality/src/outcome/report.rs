use std::{collections::BTreeMap, io::Write, path::Path};

use marquee_dataset::{DatasetError, StagedFile};
use serde::{Deserialize, Serialize};

use super::{Fault, Rejected};
use crate::volume::Volume;

/// What a validation read and made: the schema report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationReport {
    /// The table that was checked.
    pub input_path: String,
    /// Where the good rows are.
    pub output_path: String,
    /// Where the rejected rows are; null where they were not wanted.
    pub rejects_path: Option<String>,
    /// The schema.
    pub schema_path: String,
    /// Rows read; the sum of good and rejected ones.
    pub input_rows: u64,
    /// Rows that passed, as they came or repaired.
    pub clean_rows: u64,
    /// Rows that did not pass.
    pub reject_rows: u64,
    /// Rejected rows of all rows, 0 to 1; null where there is no row.
    pub reject_rate: Option<f64>,
    /// The greatest rate that is accepted.
    pub max_reject_rate: f64,
    /// Whether there are rows and the rate is not above its limit.
    pub passed: bool,
    /// Wall time in seconds.
    pub elapsed_sec: f64,
    /// Rows that were decoded at a time, at most.
    pub chunksize: u64,
    /// What was done to ratings and timestamps: `clip` or `none`.
    pub repair: String,
    /// Good rows that would have been rejected or written otherwise without repair.
    pub repaired_rows: u64,
    /// Rejected rows by reason, only reasons that occurred; a row counts for each of its reasons.
    pub reject_reasons: BTreeMap<String, u64>,
    /// Rejected rows by column and reason; faults of a line as a whole under `(line)`, and
    /// with them those of a column of that name. At most 100 columns.
    pub columns: BTreeMap<String, BTreeMap<String, u64>>,
    /// Up to three rejected rows for each column and reason, in the order of the input.
    pub examples: Vec<RejectExample>,
    /// Good rows that repeat an earlier good row in all four columns. They are kept.
    pub duplicate_rows: u64,
    /// Whether that is an estimate, as it is beyond some 33 million rows.
    pub duplicate_rows_estimated: bool,
    /// Good rows whose time lies after the start of the run. They are kept.
    pub future_rows: u64,
    /// Good rows by rating, `1` to `5`.
    pub rating_counts: BTreeMap<String, u64>,
    /// Earliest time of a good row, in seconds since 1970; null without rows.
    pub first_timestamp: Option<i64>,
    /// Latest time of a good row; null without rows.
    pub last_timestamp: Option<i64>,
    /// Good rows over time.
    pub volume: Volume,
    /// Why a number is null, by its name.
    pub not_computed: BTreeMap<String, String>,
    /// SHA-256 of the file of good rows.
    pub output_sha256: String,
    /// True where rows were made distinct; the other `dedupe_*` fields are there only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<bool>,
    /// What did it: `marquee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_engine: Option<String>,
    /// The columns that tell rows apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_keys: Option<Vec<String>>,
    /// Which row of equal keys stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_strategy: Option<String>,
    /// Rows before; the good rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_rows_in: Option<u64>,
    /// Rows after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_rows_out: Option<u64>,
    /// Part of the rows that was dropped, 0 to 1; null where there was no row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_drop_fraction: Option<Option<f64>>,
    /// Where the distinct rows are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_output_path: Option<String>,
}

/// A rejected row, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectExample {
    /// The column; null where the line as a whole is at fault.
    pub column: Option<String>,
    /// A name of [`Reason`](crate::Reason).
    pub reason: String,
    /// The file the row stands in.
    pub source: String,
    /// Line of a text file, row of a Parquet file, from 1.
    pub line: u64,
    /// Where the line starts in the file, in bytes; null for Parquet.
    pub offset: Option<u64>,
    /// The value, cut to 80 characters; null where there is none.
    pub value: Option<String>,
    /// The row as it stands there, cut to 200 characters; bytes that are no text are replaced.
    pub raw: String,
}

impl RejectExample {
    pub(super) fn new(source: &str, line: u64, rejected: Rejected<'_>, fault: &Fault) -> Self {
        let raw = rejected.raw;
        let raw = String::from_utf8_lossy(&raw[..raw.len().min(800)]);
        Self {
            column: fault.column.as_deref().map(str::to_owned),
            reason: fault.reason.to_string(),
            source: source.to_owned(),
            line,
            offset: rejected.offset,
            value: fault.value.clone(),
            raw: raw.chars().take(200).collect(),
        }
    }
}

impl ValidationReport {
    /// Writes the report as JSON, 2-space indented, ready to be put in its place.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when it cannot be written.
    pub fn stage(&self, path: &Path) -> Result<StagedFile, DatasetError> {
        let mut file = StagedFile::create(path)?;
        file.write_json(self)?;
        file.sync()?;
        Ok(file)
    }

    /// Writes the report as a page, ready to be put in its place.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when it cannot be written.
    pub fn stage_page(&self, path: &Path) -> Result<StagedFile, DatasetError> {
        let mut file = StagedFile::create(path)?;
        let page = crate::page(self).render();
        file.write_all(page.as_bytes()).map_err(|source| file.failed(source))?;
        file.sync()?;
        Ok(file)
    }
}
