use rayon::prelude::*;

use super::ranges::{Entry, UserRanges};
use crate::{Aggregated, EventDetail, EventTable};

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
    let mut sorted = UserRanges::new(table);
    let users = |range: &&[Entry]| -> Vec<Pair> {
        range.chunk_by(|a, b| a.user == b.user).flat_map(|run| pairs(events, run)).collect()
    };
    let pairs: Vec<Vec<Pair>> = sorted.keep(|range| range.len()).par_iter().map(users).collect();
    drop(sorted);
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
