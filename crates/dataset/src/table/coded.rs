use std::{ops::Range, sync::Arc};

use arrow::{
    array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray},
    error::ArrowError,
};

use super::rows::{Columns, Rows, TableLayout};
use crate::{Aggregated, EventDetail, EventTable, Interactions};

/// A table in memory on its way into a file: movies as codes, columns that a layout does not have
/// empty.
pub(super) struct CodedTable<'a> {
    rows: &'a Interactions,
    details: &'a [EventDetail],
    stars: &'a [Option<i8>],
    minutes: &'a [i64],
    /// All movie ids, if no row group of theirs could end before it has all its rows.
    ids: Option<Arc<StringArray>>,
}

impl<'a> From<&'a Interactions> for CodedTable<'a> {
    fn from(rows: &'a Interactions) -> Self {
        let ids = &rows.movie_ids;
        let longest = ids.iter().map(str::len).max().unwrap_or(0);
        let few = ids.len() <= i32::MAX as usize / longest.max(1);
        let short = longest < Rows::MOST_TEXT / Rows::MOST_ROWS;
        let ids = (few && short).then(|| Arc::new(StringArray::from_iter_values(ids.iter())));
        Self { rows, details: &[], stars: &[], minutes: &[], ids }
    }
}

impl<'a> From<&'a EventTable> for CodedTable<'a> {
    fn from(table: &'a EventTable) -> Self {
        Self { details: &table.details, ..Self::from(&table.interactions) }
    }
}

impl<'a> From<&'a Aggregated> for CodedTable<'a> {
    fn from(table: &'a Aggregated) -> Self {
        let rows = Self::from(&table.interactions);
        Self { stars: &table.stars, minutes: &table.minutes, ..rows }
    }
}

impl CodedTable<'_> {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Some of the rows.
    pub(super) fn rows(&self, range: Range<usize>) -> Rows {
        let mut rows = Rows::default();
        for row in range.clone() {
            let (table, movie) = (self.rows, self.rows.movie_id(row));
            // Ids are below 2^63 wherever a table is filled.
            let user_id = table.user_ids[row] as i64;
            rows.push(user_id, movie, table.ratings[row], table.timestamps[row]);
        }
        rows.details.extend_from_slice(rows_of(self.details, range.clone()));
        rows.stars.extend_from_slice(rows_of(self.stars, range.clone()));
        rows.minutes.extend_from_slice(rows_of(self.minutes, range));
        rows
    }

    /// Whether no row group can end before it has all its rows.
    pub(super) fn has_short_ids(&self) -> bool {
        self.ids.is_some()
    }

    /// Rows whose csv text is no more than some MiB.
    pub(super) fn csv_rows(&self) -> usize {
        if self.has_short_ids() { 1 << 14 } else { 1 << 7 }
    }

    /// The columns of some of the rows, movies as a dictionary that is not copied.
    ///
    /// # Panics
    /// Where ids are not short.
    pub(super) fn arrays(
        &self,
        range: Range<usize>,
        layout: TableLayout,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let ids = self.ids.as_ref().expect("short ids");
        let codes = self.rows.movies[range.clone()].iter().map(|&code| code as i32);
        let codes = Int32Array::from_iter_values(codes);
        let users = self.rows.user_ids[range.clone()].iter().map(|&id| id as i64);
        let columns = Columns {
            users: Arc::new(Int64Array::from_iter_values(users)),
            movies: Arc::new(DictionaryArray::try_new(codes, Arc::<StringArray>::clone(ids))?),
            ratings: &self.rows.ratings[range.clone()],
            timestamps: self.rows.timestamps[range.clone()].to_vec(),
            details: rows_of(self.details, range.clone()),
            stars: rows_of(self.stars, range.clone()).to_vec(),
            minutes: rows_of(self.minutes, range).to_vec(),
        };
        Ok(columns.into_arrays(layout))
    }
}

/// Some rows of a column, if the layout has it.
fn rows_of<T>(column: &[T], range: Range<usize>) -> &[T] {
    if column.is_empty() { column } else { &column[range] }
}
