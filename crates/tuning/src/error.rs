use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a search could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TuningError {
    /// A range holds no value, or values no setting can have.
    #[error("{name}: {range}; write one value, some (16,32,64), 0..1, or log:0.001..10")]
    Range {
        /// The setting.
        name: String,
        /// What was written.
        range: String,
    },
    /// A setting is there twice, or none at all.
    #[error("{0}")]
    Space(String),
    /// The plan cannot be carried out.
    #[error("{0}")]
    Plan(String),
    /// The journal could not be read or written.
    #[error("cannot keep the journal {}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The journal is of another search.
    #[error(
        "{} is the journal of another search ({what} differs); go on with the settings it was \
         begun with, or name another file",
        path.display()
    )]
    OtherSearch {
        /// The file.
        path: PathBuf,
        /// The first thing that differs.
        what: String,
    },
    /// A line of the journal cannot be read.
    #[error("{}, line {line}: {why}", path.display())]
    JournalLine {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}
