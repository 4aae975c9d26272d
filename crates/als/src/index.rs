use marquee_recommender::{ItemRow, ScoredItem, TopK};
use pulp::{Arch, Simd, WithSimd};

use crate::{
    Factors, Matrix,
    gram::gram,
    lanes::{WIDE, dot_runs},
    rotation::Rotation,
};

/// Coordinates that are scored between two looks at the bound; the last look may have more.
const SEGMENT: usize = WIDE;

/// Exact search for the items with the greatest dot products.
///
/// Items stand in order of falling norm in a [`Rotation`] that balances users and items, so by
/// Cauchy–Schwarz a scan can end at the first item whose norm is too small. Until then [`WIDE`]
/// items at a time are scored coordinate by coordinate, leading coordinates first, and given up as
/// soon as the rest, bounded by its norms, cannot lift any of them over the threshold (after
/// Li, Chan, Yiu and Mamoulis, *FEXIPRO: Fast and Exact Inner Product Retrieval in Recommender
/// Systems*, SIGMOD 2017). What is left is scored from the factors themselves, so scores have the
/// bits of a plain dot product and the answer those of a full sort.
///
/// Holds two copies of the item factors.
#[derive(Debug, Clone)]
pub(crate) struct ItemIndex {
    factors: usize,
    rotation: Rotation,
    /// Item row at each place.
    rows: Vec<u32>,
    /// Factors of the item at each place, filled up with zeros to whole runs.
    exact: Vec<[f32; WIDE]>,
    /// For each block of places: for each rotated coordinate, its value for every item.
    rotated: Vec<[f32; WIDE]>,
    /// For each block and each look but the last: norms of the coordinates not yet scored.
    rests: Vec<[f32; WIDE]>,
    /// For each block.
    norms: Vec<Norms>,
}

/// Bounds on norms, rounded up.
#[derive(Debug, Clone, Copy)]
struct Norms {
    /// Greatest rotated norm in this block, and so in all after it.
    rotated: f32,
    /// Greatest norm of the factors themselves in this block or after it.
    original: f32,
}

/// Rounds a norm up far enough to cover its own computation.
fn up(norm: f64) -> f32 {
    (norm * (1.0 + 1e-6)) as f32
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Number of looks at the bound while a block is scored.
fn looks(factors: usize) -> usize {
    ((factors + SEGMENT / 2) / SEGMENT).max(1)
}

impl ItemIndex {
    /// Builds the index of `factors.items` for queries like `factors.users`.
    pub(crate) fn new(factors: &Factors) -> Self {
        let rotation = Rotation::new(&gram(&factors.users), &gram(&factors.items));
        let items = &factors.items;
        let width = items.columns();
        let mut rotated = vec![0.0; items.rows() * width];
        for row in 0..items.rows() {
            rotation.item(items.row(row), &mut rotated[row * width..][..width]);
        }
        let rotated_row = |row: u32| &rotated[row as usize * width..][..width];
        let mut order: Vec<(f64, u32)> =
            (0..items.rows() as u32).map(|row| (norm(rotated_row(row)), row)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let rows: Vec<u32> = order.iter().map(|&(_, row)| row).collect();
        let mut index = Self {
            factors: width,
            rotation,
            exact: padded(items, &rows),
            rotated: Vec::with_capacity(rows.len().div_ceil(WIDE) * width),
            rests: Vec::new(),
            norms: block_norms(items, &order),
            rows,
        };
        for start in (0..order.len()).step_by(WIDE) {
            let block = &order[start..order.len().min(start + WIDE)];
            index.push_block(block.len(), |place| rotated_row(block[place].1));
        }
        index
    }

    fn push_block<'a>(&mut self, count: usize, coordinates: impl Fn(usize) -> &'a [f64]) {
        for coordinate in 0..self.factors {
            let mut lanes = [0.0; WIDE];
            for (place, lane) in lanes.iter_mut().enumerate().take(count) {
                *lane = coordinates(place)[coordinate] as f32;
            }
            self.rotated.push(lanes);
        }
        for look in 1..looks(self.factors) {
            let mut lanes = [0.0; WIDE];
            for (place, lane) in lanes.iter_mut().enumerate().take(count) {
                *lane = up(norm(&coordinates(place)[look * SEGMENT..]));
            }
            self.rests.push(lanes);
        }
    }

    /// The best `k` items for a user's factors, without those in `seen` (ascending item rows).
    pub(crate) fn search(&self, user: &[f32], seen: &[u32], k: usize) -> Vec<ScoredItem> {
        Arch::new().dispatch(Scan { index: self, user, seen, k })
    }
}

/// Rows of a matrix in a given order, each filled up with zeros to whole runs.
fn padded(matrix: &Matrix, rows: &[u32]) -> Vec<[f32; WIDE]> {
    let runs = matrix.columns().div_ceil(WIDE);
    let mut padded = vec![[0.0; WIDE]; rows.len() * runs];
    for (to, &row) in padded.chunks_exact_mut(runs).zip(rows) {
        to.as_flattened_mut()[..matrix.columns()].copy_from_slice(matrix.row(row as usize));
    }
    padded
}

fn block_norms(items: &Matrix, order: &[(f64, u32)]) -> Vec<Norms> {
    let mut original = 0.0_f32;
    let mut norms: Vec<Norms> = order
        .chunks(WIDE)
        .rev()
        .map(|block| {
            for &(_, row) in block {
                let row: Vec<f64> = items.row(row as usize).iter().map(|&v| v.into()).collect();
                original = original.max(up(norm(&row)));
            }
            Norms { rotated: block.first().map_or(0.0, |&(norm, _)| up(norm)), original }
        })
        .collect();
    norms.reverse();
    norms
}

/// One search, run under run-time dispatch.
struct Scan<'a> {
    index: &'a ItemIndex,
    user: &'a [f32],
    seen: &'a [u32],
    k: usize,
}

/// A user's side of the bounds.
struct Query {
    /// The factors, filled up with zeros to whole runs.
    exact: Vec<[f32; WIDE]>,
    rotated: Vec<f32>,
    /// For each look but the last: norm of the coordinates not yet scored.
    rests: Vec<f32>,
    norms: Norms,
}

impl Query {
    #[inline(always)]
    fn new(index: &ItemIndex, user: &[f32]) -> Self {
        let mut rotated = vec![0.0; index.factors];
        index.rotation.query(user, &mut rotated);
        let original: f64 = user.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
        let mut exact = vec![[0.0; WIDE]; user.len().div_ceil(WIDE)];
        exact.as_flattened_mut()[..user.len()].copy_from_slice(user);
        Self {
            exact,
            rests: (1..looks(index.factors))
                .map(|look| up(norm(&rotated[look * SEGMENT..])))
                .collect(),
            norms: Norms { rotated: up(norm(&rotated)), original: up(original.sqrt()) },
            rotated: rotated.into_iter().map(|value| value as f32).collect(),
        }
    }

    /// How far a score and a bound on it may be apart by rounding, for items within `norms`.
    ///
    /// Sums of `n` products in `f32` are off by at most `n · 2⁻²⁴` of the product of the norms, and
    /// rounding the coordinates adds two such units; this allows for twice that and more.
    #[inline(always)]
    fn slack(&self, norms: Norms) -> f32 {
        let unit = (self.rotated.len() + 16) as f32 * f32::EPSILON;
        unit * (self.norms.original * norms.original + self.norms.rotated * norms.rotated)
            + f32::MIN_POSITIVE
    }
}

impl WithSimd for Scan<'_> {
    type Output = Vec<ScoredItem>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<ScoredItem> {
        let index = self.index;
        let query = Query::new(index, self.user);
        let looks = looks(index.factors);
        let mut rests = index.rests.chunks_exact((looks - 1).max(1));
        let mut top = TopK::new(self.k);
        for (block, (coordinates, &norms)) in
            index.rotated.chunks_exact(index.factors).zip(&index.norms).enumerate()
        {
            let block_rests = rests.next().unwrap_or_default();
            let floor = top.threshold() - query.slack(norms);
            // Comparisons are written so that a NaN, from infinite norms, never prunes.
            if query.norms.rotated * norms.rotated < floor {
                break;
            }
            if let Some(bounds) = score_block(simd, &query, coordinates, block_rests, floor) {
                self.take(block, &query, &bounds, floor, &mut top);
            }
        }
        top.into_sorted()
    }
}

/// The approximate scores of a block's items, or `None` where none of them reaches `floor`.
#[inline(always)]
fn score_block<S: Simd>(
    simd: S,
    query: &Query,
    coordinates: &[[f32; WIDE]],
    rests: &[[f32; WIDE]],
    floor: f32,
) -> Option<[f32; WIDE]> {
    let mut scores = [0.0; WIDE];
    let mut start = 0;
    for (item_rests, user_rest) in rests.iter().zip(&query.rests) {
        let segment = start..start + SEGMENT;
        add_scores(simd, &mut scores, &query.rotated[segment.clone()], &coordinates[segment]);
        start += SEGMENT;
        let mut bounds = scores;
        for (bound, item_rest) in bounds.iter_mut().zip(item_rests) {
            *bound += user_rest * item_rest;
        }
        if all_below(&bounds, floor) {
            return None;
        }
    }
    add_scores(simd, &mut scores, &query.rotated[start..], &coordinates[start..]);
    if all_below(&scores, floor) { None } else { Some(scores) }
}

#[inline(always)]
fn all_below(values: &[f32; WIDE], floor: f32) -> bool {
    let mut below = true;
    for value in values {
        below &= *value < floor;
    }
    below
}

/// Adds a run of coordinates to the scores, in four sums at once to hide the latency of adding.
///
/// Products and sums may be rounded together: these scores only decide what is looked at.
#[inline(always)]
fn add_scores<S: Simd>(simd: S, scores: &mut [f32; WIDE], user: &[f32], items: &[[f32; WIDE]]) {
    for (part, score) in S::as_mut_simd_f32s(scores).0.iter_mut().enumerate() {
        let add = |sum, user: f32, item: &[f32; WIDE]| {
            simd.mul_add_e_f32s(simd.splat_f32s(user), S::as_simd_f32s(item).0[part], sum)
        };
        let mut sums = [*score, simd.splat_f32s(0.0), simd.splat_f32s(0.0), simd.splat_f32s(0.0)];
        let (users, users_rest) = user.as_chunks::<4>();
        let (fours, fours_rest) = items.as_chunks::<4>();
        for (user, item) in users.iter().zip(fours) {
            for place in 0..4 {
                sums[place] = add(sums[place], user[place], &item[place]);
            }
        }
        for (user, item) in users_rest.iter().zip(fours_rest) {
            sums[0] = add(sums[0], *user, item);
        }
        *score = simd.add_f32s(simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]));
    }
}

impl Scan<'_> {
    /// Scores the items of a block that may enter from their factors, and offers those not seen.
    #[inline(always)]
    fn take(&self, block: usize, query: &Query, bounds: &[f32; WIDE], floor: f32, top: &mut TopK) {
        let start = block * WIDE;
        let runs = query.exact.len();
        let places = self.index.rows[start..].iter().zip(bounds);
        for (place, (&row, &bound)) in places.enumerate() {
            if bound < floor {
                continue;
            }
            let item = &self.index.exact[(start + place) * runs..][..runs];
            let score = dot_runs(&query.exact, item);
            if score >= top.threshold() && self.seen.binary_search(&row).is_err() {
                top.push(ItemRow(row), score);
            }
        }
    }
}
