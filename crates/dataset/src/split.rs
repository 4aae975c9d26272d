use thiserror::Error;

use crate::{Interactions, dedup::by_user_and_time};

/// A leave-last-n split: the last rows of each user are held out, the others train.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaveLastSplit {
    /// Rows to train on, by user and time.
    pub train: Interactions,
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
        holdout: table.select(&held_out),
        evaluated_users,
    })
}
