//! Which items and users lie in the same direction.

use std::ops::Range;

use marquee_recommender::{Filter, ItemRow, ScoredItem, TopK, UserRow};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    AlsModel, Matrix,
    lanes::{Lanes, widen},
};

/// Users one thread compares at a time.
const USERS_AT_A_TIME: usize = 1 << 13;

/// A user and how similar they are to the one that was asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimilarUser {
    /// The user.
    pub user: UserRow,
    /// The cosine of the angle between both users' factors, from −1 to 1.
    pub score: f32,
}

impl AlsModel {
    /// The `k` items whose factors point most nearly where those of `item` do, by their cosine,
    /// from −1 to 1; 1 is the same direction, which the same people watch.
    ///
    /// Exact, under [`ranks_before`](marquee_recommender::ranks_before): cosines are computed in
    /// double precision and compared as the `f32` they are given as, equal ones by row, the lower
    /// first. `item` itself is left out, and so are items without ratings: factors that are all
    /// zero have no direction, so they are similar to nothing. `filter` leaves out items as in
    /// every answer; there is no user whose seen items would be.
    ///
    /// `None` when there is no such item, or its own factors are all zero.
    ///
    /// One pass over the item factors on the calling thread: less than a millisecond for 26,000
    /// items of 50 factors.
    #[must_use]
    pub fn similar_items(
        &self,
        item: ItemRow,
        k: usize,
        filter: &Filter<'_>,
    ) -> Option<Vec<ScoredItem>> {
        let items = &self.factors().items;
        let query = Query::new(items, item.index())?;
        let rows = 0..items.rows();
        Some(if filter.banned.is_none() && filter.candidates.is_none() {
            query.nearest(items, rows, k, |_| true)
        } else {
            query.nearest(items, rows, k, |row| filter.admits(ItemRow(row)))
        })
    }

    /// The `k` users whose factors point most nearly where those of `user` do, by the rules of
    /// [`similar_items`](Self::similar_items).
    ///
    /// `None` when there is no such user, or one without ratings in training.
    ///
    /// One pass over the user factors on the current rayon thread pool; the answer does not depend
    /// on the number of threads. About 50 milliseconds of one core for a million users of 50
    /// factors.
    #[must_use]
    pub fn similar_users(&self, user: UserRow, k: usize) -> Option<Vec<SimilarUser>> {
        let users = &self.factors().users;
        let query = Query::new(users, user.index())?;
        let parts: Vec<Vec<ScoredItem>> = (0..users.rows().div_ceil(USERS_AT_A_TIME))
            .into_par_iter()
            .map(|part| {
                let start = part * USERS_AT_A_TIME;
                let end = users.rows().min(start + USERS_AT_A_TIME);
                query.nearest(users, start..end, k, |_| true)
            })
            .collect();
        let mut top = TopK::new(k);
        for found in parts.iter().flatten() {
            top.push(found.item, found.score);
        }
        let similar =
            |found: ScoredItem| SimilarUser { user: UserRow(found.item.0), score: found.score };
        Some(top.into_sorted().into_iter().map(similar).collect())
    }
}

/// The row others are compared with.
struct Query {
    row: usize,
    /// Its factors, filled up with zeros to whole runs.
    factors: Vec<Lanes>,
    norm: f64,
}

impl Query {
    /// `None` when there is no such row, or it has no direction.
    fn new(matrix: &Matrix, row: usize) -> Option<Self> {
        let values = (row < matrix.rows()).then(|| matrix.row(row))?;
        let mut factors = Vec::new();
        widen(values, values.len(), |_, run| factors.push(*run));
        // As the squares of all others are summed, so that both ways round give the same bits.
        let squares = Arch::new().dispatch(Products { factors: &factors, row: values }).squares;
        // In double precision no square of a factor but 0 is 0.
        (squares > 0.0).then(|| Self { row, factors, norm: squares.sqrt() })
    }

    /// The `k` most similar of `rows`, by row number.
    fn nearest(
        &self,
        matrix: &Matrix,
        rows: Range<usize>,
        k: usize,
        admits: impl Fn(u32) -> bool,
    ) -> Vec<ScoredItem> {
        Arch::new().dispatch(Nearest { query: self, matrix, rows, k, admits })
    }
}

/// One pass over some rows, run under run-time dispatch.
struct Nearest<'a, A> {
    query: &'a Query,
    matrix: &'a Matrix,
    rows: Range<usize>,
    k: usize,
    admits: A,
}

impl<A: Fn(u32) -> bool> WithSimd for Nearest<'_, A> {
    type Output = Vec<ScoredItem>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<ScoredItem> {
        let query = self.query;
        let mut top = TopK::new(self.k);
        for row in self.rows {
            if row == query.row || !(self.admits)(row as u32) {
                continue;
            }
            let products = Products { factors: &query.factors, row: self.matrix.row(row) };
            let products = products.with_simd(simd);
            if products.squares > 0.0 {
                let cosine = products.dot / (query.norm * products.squares.sqrt());
                top.push(ItemRow(row as u32), cosine as f32);
            }
        }
        top.into_sorted()
    }
}

/// A row and what it is multiplied with.
struct Products<'a> {
    factors: &'a [Lanes],
    row: &'a [f32],
}

/// The sums of products of a row.
struct Sums {
    /// With the other row.
    dot: f64,
    /// With itself.
    squares: f64,
}

impl WithSimd for Products<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        let (mut dot, mut squares) = (Lanes::ZERO, Lanes::ZERO);
        widen(self.row, self.row.len(), |place, run| {
            dot.add_product(simd, &self.factors[place], run);
            squares.add_product(simd, run, run);
        });
        Sums { dot: dot.sum(simd), squares: squares.sum(simd) }
    }
}
