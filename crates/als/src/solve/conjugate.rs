use pulp::Simd;

use super::Entries;
use crate::{
    AlsConfig,
    lanes::{Lanes, Wide, wide_runs},
    prefetch::{AHEAD, prefetch},
};

/// Steps a half-step takes for each row.
const STEPS: usize = 3;

/// A residual whose square is below this is none.
const CONVERGED: f64 = 1e-20;

/// Entries handled together.
const GROUP: usize = 4;

/// Memory for conjugate gradients on one row after another.
pub(super) struct CgWorkspace {
    found: Vec<Wide>,
    residual: Vec<Wide>,
    direction: Vec<Wide>,
    image: Vec<Wide>,
}

impl CgWorkspace {
    pub(super) fn new(factors: usize) -> Self {
        let vector = || vec![Wide::ZERO; wide_runs(factors)];
        Self { found: vector(), residual: vector(), direction: vector(), image: vector() }
    }
}

/// Three steps of conjugate gradients on the whitened system `(I + Σ (c − 1) w wᵀ) v = Σ c w`,
/// from what `solution` holds (Hestenes and Stiefel, 1952; for this use, Takács, Pilászy and Tikk,
/// *Applications of the conjugate gradient method for implicit feedback collaborative filtering*,
/// RecSys 2011).
///
/// Whitening is the preconditioner: in the basis of the factors this is the method preconditioned
/// by `B⁻¹`. The matrix is never formed: the start and each step but the last cost `2 n f`
/// multiplications, the last `n f`.
#[inline(always)]
pub(super) fn solve<'a, S: Simd>(
    simd: S,
    config: &AlsConfig,
    entries: Entries<'_>,
    gather: impl Fn(u32) -> &'a [Wide] + Copy,
    workspace: &mut CgWorkspace,
    solution: &mut [Lanes],
) {
    let CgWorkspace { found, residual, direction, image } = workspace;
    for (found, halves) in found.iter_mut().zip(solution.chunks(2)) {
        *found = Wide::narrowed(halves);
    }
    for (residual, found) in residual.iter_mut().zip(found.iter()) {
        *residual = found.scaled(simd, -1.0);
    }
    // c − (c − 1) w·v of each entry: what is left of its preference.
    add_products(simd, config, entries, gather, found, residual, |confidence, score| {
        (1.0 - confidence).mul_add(score, confidence)
    });
    direction.copy_from_slice(residual);
    let mut square = dot(simd, residual, residual);
    for step in 1..=STEPS {
        if square < CONVERGED {
            break;
        }
        if step == STEPS {
            // Nothing comes after: the length of the step is all that is needed of the image.
            let curvature = square_in_system(simd, config, entries, gather, direction);
            add_scaled(simd, found, (square / curvature) as f32, direction);
            break;
        }
        image.copy_from_slice(direction);
        add_products(simd, config, entries, gather, direction, image, |confidence, product| {
            (confidence - 1.0) * product
        });
        let length = (square / dot(simd, direction, image)) as f32;
        add_scaled(simd, found, length, direction);
        add_scaled(simd, residual, -length, image);
        let next = dot(simd, residual, residual);
        let turn = (next / square) as f32;
        for (direction, residual) in direction.iter_mut().zip(residual.iter()) {
            let mut turned = *residual;
            turned.add_scaled(simd, turn, direction);
            *direction = turned;
        }
        square = next;
    }
    for (found, halves) in found.iter().zip(solution.chunks_mut(2)) {
        halves.copy_from_slice(&found.widened()[..halves.len()]);
    }
}

/// `p·Ap` for a direction `p`: `p·p + Σ (c − 1) (w·p)²`.
#[inline(always)]
fn square_in_system<'a, S: Simd>(
    simd: S,
    config: &AlsConfig,
    entries: Entries<'_>,
    gather: impl Fn(u32) -> &'a [Wide] + Copy,
    direction: &[Wide],
) -> f64 {
    let mut sum = dot(simd, direction, direction);
    let (columns, rest) = entries.columns.as_chunks::<GROUP>();
    let (ratings, ratings_rest) = entries.ratings.as_chunks::<GROUP>();
    let mut add = |product: f32, rating: f32| {
        let product = f64::from(product);
        sum += f64::from(config.confidence(rating) - 1.0) * product * product;
    };
    for (group, (columns, ratings)) in columns.iter().zip(ratings).enumerate() {
        entries.prefetch_group(group, gather);
        let products = products(simd, columns.map(gather), direction);
        for (product, &rating) in products.into_iter().zip(ratings) {
            add(product, rating);
        }
    }
    for (&column, &rating) in rest.iter().zip(ratings_rest) {
        let [product] = products(simd, [gather(column)], direction);
        add(product, rating);
    }
    sum
}

/// Adds `Σ weight(c, w·vector) w` over the entries to `sums`.
#[inline(always)]
fn add_products<'a, S: Simd>(
    simd: S,
    config: &AlsConfig,
    entries: Entries<'_>,
    gather: impl Fn(u32) -> &'a [Wide] + Copy,
    vector: &[Wide],
    sums: &mut [Wide],
    weight: impl Fn(f32, f32) -> f32 + Copy,
) {
    let (columns, rest) = entries.columns.as_chunks::<GROUP>();
    let (ratings, ratings_rest) = entries.ratings.as_chunks::<GROUP>();
    for (group, (columns, ratings)) in columns.iter().zip(ratings).enumerate() {
        entries.prefetch_group(group, gather);
        let rows = columns.map(gather);
        add_group(simd, config, rows, *ratings, vector, sums, weight);
    }
    for (&column, &rating) in rest.iter().zip(ratings_rest) {
        add_group(simd, config, [gather(column)], [rating], vector, sums, weight);
    }
}

#[inline(always)]
fn add_group<S: Simd, const ROWS: usize>(
    simd: S,
    config: &AlsConfig,
    rows: [&[Wide]; ROWS],
    ratings: [f32; ROWS],
    vector: &[Wide],
    sums: &mut [Wide],
    weight: impl Fn(f32, f32) -> f32,
) {
    let rows = rows.map(|row| &row[..vector.len()]);
    let products = products(simd, rows, vector);
    let mut weights = [0.0; ROWS];
    for place in 0..ROWS {
        weights[place] = weight(config.confidence(ratings[place]), products[place]);
    }
    for (run, sum) in sums[..vector.len()].iter_mut().enumerate() {
        let mut total = *sum;
        for (row, &weight) in rows.iter().zip(&weights) {
            total.add_scaled(simd, weight, &row[run]);
        }
        *sum = total;
    }
}

/// Dot products of several rows and a vector.
#[inline(always)]
fn products<S: Simd, const ROWS: usize>(
    simd: S,
    rows: [&[Wide]; ROWS],
    vector: &[Wide],
) -> [f32; ROWS] {
    let rows = rows.map(|row| &row[..vector.len()]);
    let mut sums = [Wide::ZERO; ROWS];
    for (run, values) in vector.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            sum.add_product(simd, &row[run], values);
        }
    }
    let mut products = [0.0; ROWS];
    for (product, sum) in products.iter_mut().zip(&sums) {
        *product = sum.sum(simd);
    }
    products
}

impl Entries<'_> {
    /// Asks for the rows of a group that comes some time after this one.
    #[inline(always)]
    fn prefetch_group<'a>(&self, group: usize, gather: impl Fn(u32) -> &'a [Wide]) {
        for place in 0..GROUP {
            if let Some(row) = self.at(group * GROUP + place + AHEAD) {
                prefetch(gather(row as u32));
            }
        }
    }
}

#[inline(always)]
fn add_scaled<S: Simd>(simd: S, sums: &mut [Wide], factor: f32, vector: &[Wide]) {
    for (sum, values) in sums.iter_mut().zip(vector) {
        sum.add_scaled(simd, factor, values);
    }
}

/// In single precision: whitened rows have norms below 1 and confidences end at
/// [`GREATEST_SINGLE`](crate::cost::GREATEST_SINGLE), so that no square overflows.
#[inline(always)]
fn dot<S: Simd>(simd: S, left: &[Wide], right: &[Wide]) -> f64 {
    let mut sums = Wide::ZERO;
    for (left, right) in left.iter().zip(right) {
        sums.add_product(simd, left, right);
    }
    f64::from(sums.sum(simd))
}
