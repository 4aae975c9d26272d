use std::collections::HashMap;

use thiserror::Error;

use crate::{Interactions, dedup::by_user_and_time};

/// A leave-last-n split: the last rows of each user are held out, the others train.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaveLastSplit {
    /// Rows to train on, by user and time.
    pub train: Interactions,
    /// The places of the rows of `train` in the table that was split, for what it has beside them.
    pub train_rows: Vec<u32>,
    /// Rows held out, by user and time.
    pub holdout: Interactions,
    /// Users with rows in both parts.
    pub evaluated_users: usize,
}

/// A split that holds nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("at least one row of each user must be held out")]
pub struct ZeroHoldout;

/// Holds out the last `holdout` rows of every user with enough of them.
///
/// Rows of a user are ordered by time, ties by input order. A user with fewer than
/// `holdout + max(min_history, 1)` rows is in neither part. No row is in both parts; give
/// deduplicated rows, or the same (user, movie) pair may be.
///
/// # Errors
/// [`ZeroHoldout`] when `holdout` is 0.
pub fn leave_last(
    table: &Interactions,
    holdout: usize,
    min_history: usize,
) -> Result<LeaveLastSplit, ZeroHoldout> {
    if holdout == 0 {
        return Err(ZeroHoldout);
    }
    let order = by_user_and_time(table);
    let (mut train, mut held_out, mut evaluated_users) = (Vec::new(), Vec::new(), 0);
    for run in order.chunk_by(|&a, &b| table.user_ids[a as usize] == table.user_ids[b as usize]) {
        if run.len() < holdout.saturating_add(min_history.max(1)) {
            continue;
        }
        let (history, last) = run.split_at(run.len() - holdout);
        train.extend_from_slice(history);
        held_out.extend_from_slice(last);
        evaluated_users += 1;
    }
    Ok(LeaveLastSplit {
        train: table.select(&train),
        train_rows: train,
        holdout: table.select(&held_out),
        evaluated_users,
    })
}

/// A split at one point in time: earlier rows train, the others are held out.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalTimeSplit {
    /// Rows to train on, by user and time: all rows before the boundary.
    pub train: Interactions,
    /// The places of the rows of `train` in the table that was split, for what it has beside them.
    pub train_rows: Vec<u32>,
    /// Rows held out, by user and time: those from the boundary on of users with enough rows in
    /// `train`.
    pub holdout: Interactions,
    /// The first moment that is held out, in seconds since 1970.
    pub boundary: i64,
    /// Users with rows in `holdout`.
    pub evaluated_users: usize,
    /// Users with rows from the boundary on but too few before it; those rows are in neither part.
    pub left_out_users: usize,
}

/// Holds out every row at `boundary` or later, of users with at least `max(min_history, 1)` rows
/// before it.
///
/// No model sees what happened after the moment it is asked at, as it would where the last rows of
/// each user are held out. No row is in both parts; give deduplicated rows, or the same (user,
/// movie) pair may be. O(n log n).
#[must_use]
pub fn split_at(table: &Interactions, boundary: i64, min_history: usize) -> GlobalTimeSplit {
    let order = by_user_and_time(table);
    let (mut train, mut held_out) = (Vec::new(), Vec::new());
    let (mut evaluated_users, mut left_out_users) = (0, 0);
    for run in order.chunk_by(|&a, &b| table.user_ids[a as usize] == table.user_ids[b as usize]) {
        let before = run.partition_point(|&row| table.timestamps[row as usize] < boundary);
        let (history, later) = run.split_at(before);
        train.extend_from_slice(history);
        if later.is_empty() {
            continue;
        }
        if history.len() < min_history.max(1) {
            left_out_users += 1;
            continue;
        }
        held_out.extend_from_slice(later);
        evaluated_users += 1;
    }
    GlobalTimeSplit {
        train: table.select(&train),
        train_rows: train,
        holdout: table.select(&held_out),
        boundary,
        evaluated_users,
        left_out_users,
    }
}

/// The boundary for [`split_at`] that leaves about `share` of the rows (0..=1) at or after it: the
/// time of the row with that many at or after it in order of time. More where several rows have that
/// time; `None` for an empty table. O(n).
#[must_use]
pub fn time_of_last(table: &Interactions, share: f64) -> Option<i64> {
    let last = table.len().checked_sub(1)?;
    let held_out = (table.len() as f64 * share.clamp(0.0, 1.0)).round() as usize;
    let place = (table.len() - held_out).min(last);
    let mut times = table.timestamps.clone();
    Some(*times.select_nth_unstable(place).1)
}

/// The (user, movie) pairs of `holdout` that `train` holds too, in the order of `holdout`: of a
/// sound split of deduplicated rows, none.
///
/// O(train + holdout).
#[must_use]
pub fn pairs_in_both(train: &Interactions, holdout: &Interactions) -> Vec<(u64, String)> {
    let mut held_out: HashMap<(u64, &str), bool> = (0..holdout.len())
        .map(|row| ((holdout.user_ids[row], holdout.movie_id(row)), false))
        .collect();
    for row in 0..train.len() {
        if let Some(found) = held_out.get_mut(&(train.user_ids[row], train.movie_id(row))) {
            *found = true;
        }
    }
    (0..holdout.len())
        .map(|row| (holdout.user_ids[row], holdout.movie_id(row)))
        .filter(|pair| held_out.remove(pair) == Some(true))
        .map(|(user_id, movie_id)| (user_id, movie_id.to_owned()))
        .collect()
}
