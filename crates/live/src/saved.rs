use std::{
    io::{self, Seek, Write},
    ops::Range,
    path::Path,
    sync::Arc,
};

use marquee_dataset::{NpzWriter, StagedFile};

use crate::{
    LiveError, Position,
    films::{Entry, UserFilms},
};

/// Version of the file that [`Saved::write`] writes and [`LiveFilms::load`](crate::LiveFilms::load)
/// reads. It goes up with every change after which a program for the version before would refuse a
/// file, or take it for something else.
pub const FORMAT_VERSION: u32 = 1;

/// A copy of all films, with the place in the stream it stands for.
///
/// The file is an npz archive that depends on the state alone: the same films in the same order of
/// recency, and the same position, give the same bytes.
///
/// | array | holds |
/// | --- | --- |
/// | `format_version` | uint32, a single number: [`FORMAT_VERSION`] |
/// | `user_id` | uint64: users, the one longest without an event first |
/// | `indptr` | uint64, users + 1: user i has films `indptr[i]` to `indptr[i + 1]`, most recent last |
/// | `movie` | uint32: of each film the place of its id, by first appearance in this array |
/// | `stars` | uint8: the rating, 0 without one |
/// | `minutes` | uint16: watch events, 65,535 for any more |
/// | `last_seen` | int64: time of the last event, seconds since 1970 |
/// | `movie_id_bytes`, `movie_id_indptr` | uint8, and uint64: the ids one after another in UTF-8, and where each begins and the last ends |
/// | `topic` | uint8: the topic in UTF-8 |
/// | `partition`, `next_offset` | int32, int64: of each partition, ascending, the first event that is not in the state |
#[derive(Debug)]
pub struct Saved {
    position: Position,
    users: Vec<SavedUser>,
    films: Vec<Entry>,
    names: Vec<Option<Arc<str>>>,
}

#[derive(Debug)]
struct SavedUser {
    last_event: u64,
    user_id: u64,
    films: Range<usize>,
}

impl Saved {
    pub(crate) fn with_capacity(position: Position, users: usize, films: usize) -> Self {
        let (users, films) = (Vec::with_capacity(users), Vec::with_capacity(films));
        Self { position, users, films, names: Vec::new() }
    }

    pub(crate) fn push(&mut self, user_id: u64, user: &UserFilms) {
        let start = self.films.len();
        self.films.extend_from_slice(&user.films);
        let films = start..self.films.len();
        self.users.push(SavedUser { last_event: user.last_event, user_id, films });
    }

    pub(crate) fn set_names(&mut self, names: Vec<Option<Arc<str>>>) {
        self.names = names;
    }

    /// Users in it.
    #[must_use]
    pub const fn users(&self) -> usize {
        self.users.len()
    }

    /// Films in it.
    #[must_use]
    pub const fn films(&self) -> usize {
        self.films.len()
    }

    /// The place in the stream it stands for.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// Writes the file, which appears whole or not at all and is on the disk when this returns.
    ///
    /// Of two copies written to one path at the same time the one that ends last stays, be it the
    /// older; let one write end before the next begins. Cost: the size of the file, about 15 bytes a
    /// film and 16 a user, and its largest array in memory.
    ///
    /// # Errors
    /// [`LiveError::Write`] when it cannot be written; what stood at `path` stays.
    pub fn write(mut self, path: &Path) -> Result<(), LiveError> {
        self.users.sort_unstable_by_key(|user| user.last_event);
        let ids = self.number_movies();
        let mut file = StagedFile::create(path).map_err(LiveError::Write)?;
        self.write_arrays(&ids, &mut file).map_err(|error| LiveError::Write(file.failed(error)))?;
        file.commit().map_err(LiveError::Write)
    }

    /// Numbers movies by first appearance, as rows in memory depend on what was there before, and
    /// gives their ids.
    fn number_movies(&mut self) -> Vec<Arc<str>> {
        let mut numbers: Vec<Option<u32>> = vec![None; self.names.len()];
        let mut ids = Vec::new();
        for user in &self.users {
            for film in &mut self.films[user.films.clone()] {
                let row = film.movie as usize;
                film.movie = *numbers[row].get_or_insert_with(|| {
                    ids.extend(self.names[row].take());
                    ids.len() as u32 - 1
                });
            }
        }
        ids
    }

    fn write_arrays(&self, ids: &[Arc<str>], file: impl Write + Seek) -> io::Result<()> {
        let mut npz = NpzWriter::new(file);
        npz.array("format_version", &[], &[FORMAT_VERSION])?;
        let topic = self.position.topic.as_bytes();
        npz.array("topic", &[topic.len() as u64], topic)?;
        let partitions: Vec<i32> = self.position.next.keys().copied().collect();
        npz.array("partition", &[partitions.len() as u64], &partitions)?;
        let offsets: Vec<i64> = self.position.next.values().copied().collect();
        npz.array("next_offset", &[offsets.len() as u64], &offsets)?;

        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.bytes()).collect();
        npz.array("movie_id_bytes", &[bytes.len() as u64], &bytes)?;
        let indptr = indptr(ids.iter().map(|id| id.len()));
        npz.array("movie_id_indptr", &[indptr.len() as u64], &indptr)?;

        let users: Vec<u64> = self.users.iter().map(|user| user.user_id).collect();
        npz.array("user_id", &[users.len() as u64], &users)?;
        let indptr = self::indptr(self.users.iter().map(|user| user.films.len()));
        npz.array("indptr", &[indptr.len() as u64], &indptr)?;

        let shape = [self.films.len() as u64];
        npz.array("movie", &shape, &self.column(|film| film.movie))?;
        npz.array("stars", &shape, &self.column(|film| film.stars))?;
        npz.array("minutes", &shape, &self.column(|film| film.minutes))?;
        npz.array("last_seen", &shape, &self.column(|film| film.last_seen))?;
        npz.finish().map(drop)
    }

    fn column<T>(&self, value: impl Fn(&Entry) -> T) -> Vec<T> {
        let mut column = Vec::with_capacity(self.films.len());
        for user in &self.users {
            column.extend(self.films[user.films.clone()].iter().map(&value));
        }
        column
    }
}

/// Where runs of these lengths begin, and where the last ends.
fn indptr(lengths: impl Iterator<Item = usize>) -> Vec<u64> {
    let ends = lengths.scan(0, |end, length| {
        *end += length as u64;
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}
