use std::{collections::HashSet, fmt, str::FromStr};

use foldhash::fast::RandomState;
use rayon::slice::ParallelSliceMut;
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
    fn of(self, table: &Interactions, row: usize) -> (u64, u32, i64, i64) {
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
/// table of four columns has nothing to aggregate. O(n log n), sorted on all threads. Beside input
/// and output it holds row numbers, 8 bytes a row at most, and, unless the latest is kept by user,
/// a hash table of all distinct keys.
///
/// # Panics
/// On a table of 2³² rows or more.
#[must_use]
pub fn dedup(table: &Interactions, strategy: Strategy, keys: Keys) -> Interactions {
    let rows = row_count(table);
    let mut kept = match strategy {
        Strategy::LatestByTimestamp | Strategy::Aggregate if keys.user_id => {
            latest_by_user(table, &by_user_and_time(table), keys)
        }
        Strategy::LatestByTimestamp | Strategy::Aggregate => {
            let mut by_time: Vec<u32> = (0..rows).collect();
            by_time.par_sort_unstable_by_key(|&row| (table.timestamps[row as usize], row));
            first_of_each(table, keys, by_time.into_iter().rev())
        }
        Strategy::FirstSeen => first_of_each(table, keys, 0..rows),
        Strategy::LastSeen => first_of_each(table, keys, (0..rows).rev()),
    };
    kept.par_sort_unstable_by_key(|&row| sort_key(table, row));
    table.select(&kept)
}

/// Rows are numbered in 32 bits.
fn row_count(table: &Interactions) -> u32 {
    u32::try_from(table.len()).expect("fewer than 2^32 rows")
}

/// All rows, sorted by user, time and input order.
pub(crate) fn by_user_and_time(table: &Interactions) -> Vec<u32> {
    let mut order: Vec<u32> = (0..row_count(table)).collect();
    order.par_sort_unstable_by_key(|&row| sort_key(table, row));
    order
}

fn sort_key(table: &Interactions, row: u32) -> (u64, i64, u32) {
    (table.user_ids[row as usize], table.timestamps[row as usize], row)
}

/// The last row of each key, where rows of one key are rows of one user and `order` is by time.
fn latest_by_user(table: &Interactions, order: &[u32], keys: Keys) -> Vec<u32> {
    let mut kept = Vec::with_capacity(order.len());
    let mut held = HashSet::with_hasher(RandomState::default());
    for run in order.chunk_by(|&a, &b| table.user_ids[a as usize] == table.user_ids[b as usize]) {
        held.clear();
        let latest = run.iter().rev().filter(|&&row| held.insert(keys.of(table, row as usize)));
        kept.extend(latest);
    }
    kept
}

fn first_of_each(table: &Interactions, keys: Keys, rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut held = HashSet::with_hasher(RandomState::default());
    rows.filter(|&row| held.insert(keys.of(table, row as usize))).collect()
}

/// One row for each (user, movie) pair, keeping stars and minutes apart.
///
/// `rating` and `stars` are the last stars given (by time, then input order), 1 and `None` where
/// the film was never rated; `timestamp` is that of the pair's last event; `minutes` counts the
/// distinct minutes watched. Sorted by user, time and the input order of the pair's last event.
///
/// # Panics
/// On a table of 2³² rows or more.
#[must_use]
pub fn aggregate(events: &EventTable) -> Aggregated {
    let table = &events.interactions;
    let order = by_user_and_time(table);
    let mut pairs: Vec<Pair> = Vec::new();
    for run in order.chunk_by(|&a, &b| table.user_ids[a as usize] == table.user_ids[b as usize]) {
        let mut by_movie = run.to_vec();
        by_movie.sort_by_key(|&row| table.movies[row as usize]);
        let first = pairs.len();
        pairs.extend(
            by_movie
                .chunk_by(|&a, &b| table.movies[a as usize] == table.movies[b as usize])
                .map(|rows| Pair::of(events, rows)),
        );
        pairs[first..].sort_unstable_by_key(|pair| sort_key(table, pair.last_row));
    }
    let last_rows: Vec<u32> = pairs.iter().map(|pair| pair.last_row).collect();
    let mut interactions = table.select(&last_rows);
    interactions.ratings = pairs.iter().map(|pair| pair.stars.map_or(1, i64::from)).collect();
    Aggregated {
        interactions,
        stars: pairs.iter().map(|pair| pair.stars).collect(),
        minutes: pairs.iter().map(|pair| pair.minutes).collect(),
    }
}

/// What one user did with one film.
struct Pair {
    last_row: u32,
    stars: Option<i8>,
    minutes: i64,
}

impl Pair {
    /// From the pair's rows in order of time; there is at least one.
    fn of(events: &EventTable, rows: &[u32]) -> Self {
        let mut minutes = HashSet::with_hasher(RandomState::default());
        let mut stars = None;
        for &row in rows {
            match events.details[row as usize] {
                EventDetail::Watch { minute } => {
                    minutes.insert(minute);
                }
                EventDetail::Rate { stars: given } => stars = Some(given),
            }
        }
        Self { last_row: rows[rows.len() - 1], stars, minutes: minutes.len() as i64 }
    }
}
