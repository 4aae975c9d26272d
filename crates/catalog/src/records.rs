use std::{
    io::{self, Write},
    path::Path,
};

use thiserror::Error;

use crate::CatalogError;

/// Records by id in a file, that an API answers one at a time: what
/// [`fetch`](crate::fetch) fills.
///
/// An empty one is the default. [`Catalog`](crate::Catalog) and [`Users`](crate::Users) are such.
pub trait Records: Default {
    /// What the ids name, in the plural, for people: `films`.
    const NOUN: &'static str;

    /// Reads the file that [`write`](Self::write) made.
    ///
    /// # Errors
    /// [`CatalogError`] naming the file.
    fn read(path: &Path) -> Result<Self, CatalogError>;

    /// Writes all records.
    ///
    /// # Errors
    /// What the output says.
    fn write(&self, output: &mut dyn Write) -> io::Result<()>;

    /// Whether there is a record of this id.
    fn holds(&self, id: &str) -> bool;

    /// Takes in the body of an answer about `id`, replacing what was held of it.
    ///
    /// # Errors
    /// [`RecordFault`] when the body is not the record of `id`; nothing has changed then.
    fn take(&mut self, id: &str, body: &[u8]) -> Result<(), RecordFault>;
}

/// Why an answer is not the record that was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordFault {
    /// The body is not the JSON of a record.
    #[error("not a record: {0}")]
    NotARecord(#[from] serde_json::Error),
    /// The record is about another id.
    #[error("a record of {found:?}")]
    OtherId {
        /// The id in the record.
        found: String,
    },
}
