mod aggregate;
mod choose;
mod keys;
mod ranges;

pub use aggregate::aggregate;
use choose::{ByKey, ByMovie, keep_of_each_user, move_forward};
pub use keys::{Keys, Strategy, UnknownName};
pub(crate) use ranges::by_user_and_time;
use ranges::{Entry, UserRanges};
use rayon::prelude::*;

use crate::{Interactions, pool::Pool};

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
            chooser.reserve(table.movie_ids.len());
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
