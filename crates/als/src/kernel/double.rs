#![expect(
    clippy::needless_range_loop,
    clippy::needless_pass_by_value,
    reason = "constant indices keep sums in registers; arrays of references are moved"
)]

use pulp::Simd;

use crate::lanes::{LANES, Lanes};

/// Eight rows of one column strip, worked on together.
pub(crate) type Tile = [Lanes; LANES];

/// Column strips that share the values on the left in one call of [`accumulate`] at most: with 8
/// rows their sums fill 24 of the 32 registers of AVX-512.
pub(crate) const GROUP: usize = 3;

/// For each of the tiles: `tile[r] ± Σ_k left(k)[r] · right[k]`, `k` below `depth`, with the right
/// side of its strip.
///
/// Every element is one chain of fused multiplications and additions in the order of `k`, however
/// wide the registers are, so all processors give the same bits. Sums stay in registers: of 8 rows
/// × up to three strips with AVX-512, 4 × 1 with AVX2, whose strip takes two registers.
#[inline(always)]
pub(crate) fn accumulate<S: Simd, const STRIPS: usize, const SUBTRACT: bool>(
    simd: S,
    tiles: [&mut Tile; STRIPS],
    depth: usize,
    left: impl Fn(usize) -> [f64; LANES] + Copy,
    right: [&[Lanes]; STRIPS],
) {
    let right = right.map(
        #[inline(always)]
        |strip| &strip[..depth],
    );
    match S::F64_LANES {
        8 => sum::<S, STRIPS, 8, 1, SUBTRACT>(simd, tiles, (0, 0), left, right),
        4 => {
            for (tile, right) in tiles.into_iter().zip(right) {
                for row in [0, 4] {
                    sum::<S, 1, 4, 2, SUBTRACT>(simd, [&mut *tile], (row, 0), left, [right]);
                }
            }
        }
        2 => {
            for (tile, right) in tiles.into_iter().zip(right) {
                for part in [0, 2] {
                    sum::<S, 1, 8, 2, SUBTRACT>(simd, [&mut *tile], (0, part), left, [right]);
                }
            }
        }
        _ => {
            for (tile, right) in tiles.into_iter().zip(right) {
                for part in 0..Lanes::parts::<S>() {
                    sum::<S, 1, 8, 1, SUBTRACT>(simd, [&mut *tile], (0, part), left, [right]);
                }
            }
        }
    }
}

/// The part of [`accumulate`] whose sums fit registers: `ROWS` rows and `PARTS` registers of each
/// strip, from row and part `first`.
#[inline(always)]
fn sum<
    S: Simd,
    const STRIPS: usize,
    const ROWS: usize,
    const PARTS: usize,
    const SUBTRACT: bool,
>(
    simd: S,
    tiles: [&mut Tile; STRIPS],
    first: (usize, usize),
    left: impl Fn(usize) -> [f64; LANES],
    right: [&[Lanes]; STRIPS],
) {
    let (first_row, first_part) = first;
    let mut sums = [[[simd.splat_f64s(0.0); PARTS]; STRIPS]; ROWS];
    for row in 0..ROWS {
        for strip in 0..STRIPS {
            for part in 0..PARTS {
                let lanes = &tiles[strip][first_row + row];
                sums[row][strip][part] = lanes.part::<S>(first_part + part);
            }
        }
    }
    for k in 0..right[0].len() {
        let factors = left(k);
        let mut values = [[simd.splat_f64s(0.0); PARTS]; STRIPS];
        for strip in 0..STRIPS {
            for part in 0..PARTS {
                values[strip][part] = right[strip][k].part::<S>(first_part + part);
            }
        }
        for row in 0..ROWS {
            let factor = simd.splat_f64s(factors[first_row + row]);
            for strip in 0..STRIPS {
                for part in 0..PARTS {
                    let sum = &mut sums[row][strip][part];
                    *sum = if SUBTRACT {
                        simd.negate_mul_add_f64s(factor, values[strip][part], *sum)
                    } else {
                        simd.mul_add_f64s(factor, values[strip][part], *sum)
                    };
                }
            }
        }
    }
    for row in 0..ROWS {
        for strip in 0..STRIPS {
            for part in 0..PARTS {
                let lanes = &mut tiles[strip][first_row + row];
                lanes.set_part::<S>(first_part + part, sums[row][strip][part]);
            }
        }
    }
}

/// `tile[r] = Σ_k left[r][k] · right[k]` for whole rows on the left, each `stride` runs apart:
/// `left` and `right` start at the same `k`, which goes over whole runs.
///
/// The same chains in the same order as in [`accumulate`].
#[inline(always)]
pub(crate) fn multiply_rows<S: Simd>(
    simd: S,
    tile: &mut Tile,
    left: &[Lanes],
    stride: usize,
    right: &[Lanes],
) {
    match S::F64_LANES {
        8 => sum_rows::<S, 8, 1>(simd, tile, (0, 0), left, stride, right),
        4 => {
            for row in [0, 4] {
                sum_rows::<S, 4, 2>(simd, tile, (row, 0), left, stride, right);
            }
        }
        2 => {
            for part in [0, 2] {
                sum_rows::<S, 8, 2>(simd, tile, (0, part), left, stride, right);
            }
        }
        _ => {
            for part in 0..Lanes::parts::<S>() {
                sum_rows::<S, 8, 1>(simd, tile, (0, part), left, stride, right);
            }
        }
    }
}

#[inline(always)]
fn sum_rows<S: Simd, const ROWS: usize, const PARTS: usize>(
    simd: S,
    tile: &mut Tile,
    first: (usize, usize),
    left: &[Lanes],
    stride: usize,
    right: &[Lanes],
) {
    let (first_row, first_part) = first;
    let (right, _) = right.as_chunks::<LANES>();
    let mut sums = [[simd.splat_f64s(0.0); PARTS]; ROWS];
    let rows: [&[Lanes]; ROWS] = std::array::from_fn(
        #[inline(always)]
        |row| &left[(first_row + row) * stride..][..right.len()],
    );
    for (run, right) in right.iter().enumerate() {
        for (lane, right) in right.iter().enumerate() {
            for row in 0..ROWS {
                let factor = simd.splat_f64s(rows[row][run].0[lane]);
                for part in 0..PARTS {
                    let value = right.part::<S>(first_part + part);
                    sums[row][part] = simd.mul_add_f64s(factor, value, sums[row][part]);
                }
            }
        }
    }
    for row in 0..ROWS {
        for part in 0..PARTS {
            tile[first_row + row].set_part::<S>(first_part + part, sums[row][part]);
        }
    }
}
