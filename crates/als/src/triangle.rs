use pulp::Simd;

use crate::{
    kernel::{GROUP, Tile, WideTile, accumulate, wide_tiles},
    lanes::{LANES, Lanes, Wide},
};

/// The upper triangle of a symmetric matrix with one more column beside it for a right-hand side.
///
/// It lies in column strips of [`LANES`] columns: strip `j` holds the tiles of block rows `0..=j`,
/// so the rows above a tile are one run of memory, and an update of a tile by them is one loop.
/// The extra column is number `order`; a Cholesky factorization carries it along, which is the
/// forward substitution. Columns beyond it are zero, and tiles on the diagonal hold values of no
/// meaning below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triangle {
    order: usize,
    tiles: Vec<Tile>,
}

/// The first pivot that is not above zero, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPivot(pub(crate) usize);

/// Number of column strips of a matrix of this order, with the right-hand side.
pub(crate) const fn strips(order: usize) -> usize {
    order / LANES + 1
}

/// Place of the first tile of a strip.
#[inline(always)]
const fn start(strip: usize) -> usize {
    strip * (strip + 1) / 2
}

impl Triangle {
    pub(crate) fn zeros(order: usize) -> Self {
        Self { order, tiles: vec![[Lanes::ZERO; LANES]; start(strips(order))] }
    }

    /// Makes this the identity of any order, with zeros beside it.
    #[inline(always)]
    pub(crate) fn set_to_identity(&mut self, order: usize) {
        self.order = order;
        self.tiles.clear();
        self.tiles.resize(start(strips(order)), [Lanes::ZERO; LANES]);
        self.add_to_diagonal(1.0);
    }

    /// Makes this a diagonal matrix of the same order, with zeros beside it.
    #[inline(always)]
    pub(crate) fn set_to_diagonal(&mut self, value: impl Fn(usize) -> f64) {
        self.tiles.fill([Lanes::ZERO; LANES]);
        for place in 0..self.order {
            self.set(place, place, value(place));
        }
    }

    /// Multiplies every element by a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        for lanes in self.tiles.as_flattened_mut() {
            lanes.0 = lanes.0.map(|value| factor * value);
        }
    }

    pub(crate) fn order(&self) -> usize {
        self.order
    }

    #[inline(always)]
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.tiles.copy_from_slice(&other.tiles);
    }

    /// Adds another triangle of the same order, element by element.
    pub(crate) fn add(&mut self, other: &Self) {
        for (lanes, added) in
            self.tiles.as_flattened_mut().iter_mut().zip(other.tiles.as_flattened())
        {
            for (value, added) in lanes.0.iter_mut().zip(added.0) {
                *value += added;
            }
        }
    }

    #[inline(always)]
    pub(crate) fn add_to_diagonal(&mut self, value: f64) {
        for place in 0..self.order {
            let strip = place / LANES;
            self.tiles[start(strip) + strip][place % LANES].0[place % LANES] += value;
        }
    }

    /// The element of a row and a column, in either half.
    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        let (row, column) = (row.min(column), row.max(column));
        self.tiles[start(column / LANES) + row / LANES][row % LANES].0[column % LANES]
    }

    /// Sum of the diagonal.
    pub(crate) fn trace(&self) -> f64 {
        (0..self.order).map(|place| self.get(place, place)).sum()
    }

    /// Sum of the products of the elements of two full symmetric matrices: the trace of their
    /// matrix product.
    pub(crate) fn trace_of_product(&self, other: &Self) -> f64 {
        let mut sum = 0.0;
        for column in 0..self.order {
            let mut above = 0.0;
            for row in 0..column {
                above += self.get(row, column) * other.get(row, column);
            }
            sum += 2.0 * above + self.get(column, column) * other.get(column, column);
        }
        sum
    }

    /// Sets an element of the upper triangle.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, column: usize, value: f64) {
        let tile = &mut self.tiles[start(column / LANES) + row / LANES];
        tile[row % LANES].0[column % LANES] = value;
    }

    #[inline(always)]
    pub(crate) fn set_right_side(&mut self, values: &[Lanes]) {
        let strip = &mut self.tiles[start(self.order / LANES)..];
        let lane = self.order % LANES;
        for (tile, run) in strip.iter_mut().zip(values) {
            for (row, value) in tile.iter_mut().zip(run.0) {
                row.0[lane] = value;
            }
        }
    }

    /// Adds `Σ z zᵀ` over rows `z`, of which run `j` stands at `rows[j * stride..][..count]`. A run
    /// behind those of the order is for what stands beside the matrix.
    #[inline(always)]
    pub(crate) fn add_outer<S: Simd>(
        &mut self,
        simd: S,
        rows: &[Lanes],
        stride: usize,
        count: usize,
    ) {
        let runs = rows.len() / stride;
        let run = |place: usize| &rows[place * stride..][..count];
        for block in 0..runs {
            let values = run(block);
            let left = |k: usize| values[k].0;
            for first in (block..runs).step_by(GROUP) {
                match runs - first {
                    1 => self.add_group(simd, [first], block, left, run),
                    2 => self.add_group(simd, [first, first + 1], block, left, run),
                    _ => self.add_group(simd, [first, first + 1, first + 2], block, left, run),
                }
            }
        }
    }

    /// Adds the products of a block of rows and a group of column strips.
    #[inline(always)]
    fn add_group<'a, S: Simd, const STRIPS: usize>(
        &mut self,
        simd: S,
        strips: [usize; STRIPS],
        block: usize,
        left: impl Fn(usize) -> [f64; LANES] + Copy,
        right: impl Fn(usize) -> &'a [Lanes],
    ) {
        let right = strips.map(right);
        let tiles = self.tiles.get_disjoint_mut(strips.map(|strip| start(strip) + block));
        let tiles = tiles.expect("strips of a group differ");
        accumulate::<S, STRIPS, false>(simd, tiles, right[0].len(), left, right);
    }

    /// Adds sums in single precision, the [`wide_tiles`] of `columns` columns, and clears them.
    #[inline(always)]
    pub(crate) fn take_sums<S: Simd>(&mut self, simd: S, columns: usize, sums: &mut [WideTile]) {
        let strips = strips(self.order);
        for ((block, column), sums) in wide_tiles(columns).zip(sums) {
            for half in 0..(strips - column / LANES).min(2) {
                let tile = &mut self.tiles[start(column / LANES + half) + block];
                for (total, sum) in tile.iter_mut().zip(&*sums) {
                    total.add_scaled(simd, 1.0, &sum.widened()[half]);
                }
            }
            *sums = [Wide::ZERO; LANES];
        }
    }

    /// Turns the matrix `A` into `U` with `UᵀU = A` and the right-hand side `b` into `U⁻ᵀb`, and
    /// fills in the inverses of the pivots. Costs `order³ / 6` multiplications.
    ///
    /// Left-looking by block rows (Golub and Van Loan, *Matrix Computations*, section 4.2).
    #[inline(always)]
    pub(crate) fn factorize<S: Simd>(
        &mut self,
        simd: S,
        inverses: &mut [Lanes],
    ) -> Result<(), BadPivot> {
        for block in 0..self.order.div_ceil(LANES) {
            let (upto, after) = self.tiles.split_at_mut(start(block + 1));
            let (above, diagonal) = upto[start(block)..].split_at_mut(block);
            let above = above.as_flattened();
            let left = |k: usize| above[k].0;
            let diagonal = &mut diagonal[0];
            accumulate::<S, 1, true>(simd, [diagonal], above.len(), left, [above]);
            let count = LANES.min(self.order - block * LANES);
            factorize_tile(simd, diagonal, &mut inverses[block], count)
                .map_err(|row| BadPivot(block * LANES + row))?;
            let pivots = (&*diagonal, &inverses[block]);
            let end = strips(self.order);
            for first in (block + 1..end).step_by(GROUP) {
                match end - first {
                    1 => finish_group(simd, after, block, [first], left, pivots),
                    2 => finish_group(simd, after, block, [first, first + 1], left, pivots),
                    _ => {
                        let group = [first, first + 1, first + 2];
                        finish_group(simd, after, block, group, left, pivots);
                    }
                }
            }
        }
        Ok(())
    }

    /// Solves `U x = U⁻ᵀb` after [`factorize`](Self::factorize). `solution` holds a run for each
    /// strip; what lies behind the last element is zero.
    #[inline(always)]
    pub(crate) fn substitute<S: Simd>(&self, simd: S, inverses: &[Lanes], solution: &mut [Lanes]) {
        let last = self.order / LANES;
        let right_lane = self.order % LANES;
        solution[last] = Lanes::ZERO;
        for block in (0..self.order.div_ceil(LANES)).rev() {
            let count = LANES.min(self.order - block * LANES);
            let mut remaining = [0.0; LANES];
            for (row, value) in remaining.iter_mut().enumerate().take(count) {
                let mut sums = Lanes::ZERO;
                for (strip, found) in solution.iter().enumerate().skip(block + 1) {
                    sums.add_product(simd, &self.tiles[start(strip) + block][row], found);
                }
                *value = self.tiles[start(last) + block][row].0[right_lane] - sums.sum(simd);
            }
            let diagonal = &self.tiles[start(block) + block];
            let mut found = Lanes::ZERO;
            for row in (0..count).rev() {
                let value = remaining[row] * inverses[block].0[row];
                found.0[row] = value;
                for above in 0..row {
                    remaining[above] -= diagonal[above].0[row] * value;
                }
            }
            solution[block] = found;
        }
    }
}

/// Finishes the tiles of a block row in a group of column strips of the triangle. `after` starts
/// with the strip behind the block's own.
#[inline(always)]
fn finish_group<S: Simd, const STRIPS: usize>(
    simd: S,
    after: &mut [Tile],
    block: usize,
    strips: [usize; STRIPS],
    left: impl Fn(usize) -> [f64; LANES] + Copy,
    (diagonal, inverses): (&Tile, &Lanes),
) {
    let origin = start(block + 1);
    let columns = strips.map(|strip| start(strip) - origin..start(strip) - origin + block + 1);
    let columns = after.get_disjoint_mut(columns).expect("strips of a group differ");
    let halves = columns.map(|column| column.split_at_mut(block));
    let mut right: [&[Lanes]; STRIPS] = [&[]; STRIPS];
    let mut place = 0;
    let mut tiles = halves.map(|(finished, current)| {
        right[place] = finished.as_flattened();
        place += 1;
        &mut current[0]
    });
    accumulate::<S, STRIPS, true>(
        simd,
        tiles.each_mut().map(|tile| &mut **tile),
        block * LANES,
        left,
        right,
    );
    for tile in tiles {
        eliminate(simd, tile, diagonal, inverses);
    }
}

/// Factorizes the first `count` rows of a tile on the diagonal; an error is the row of a bad pivot.
#[inline(always)]
fn factorize_tile<S: Simd>(
    simd: S,
    tile: &mut Tile,
    inverses: &mut Lanes,
    count: usize,
) -> Result<(), usize> {
    let mut roots = Lanes::ZERO;
    for row in 0..count {
        let pivot = tile[row].0[row];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(row);
        }
        // Rows get their square roots at the end: here the next pivot would wait for them.
        let inverse = 1.0 / pivot;
        roots.0[row] = inverse;
        let current = tile[row];
        let scaled = current.scaled(simd, inverse);
        for (below, rest) in tile.iter_mut().enumerate().skip(row + 1) {
            rest.add_scaled(simd, -current.0[below], &scaled);
        }
    }
    for (row, root) in tile.iter_mut().zip(&mut roots.0).take(count) {
        *root = root.sqrt();
        *row = row.scaled(simd, *root);
    }
    *inverses = roots;
    Ok(())
}

/// Solves `Uᵀ Z = tile` for `Z`, with `U` the factorized tile on the diagonal of the same rows.
#[inline(always)]
fn eliminate<S: Simd>(simd: S, tile: &mut Tile, diagonal: &Tile, inverses: &Lanes) {
    for part in 0..Lanes::parts::<S>() {
        let mut rows = columns::<S>(tile, part);
        for row in 0..LANES {
            rows[row] = simd.mul_f64s(simd.splat_f64s(inverses.0[row]), rows[row]);
            for below in row + 1..LANES {
                let factor = simd.splat_f64s(diagonal[row].0[below]);
                rows[below] = simd.negate_mul_add_f64s(factor, rows[row], rows[below]);
            }
        }
        set_columns::<S>(tile, part, rows);
    }
}

/// Columns of a tile that fill one register, for each of its rows.
#[inline(always)]
fn columns<S: Simd>(tile: &Tile, part: usize) -> [S::f64s; LANES] {
    tile.each_ref().map(
        #[inline(always)]
        |row| row.part::<S>(part),
    )
}

#[inline(always)]
fn set_columns<S: Simd>(tile: &mut Tile, part: usize, columns: [S::f64s; LANES]) {
    for (row, value) in tile.iter_mut().zip(columns) {
        row.set_part::<S>(part, value);
    }
}
