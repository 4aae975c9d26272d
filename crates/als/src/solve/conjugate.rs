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
/// by `B⁻¹`. The matrix is never formed: a step costs `2 n f` multiplications.
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
    for _ in 0..STEPS {
        if square < CONVERGED {
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
        for place in 0..GROUP {
            if let Some(row) = entries.at(group * GROUP + place + AHEAD) {
                prefetch(gather(row as u32));
            }
        }
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
    let mut products = [Wide::ZERO; ROWS];
    for (run, values) in vector.iter().enumerate() {
        for (product, row) in products.iter_mut().zip(rows) {
            product.add_product(simd, &row[run], values);
        }
    }
    let mut weights = [0.0; ROWS];
    for place in 0..ROWS {
        weights[place] = weight(config.confidence(ratings[place]), products[place].sum(simd));
    }
    for (run, sum) in sums[..vector.len()].iter_mut().enumerate() {
        let mut total = *sum;
        for (row, &weight) in rows.iter().zip(&weights) {
            total.add_scaled(simd, weight, &row[run]);
        }
        *sum = total;
    }
}

#[inline(always)]
fn add_scaled<S: Simd>(simd: S, sums: &mut [Wide], factor: f32, vector: &[Wide]) {
    for (sum, values) in sums.iter_mut().zip(vector) {
        sum.add_scaled(simd, factor, values);
    }
}

#[inline(always)]
fn dot<S: Simd>(simd: S, left: &[Wide], right: &[Wide]) -> f64 {
    let mut sums = Wide::ZERO;
    for (left, right) in left.iter().zip(right) {
        sums.add_product(simd, left, right);
    }
    f64::from(sums.sum(simd))
}
