use std::{collections::HashMap, fmt, str::FromStr};

use foldhash::fast::RandomState;
use rayon::prelude::*;
use thiserror::Error;

use crate::{Aggregated, EventDetail, EventTable, Interactions, pool::Pool};

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
/// each; at most 46 are held for one, those of the given and the returned table included, and for
/// each thread 8 bytes a movie id and 6 MiB. Keys other than `user_id,movie_id` need a hash table
/// for each user instead, and keys without `user_id` one of all distinct keys, filled by one thread.
///
/// # Panics
/// On a table of 2³² rows or more.
#[must_use]
pub fn dedup(mut table: Interactions, strategy: Strategy, keys: Keys) -> Interactions {
    let mut sorted = UserRanges::new(&table);
    let kept: Vec<&[Entry]> = if keys == Keys::default() {
        let choosers = Pool::<ByMovie>::default();
        sorted.keep(|range| {
            let mut chooser = choosers.take();
            chooser.choices.resize(table.movie_ids.len(), (0, 0));
            keep_of_each_user(range, |run, kept| chooser.choose(run, strategy, kept))
        })
    } else if keys.user_id {
        sorted.keep(|range| {
            let mut chooser = ByKey::default();
            keep_of_each_user(range, |run, kept| chooser.choose(&table, keys, run, strategy, kept))
        })
    } else {
        let entries = sorted.sort();
        let mut places = Vec::new();
        ByKey::default().choose(&table, keys, entries, strategy, &mut places);
        let count = move_forward(entries, 0, 0, &places);
        vec![&entries[..count]]
    };
    let count = kept.iter().map(|part| part.len()).sum();
    overwrite(&mut table, &kept, count);
    table
}

/// Puts these entries in the place of a table's rows, of which they are `count`.
fn overwrite(table: &mut Interactions, parts: &[&[Entry]], count: usize) {
    // Only the ratings are still wanted as they are; the other columns are in the entries.
    let old_ratings = std::mem::replace(&mut table.ratings, vec![0; count]);
    let mut users = &mut table.user_ids[..];
    let mut movies = &mut table.movies[..];
    let mut times = &mut table.timestamps[..];
    let mut ratings = &mut table.ratings[..];
    let mut work = Vec::with_capacity(parts.len());
    for &part in parts {
        let (users, movies) = (split_off(&mut users, part), split_off(&mut movies, part));
        let (times, ratings) = (split_off(&mut times, part), split_off(&mut ratings, part));
        work.push((part, users, movies, times, ratings));
    }
    work.into_par_iter().for_each(|(part, users, movies, times, ratings)| {
        for (place, entry) in part.iter().enumerate() {
            users[place] = entry.user;
            movies[place] = entry.movie;
            times[place] = entry.time;
            ratings[place] = old_ratings[entry.row as usize];
        }
    });
    table.user_ids.truncate(count);
    table.movies.truncate(count);
    table.timestamps.truncate(count);
}

/// The first of `rest`, as many as `part` has.
fn split_off<'a, T>(rest: &mut &'a mut [T], part: &[Entry]) -> &'a mut [T] {
    rest.split_off_mut(..part.len()).unwrap_or_default()
}

/// A row with what it is sorted by.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    user: u64,
    time: i64,
    row: u32,
    movie: u32,
}

impl Entry {
    fn sort_key(&self) -> (u64, i64, u32) {
        (self.user, self.time, self.row)
    }
}

/// All rows, sorted by user, time and input order.
pub(crate) fn by_user_and_time(table: &Interactions) -> Vec<u32> {
    UserRanges::new(table).sort().iter().map(|entry| entry.row).collect()
}

/// All rows, in ranges of users: a range holds all rows of some users, and the users of a range
/// come before those of the next. Within a range the rows are in no order yet.
struct UserRanges {
    entries: Vec<Entry>,
    lengths: Vec<usize>,
    /// Number of low bits in which the ids of a range differ, counted from the least of all ids.
    shift: u32,
    least: u64,
}

/// Ranges to aim for: enough to keep a range of some ten million rows in a processor's cache.
const RANGES: u64 = 1 << 11;

impl UserRanges {
    /// One pass that counts and one that moves, on all threads (the first step of a radix sort, by
    /// the leading bits of what user ids differ in).
    fn new(table: &Interactions) -> Self {
        let rows = u32::try_from(table.len()).expect("fewer than 2^32 rows") as usize;
        let (least, most) = table
            .user_ids
            .par_iter()
            .fold(|| (u64::MAX, 0), |(least, most), &id| (id.min(least), id.max(most)))
            .reduce(|| (u64::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        let shift = (most.saturating_sub(least) / RANGES + 1).next_power_of_two().trailing_zeros();
        let range_of = |user: u64| ((user - least) >> shift) as usize;
        let ranges = if rows == 0 { 0 } else { range_of(most) + 1 };

        let part_rows = rows.div_ceil(4 * rayon::current_num_threads()).max(1);
        let counts: Vec<Vec<usize>> = table
            .user_ids
            .par_chunks(part_rows)
            .map(|part| {
                let mut counts = vec![0; ranges];
                part.iter().for_each(|&user| counts[range_of(user)] += 1);
                counts
            })
            .collect();

        let mut entries = vec![Entry::default(); rows];
        let mut targets: Vec<Vec<&mut [Entry]>> =
            counts.iter().map(|_| Vec::with_capacity(ranges)).collect();
        let mut rest = &mut entries[..];
        for range in 0..ranges {
            for (part, counts) in counts.iter().enumerate() {
                targets[part].push(rest.split_off_mut(..counts[range]).unwrap_or_default());
            }
        }
        targets.into_par_iter().enumerate().for_each(|(part, mut targets)| {
            let first = part * part_rows;
            for row in first..rows.min(first + part_rows) {
                let user = table.user_ids[row];
                let entry = Entry {
                    user,
                    time: table.timestamps[row],
                    row: row as u32,
                    movie: table.movies[row],
                };
                let target = &mut targets[range_of(user)];
                if let Some(place) = target.split_off_first_mut() {
                    *place = entry;
                }
            }
        });
        let lengths =
            (0..ranges).map(|range| counts.iter().map(|counts| counts[range]).sum()).collect();
        Self { entries, lengths, shift, least }
    }

    /// Sorts all rows by user, time and input order.
    fn sort(&mut self) -> &mut [Entry] {
        self.keep(|range| range.len());
        &mut self.entries
    }

    /// What is left of each range, sorted, when `keep` has moved what stays to its front and said
    /// how much that is.
    fn keep(&mut self, keep: impl Fn(&mut [Entry]) -> usize + Sync) -> Vec<&[Entry]> {
        let mut ranges = Vec::with_capacity(self.lengths.len());
        let mut rest = &mut self.entries[..];
        for &length in &self.lengths {
            ranges.extend(rest.split_off_mut(..length).filter(|range| !range.is_empty()));
        }
        ranges
            .into_par_iter()
            .with_max_len(1)
            .map(|range| {
                sort_range(range, self.shift, self.least);
                let count = keep(range);
                &range[..count]
            })
            .collect()
    }
}

/// The most low bits that [`sort_range`] counts by: a table of counts that fits a cache.
const COUNTED_BITS: u32 = 14;

/// The longest range that [`sort_range`] copies.
const COPIED_ROWS: usize = 1 << 18;

/// Sorts the rows of a range, which are in input order.
fn sort_range(range: &mut [Entry], shift: u32, least: u64) {
    if range.is_sorted_by_key(Entry::sort_key) {
        return;
    }
    let few_users = range.len() > COPIED_ROWS;
    if shift == 0 || shift > COUNTED_BITS || range.len() < 1 << shift || few_users {
        // On all threads, which matters where most rows are of a few users.
        range.par_sort_unstable_by_key(Entry::sort_key);
        return;
    }
    // The second step of the radix sort. It keeps the input order of a user's rows, which in a log
    // is that of time, so that little is left to sort.
    let low_bits = |entry: &Entry| ((entry.user - least) & ((1 << shift) - 1)) as usize;
    let mut places = vec![0; 1 << shift];
    range.iter().for_each(|entry| places[low_bits(entry)] += 1);
    let mut start = 0;
    for place in &mut places {
        start += std::mem::replace(place, start);
    }
    let unsorted = range.to_vec();
    for entry in unsorted {
        let place = &mut places[low_bits(&entry)];
        range[*place] = entry;
        *place += 1;
    }
    range
        .chunk_by_mut(|a, b| a.user == b.user)
        .for_each(|run| run.sort_unstable_by_key(Entry::sort_key));
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
#[derive(Default)]
struct ByMovie {
    /// For each movie the run it was last met in, and its choice there.
    choices: Vec<(u32, u32)>,
    run: u32,
}

impl ByMovie {
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
