//! Ways of asking a model for ranked items.

use std::borrow::Cow;

use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recommender, Request, ScoredItem, TopK, UserRow,
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{AlsError, AlsModel, ITEM_FACTORS, Matrix, index::row_norm, lanes::dot};

/// Up to one candidate in so many items, candidates are scored one by one: the fewer they are, the
/// further the search has to go to find `k`. Of 25,900 trained items both ways take 40 µs there.
const FEW: usize = 12;

impl AlsModel {
    /// The answers for many users: of each of `users` what
    /// [`recommend`](Recommender::recommend) says, to the last bit, in their order.
    ///
    /// Users may repeat. Runs on the current rayon thread pool and costs the sum of the single
    /// answers; the result, some 8 bytes an item and 24 a user, is the only memory.
    #[must_use]
    pub fn recommend_many(
        &self,
        users: &[UserRow],
        k: usize,
        filter: &Filter<'_>,
    ) -> Vec<Option<Vec<ScoredItem>>> {
        let request =
            |&user: &UserRow| Request { user: Some(user), k, filter: *filter, recent: &[] };
        users.par_iter().map(|user| self.recommend(&request(user))).collect()
    }

    /// The best `k` items for a user the model does not hold, from factors that were found
    /// elsewhere in the space of this model's item factors.
    ///
    /// `seen` are the rows of items this user has seen, in any order; they are left out unless
    /// `filter` includes them. For the factors and seen items of a user of the model the answer is
    /// that of [`recommend`](Recommender::recommend): `None` when all factors are zero, which says
    /// nothing about anybody. The cost is also that of one answer.
    ///
    /// # Errors
    /// [`AlsError::Mismatch`] when there are more or fewer factors than the model has,
    /// [`AlsError::UserNotFinite`] when one is NaN or infinite, and [`AlsError::ScoreNotFinite`]
    /// when they are so great that a score could be.
    pub fn recommend_for(
        &self,
        factors: &[f32],
        seen: &[u32],
        k: usize,
        filter: &Filter<'_>,
    ) -> Result<Option<Vec<ScoredItem>>, AlsError> {
        let columns = self.factors().items.columns();
        if factors.len() != columns {
            return Err(AlsError::Mismatch {
                left: "the user",
                left_size: factors.len(),
                right: ITEM_FACTORS,
                right_size: columns,
                unit: "factors",
            });
        }
        if !factors.iter().all(|factor| factor.is_finite()) {
            return Err(AlsError::UserNotFinite);
        }
        if !(row_norm(factors) * self.index.greatest_item_norm()).is_finite() {
            return Err(AlsError::ScoreNotFinite);
        }
        let mut seen: Cow<'_, [u32]> = if filter.include_seen { &[] } else { seen }.into();
        if !seen.is_sorted() {
            seen.to_mut().sort_unstable();
        }
        Ok(self.rank(factors, &seen, k, filter))
    }

    /// The best `k` items that are not in `seen` (ascending item rows) and that the sets of
    /// `filter` admit; `None` when all factors are zero.
    pub(crate) fn rank(
        &self,
        user: &[f32],
        seen: &[u32],
        k: usize,
        filter: &Filter<'_>,
    ) -> Option<Vec<ScoredItem>> {
        if user.iter().all(|&factor| factor == 0.0) {
            return None;
        }
        let sets = filter.banned.is_some() || filter.candidates.is_some();
        Some(if sets {
            self.rank_admitted(user, seen, k, filter)
        } else {
            self.index.search(user, seen, k, |_| true)
        })
    }

    /// Apart from the rest, so that the plain answer, which is asked for most, stays small.
    #[inline(never)]
    fn rank_admitted(
        &self,
        user: &[f32],
        seen: &[u32],
        k: usize,
        filter: &Filter<'_>,
    ) -> Vec<ScoredItem> {
        let items = &self.factors().items;
        match filter.candidates {
            Some(candidates) if candidates.len() <= items.rows() / FEW => {
                Arch::new().dispatch(Few { items, user, seen, k, candidates, filter })
            }
            _ => self.index.search(user, seen, k, |row| filter.admits(ItemRow(row))),
        }
    }
}

/// Few candidates, scored one by one.
struct Few<'a> {
    items: &'a Matrix,
    user: &'a [f32],
    seen: &'a [u32],
    k: usize,
    candidates: &'a ItemSet,
    filter: &'a Filter<'a>,
}

impl WithSimd for Few<'_> {
    type Output = Vec<ScoredItem>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Vec<ScoredItem> {
        let mut top = TopK::new(self.k);
        for item in self.candidates.iter() {
            if item.index() >= self.items.rows() {
                break;
            }
            if self.filter.admits(item) && self.seen.binary_search(&item.0).is_err() {
                top.push(item, dot(self.user, self.items.row(item.index())));
            }
        }
        top.into_sorted()
    }
}
