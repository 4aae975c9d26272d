use std::{io, path::PathBuf};

use marquee_dataset::DatasetError;
use thiserror::Error;

use crate::{ConfigError, FORMAT_VERSION};

/// Why live films could not be set up, saved or loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LiveError {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The position holds a partition or an offset below 0, which stands for no place in a stream.
    #[error(
        "partition {partition} with next offset {offset} is no place in topic {topic:?}; \
         give both from 0"
    )]
    Position {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
    },
    /// The file could not be written; the source names it.
    #[error("cannot save the live films; what stood there before stays")]
    Write(#[source] DatasetError),
    /// The file could not be opened; the source names it.
    #[error("cannot open the live films")]
    Open(#[source] io::Error),
    /// The file is no whole npz file, or one of its arrays is missing or damaged.
    #[error("{}: damaged; delete it to start over without it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the npz reader said.
        #[source]
        source: DatasetError,
    },
    /// The file is of a version this program does not know.
    #[error(
        "{}: format version {found}, where this program reads {FORMAT_VERSION}; use the program \
         that wrote it, or delete it to start over without it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The arrays of the file do not belong together or hold what no events lead to.
    #[error("{}: {problem}; delete it to start over without it", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, by array and place.
        problem: String,
    },
}

impl LiveError {
    /// Whether a load failed because no file stands at its path, as before the first save.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Open(source) if source.kind() == io::ErrorKind::NotFound)
    }
}
