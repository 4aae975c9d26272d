use std::{
    collections::BTreeMap,
    ops::{Range, RangeInclusive},
    path::Path,
};

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use marquee_dataset::{DatasetError, NpzReader};
use marquee_events::{MovieId, UserId};

use crate::{
    FORMAT_VERSION, LiveConfig, LiveError, LiveFilms, MAX_MOVIE_ID_BYTES, Position, films::Entry,
};

/// Seconds since 1970 an event may state: years 0 to 9999 on a clock less than a day off UTC.
const TIMES: RangeInclusive<i64> = -62_167_305_600..=253_402_387_199;

/// Reads a file into an empty store.
pub(crate) fn load(path: &Path, live: &LiveFilms) -> Result<Position, LiveError> {
    let mut npz = NpzReader::open(path).map_err(|error| match error {
        DatasetError::Io(source) => LiveError::Open(source),
        source => LiveError::Damaged { path: path.to_owned(), source },
    })?;
    let damaged = |source| LiveError::Damaged { path: path.to_owned(), source };
    let wrong = |problem| LiveError::Content { path: path.to_owned(), problem };

    let (_, version) = npz.array::<u32>("format_version").map_err(damaged)?;
    match version[..] {
        [FORMAT_VERSION] => {}
        [found] => return Err(LiveError::Version { path: path.to_owned(), found }),
        _ => return Err(wrong("format_version is not a single number".to_owned())),
    }
    let position = PositionArrays::read(&mut npz).map_err(damaged)?.check().map_err(wrong)?;
    let movies = MovieArrays::read(&mut npz).map_err(damaged)?;
    let ids = movies.check().map_err(wrong)?;
    let films = FilmArrays::read(&mut npz).map_err(damaged)?;
    films.check(ids.len()).map_err(wrong)?;
    films.restore(&ids, live);
    Ok(position)
}

struct PositionArrays {
    topic: Vec<u8>,
    partition: Vec<i32>,
    next_offset: Vec<i64>,
}

impl PositionArrays {
    fn read(npz: &mut NpzReader) -> Result<Self, DatasetError> {
        Ok(Self {
            topic: npz.array("topic")?.1,
            partition: npz.array("partition")?.1,
            next_offset: npz.array("next_offset")?.1,
        })
    }

    fn check(self) -> Result<Position, String> {
        same_length("partition", self.partition.len(), "next_offset", self.next_offset.len())?;
        if !self.partition.is_sorted_by(|a, b| a < b) {
            return Err("partition is not ascending".to_owned());
        }
        let topic = String::from_utf8(self.topic).map_err(|_| "topic is not UTF-8".to_owned())?;
        let next = BTreeMap::from_iter(self.partition.into_iter().zip(self.next_offset));
        let position = Position { topic, next };
        position.check().map_err(|error| error.to_string())?;
        Ok(position)
    }
}

struct MovieArrays {
    bytes: Vec<u8>,
    indptr: Vec<u64>,
}

impl MovieArrays {
    fn read(npz: &mut NpzReader) -> Result<Self, DatasetError> {
        Ok(Self { bytes: npz.array("movie_id_bytes")?.1, indptr: npz.array("movie_id_indptr")?.1 })
    }

    fn check(&self) -> Result<Vec<&str>, String> {
        check_indptr("movie_id_indptr", &self.indptr, self.bytes.len())?;
        let mut ids = Vec::with_capacity(self.indptr.len());
        let mut known = HashSet::with_capacity_and_hasher(ids.capacity(), RandomState::default());
        for (place, ends) in self.indptr.windows(2).enumerate() {
            let bytes = &self.bytes[ends[0] as usize..ends[1] as usize];
            let text =
                std::str::from_utf8(bytes).map_err(|_| format!("movie id {place} is not UTF-8"))?;
            MovieId::new(text).map_err(|reason| format!("movie id {place}: {reason}"))?;
            if text.len() > MAX_MOVIE_ID_BYTES {
                return Err(format!("movie id {place} is longer than {MAX_MOVIE_ID_BYTES} bytes"));
            }
            if !known.insert(text) {
                return Err(format!("movie id {text:?} stands twice"));
            }
            ids.push(text);
        }
        Ok(ids)
    }
}

struct FilmArrays {
    user_id: Vec<u64>,
    indptr: Vec<u64>,
    movie: Vec<u32>,
    stars: Vec<u8>,
    minutes: Vec<u16>,
    last_seen: Vec<i64>,
}

impl FilmArrays {
    fn read(npz: &mut NpzReader) -> Result<Self, DatasetError> {
        Ok(Self {
            user_id: npz.array("user_id")?.1,
            indptr: npz.array("indptr")?.1,
            movie: npz.array("movie")?.1,
            stars: npz.array("stars")?.1,
            minutes: npz.array("minutes")?.1,
            last_seen: npz.array("last_seen")?.1,
        })
    }

    fn check(&self, ids: usize) -> Result<(), String> {
        let films = self.movie.len();
        same_length("stars", self.stars.len(), "movie", films)?;
        same_length("minutes", self.minutes.len(), "movie", films)?;
        same_length("last_seen", self.last_seen.len(), "movie", films)?;
        check_indptr("indptr", &self.indptr, films)?;
        same_length("user_id", self.user_id.len(), "the runs of indptr", self.indptr.len() - 1)?;
        for film in 0..films {
            self.check_film(film, ids).map_err(|problem| format!("film {film} {problem}"))?;
        }
        self.check_users()
    }

    fn check_film(&self, film: usize, ids: usize) -> Result<(), String> {
        let (stars, minutes, time) = (self.stars[film], self.minutes[film], self.last_seen[film]);
        match self.movie[film] {
            movie if movie as usize >= ids => {
                Err(format!("has movie {movie}, and there are {ids} movie ids"))
            }
            _ if stars > 5 => Err(format!("has {stars} stars, and there are 5")),
            _ if stars == 0 && minutes == 0 => Err("was neither watched nor rated".to_owned()),
            _ if !TIMES.contains(&time) => Err(format!("was last seen at {time}, no year to 9999")),
            _ => Ok(()),
        }
    }

    fn check_users(&self) -> Result<(), String> {
        let mut known =
            HashSet::with_capacity_and_hasher(self.user_id.len(), RandomState::default());
        let mut movies = Vec::new();
        for (row, &user_id) in self.user_id.iter().enumerate() {
            UserId::new(user_id).map_err(|reason| format!("user {user_id}: {reason}"))?;
            if !known.insert(user_id) {
                return Err(format!("user {user_id} stands twice"));
            }
            movies.clear();
            movies.extend_from_slice(&self.movie[self.films(row)]);
            movies.sort_unstable();
            if let Some(pair) = movies.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("user {user_id} has movie {} twice", pair[0]));
            }
        }
        Ok(())
    }

    /// The films of a user.
    fn films(&self, row: usize) -> Range<usize> {
        self.indptr[row] as usize..self.indptr[row + 1] as usize
    }

    /// Puts what the bounds admit into the store.
    fn restore(&self, ids: &[&str], live: &LiveFilms) {
        let (rows, first) = self.choose(ids, live);
        let mut users = 0;
        for row in first..self.user_id.len() {
            let films = self.kept(row, live.config(), &rows);
            if !films.is_empty() {
                users += 1;
                live.restore_user(self.user_id[row], films);
            }
        }
        // Those of the first user who found no room, perhaps.
        rows.into_iter().flatten().for_each(|row| live.release_movie(row));
        live.add_evicted_users((self.user_id.len() - users) as u64);
    }

    /// Goes from the most recent backwards: the row of each movie that is kept, and the first user.
    fn choose(&self, ids: &[&str], live: &LiveFilms) -> (Vec<Option<u32>>, usize) {
        let config = live.config();
        let mut rows: Vec<Option<u32>> = vec![None; ids.len()];
        let mut room = config.films;
        for user in (0..self.user_id.len()).rev() {
            let kept = self.films(user).rev().filter(|&film| {
                let movie = self.movie[film] as usize;
                rows[movie].is_some() || {
                    rows[movie] = live.restore_movie(ids[movie]);
                    rows[movie].is_some()
                }
            });
            match room.checked_sub(kept.take(config.films_per_user).count()) {
                Some(rest) => room = rest,
                None => return (rows, user + 1),
            }
        }
        (rows, 0)
    }

    /// The last films of a user, of those whose movies are kept.
    fn kept(&self, user: usize, config: &LiveConfig, rows: &[Option<u32>]) -> Vec<Entry> {
        let entry = |film: usize| {
            Some(Entry {
                last_seen: self.last_seen[film],
                movie: rows[self.movie[film] as usize]?,
                minutes: self.minutes[film],
                stars: self.stars[film],
            })
        };
        let range = self.films(user);
        let mut films = Vec::with_capacity(range.len().min(config.films_per_user));
        films.extend(range.rev().filter_map(entry).take(config.films_per_user));
        films.reverse();
        films
    }
}

fn same_length(name: &str, length: usize, other: &str, expected: usize) -> Result<(), String> {
    if length == expected {
        return Ok(());
    }
    Err(format!("{name} has length {length} where {other} has {expected}"))
}

/// Checks that runs begin at 0, end at `total` and that none is empty.
fn check_indptr(name: &str, indptr: &[u64], total: usize) -> Result<(), String> {
    if indptr.first() != Some(&0) || indptr.last() != Some(&(total as u64)) {
        return Err(format!("{name} does not go from 0 to {total}"));
    }
    match indptr.windows(2).position(|ends| ends[0] >= ends[1]) {
        Some(at) => Err(format!("{name} does not rise at {at}")),
        None => Ok(()),
    }
}
