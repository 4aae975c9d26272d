use std::ops::Range;

use thiserror::Error;

use crate::{ItemRow, UserRow};

/// What each user has seen: for every user row, item rows in ascending order without repeats.
///
/// Compressed rows: user `u` has seen `indices[indptr[u]..indptr[u + 1]]`. Memory is 8 bytes a
/// user and 4 bytes a (user, item) pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenItems {
    indptr: Vec<u64>,
    indices: Vec<u32>,
}

/// Why arrays are not a valid [`SeenItems`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SeenItemsError {
    /// `indptr` is empty, does not start at 0, falls, or does not end at the number of indices.
    #[error("row pointers do not describe {indices} indices (first problem at user row {row})")]
    Pointers {
        /// The first user row whose pointer is wrong.
        row: usize,
        /// Number of indices given.
        indices: usize,
    },
    /// A user's items are not strictly ascending, or one is not below the number of items.
    #[error("items of user row {row} are not strictly ascending rows below {items}")]
    Items {
        /// The user row.
        row: usize,
        /// Number of items there are.
        items: usize,
    },
}

impl SeenItems {
    /// Checks and takes the two arrays of a compressed matrix with `items` columns.
    ///
    /// # Errors
    /// [`SeenItemsError`] names the first user row that is wrong.
    pub fn new(indptr: Vec<u64>, indices: Vec<u32>, items: usize) -> Result<Self, SeenItemsError> {
        let pointers = |row| SeenItemsError::Pointers { row, indices: indices.len() };
        if indptr.first() != Some(&0) {
            return Err(pointers(0));
        }
        for (row, bounds) in indptr.windows(2).enumerate() {
            let (Ok(start), Ok(end)) = (usize::try_from(bounds[0]), usize::try_from(bounds[1]))
            else {
                return Err(pointers(row));
            };
            let seen = indices.get(start..end).ok_or_else(|| pointers(row))?;
            let ascending = seen.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascending || seen.last().is_some_and(|&last| last as usize >= items) {
                return Err(SeenItemsError::Items { row, items });
            }
        }
        if indptr.last() != Some(&(indices.len() as u64)) {
            return Err(pointers(indptr.len() - 1));
        }
        Ok(Self { indptr, indices })
    }

    /// Number of users.
    #[must_use]
    pub fn users(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The rows `user` has seen, ascending; empty for a row there is none of.
    #[must_use]
    pub fn of(&self, user: UserRow) -> &[u32] {
        &self.indices[self.places(user)]
    }

    /// Where the items of `user` stand in the array of all: the places of what belongs to them in
    /// arrays beside it. Empty for a row there is none of.
    #[must_use]
    pub fn places(&self, user: UserRow) -> Range<usize> {
        let row = user.index();
        if row + 1 >= self.indptr.len() {
            return 0..0;
        }
        self.indptr[row] as usize..self.indptr[row + 1] as usize
    }

    /// Whether `user` has seen `item`. O(log n) in what the user has seen.
    #[must_use]
    pub fn contains(&self, user: UserRow, item: ItemRow) -> bool {
        self.of(user).binary_search(&item.0).is_ok()
    }

    /// How many users have seen each of `items` items.
    #[must_use]
    pub fn viewers(&self, items: usize) -> Vec<u32> {
        let mut viewers = vec![0; items];
        for &item in &self.indices {
            viewers[item as usize] += 1;
        }
        viewers
    }

    /// The arrays: row pointers (users + 1) and item rows.
    #[must_use]
    pub fn as_parts(&self) -> (&[u64], &[u32]) {
        (&self.indptr, &self.indices)
    }
}
