use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a data set could not be read, made or written. Every variant names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A file could not be opened, read or written; the source names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A log or csv file broke off: it was cut short, or what is compressed is damaged.
    #[error("cannot read {name} past byte {offset} of its lines")]
    ReadOn {
        /// The file, `-` for standard input.
        name: String,
        /// Bytes of whole lines before.
        offset: u64,
        /// What the system or the decompressor said.
        #[source]
        source: io::Error,
    },
    /// The records of a stream could not be read to their end.
    #[error("cannot read {name}")]
    Records {
        /// The stream and its partition.
        name: String,
        /// What the source said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One log was given twice, perhaps under two names.
    #[error("{second} is the same file as {first}; its events would count twice, name it once")]
    SameLogTwice {
        /// The first name.
        first: String,
        /// The other.
        second: String,
    },
    /// Writing or putting a finished file in its place failed.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The ending of a file name tells no known format.
    #[error("{}: unknown format; the name must end in {expected}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The endings that would do.
        expected: &'static str,
    },
    /// A table lacks a column.
    #[error("{}: no column {column:?} (it has {found}); expected {expected}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column sought.
        column: &'static str,
        /// The columns there are.
        found: String,
        /// All columns the operation needs.
        expected: &'static str,
    },
    /// A csv file has no byte, so not even a header.
    #[error("{}: the file is empty; it should start with the header {expected}", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
        /// The columns that are needed.
        expected: &'static str,
    },
    /// A column of a Parquet file is of a type that its values cannot be taken from.
    #[error(
        "{}: column {column:?} is of type {found} where integers are needed; write it as int64, or \
         let dq-validate write the table, which turns whole numbers of other types into integers",
        path.display()
    )]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// Its type, as Arrow names it.
        found: String,
    },
    /// A value is not what its column holds.
    #[error(
        "{}, line {line}: {column} {value:?} is not {expected}; correct or remove the row",
        path.display()
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// The line of a text file, the row of a Parquet file; both from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// The value found, cut to 80 characters.
        value: String,
        /// What the column holds.
        expected: &'static str,
    },
    /// A record has more or fewer values than the header has names.
    #[error(
        "{}, line {line}: {found} values where the header has {expected} names; \
         correct or remove the row",
        path.display()
    )]
    Fields {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Names of the header.
        expected: usize,
        /// Values of the record.
        found: usize,
    },
    /// A csv file holds a record of more than 512 KiB; perhaps a quotation mark opens a value that
    /// nothing closes.
    #[error(
        "{}: the record at byte {offset} is longer than 512 KiB; \
         close its quotation marks, or remove it",
        path.display()
    )]
    LongRecord {
        /// The file.
        path: PathBuf,
        /// Where the record starts, in bytes.
        offset: u64,
    },
    /// A table has more rows than can be numbered.
    #[error("{}: {rows} rows are more than 2^32 - 1; split the table", path.display())]
    TooManyRows {
        /// The file or folder.
        path: PathBuf,
        /// Rows in it.
        rows: usize,
    },
    /// A csv file is malformed.
    #[error("{}: not a readable csv file", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the csv reader or writer said, with the line.
        #[source]
        source: csv::Error,
    },
    /// A Parquet file is malformed, or holds types that cannot be converted.
    #[error("{}: not a readable Parquet file of the expected columns", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the Parquet reader or writer said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The input holds nothing to work on.
    #[error("{name}: {what}; nothing was written")]
    Empty {
        /// The file or stream.
        name: String,
        /// What is missing.
        what: &'static str,
    },
    /// Strategy `aggregate` was asked of a file without the columns of single events.
    #[error(
        "{}: strategy aggregate needs an events file with the columns kind, minute and stars; \
         make one with log-ingest --events-out",
        path.display()
    )]
    NotEvents {
        /// The file.
        path: PathBuf,
    },
    /// Stars and minutes were asked of a table without them.
    #[error(
        "{}: the table has no columns stars and minutes; make one that has with dedup --strategy \
         aggregate, from an events file of log-ingest --events-out",
        path.display()
    )]
    NotAggregated {
        /// The table.
        path: PathBuf,
    },
    /// A file is no npz archive, or is cut short.
    #[error("{}: not a whole npz file", path.display())]
    NotNpz {
        /// The file.
        path: PathBuf,
        /// What the archive reader said.
        #[source]
        source: io::Error,
    },
    /// An array of an npz file cannot be used.
    #[error("{}: cannot use its array {array}", path.display())]
    Npz {
        /// The file.
        path: PathBuf,
        /// The array.
        array: &'static str,
        /// What is wrong with it.
        #[source]
        source: crate::NpzFault,
    },
    /// The arrays of a seen file do not belong together, or not to the maps beside it.
    #[error("{}: {problem}", path.display())]
    Seen {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// A file is no ingest report.
    #[error("{}: not a report of log-ingest", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The caller's progress handle asked to stop.
    #[error("stopped before the end; nothing was written")]
    Cancelled,
}

impl DatasetError {
    pub(crate) fn parquet(
        path: &std::path::Path,
    ) -> impl Fn(parquet::errors::ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Parquet { path: path.clone(), source }
    }

    /// What the Parquet writer said, as an error of writing.
    pub(crate) fn unwritable(
        path: &std::path::Path,
    ) -> impl Fn(parquet::errors::ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |error| {
            let source = match error {
                parquet::errors::ParquetError::External(cause) => match cause.downcast() {
                    Ok(cause) => *cause,
                    Err(other) => io::Error::other(other),
                },
                other => io::Error::other(other),
            };
            Self::Write { path: path.clone(), source }
        }
    }

    pub(crate) fn arrow(
        path: &std::path::Path,
    ) -> impl Fn(arrow::error::ArrowError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Parquet { path: path.clone(), source: source.into() }
    }

    pub(crate) fn csv(path: &std::path::Path) -> impl Fn(csv::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Csv { path: path.clone(), source }
    }

    /// The same error of text that starts after this many lines.
    pub(crate) fn on_a_line_after(mut self, lines: u64) -> Self {
        if let Self::Value { line, .. } | Self::Fields { line, .. } = &mut self {
            *line += lines;
        }
        self
    }

    pub(crate) fn value(
        path: &std::path::Path,
        line: u64,
        column: &'static str,
        value: &str,
        expected: &'static str,
    ) -> Self {
        let value = value.chars().take(80).collect();
        Self::Value { path: path.to_owned(), line, column, value, expected }
    }
}
