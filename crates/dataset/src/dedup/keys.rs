use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::Interactions;

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
    /// All rows of a (user, movie) pair become one: see [`aggregate`](crate::aggregate).
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
    pub(super) user_id: bool,
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
    /// The columns that count, in the order of a table.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let columns = [
            (self.user_id, "user_id"),
            (self.movie_id, "movie_id"),
            (self.rating, "rating"),
            (self.timestamp, "timestamp"),
        ];
        columns.into_iter().filter(|column| column.0).map(|column| column.1).collect()
    }

    /// The key of a row: columns that do not count are zero in every row.
    pub(super) fn of(self, table: &Interactions, row: usize) -> (u64, u32, u8, i64) {
        (
            if self.user_id { table.user_ids[row] } else { 0 },
            if self.movie_id { table.movies[row] } else { 0 },
            if self.rating { table.ratings[row] } else { 0 },
            if self.timestamp { table.timestamps[row] } else { 0 },
        )
    }
}
