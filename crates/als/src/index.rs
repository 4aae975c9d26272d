use marquee_recommender::{ItemRow, ScoredItem, TopK};
use pulp::{Arch, Simd, WithSimd};

use crate::{
    Factors, Matrix,
    gram::gram,
    lanes::{WIDE, Wide, dot_runs},
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
    exact: Vec<Wide>,
    /// What the first look at each block reads, apart from the rest so that it stays in the
    /// processor's caches: for each leading rotated coordinate its value for every item, then,
    /// unless it is the only look, the norms of the coordinates not yet scored.
    fronts: Vec<Wide>,
    /// For each block and each further rotated coordinate: its value for every item.
    backs: Vec<Wide>,
    /// For each block and each further look but the last: norms of the coordinates not yet scored.
    rests: Vec<Wide>,
    /// For each block: greatest rotated norm in it, and so in all after it.
    norms: Vec<f32>,
    /// Greatest norms of all items.
    greatest: Norms,
}

/// Bounds on norms, rounded up.
#[derive(Debug, Clone, Copy)]
struct Norms {
    /// Of the rotated coordinates.
    rotated: f32,
    /// Of the factors themselves.
    original: f32,
}

impl Norms {
    #[inline(always)]
    fn at_least_normal(self) -> Self {
        let Self { rotated, original } = self;
        Self { rotated: rotated.max(f32::MIN_POSITIVE), original: original.max(f32::MIN_POSITIVE) }
    }
}

/// Rounds a norm up far enough to cover its own computation, where it is subnormal too.
fn up(norm: f64) -> f32 {
    ((norm * (1.0 + 1e-6)) as f32).next_up()
}

fn norm(values: &[f64]) -> f64 {
    squares(values).sqrt()
}

#[inline(always)]
fn squares(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
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
            fronts: Vec::new(),
            backs: Vec::new(),
            rests: Vec::new(),
            norms: order.chunks(WIDE).map(|block| up(block[0].0)).collect(),
            greatest: Norms {
                rotated: order.first().map_or(0.0, |&(norm, _)| up(norm)),
                original: greatest_norm(items),
            },
            rows,
        };
        for start in (0..order.len()).step_by(WIDE) {
            let block = &order[start..order.len().min(start + WIDE)];
            index.push_block(block.len(), |place| rotated_row(block[place].1));
        }
        index
    }

    fn push_block<'a>(&mut self, count: usize, coordinates: impl Fn(usize) -> &'a [f64]) {
        let lanes = |value: &dyn Fn(&[f64]) -> f32| {
            let mut lanes = Wide::ZERO;
            for (place, lane) in lanes.0.iter_mut().enumerate().take(count) {
                *lane = value(coordinates(place));
            }
            lanes
        };
        let leading = self.leading();
        for coordinate in 0..self.factors {
            let values = lanes(&|rotated| rotated[coordinate] as f32);
            if coordinate < leading { &mut self.fronts } else { &mut self.backs }.push(values);
        }
        for look in 1..looks(self.factors) {
            let values = lanes(&|rotated| up(norm(&rotated[look * SEGMENT..])));
            if look == 1 { &mut self.fronts } else { &mut self.rests }.push(values);
        }
    }

    /// Number of coordinates scored before the first look at the bound.
    fn leading(&self) -> usize {
        if looks(self.factors) == 1 { self.factors } else { SEGMENT }
    }

    /// What the first look at each block reads.
    fn fronts(&self) -> impl Iterator<Item = &[Wide]> {
        let length = self.leading() + usize::from(looks(self.factors) > 1);
        self.fronts.chunks_exact(length)
    }

    /// The best `k` items for a user's factors, without those in `seen` (ascending item rows) and
    /// those whose rows `admits` turns down. It is asked only about items that are good enough, and
    /// is compiled into the scan: one that admits everything costs nothing.
    pub(crate) fn search(
        &self,
        user: &[f32],
        seen: &[u32],
        k: usize,
        admits: impl Fn(u32) -> bool,
    ) -> Vec<ScoredItem> {
        Arch::new().dispatch(Scan { index: self, user, seen, k, admits })
    }

    /// The greatest norm of an item's factors, rounded up.
    pub(crate) fn greatest_item_norm(&self) -> f32 {
        self.greatest.original
    }
}

/// Rows of a matrix in a given order, each filled up with zeros to whole runs.
fn padded(matrix: &Matrix, rows: &[u32]) -> Vec<Wide> {
    rows.iter().flat_map(|&row| Wide::runs_of(matrix.row(row as usize))).collect()
}

/// The greatest norm of a row, rounded up.
pub(crate) fn greatest_norm(matrix: &Matrix) -> f32 {
    (0..matrix.rows()).map(|row| row_norm(matrix.row(row))).fold(0.0, f32::max)
}

/// The norm of a row, rounded up.
pub(crate) fn row_norm(row: &[f32]) -> f32 {
    up(row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt())
}

/// One search, run under run-time dispatch.
struct Scan<'a, A> {
    index: &'a ItemIndex,
    user: &'a [f32],
    seen: &'a [u32],
    k: usize,
    admits: A,
}

/// A user's side of the bounds.
struct Query {
    /// The factors, filled up with zeros to whole runs.
    exact: Vec<Wide>,
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
        let looks = looks(index.factors);
        let mut rests = vec![0.0; looks - 1];
        let mut rest = 0.0;
        let mut end = rotated.len();
        for look in (1..looks).rev() {
            rest += squares(&rotated[look * SEGMENT..end]);
            rests[look - 1] = up(rest.sqrt());
            end = look * SEGMENT;
        }
        let leading = squares(&rotated[..end]);
        let original: f64 = user.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
        Self {
            exact: Wide::runs_of(user).collect(),
            rests,
            norms: Norms { rotated: up((leading + rest).sqrt()), original: up(original.sqrt()) },
            rotated: rotated.into_iter().map(|value| value as f32).collect(),
        }
    }

    /// How far the score of an item and its approximation may be apart by rounding.
    ///
    /// Sums of `n` products in `f32` are off by at most `n · 2⁻²⁴` of the product of the norms, and
    /// rounding the coordinates adds two such units; this allows for twice that and more. Where
    /// coordinates are subnormal, rounding is off by as much as where they are just not.
    #[inline(always)]
    fn slack(&self, items: Norms) -> f32 {
        let unit = (self.rotated.len() + 16) as f32 * f32::EPSILON;
        let (user, item) = (self.norms.at_least_normal(), items.at_least_normal());
        unit * (user.original * item.original + user.rotated * item.rotated) + f32::MIN_POSITIVE
    }
}

/// Items whose approximate scores may be good enough, while the scan goes on.
struct Candidates {
    /// The best `k` approximations; their lowest is the threshold.
    approximate: TopK,
    /// Twice the slack: an item this far under the threshold ranks behind `k` others, whatever
    /// rounding did to either side.
    margin: f32,
    /// Places and approximate scores of all that were good enough when they came.
    kept: Vec<(usize, f32)>,
}

impl Candidates {
    /// What an approximate score must reach. Comparisons with it are written so that a NaN, which
    /// infinite norms bring about, never rules an item out.
    #[inline(always)]
    fn floor(&self) -> f32 {
        self.approximate.threshold() - self.margin
    }
}

impl<A: Fn(u32) -> bool> WithSimd for Scan<'_, A> {
    type Output = Vec<ScoredItem>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<ScoredItem> {
        let index = self.index;
        let query = Query::new(index, self.user);
        let mut candidates = Candidates {
            approximate: TopK::new(self.k),
            margin: 2.0 * query.slack(index.greatest),
            kept: Vec::with_capacity(8 * self.k.min(WIDE * WIDE)),
        };
        for (block, (front, &norm)) in index.fronts().zip(&index.norms).enumerate() {
            let floor = candidates.floor();
            if query.norms.rotated * norm < floor {
                break;
            }
            if let Some(scores) = score_block(simd, index, &query, block, front, floor) {
                self.keep(block, &scores, floor, &mut candidates);
            }
        }
        self.rank(&query, &candidates)
    }
}

/// The approximate scores of a block's items, or `None` where none of them reaches `floor`.
#[inline(always)]
fn score_block<S: Simd>(
    simd: S,
    index: &ItemIndex,
    query: &Query,
    block: usize,
    front: &[Wide],
    floor: f32,
) -> Option<[f32; WIDE]> {
    let mut scores = [0.0; WIDE];
    let (users, mut users_left) = query.rotated.split_at(index.leading());
    let (items, first_rest) = front.split_at(users.len());
    add_scores(simd, &mut scores, users, items);
    let Some((&user_rest, user_rests)) = query.rests.split_first() else {
        return if all_below(&scores, floor) { None } else { Some(scores) };
    };
    // Not `any`: shared by several scans it becomes a function of its own, without the instructions
    // that were dispatched to.
    if let Some(item_rest) = first_rest.first()
        && falls_short(&scores, user_rest, item_rest, floor)
    {
        return None;
    }
    let mut items_left = &index.backs[block * users_left.len()..][..users_left.len()];
    let rests = &index.rests[block * user_rests.len()..][..user_rests.len()];
    for (item_rest, &user_rest) in rests.iter().zip(user_rests) {
        let (users, further_users) = users_left.split_at(SEGMENT);
        let (items, further_items) = items_left.split_at(SEGMENT);
        (users_left, items_left) = (further_users, further_items);
        add_scores(simd, &mut scores, users, items);
        if falls_short(&scores, user_rest, item_rest, floor) {
            return None;
        }
    }
    add_scores(simd, &mut scores, users_left, items_left);
    if all_below(&scores, floor) { None } else { Some(scores) }
}

/// Whether no score can reach `floor`, whatever the coordinates behind these norms add.
#[inline(always)]
fn falls_short(scores: &[f32; WIDE], user_rest: f32, item_rests: &Wide, floor: f32) -> bool {
    let mut bounds = *scores;
    for (bound, item_rest) in bounds.iter_mut().zip(&item_rests.0) {
        *bound += user_rest * item_rest;
    }
    all_below(&bounds, floor)
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
fn add_scores<S: Simd>(simd: S, scores: &mut [f32; WIDE], user: &[f32], items: &[Wide]) {
    for (part, score) in S::as_mut_simd_f32s(scores).0.iter_mut().enumerate() {
        let add = |sum, user: f32, item: &Wide| {
            simd.mul_add_e_f32s(simd.splat_f32s(user), S::as_simd_f32s(&item.0).0[part], sum)
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

impl<A: Fn(u32) -> bool> Scan<'_, A> {
    /// Keeps the items of a block that are good enough, admitted and not seen.
    #[inline(always)]
    fn keep(&self, block: usize, scores: &[f32; WIDE], floor: f32, candidates: &mut Candidates) {
        let start = block * WIDE;
        let rows = &self.index.rows[start..];
        for (place, (&row, &score)) in rows.iter().zip(scores).enumerate() {
            if score < floor || !(self.admits)(row) || self.seen.binary_search(&row).is_ok() {
                continue;
            }
            candidates.approximate.push(ItemRow(row), score);
            candidates.kept.push((start + place, score));
        }
    }

    /// Scores the candidates from their factors and ranks them.
    #[inline(always)]
    fn rank(&self, query: &Query, candidates: &Candidates) -> Vec<ScoredItem> {
        let floor = candidates.floor();
        let runs = query.exact.len();
        let mut top = TopK::new(self.k);
        for &(place, score) in &candidates.kept {
            if score < floor {
                continue;
            }
            let item = &self.index.exact[place * runs..][..runs];
            top.push(ItemRow(self.index.rows[place]), dot_runs(&query.exact, item));
        }
        top.into_sorted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: f32 = f32::from_bits(1);

    fn matrix(rows: &[[f32; 2]], columns: usize) -> Matrix {
        let mut data = vec![0.0; rows.len() * columns];
        for (row, values) in data.chunks_exact_mut(columns).zip(rows) {
            row[..2].copy_from_slice(values);
        }
        Matrix::new(rows.len(), columns, data).expect("as many values as needed")
    }

    /// The rows a search finds for a user, who need not be one of the `users`, and those of a full
    /// sort.
    fn found_and_expected(
        user: [f32; 2],
        users: &[[f32; 2]],
        items: &[[f32; 2]],
        columns: usize,
    ) -> [Vec<u32>; 2] {
        let factors = Factors { users: matrix(users, columns), items: matrix(items, columns) };
        let index = ItemIndex::new(&factors);
        let user = matrix(&[user], columns);
        let user = user.row(0);
        let mut all = TopK::new(3);
        for row in 0..items.len() as u32 {
            let item = Wide::runs_of(factors.items.row(row as usize)).collect::<Vec<_>>();
            let user = Wide::runs_of(user).collect::<Vec<_>>();
            all.push(ItemRow(row), dot_runs(&user, &item));
        }
        let rows = |scored: Vec<ScoredItem>| scored.iter().map(|scored| scored.item.0).collect();
        [rows(index.search(user, &[], 3, |_| true)), rows(all.into_sorted())]
    }

    #[test]
    fn norms_are_rounded_up_where_they_are_subnormal_too() {
        for norm in [f64::from(SMALLEST) * 1.4, f64::from(SMALLEST) * 0.3, 1e-40, 1.0, 1e38] {
            assert!(f64::from(up(norm)) > norm * (1.0 + 1e-7), "{norm:e}");
        }
    }

    #[test]
    fn items_with_subnormal_factors_are_found() {
        // A full block of items of norm 2u, and behind it one whose norm, 1.41u, rounds to u though
        // its score is the greatest. With 300 factors there is no rotation.
        let mut items = vec![[2.0 * SMALLEST, 0.0]; WIDE];
        items.push([SMALLEST, SMALLEST]);
        for columns in [2, 300] {
            let user = [6e37, 8e37];
            let [found, expected] = found_and_expected(user, &[user], &items, columns);
            assert_eq!(expected[0], WIDE as u32);
            assert_eq!(found, expected, "{columns} factors");
        }
    }

    #[test]
    fn subnormal_factors_that_a_rotation_rounds_are_ranked_by_their_own_scores() {
        let small = |rows: u16| -> Vec<[f32; 2]> {
            let of = |count: u16| f32::from(count) * SMALLEST;
            (0..rows).map(|place| [of(place % 7), of(place / 7)]).collect()
        };
        // Users as small as the items leave the rotated items as small.
        let (users, items) = (small(40), small(60));
        for user in [[6e37, 8e37], [8e37, -6e37], [1e38, 3e37], [-2e37, 9e37], [9e37, 1e36]] {
            let [found, expected] = found_and_expected(user, &users, &items, 2);
            assert_eq!(found, expected, "{user:?}");
        }
    }
}
