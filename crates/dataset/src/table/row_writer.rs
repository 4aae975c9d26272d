use std::{fmt, path::Path};

use super::{FinishedTable, Rows, TableFile, TableFormat, TableLayout};
use crate::{DatasetError, Interactions};

/// Rows of interactions that one thread fills and another hands to a [`RowWriter`].
///
/// Movie ids are text here: no vocabulary is needed, and none is held. 21 bytes a row and the text.
#[derive(Debug, Default)]
pub struct RowBlock {
    rows: Rows,
    /// The rows as csv, once they were asked for.
    csv: Vec<u8>,
}

impl RowBlock {
    /// Appends a row. `user_id` is 0 or more.
    #[inline]
    pub fn push(&mut self, user_id: i64, movie_id: &str, rating: u8, timestamp: i64) {
        self.rows.push(user_id, movie_id, rating, timestamp);
    }

    /// As [`push`](Self::push), of an id that is known to be UTF-8, which is not looked at again: a
    /// Parquet file cannot be written of another, and in csv it stands as it is.
    #[inline]
    pub fn push_bytes(&mut self, user_id: i64, movie_id: &[u8], rating: u8, timestamp: i64) {
        self.rows.push_bytes(user_id, movie_id, rating, timestamp);
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all rows and keeps their memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.csv.clear();
    }

    /// Makes the text of the rows, where a file of this format takes text, so that the thread that
    /// writes need not.
    pub fn prepare(&mut self, format: TableFormat) {
        if format == TableFormat::Csv {
            self.csv = self.rows.to_csv(TableLayout::Interactions);
        }
    }

    /// Appends all rows to a table.
    pub fn append_to(&self, table: &mut Interactions) {
        for row in 0..self.len() {
            // Ids were texts and user ids 0 or more when they came in.
            let movie = str::from_utf8(self.rows.movie_id(row)).unwrap_or_default();
            let user = self.rows.user_ids[row] as u64;
            table.push(user, movie, self.rows.ratings[row], self.rows.timestamps[row]);
        }
    }
}

/// Writes interactions to a new csv or Parquet file, block by block.
///
/// The bytes of the file depend on the rows alone, as those of
/// [`InteractionsWriter`](crate::InteractionsWriter) do, and are the same.
pub struct RowWriter {
    file: TableFile,
    format: TableFormat,
}

impl fmt::Debug for RowWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RowWriter").field("format", &self.format).finish_non_exhaustive()
    }
}

impl RowWriter {
    /// Starts a file of the four columns, csv or Parquet by the ending of `path`.
    ///
    /// # Errors
    /// [`DatasetError`] when the ending is unknown or the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        let format = TableFormat::of(path)?;
        Ok(Self { file: TableFile::create(path, TableLayout::Interactions)?, format })
    }

    /// The format of the file, for [`RowBlock::prepare`].
    #[must_use]
    pub fn format(&self) -> TableFormat {
        self.format
    }

    /// Appends all rows of a block.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn append(&mut self, block: &RowBlock) -> Result<(), DatasetError> {
        match &mut self.file {
            TableFile::Parquet(groups) => groups.append(&block.rows),
            TableFile::Csv(file) if block.csv.is_empty() => {
                file.output.append(&block.rows.to_csv(TableLayout::Interactions))
            }
            TableFile::Csv(file) => file.output.append(&block.csv),
        }
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn finish(self) -> Result<FinishedTable, DatasetError> {
        self.file.finish()
    }
}
