use nalgebra::{Cholesky, DMatrix};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    AlsError, Matrix,
    kernel::{Tile, multiply_rows},
    lanes::{LANES, Lanes, Wide, runs, wide_runs, widen},
    spectrum::Spectrum,
    triangle::Triangle,
};

/// Beyond this squared ratio of Cholesky pivots, which is never more than the condition number, a
/// whitened row would keep too few digits.
const LARGEST_PIVOT_RATIO: f64 = 1e12;

/// Rows whitened by one task.
const TASK_ROWS: usize = 256;

/// A change of basis in which the matrix `B = α₀ YᵀY + λI` of a half-step is the identity.
///
/// Where λ differs from row to row there is no such basis, and it is that of the eigenvectors of
/// `α₀ YᵀY` instead ([`rotated`](Self::rotated)), in which `B` is diagonal for every row; a
/// [`Scale`](crate::spectrum::Scale) for each length of rows does the rest.
///
/// With `B = UᵀU` (Cholesky) and `R = U⁻¹`, a fixed row `y` becomes `w = Rᵀy`, and a solution `v`
/// found for rows `w` becomes `x = Rv`. What was `B + Σ (c − α₀) y yᵀ` is `I + Σ (c − α₀) w wᵀ`, so a
/// row with few entries needs a system as small as their number.
#[derive(Debug, Clone)]
pub(crate) struct Whitening {
    factors: usize,
    /// The eigenvalues, where this is a rotation. Then all strips are full.
    spectrum: Option<Spectrum>,
    /// Column strips of `R`: strip `j` holds the rows down to the diagonal, the first at
    /// `8 · j (j + 1) / 2`.
    forward: Vec<Lanes>,
    /// Column strips of `Rᵀ`, each from the diagonal down, filled up to whole runs of rows.
    backward: Vec<Lanes>,
    /// Column strips of `Uᵀ`, like those of `Rᵀ`; of a rotation they are `forward`.
    onward: Vec<Lanes>,
    /// Every fixed row, whitened, where they [are kept](Self::keep).
    rows: Option<Vec<Wide>>,
}

impl Whitening {
    /// Decomposes `system`. `None` where it is too ill-conditioned for that.
    ///
    /// Costs `2 f³ / 3` multiplications: a sixth for the factorization and, as the inverse is
    /// found as the solution for a whole identity, zeros and all, a half for that.
    pub(crate) fn new(system: &Triangle) -> Option<Self> {
        let factors = system.order();
        let dense = DMatrix::from_fn(factors, factors, |row, column| system.get(row, column));
        let lower = Cholesky::new(dense)?.unpack();
        let pivots = lower.diagonal();
        // A NaN among them compares to nothing, and is refused too.
        let ratio = (pivots.max() / pivots.min()).powi(2);
        (ratio <= LARGEST_PIVOT_RATIO).then_some(())?;
        // Rᵀ: the inverse of the lower factor, itself lower.
        let transposed = lower.solve_lower_triangular(&DMatrix::identity(factors, factors))?;
        let element = |row: usize, column: usize| -> f64 {
            if row < factors && column < factors { transposed[(row, column)] } else { 0.0 }
        };
        let upper = |row: usize, column: usize| -> f64 {
            if row < factors && column < factors { lower[(column, row)] } else { 0.0 }
        };
        let (mut forward, mut backward, mut onward) = (Vec::new(), Vec::new(), Vec::new());
        for first in (0..runs(factors)).map(|run| run * LANES) {
            forward
                .extend((0..first + LANES).map(|row| strip(first, &|column| element(column, row))));
            let rows = first..runs(factors) * LANES;
            backward.extend(rows.clone().map(|row| strip(first, &|column| element(row, column))));
            onward.extend(rows.map(|row| strip(first, &|column| upper(column, row))));
        }
        Some(Self { factors, spectrum: None, forward, backward, onward, rows: None })
    }

    /// The rotation to the eigenvectors of `shared`, for rows whose λ is within `shifts`. `None`
    /// where rounding would spoil it.
    pub(crate) fn rotated(shared: &Triangle, shifts: (f64, f64)) -> Option<Self> {
        let factors = shared.order();
        let (spectrum, axes) = Spectrum::new(shared, shifts)?;
        let element = |row: usize, column: usize| -> f64 {
            if row < factors && column < factors { axes[(row, column)] } else { 0.0 }
        };
        let rows = runs(factors) * LANES;
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        for first in (0..runs(factors)).map(|run| run * LANES) {
            forward.extend((0..rows).map(|row| strip(first, &|column| element(row, column))));
            backward.extend((0..rows).map(|row| strip(first, &|column| element(column, row))));
        }
        let (spectrum, onward) = (Some(spectrum), Vec::new());
        Some(Self { factors, spectrum, forward, backward, onward, rows: None })
    }

    /// The eigenvalues of what rows share, where this is the basis of their eigenvectors.
    #[inline(always)]
    pub(crate) fn spectrum(&self) -> Option<&Spectrum> {
        self.spectrum.as_ref()
    }

    /// Whitens every row of the fixed side and keeps them: `f² / 2` multiplications a row.
    ///
    /// # Errors
    /// [`AlsError::Memory`] when there is no room for them. To go on without them would make the
    /// bytes of a training depend on the memory that is free.
    pub(crate) fn keep(&mut self, matrix: &Matrix) -> Result<(), AlsError> {
        self.rows = Some(self.whiten_all(matrix)?);
        Ok(())
    }

    fn whiten_all(&self, matrix: &Matrix) -> Result<Vec<Wide>, AlsError> {
        let runs = wide_runs(self.factors);
        let mut whitened = Vec::new();
        let size = matrix.rows().checked_mul(runs);
        if size.is_none_or(|size| whitened.try_reserve_exact(size).is_err()) {
            return Err(AlsError::Memory { rows: matrix.rows(), factors: self.factors });
        }
        whitened.resize(matrix.rows() * runs, Wide::ZERO);
        let arch = Arch::new();
        whitened.par_chunks_mut(TASK_ROWS * runs).enumerate().for_each(|(task, rows)| {
            arch.dispatch(WhitenRows { whitening: self, matrix, first: task * TASK_ROWS, rows });
        });
        Ok(whitened)
    }

    /// The rows of the fixed side one after the other, whitened, if they are kept.
    #[inline(always)]
    pub(crate) fn rows(&self) -> Option<&[Wide]> {
        self.rows.as_deref()
    }

    /// Whitens up to [`LANES`] rows of `matrix`, into as many in `whitened`.
    ///
    /// `source` is room for the rows in double precision.
    #[inline(always)]
    pub(crate) fn whiten<S: Simd>(
        &self,
        simd: S,
        matrix: &Matrix,
        rows: impl ExactSizeIterator<Item = usize>,
        source: &mut [Lanes],
        whitened: &mut [Wide],
    ) {
        let (runs, wide) = (runs(self.factors), wide_runs(self.factors));
        let count = rows.len();
        for (row, place) in rows.zip(source.chunks_exact_mut(runs)) {
            widen(matrix.tail_from(row), self.factors, |run, values| place[run] = *values);
        }
        let mut start = 0;
        let full = self.spectrum.is_some();
        for strip in 0..runs {
            let depth = if full { runs } else { strip + 1 };
            let right = &self.forward[start..][..depth * LANES];
            start += right.len();
            let mut tile: Tile = [Lanes::ZERO; LANES];
            multiply_rows(simd, &mut tile, source, runs, right);
            let (run, half) = (strip / 2, strip % 2 * LANES);
            for (row, values) in whitened.chunks_exact_mut(wide).zip(&tile).take(count) {
                let values = values.0.map(|value| value as f32);
                row[run].0[half..][..LANES].copy_from_slice(&values);
            }
        }
    }

    /// Turns up to [`LANES`] solutions `v` back into `x = Rv`: gives run `strip` of all of them.
    #[inline(always)]
    pub(crate) fn unwhiten<S: Simd>(
        &self,
        simd: S,
        solutions: &[Lanes],
        take: impl FnMut(usize, &Tile),
    ) {
        self.multiply_upper(simd, &self.backward, solutions, take);
    }

    /// Turns up to [`LANES`] solutions `x` into `v = Ux`: gives run `strip` of all of them.
    #[inline(always)]
    pub(crate) fn rewhiten<S: Simd>(
        &self,
        simd: S,
        solutions: &[Lanes],
        take: impl FnMut(usize, &Tile),
    ) {
        let strips = if self.spectrum.is_some() { &self.forward } else { &self.onward };
        self.multiply_upper(simd, strips, solutions, take);
    }

    #[inline(always)]
    fn multiply_upper<S: Simd>(
        &self,
        simd: S,
        strips: &[Lanes],
        vectors: &[Lanes],
        mut take: impl FnMut(usize, &Tile),
    ) {
        let runs = runs(self.factors);
        let full = self.spectrum.is_some();
        let mut start = 0;
        for strip in 0..runs {
            let above = if full { 0 } else { strip };
            let right = &strips[start..][..(runs - above) * LANES];
            start += right.len();
            let mut tile: Tile = [Lanes::ZERO; LANES];
            multiply_rows(simd, &mut tile, &vectors[above..], runs, right);
            take(strip, &tile);
        }
    }
}

/// A run of columns from `first` on.
fn strip(first: usize, value: &dyn Fn(usize) -> f64) -> Lanes {
    let mut run = Lanes::ZERO;
    for (place, lane) in run.0.iter_mut().enumerate() {
        *lane = value(first + place);
    }
    run
}

struct WhitenRows<'a> {
    whitening: &'a Whitening,
    matrix: &'a Matrix,
    first: usize,
    rows: &'a mut [Wide],
}

impl WithSimd for WhitenRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let wide = wide_runs(self.whitening.factors);
        let mut source = vec![Lanes::ZERO; LANES * runs(self.whitening.factors)];
        for (block, whitened) in self.rows.chunks_mut(LANES * wide).enumerate() {
            let first = self.first + block * LANES;
            let rows = first..first + whitened.len() / wide;
            self.whitening.whiten(simd, self.matrix, rows, &mut source, whitened);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gram::gram, instructions::Instructions};

    fn whitening(matrix: &Matrix) -> Whitening {
        let mut system = gram(matrix);
        system.add_to_diagonal(0.01);
        Whitening::new(&system).expect("it is well-conditioned")
    }

    #[test]
    fn more_rows_than_memory_holds_are_refused() {
        let mut whitening = whitening(&Matrix::new(1, 1, vec![1.0]).expect("one value"));
        // Rows of no columns take no memory as they are.
        for rows in [1 << 58, usize::MAX] {
            let matrix = Matrix::new(rows, 0, Vec::new()).expect("no values");
            let error = whitening.keep(&matrix).expect_err("more than there are addresses");
            assert!(matches!(error, AlsError::Memory { factors: 1, .. }), "{error}");
            assert!(whitening.rows().is_none());
        }
    }

    #[test]
    fn every_instruction_set_whitens_to_the_same_bytes() {
        for columns in [1, 8, 16, 19, 50] {
            let values = (0..37 * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0).collect();
            let matrix = Matrix::new(37, columns, values).expect("as many values as needed");
            let whitening = whitening(&matrix);
            let bits = |instructions: Instructions| {
                let mut rows = vec![Wide::ZERO; 37 * wide_runs(columns)];
                let task = WhitenRows {
                    whitening: &whitening,
                    matrix: &matrix,
                    first: 0,
                    rows: &mut rows,
                };
                instructions.run(task);
                rows.iter().flat_map(|run| run.0.map(f32::to_bits)).collect::<Vec<_>>()
            };
            let portable = bits(Instructions::Portable);
            assert!(portable.iter().any(|&bits| bits != 0));
            for instructions in Instructions::available() {
                assert_eq!(bits(instructions), portable, "{columns} columns, {instructions:?}");
            }
        }
    }
}
