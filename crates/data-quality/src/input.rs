//! Where rows come from: csv, JSON Lines, Parquet.

mod csv;
mod csv_blocks;
mod header;
mod jsonl;
mod parquet_columns;
mod parquet_file;
mod quoted;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use marquee_dataset::{DatasetError, Progress};

pub(crate) use csv::read as read_csv;
pub(crate) use jsonl::read as read_jsonl;
pub(crate) use parquet_file::read as read_parquet;

use crate::QualityError;

/// How a table to be checked is stored, told by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputFormat {
    Csv,
    JsonLines,
    /// A file, or a folder of files.
    Parquet,
}

impl InputFormat {
    pub(crate) fn of(path: &Path) -> Result<Self, QualityError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            _ if path.is_dir() => Ok(Self::Parquet),
            _ => {
                let expected = ".csv, .jsonl or .parquet";
                Err(QualityError::UnknownFormat { path: path.to_owned(), expected })
            }
        }
    }
}

/// Tells the progress handle what was done since it was told last, and whether to go on.
fn report_progress<'a>(
    progress: &'a mut dyn Progress,
    done: &'a AtomicU64,
) -> impl FnMut() -> Result<(), QualityError> + use<'a> {
    let mut told = 0;
    move || {
        let now = done.load(Ordering::Relaxed);
        progress.advance(now - told);
        told = now;
        if progress.is_cancelled() { Err(DatasetError::Cancelled.into()) } else { Ok(()) }
    }
}

/// An error of reading on in a text file.
fn unreadable(path: &Path, offset: u64, source: std::io::Error) -> QualityError {
    DatasetError::ReadOn { name: path.display().to_string(), offset, source }.into()
}
