#![expect(
    clippy::needless_range_loop,
    clippy::needless_pass_by_value,
    reason = "constant indices keep sums in registers; arrays of references are moved"
)]

use pulp::Simd;

use crate::lanes::{LANES, WIDE, Wide};

/// Rows of a batch: as many as stay in the nearest cache.
pub(crate) const BATCH_ROWS: usize = 64;

/// Batches whose products are summed in single precision, before they go into double precision.
pub(crate) const SINGLE_BATCHES: usize = 4;

/// Registers of columns that share the values on the left at most.
const GROUP: usize = 3;

/// Rows whose products are to be summed, each starting a cache line.
pub(crate) struct Batch {
    values: Vec<f32>,
    /// Place of the first value: the first that starts a cache line.
    start: usize,
    /// Columns of a row that are summed.
    columns: usize,
    /// Distance of the rows: so far that reading whole runs from any multiple of [`LANES`] stays
    /// within the row.
    stride: usize,
}

impl Batch {
    /// Room for [`BATCH_ROWS`] rows of as many columns, all zero.
    pub(crate) fn new(columns: usize) -> Self {
        let stride = (columns + LANES).next_multiple_of(WIDE);
        let values = vec![0.0; BATCH_ROWS * stride + WIDE];
        let start = values.as_ptr().align_offset(align_of::<Wide>()).min(WIDE);
        Self { values, start, columns, stride }
    }

    /// The values of a row.
    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[self.start + row * self.stride..][..self.stride]
    }

    /// Adds `Σ_k z_k z_kᵀ` over the first `count` rows `z` to `sums`, the [`wide_tiles`] of the
    /// columns.
    ///
    /// Every element is one chain of fused multiplications and additions in the order of `k`,
    /// however wide the registers are. `between` is called between its parts, with how much of the
    /// work is done: a place for prefetching.
    #[inline(always)]
    pub(crate) fn sum_outer<S: Simd>(
        &self,
        simd: S,
        count: usize,
        sums: &mut [WideTile],
        between: impl FnMut(f32),
    ) {
        let rows = &self.values[self.start..][..count * self.stride];
        sum_outer(simd, rows, self.stride, self.columns, sums, between);
    }
}

/// Eight rows of one run of columns.
pub(crate) type WideTile = [Wide; LANES];

/// For each block of [`LANES`] rows of an upper triangle, in order: its number and the first
/// column of each run of [`WIDE`] columns from its diagonal on.
pub(crate) fn wide_tiles(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..columns.div_ceil(LANES))
        .flat_map(move |block| (block * LANES..columns).step_by(WIDE).map(move |at| (block, at)))
}

#[inline(always)]
fn sum_outer<S: Simd>(
    simd: S,
    batch: &[f32],
    stride: usize,
    columns: usize,
    mut sums: &mut [WideTile],
    mut between: impl FnMut(f32),
) {
    let share = 1.0 / sums.len() as f32;
    let all = sums.len();
    for row in (0..columns).step_by(LANES) {
        let mut column = row;
        while column < columns {
            let left = (columns - column).div_ceil(WIDE);
            // Two and two sum up faster than three and one.
            let group = if left == GROUP + 1 { 2 } else { left.min(GROUP) };
            let (tiles, rest) = sums.split_at_mut(group);
            sums = rest;
            match tiles {
                [a] => sum_group::<S, 1>(simd, batch, stride, (row, column), [a]),
                [a, b] => sum_group::<S, 2>(simd, batch, stride, (row, column), [a, b]),
                [a, b, c] => sum_group::<S, 3>(simd, batch, stride, (row, column), [a, b, c]),
                _ => {}
            }
            between((all - sums.len()) as f32 * share);
            column += group * WIDE;
        }
    }
}

#[inline(always)]
fn sum_group<S: Simd, const RUNS: usize>(
    simd: S,
    batch: &[f32],
    stride: usize,
    (row, column): (usize, usize),
    tiles: [&mut WideTile; RUNS],
) {
    if S::F32_LANES == WIDE {
        sum::<S, RUNS, 8, 1>(simd, batch, stride, (row, column, 0), tiles);
        return;
    }
    for (run, tile) in tiles.into_iter().enumerate() {
        let column = column + run * WIDE;
        for from in [0, 4] {
            let at = (row, column, from);
            match S::F32_LANES {
                8 => sum::<S, 1, 4, 2>(simd, batch, stride, at, [&mut *tile]),
                4 => sum::<S, 1, 4, 4>(simd, batch, stride, at, [&mut *tile]),
                _ => sum::<S, 1, 4, 16>(simd, batch, stride, at, [&mut *tile]),
            }
        }
    }
}

/// The part of [`sum_group`] whose sums fit registers: `ROWS` rows from `from` on.
#[inline(always)]
fn sum<S: Simd, const RUNS: usize, const ROWS: usize, const PARTS: usize>(
    simd: S,
    batch: &[f32],
    stride: usize,
    (row, column, from): (usize, usize, usize),
    tiles: [&mut WideTile; RUNS],
) {
    let mut sums = [[[simd.splat_f32s(0.0); PARTS]; RUNS]; ROWS];
    for place in 0..ROWS {
        for run in 0..RUNS {
            for part in 0..PARTS {
                sums[place][run][part] = tiles[run][from + place].part::<S>(part);
            }
        }
    }
    for values in batch.chunks_exact(stride) {
        let left = &values[row + from..][..ROWS];
        let (right, _) = S::as_simd_f32s(&values[column..][..RUNS * WIDE]);
        let right = &right[..RUNS * PARTS];
        for place in 0..ROWS {
            let factor = simd.splat_f32s(left[place]);
            for run in 0..RUNS {
                for part in 0..PARTS {
                    let sum = &mut sums[place][run][part];
                    *sum = simd.mul_add_f32s(factor, right[run * PARTS + part], *sum);
                }
            }
        }
    }
    for place in 0..ROWS {
        for run in 0..RUNS {
            for part in 0..PARTS {
                tiles[run][from + place].set_part::<S>(part, sums[place][run][part]);
            }
        }
    }
}
