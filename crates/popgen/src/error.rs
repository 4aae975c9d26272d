use std::path::PathBuf;

use marquee_dataset::DatasetError;
use thiserror::Error;

use crate::ConfigError;

/// Why a model could not be trained, written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PopGenError {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be read or written; the source names it.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A Parquet file is malformed.
    #[error("{}: not a readable Parquet file", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the Parquet reader or writer said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A file does not hold what it should.
    #[error("{}: {problem}; train the model again", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}
