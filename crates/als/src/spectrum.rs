use nalgebra::{DMatrix, SymmetricEigen};

use crate::{
    lanes::{LANES, Lanes, WIDE, Wide, runs, wide_runs},
    triangle::Triangle,
};

/// How far the shared part of a system may be from diagonal in its eigenvectors, each element
/// relative to the two on the diagonal.
const LARGEST_RESIDUAL: f64 = 1e-8;

/// λ of a row may lie between these, and eigenvalues not above: then no product of factors that
/// matters beside λ is lost to the range of single precision.
const LEAST_SHIFT: f64 = 1e-20;
const GREATEST: f64 = 1e20;

/// Eigenvectors `Q` and eigenvalues `Λ` of the part of a half-step's systems that rows share,
/// `α₀ YᵀY = QΛQᵀ`, for rows whose λ differ: in the basis of the eigenvectors `α₀ YᵀY + λᵤI` is
/// diagonal whatever λᵤ is.
#[derive(Debug, Clone)]
pub(crate) struct Spectrum {
    /// Filled up with ones to whole runs.
    values: Vec<Lanes>,
}

impl Spectrum {
    /// Decomposes `shared`, for rows whose λ is from `least` to `greatest`; gives the eigenvectors
    /// too, as columns. `None` where rounding spoils it: where that would leave the system of the
    /// least λ farther from diagonal than [`LARGEST_RESIDUAL`].
    ///
    /// Costs some `10 f³` multiplications.
    pub(crate) fn new(
        shared: &Triangle,
        (least, greatest): (f64, f64),
    ) -> Option<(Self, DMatrix<f64>)> {
        let factors = shared.order();
        let dense = DMatrix::from_fn(factors, factors, |row, column| shared.get(row, column));
        if !dense.iter().all(|value| value.is_finite()) || least < LEAST_SHIFT {
            return None;
        }
        let eigen = SymmetricEigen::try_new(dense.clone(), f64::EPSILON, 10_000)?;
        // Rounding may take the least below zero, where no eigenvalue of a Gram matrix is.
        let values = eigen.eigenvalues.map(|value| value.max(0.0));
        if values.max().max(greatest) > GREATEST
            || !is_diagonal(&dense, &eigen.eigenvectors, values.as_slice(), least)
        {
            return None;
        }
        let mut padded = vec![Lanes([1.0; LANES]); runs(factors)];
        for (place, &value) in values.iter().enumerate() {
            padded[place / LANES].0[place % LANES] = value;
        }
        Some((Self { values: padded }, eigen.eigenvectors))
    }

    /// An eigenvalue.
    #[inline(always)]
    pub(crate) fn value(&self, place: usize) -> f64 {
        self.values[place / LANES].0[place % LANES]
    }
}

/// Whether `Qᵀ(G + λI)Q` is `Λ + λI` but for rounding that does no harm.
fn is_diagonal(gram: &DMatrix<f64>, axes: &DMatrix<f64>, values: &[f64], shift: f64) -> bool {
    // By dot products: what a product of whole matrices rounds to may depend on the processor.
    (0..values.len()).all(|right| {
        let axis = axes.column(right);
        let image: Vec<f64> = gram
            .column_iter()
            .zip(&axis)
            .map(|(column, value)| column.dot(&axis) + shift * value)
            .collect();
        (0..=right).all(|left| {
            let products = axes.column(left).into_iter().zip(&image).map(|(a, b)| a * b);
            let found: f64 = products.sum();
            let expected = if left == right { values[left] + shift } else { 0.0 };
            let size = ((values[left] + shift) * (values[right] + shift)).sqrt();
            (found - expected).abs() <= LARGEST_RESIDUAL * size
        })
    })
}

/// The square roots of `(Λ + λᵤI)⁻¹`: what makes rows in the basis of the eigenvectors whitened
/// ones, for rows of one λ.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scale {
    /// Rounded, to scale rows; zero behind the last factor.
    pub(crate) wide: Vec<Wide>,
    /// To scale solutions.
    pub(crate) exact: Vec<Lanes>,
}

impl Scale {
    pub(crate) fn new(spectrum: &Spectrum, factors: usize, shift: f64) -> Self {
        let mut scale = Self::default();
        scale.set(spectrum, factors, shift);
        scale
    }

    /// Makes this the scale of rows with another λ.
    #[inline(always)]
    pub(crate) fn set(&mut self, spectrum: &Spectrum, factors: usize, shift: f64) {
        self.exact.clear();
        self.exact.extend(spectrum.values.iter().map(|run| {
            // One loop each, so that both become vector instructions.
            let shifted = run.0.map(|value| value + shift);
            Lanes(shifted.map(f64::sqrt).map(|root| 1.0 / root))
        }));
        self.wide.clear();
        self.wide.extend(self.exact.chunks(2).map(Wide::narrowed));
        debug_assert_eq!(self.wide.len(), wide_runs(factors));
        for place in factors..self.wide.len() * WIDE {
            self.wide[place / WIDE].0[place % WIDE] = 0.0;
        }
    }

    /// Takes a solution from the whitened basis to that of the eigenvectors.
    #[inline(always)]
    pub(crate) fn leave(&self, solution: &mut [Lanes]) {
        for (values, scale) in solution.iter_mut().zip(&self.exact) {
            for (value, scale) in values.0.iter_mut().zip(scale.0) {
                *value *= scale;
            }
        }
    }

    /// The other way round.
    #[inline(always)]
    pub(crate) fn enter(&self, solution: &mut [Lanes]) {
        for (values, scale) in solution.iter_mut().zip(&self.exact) {
            for (value, scale) in values.0.iter_mut().zip(scale.0) {
                *value /= scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Matrix, gram::gram};

    fn of_rows(rows: usize, columns: usize) -> Triangle {
        let values = (0..rows * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0).collect();
        gram(&Matrix::new(rows, columns, values).expect("as many values as needed"))
    }

    #[test]
    fn eigenvectors_make_the_gram_matrix_diagonal() {
        // The last has more columns than rows: most of its eigenvalues are 0.
        for (rows, columns) in [(200, 1), (200, 8), (200, 19), (200, 50), (10, 50)] {
            let shared = of_rows(rows, columns);
            let (spectrum, axes) = Spectrum::new(&shared, (0.01, 1.0)).expect("it is sound");
            for row in 0..columns {
                for column in 0..columns {
                    let terms = (0..columns)
                        .map(|k| axes[(row, k)] * spectrum.value(k) * axes[(column, k)]);
                    let found: f64 = terms.sum();
                    let expected = shared.get(row, column);
                    assert!((found - expected).abs() < 1e-10, "{columns}: {found}, {expected}");
                }
            }
        }
    }

    #[test]
    fn what_rounding_would_spoil_is_not_decomposed() {
        let shared = of_rows(10, 50);
        assert!(Spectrum::new(&shared, (1e-3, 1.0)).is_some());
        for range in [(1e-14, 1.0), (1e-30, 1.0), (1.0, 1e30)] {
            assert!(Spectrum::new(&shared, range).is_none(), "{range:?}");
        }
        let mut infinite = shared;
        infinite.set(0, 0, f64::INFINITY);
        assert!(Spectrum::new(&infinite, (1.0, 1.0)).is_none());
    }

    #[test]
    fn a_scale_whitens_and_is_undone() {
        let (spectrum, _) = Spectrum::new(&of_rows(200, 19), (0.01, 1.0)).expect("it is sound");
        let scale = Scale::new(&spectrum, 19, 0.5);
        let mut solution = vec![Lanes([3.0; LANES]); runs(19)];
        scale.leave(&mut solution);
        for place in 0..19 {
            let expected = 3.0 / (spectrum.value(place) + 0.5).sqrt();
            let found = solution[place / LANES].0[place % LANES];
            assert!((found - expected).abs() < 1e-12, "{found}, {expected}");
            let rounded = scale.wide[place / WIDE].0[place % WIDE];
            assert_eq!(rounded, scale.exact[place / LANES].0[place % LANES] as f32);
        }
        assert_eq!(scale.wide[1].0[3..], [0.0; 13]);
        scale.enter(&mut solution);
        assert!(solution.iter().flat_map(|run| run.0).all(|value| (value - 3.0).abs() < 1e-12));
    }
}
