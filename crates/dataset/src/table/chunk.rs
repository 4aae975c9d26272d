use std::{
    path::Path,
    str,
    sync::{Arc, Mutex, PoisonError},
};

use super::{check_movie_id, check_rating, user_id};
use crate::{DatasetError, EventDetail, EventTable, Interactions, MovieIds};

/// Rows that one thread read.
#[derive(Default)]
pub(super) struct Chunk {
    user_ids: Vec<u64>,
    movies: Movies,
    ratings: Vec<u8>,
    timestamps: Vec<i64>,
    details: Vec<EventDetail>,
    /// Lines of the input it was read from, for the place of an error in what follows.
    pub(super) lines: u64,
}

/// The movies of rows, as codes of ids that the table knew already and of new ones behind them.
#[derive(Default)]
struct Movies {
    codes: Vec<u32>,
    /// Number of ids that were known.
    known: u32,
    /// The others, in order of first appearance.
    new: MovieIds,
}

/// The ids that the threads look up. They are those of the table at some moment, which is as good
/// as those of now: what is missing counts as new, once for each chunk.
#[derive(Default)]
pub(super) struct KnownIds(Mutex<Arc<MovieIds>>);

/// Where a row stands, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
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

/// Movie ids that are still to be looked at.
#[derive(Default)]
pub(super) struct RawIds {
    text: Vec<u8>,
    /// Where the id of each row ends in the text, and the row's line.
    rows: Vec<(usize, u64)>,
}

impl RawIds {
    pub(super) fn push(&mut self, id: &[u8], line: u64) {
        self.text.extend_from_slice(id);
        self.rows.push((self.text.len(), line));
    }
}

/// Gives movie ids their codes for one chunk.
pub(super) struct Coder {
    known: Arc<MovieIds>,
}

impl KnownIds {
    pub(super) fn coder(&self) -> Coder {
        Coder { known: Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) }
    }
}

impl Coder {
    /// An empty chunk for this coder's codes.
    pub(super) fn chunk(&self) -> Chunk {
        let movies = Movies { known: self.known.len() as u32, ..Movies::default() };
        Chunk { movies, ..Chunk::default() }
    }

    /// Appends the codes of ids to the chunk, one for each row.
    ///
    /// Looking up many ids one right after the other lets the processor wait for the memory of
    /// several at the same time.
    pub(super) fn push_movies(
        &self,
        chunk: &mut Chunk,
        ids: &RawIds,
        path: &Path,
    ) -> Result<(), DatasetError> {
        let text = str::from_utf8(&ids.text).ok();
        let mut start = 0;
        chunk.movies.codes.reserve(ids.rows.len());
        for &(end, line) in &ids.rows {
            let place = Place { path, line };
            let id = match text {
                Some(text) => text.get(start..end),
                None => str::from_utf8(&ids.text[start..end]).ok(),
            };
            let refused = || {
                let value = String::from_utf8_lossy(&ids.text[start..end]);
                place.refuse("movie_id", &value, "UTF-8")
            };
            let code = self.code(chunk, id.ok_or_else(refused)?, place)?;
            chunk.movies.codes.push(code);
            start = end;
        }
        Ok(())
    }

    /// The code of an id in the chunk; one that is met for the first time is checked.
    #[inline]
    pub(super) fn code(
        &self,
        chunk: &mut Chunk,
        id: &str,
        place: Place<'_>,
    ) -> Result<u32, DatasetError> {
        match self.known.get(id) {
            Some(code) => Ok(code),
            None => self.new_code(chunk, id, place),
        }
    }

    #[cold]
    fn new_code(&self, chunk: &mut Chunk, id: &str, place: Place<'_>) -> Result<u32, DatasetError> {
        let movies = &mut chunk.movies;
        let met = movies.new.len();
        let code = movies.new.code(id);
        if movies.new.len() > met {
            check_movie_id(id, place)?;
        }
        Ok(self.known.len() as u32 + code)
    }
}

impl Chunk {
    pub(super) fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Appends a code that a [`Coder`] gave for this chunk.
    pub(super) fn push_movie(&mut self, code: u32) {
        self.movies.codes.push(code);
    }

    pub(super) fn push_user(&mut self, value: i64, place: Place<'_>) -> Result<(), DatasetError> {
        self.user_ids.push(user_id(value, place)?);
        Ok(())
    }

    pub(super) fn push_rating(&mut self, value: i64, place: Place<'_>) -> Result<(), DatasetError> {
        self.ratings.push(check_rating(value, place)?);
        Ok(())
    }

    /// Appends an event's rating and, if it is wanted, what it was.
    pub(super) fn push_detail(&mut self, detail: EventDetail, wanted: bool) {
        self.ratings.push(match detail {
            EventDetail::Watch { .. } => 1,
            EventDetail::Rate { stars } => stars.unsigned_abs(),
        });
        if wanted {
            self.details.push(detail);
        }
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
/// is new to the table is new to its chunk, which holds its new ids in order.
pub(super) struct Merger<'a> {
    table: EventTable,
    known: &'a KnownIds,
    /// Number of ids that the threads know.
    published: usize,
}

impl<'a> Merger<'a> {
    pub(super) fn new(known: &'a KnownIds) -> Self {
        Self { table: EventTable::default(), known, published: 0 }
    }

    pub(super) fn take(&mut self, chunk: &Chunk) {
        let rows = &mut self.table.interactions;
        let new: Vec<u32> = chunk.movies.new.iter().map(|id| rows.movie_ids.code(id)).collect();
        let known = chunk.movies.known;
        let code = |&code: &u32| if code < known { code } else { new[(code - known) as usize] };
        rows.movies.extend(chunk.movies.codes.iter().map(code));
        rows.user_ids.extend_from_slice(&chunk.user_ids);
        rows.ratings.extend_from_slice(&chunk.ratings);
        rows.timestamps.extend_from_slice(&chunk.timestamps);
        self.table.details.extend_from_slice(&chunk.details);
        self.publish();
    }

    /// The rows taken so far, and not taken out of the table again.
    pub(super) fn rows(&mut self) -> &mut Interactions {
        &mut self.table.interactions
    }

    /// Tells the threads of new ids, each time there are an eighth more, so that all copies
    /// together cost no more than some of the last.
    fn publish(&mut self) {
        let ids = &self.table.interactions.movie_ids;
        if ids.len() > self.published + self.published / 8 {
            self.published = ids.len();
            let copy = Arc::new(ids.clone());
            *self.known.0.lock().unwrap_or_else(PoisonError::into_inner) = copy;
        }
    }

    /// The whole table; without details where no chunk had them.
    pub(super) fn into_table(self) -> EventTable {
        self.table
    }
}
