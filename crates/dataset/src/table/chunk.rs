use super::{check_movie_id, check_rating, user_id};
use crate::{DatasetError, EventDetail, EventTable, MovieIds};

/// Rows that one thread read, in the codes of its lane.
#[derive(Default)]
pub(super) struct Chunk {
    user_ids: Vec<u64>,
    movies: Vec<u32>,
    ratings: Vec<u8>,
    timestamps: Vec<i64>,
    pub(super) details: Vec<EventDetail>,
    /// The ids that the lane met here first, in the order of their codes.
    new_ids: Vec<Box<str>>,
    /// Lines of the input it was read from, for the place of an error in what follows.
    pub(super) lines: u64,
}

/// The movie ids a lane has met.
pub(super) type Lane = MovieIds;

/// Where a row stands, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a std::path::Path,
    pub(super) line: u64,
}

impl Place<'_> {
    /// The error that a value is not what its column holds.
    pub(super) fn refuse(
        self,
        column: &'static str,
        value: &str,
        expected: &'static str,
    ) -> DatasetError {
        DatasetError::value(self.path, self.line, column, value, expected)
    }
}

impl Chunk {
    pub(super) fn len(&self) -> usize {
        self.movies.len()
    }

    /// Appends the code of a movie id, which is checked when it is met for the first time.
    pub(super) fn push_movie(
        &mut self,
        lane: &mut Lane,
        id: &str,
        place: Place<'_>,
    ) -> Result<u32, DatasetError> {
        let known = lane.len();
        let code = lane.code(id);
        if lane.len() > known {
            check_movie_id(id, place)?;
            self.new_ids.push(Box::from(id));
        }
        self.movies.push(code);
        Ok(code)
    }

    /// Appends the code of a movie id that [`push_movie`](Self::push_movie) gave before.
    pub(super) fn push_movie_code(&mut self, code: u32) {
        self.movies.push(code);
    }

    pub(super) fn push_user(&mut self, value: i64, place: Place<'_>) -> Result<(), DatasetError> {
        self.user_ids.push(user_id(value, place)?);
        Ok(())
    }

    pub(super) fn push_rating(&mut self, value: i64, place: Place<'_>) -> Result<(), DatasetError> {
        self.ratings.push(check_rating(value, place)?);
        Ok(())
    }

    pub(super) fn push_detail(&mut self, detail: EventDetail) {
        self.ratings.push(match detail {
            EventDetail::Watch { .. } => 1,
            EventDetail::Rate { stars } => stars.unsigned_abs(),
        });
        self.details.push(detail);
    }

    pub(super) fn push_timestamp(&mut self, value: i64) {
        self.timestamps.push(value);
    }

    pub(super) fn extend_timestamps(&mut self, values: &[i64]) {
        self.timestamps.extend_from_slice(values);
    }
}

/// Puts chunks together, in the order of the input.
///
/// Movie ids get their codes in order of first appearance, however the input was cut: an id that
/// is new to the table is new to the lane that read it, which lists its new ids in order.
#[derive(Default)]
pub(super) struct Merger {
    table: EventTable,
    /// For each lane the table's code of each of its codes.
    codes: Vec<Vec<u32>>,
}

impl Merger {
    pub(super) fn take(&mut self, lane: usize, chunk: &Chunk) {
        if self.codes.len() <= lane {
            self.codes.resize_with(lane + 1, Vec::new);
        }
        let rows = &mut self.table.interactions;
        let codes = &mut self.codes[lane];
        codes.extend(chunk.new_ids.iter().map(|id| rows.movie_ids.code(id)));
        rows.user_ids.extend_from_slice(&chunk.user_ids);
        rows.movies.extend(chunk.movies.iter().map(|&code| codes[code as usize]));
        rows.ratings.extend_from_slice(&chunk.ratings);
        rows.timestamps.extend_from_slice(&chunk.timestamps);
        self.table.details.extend_from_slice(&chunk.details);
    }

    /// The whole table; without details where no chunk had them.
    pub(super) fn into_table(self) -> EventTable {
        self.table
    }
}
