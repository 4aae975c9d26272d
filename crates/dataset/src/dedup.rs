use std::{collections::HashMap, fmt, str::FromStr};

use foldhash::fast::RandomState;
use rayon::prelude::*;
use thiserror::Error;

use crate::{Aggregated, EventDetail, EventTable, Interactions};

/// Which row of those with equal keys stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The latest by time; of equal times the last in the input.
    #[default]
    LatestByTimestamp,
    /// The first in the input.
    FirstSeen,
    /// The last in the input.
    LastSeen,
    /// All rows of a (user, movie) pair become one: see [`aggregate`].
    Aggregate,
}

impl Strategy {
    /// Every strategy, in the order of the documentation.
    pub const ALL: [Self; 4] =
        [Self::LatestByTimestamp, Self::FirstSeen, Self::LastSeen, Self::Aggregate];

    /// The name used in flags and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LatestByTimestamp => "latest_by_timestamp",
            Self::FirstSeen => "first_seen",
            Self::LastSeen => "last_seen",
            Self::Aggregate => "aggregate",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A name that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is none of {known}")]
pub struct UnknownName {
    given: String,
    known: &'static str,
}

impl FromStr for Strategy {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == name).ok_or_else(|| {
            UnknownName {
                given: name.to_owned(),
                known: "latest_by_timestamp, first_seen, last_seen, aggregate",
            }
        })
    }
}

/// The columns whose values together tell rows apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    user_id: bool,
    movie_id: bool,
    rating: bool,
    timestamp: bool,
}

impl Default for Keys {
    /// `user_id,movie_id`.
    fn default() -> Self {
        Self { user_id: true, movie_id: true, rating: false, timestamp: false }
    }
}

impl FromStr for Keys {
    type Err = UnknownName;

    /// Reads a comma-separated list of column names.
    fn from_str(list: &str) -> Result<Self, UnknownName> {
        let mut keys = Self { user_id: false, movie_id: false, rating: false, timestamp: false };
        for name in list.split(',') {
            let column = match name.trim() {
                "user_id" => &mut keys.user_id,
                "movie_id" => &mut keys.movie_id,
                "rating" => &mut keys.rating,
                "timestamp" => &mut keys.timestamp,
                _ => {
                    let known = "user_id, movie_id, rating, timestamp (a comma-separated list)";
                    return Err(UnknownName { given: name.to_owned(), known });
                }
            };
            *column = true;
        }
        Ok(keys)
    }
}

impl Keys {
    /// The key of a row: columns that do not count are zero in every row.
    fn of(self, table: &Interactions, row: usize) -> (u64, u32, u8, i64) {
        (
            if self.user_id { table.user_ids[row] } else { 0 },
            if self.movie_id { table.movies[row] } else { 0 },
            if self.rating { table.ratings[row] } else { 0 },
            if self.timestamp { table.timestamps[row] } else { 0 },
        )
    }
}

/// One row for each distinct key, sorted by user, time and input order.
///
/// Which row stays is for `strategy` to say; [`Strategy::Aggregate`] keeps the latest here, since a
/// table of four columns has nothing to aggregate. O(n log n) on all threads. The rows are 21 bytes
/// each; at most 46 are held for one, those of the given and the returned table included. Keys other
/// than `user_id,movie_id` need a hash table for each user as well, and keys without `user_id` one of
/// all distinct keys, filled by one thread.
///
/// # Panics
/// On a table of 2³² rows or more.
#[must_use]
pub fn dedup(mut table: Interactions, strategy: Strategy, keys: Keys) -> Interactions {
    let mut entries = sorted_entries(&table);
    let parts = if keys == Keys::default() {
        // The entries hold all that is needed of these columns.
        (table.user_ids, table.movies, table.timestamps) = Default::default();
        in_user_ranges(&mut entries, |range| {
            let mut chooser = ByMovie::new(table.movie_ids.len());
            keep_of_each_user(range, |run, kept| chooser.choose(run, strategy, kept))
        })
    } else if keys.user_id {
        in_user_ranges(&mut entries, |range| {
            let mut chooser = ByKey::default();
            keep_of_each_user(range, |run, kept| chooser.choose(&table, keys, run, strategy, kept))
        })
    } else {
        let mut kept = Vec::new();
        ByKey::default().choose(&table, keys, &entries, strategy, &mut kept);
        let count = move_forward(&mut entries, 0, 0, &kept);
        vec![&entries[..count]]
    };
    (table.user_ids, table.movies, table.timestamps) = Default::default();
    let ratings = table.ratings;
    let (user_ids, movies, timestamps, ratings) = columns(&parts, &ratings);
    Interactions { user_ids, movies, ratings, timestamps, movie_ids: table.movie_ids }
}

type Columns = (Vec<u64>, Vec<u32>, Vec<i64>, Vec<u8>);

/// Users, movies, times and ratings of entries; the ratings stand in the order of the input.
fn columns(parts: &[&[Entry]], ratings: &[u8]) -> Columns {
    fn column<T>(parts: &[&[Entry]], value: impl Fn(&Entry) -> T) -> Vec<T> {
        let mut column = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| column.extend(part.iter().map(&value)));
        column
    }
    let ((users, movies), (times, ratings)) = rayon::join(
        || {
            let users = || column(parts, |entry| entry.user);
            rayon::join(users, || column(parts, |entry| entry.movie))
        },
        || {
            let times = || column(parts, |entry| entry.time);
            rayon::join(times, || column(parts, |entry| ratings[entry.row as usize]))
        },
    );
    (users, movies, times, ratings)
}

/// A row with what it is sorted by.
#[derive(Debug, Clone, Copy)]
struct Entry {
    user: u64,
    time: i64,
    row: u32,
    movie: u32,
}

/// All rows, sorted by user, time and input order.
pub(crate) fn by_user_and_time(table: &Interactions) -> Vec<u32> {
    sorted_entries(table).into_iter().map(|entry| entry.row).collect()
}

fn sorted_entries(table: &Interactions) -> Vec<Entry> {
    let rows = u32::try_from(table.len()).expect("fewer than 2^32 rows");
    let entry = |row: u32| Entry {
        user: table.user_ids[row as usize],
        time: table.timestamps[row as usize],
        row,
        movie: table.movies[row as usize],
    };
    let mut entries: Vec<Entry> = (0..rows).into_par_iter().map(entry).collect();
    entries.par_sort_unstable_by_key(|entry| (entry.user, entry.time, entry.row));
    entries
}

/// Parts of the entries, of some users each, in order: ranges that end with a user's last row.
fn user_ranges(entries: &[Entry]) -> Vec<usize> {
    // More parts than threads, because users differ in how much they watched.
    let size = entries.len().div_ceil(16 * rayon::current_num_threads()).max(1);
    let (mut lengths, mut rest) = (Vec::new(), entries);
    while !rest.is_empty() {
        let user = rest[rest.len().min(size) - 1].user;
        let length = rest.partition_point(|entry| entry.user <= user);
        lengths.push(length);
        rest = &rest[length..];
    }
    lengths
}

/// What is left of each part of the entries when `keep` has moved what stays to its front and said
/// how much that is.
fn in_user_ranges(
    mut entries: &mut [Entry],
    keep: impl Fn(&mut [Entry]) -> usize + Sync,
) -> Vec<&[Entry]> {
    let mut ranges = Vec::new();
    for length in user_ranges(entries) {
        let (range, rest) = entries.split_at_mut(length);
        ranges.push(range);
        entries = rest;
    }
    ranges
        .into_par_iter()
        .map(|range| {
            let count = keep(range);
            &range[..count]
        })
        .collect()
}

/// Moves to the front what `choose` names of the runs of one user each; how much that is.
fn keep_of_each_user(
    range: &mut [Entry],
    mut choose: impl FnMut(&[Entry], &mut Vec<u32>),
) -> usize {
    let (mut kept, mut from) = (0, 0);
    let mut places = Vec::new();
    while from < range.len() {
        let user = range[from].user;
        let run = range[from..].iter().take_while(|entry| entry.user == user).count();
        places.clear();
        choose(&range[from..from + run], &mut places);
        kept = move_forward(range, from, kept, &places);
        from += run;
    }
    kept
}

/// Moves the entries at ascending `places` behind `from` to `to` and what follows; the place after.
fn move_forward(entries: &mut [Entry], from: usize, mut to: usize, places: &[u32]) -> usize {
    for &place in places {
        entries[to] = entries[from + place as usize];
        to += 1;
    }
    to
}

/// Whether a row takes the place of another of its key.
fn replaces(strategy: Strategy, new: Entry, old: Entry) -> bool {
    match strategy {
        Strategy::LatestByTimestamp | Strategy::Aggregate => {
            (new.time, new.row) > (old.time, old.row)
        }
        Strategy::FirstSeen => new.row < old.row,
        Strategy::LastSeen => new.row > old.row,
    }
}

/// Chooses one row of each movie among the rows of a user, without a hash table.
struct ByMovie {
    /// For each movie the run it was last met in, and its choice there.
    choices: Vec<(u32, u32)>,
    run: u32,
}

impl ByMovie {
    fn new(movies: usize) -> Self {
        Self { choices: vec![(0, 0); movies], run: 0 }
    }

    fn choose(&mut self, run: &[Entry], strategy: Strategy, kept: &mut Vec<u32>) {
        self.run += 1;
        for (place, &entry) in run.iter().enumerate() {
            let (met, choice) = &mut self.choices[entry.movie as usize];
            if *met != self.run || replaces(strategy, entry, run[*choice as usize]) {
                (*met, *choice) = (self.run, place as u32);
            }
        }
        let chosen = |&(place, entry): &(usize, &Entry)| {
            self.choices[entry.movie as usize].1 == place as u32
        };
        kept.extend(run.iter().enumerate().filter(chosen).map(|(place, _)| place as u32));
    }
}

/// Chooses one row of each key.
#[derive(Default)]
struct ByKey {
    choices: HashMap<(u64, u32, u8, i64), Entry, RandomState>,
}

impl ByKey {
    fn choose(
        &mut self,
        table: &Interactions,
        keys: Keys,
        run: &[Entry],
        strategy: Strategy,
        kept: &mut Vec<u32>,
    ) {
        self.choices.clear();
        for &entry in run {
            let choice = self.choices.entry(keys.of(table, entry.row as usize)).or_insert(entry);
            if replaces(strategy, entry, *choice) {
                *choice = entry;
            }
        }
        let chosen = |&(_, entry): &(usize, &Entry)| {
            self.choices[&keys.of(table, entry.row as usize)].row == entry.row
        };
        kept.extend(run.iter().enumerate().filter(chosen).map(|(place, _)| place as u32));
    }
}

/// One row for each (user, movie) pair, keeping stars and minutes apart.
///
/// `rating` and `stars` are the last stars given (by time, then input order), 1 and `None` where
/// the film was never rated; `timestamp` is that of the pair's last event; `minutes` counts the
/// distinct minutes watched. Sorted by user, time and the input order of the pair's last event.
/// O(n log n) on all threads.
///
/// # Panics
/// On a table of 2³² rows or more.
#[must_use]
pub fn aggregate(events: &EventTable) -> Aggregated {
    let table = &events.interactions;
    let entries = sorted_entries(table);
    let mut rest = &entries[..];
    let ranges: Vec<&[Entry]> =
        user_ranges(&entries).into_iter().filter_map(|length| rest.split_off(..length)).collect();
    let users = |range: &&[Entry]| -> Vec<Pair> {
        range.chunk_by(|a, b| a.user == b.user).flat_map(|run| pairs(events, run)).collect()
    };
    let pairs: Vec<Vec<Pair>> = ranges.par_iter().map(users).collect();
    drop(entries);
    let pairs: Vec<Pair> = pairs.into_iter().flatten().collect();
    let last_rows: Vec<u32> = pairs.iter().map(|pair| pair.last.row).collect();
    let mut interactions = table.select(&last_rows);
    interactions.ratings =
        pairs.iter().map(|pair| pair.stars.map_or(1, i8::unsigned_abs)).collect();
    Aggregated {
        interactions,
        stars: pairs.iter().map(|pair| pair.stars).collect(),
        minutes: pairs.iter().map(|pair| pair.minutes).collect(),
    }
}

/// What one user did with one film.
struct Pair {
    last: Entry,
    stars: Option<i8>,
    minutes: i64,
}

/// The pairs of one user, by time and input order of their last events.
fn pairs(events: &EventTable, run: &[Entry]) -> Vec<Pair> {
    let mut by_movie = run.to_vec();
    by_movie.sort_by_key(|entry| entry.movie);
    let mut pairs: Vec<Pair> =
        by_movie.chunk_by(|a, b| a.movie == b.movie).map(|rows| Pair::of(events, rows)).collect();
    pairs.sort_unstable_by_key(|pair| (pair.last.time, pair.last.row));
    pairs
}

impl Pair {
    /// From the pair's rows in order of time; there is at least one.
    fn of(events: &EventTable, rows: &[Entry]) -> Self {
        let mut minutes = Vec::new();
        let mut stars = None;
        for entry in rows {
            match events.details[entry.row as usize] {
                EventDetail::Watch { minute } => minutes.push(minute),
                EventDetail::Rate { stars: given } => stars = Some(given),
            }
        }
        minutes.sort_unstable();
        minutes.dedup();
        Self { last: rows[rows.len() - 1], stars, minutes: minutes.len() as i64 }
    }
}
