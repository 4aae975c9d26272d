use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::triangle::Triangle;

/// Beyond this many factors finding the rotation would take longer than it saves.
const MOST_FACTORS: usize = 256;

/// Eigenvalues below this part of the greatest are raised to it, which bounds the condition of
/// the maps (10³ from each of the two decompositions).
const USER_FLOOR: f64 = 1e-6;
const SCORE_FLOOR: f64 = 1e-12;

/// How far the two maps may be from being each other's inverse transpose.
const LARGEST_RESIDUAL: f64 = 1e-9;
/// How large the product of the norms of the two maps may be, for each factor.
const LARGEST_NORM: f64 = 1e6;

/// A change of basis under which dot products stay what they are and most of them comes from the
/// leading coordinates: `x·y = (Qᵀx)·(Pᵀy)`.
///
/// It is the singular value decomposition of the matrix of all scores `XYᵀ`, got from the two Gram
/// matrices: in the new coordinates both are the same diagonal matrix of falling singular values,
/// so the norms of users and items are balanced and Cauchy–Schwarz bounds are about as tight as a
/// linear map makes them.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    factors: usize,
    query: Vec<f64>,
    item: Vec<f64>,
}

impl Rotation {
    /// The rotation for factors with these Gram matrices; the identity where none can be trusted.
    pub(crate) fn new(users: &Triangle, items: &Triangle) -> Self {
        let factors = users.order();
        balanced(users, items).filter(|(query, item)| is_sound(query, item)).map_or_else(
            || Self::identity(factors),
            |(query, item)| Self { factors, query: row_major(&query), item: row_major(&item) },
        )
    }

    fn identity(factors: usize) -> Self {
        let map = row_major(&DMatrix::identity(factors, factors));
        Self { factors, query: map.clone(), item: map }
    }

    /// The new coordinates of a user's factors, into `rotated`.
    #[inline(always)]
    pub(crate) fn query(&self, factors: &[f32], rotated: &mut [f64]) {
        apply(&self.query, self.factors, factors, rotated);
    }

    /// The new coordinates of an item's factors, into `rotated`.
    #[inline(always)]
    pub(crate) fn item(&self, factors: &[f32], rotated: &mut [f64]) {
        apply(&self.item, self.factors, factors, rotated);
    }
}

#[inline(always)]
fn apply(map: &[f64], factors: usize, vector: &[f32], rotated: &mut [f64]) {
    rotated.fill(0.0);
    for (row, &value) in map.chunks_exact(factors).zip(vector) {
        let value = f64::from(value);
        for (sum, &weight) in rotated.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
}

/// `Q` for users and `P` for items, or `None` where the Gram matrices do not admit them.
fn balanced(users: &Triangle, items: &Triangle) -> Option<(DMatrix<f64>, DMatrix<f64>)> {
    if users.order() > MOST_FACTORS {
        return None;
    }
    let (users, items) = (dense(users), dense(items));
    let (axes, energy) = decompose(users, USER_FLOOR)?;
    let spread = &axes * DMatrix::from_diagonal(&energy.map(f64::sqrt));
    let shrink = &axes * DMatrix::from_diagonal(&energy.map(|value| 1.0 / value.sqrt()));
    let (turn, squares) = decompose(spread.transpose() * items * &spread, SCORE_FLOOR)?;
    // Squares of singular values: their fourth root divides them evenly between the sides.
    let query = shrink * &turn * DMatrix::from_diagonal(&squares.map(|value| value.powf(0.25)));
    let item = spread * &turn * DMatrix::from_diagonal(&squares.map(|value| value.powf(-0.25)));
    Some((query, item))
}

/// Eigenvectors, as columns, and eigenvalues of a symmetric matrix, falling and floored.
fn decompose(matrix: DMatrix<f64>, floor: f64) -> Option<(DMatrix<f64>, DVector<f64>)> {
    if !matrix.iter().all(|value| value.is_finite()) {
        return None;
    }
    let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, 10_000)?;
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let greatest = eigen.eigenvalues[*order.first()?];
    if greatest <= 0.0 {
        return None;
    }
    let values = order.iter().map(|&place| eigen.eigenvalues[place].max(greatest * floor));
    let values = DVector::from_iterator(order.len(), values);
    Some((eigen.eigenvectors.select_columns(&order), values))
}

/// Whether rounding leaves `Q Pᵀ` the identity, and the maps small enough that rounding what they
/// are applied to does no harm either.
fn is_sound(query: &DMatrix<f64>, item: &DMatrix<f64>) -> bool {
    let factors = query.nrows();
    let residual = query * item.transpose() - DMatrix::identity(factors, factors);
    residual.iter().all(|value| value.abs() <= LARGEST_RESIDUAL)
        && query.norm() * item.norm() <= LARGEST_NORM * factors as f64
}

fn dense(matrix: &Triangle) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.order(), matrix.order(), |row, column| matrix.get(row, column))
}

fn row_major(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.transpose().as_slice().to_vec()
}
