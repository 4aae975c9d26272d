//! Records of text without quotation marks: every comma ends a value and every line feed a record.

use super::{Chunk, DatasetError, Header, Place, RawIds, push_row};
use crate::field::first_comma;

impl Header<'_> {
    /// Reads a block of whole lines without quotation marks; lines in errors count from its first.
    pub(super) fn plain_rows(
        &self,
        bytes: &[u8],
        chunk: &mut Chunk,
        ids: &mut RawIds,
    ) -> Result<(), DatasetError> {
        // Where the values of a record end.
        let mut ends = Vec::with_capacity(self.fields);
        let (mut start, lines) = (0, memchr::memchr_iter(b'\n', bytes));
        let unterminated = (!bytes.ends_with(b"\n")).then_some(bytes.len());
        for end in lines.chain(unterminated) {
            chunk.lines += 1;
            let place = Place { path: self.path, line: chunk.lines };
            ends.clear();
            let mut from = start;
            while let Some(comma) = first_comma(&bytes[from..end]) {
                ends.push(from + comma);
                from += comma + 1;
            }
            ends.push(end);
            self.plain_row(bytes, start, &ends, place, chunk, ids)?;
            start = end + 1;
        }
        Ok(())
    }

    /// Takes the record that starts at `start` and whose values end at `ends`.
    #[inline]
    fn plain_row(
        &self,
        bytes: &[u8],
        start: usize,
        ends: &[usize],
        place: Place<'_>,
        chunk: &mut Chunk,
        ids: &mut RawIds,
    ) -> Result<(), DatasetError> {
        let value = |column: usize| {
            let from = column.checked_sub(1).map_or(start, |before| ends[before] + 1);
            let value = &bytes[from..ends[column]];
            match value.strip_suffix(b"\r") {
                Some(rest) if column + 1 == ends.len() => rest,
                _ => value,
            }
        };
        if ends.len() != self.fields {
            if ends.len() == 1 && value(0).is_empty() {
                return Ok(());
            }
            let (path, expected) = (self.path.to_owned(), self.fields);
            return Err(DatasetError::Fields {
                path,
                line: place.line,
                expected,
                found: ends.len(),
            });
        }
        push_row(&self.columns.values(value), place, chunk, ids)
    }
}
