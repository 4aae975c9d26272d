use std::path::PathBuf;

use marquee_dataset::DatasetError;
use thiserror::Error;

/// Why a table could not be checked at all. Every variant names the file and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QualityError {
    /// Reading or writing a table failed.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The schema file is not JSON.
    #[error("{}: not JSON", path.display())]
    NotJson {
        /// The schema file.
        path: PathBuf,
        /// What the parser said, with the line.
        #[source]
        source: serde_json::Error,
    },
    /// The schema is no JSON Schema of draft 2020-12, or none of rows.
    #[error("{}: {problem}", path.display())]
    Schema {
        /// The schema file.
        path: PathBuf,
        /// What is wrong with it, and where.
        problem: String,
    },
    /// A pattern of the schema cannot be matched in linear time, or is none.
    #[error("{}: pattern {pattern:?}: {fault}", path.display())]
    Pattern {
        /// The schema file.
        path: PathBuf,
        /// The pattern, cut to 120 characters.
        pattern: String,
        /// What is wrong with it.
        #[source]
        fault: PatternFault,
    },
    /// The input holds nothing that could be a table: no header, or no column that is known.
    #[error("{}: {problem}", path.display())]
    NotATable {
        /// The input.
        path: PathBuf,
        /// What was found, and what is expected.
        problem: String,
    },
    /// The ending of a file name tells no known format.
    #[error("{}: unknown format; the name must end in {expected}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The endings that would do.
        expected: &'static str,
    },
    /// A setting is out of its range.
    #[error("{setting} is {value}; it must be {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternFault {
    /// Look-ahead or look-behind.
    #[error("look-around ({0}…) cannot be matched in linear time; write the pattern without it")]
    LookAround(&'static str),
    /// `\1`, `\k<name>`.
    #[error("back references cannot be matched in linear time; write the pattern without them")]
    BackReference,
    /// What ECMA-262 does not define.
    #[error("{0:?} is not defined by ECMA-262; write the character itself, or its \\u escape")]
    UnknownEscape(String),
    /// Anything else the matcher refuses.
    #[error("not a regular expression: {0}")]
    Malformed(String),
}

impl QualityError {
    /// An error of reading a file.
    pub(crate) fn io(source: std::io::Error) -> Self {
        Self::Dataset(DatasetError::Io(source))
    }
}
