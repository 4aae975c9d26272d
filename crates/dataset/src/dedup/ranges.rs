//! Rows sorted by user and time, range by range of users.

use rayon::prelude::*;

use crate::Interactions;

/// A row with what it is sorted by.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) user: u64,
    pub(super) time: i64,
    pub(super) row: u32,
    pub(super) movie: u32,
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
pub(super) struct UserRanges {
    entries: Vec<Entry>,
    lengths: Vec<usize>,
    /// Number of low bits in which the ids of a range differ, counted from the least of all ids.
    shift: u32,
    least: u64,
}

/// Ranges to aim for: of a table of tens of millions of rows, each then fits a processor's cache.
const RANGES: u64 = 1 << 11;

impl UserRanges {
    /// One pass that counts and one that moves, on all threads (the first step of a radix sort, by
    /// the leading bits of what user ids differ in).
    pub(super) fn new(table: &Interactions) -> Self {
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
    pub(super) fn sort(&mut self) -> &mut [Entry] {
        self.keep(|range| range.len());
        &mut self.entries
    }

    /// What is left of each range, sorted, when `keep` has moved what stays to its front and said
    /// how much that is.
    pub(super) fn keep(&mut self, keep: impl Fn(&mut [Entry]) -> usize + Sync) -> Vec<&[Entry]> {
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
