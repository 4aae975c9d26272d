use pulp::Simd;

use super::Entries;
use crate::{
    AlsConfig,
    lanes::{Lanes, Wide, wide_runs},
    prefetch::{AHEAD, prefetch},
    spectrum::Scale,
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
    /// A vector that was scaled, and sums that are to be.
    scaled: [Vec<Wide>; 2],
}

impl CgWorkspace {
    pub(super) fn new(factors: usize) -> Self {
        let vector = || vec![Wide::ZERO; wide_runs(factors)];
        Self {
            found: vector(),
            residual: vector(),
            direction: vector(),
            image: vector(),
            scaled: [vector(), vector()],
        }
    }
}

/// Three steps of conjugate gradients on the whitened system `(I + Σ (c − α₀) w wᵀ) v = Σ c p w`,
/// from what `solution` holds (Hestenes and Stiefel, 1952; for this use, Takács, Pilászy and Tikk,
/// *Applications of the conjugate gradient method for implicit feedback collaborative filtering*,
/// RecSys 2011).
///
/// Whitening is the preconditioner: in the basis of the factors this is the method preconditioned
/// by `B⁻¹`. The matrix is never formed: the start and each step but the last cost `2 n f`
/// multiplications, the last `n f`. With a scale the rows are `w` before scaling, and so is the
/// solution.
#[inline(always)]
pub(super) fn solve<'a, S: Simd>(
    simd: S,
    config: &AlsConfig,
    scale: Option<&Scale>,
    entries: Entries<'_>,
    gather: impl Fn(u32) -> &'a [Wide] + Copy,
    workspace: &mut CgWorkspace,
    solution: &mut [Lanes],
) {
    let CgWorkspace { found, residual, direction, image, scaled } = workspace;
    if let Some(scale) = scale {
        scale.enter(solution);
    }
    let row = Row { config, entries, gather, scale };
    for (found, halves) in found.iter_mut().zip(solution.chunks(2)) {
        *found = Wide::narrowed(halves);
    }
    for (residual, found) in residual.iter_mut().zip(found.iter()) {
        *residual = found.scaled(simd, -1.0);
    }
    let unobserved = config.unobserved_weight as f32;
    // c p − (c − α₀) w·v of each entry: what is left of its preference.
    row.add_products(simd, found, residual, scaled, |rating, score| {
        let confidence = config.confidence(rating);
        (unobserved - confidence).mul_add(score, confidence * AlsConfig::preference(rating))
    });
    direction.copy_from_slice(residual);
    let mut square = dot(simd, residual, residual);
    for step in 1..=STEPS {
        if square < CONVERGED {
            break;
        }
        if step == STEPS {
            // Nothing comes after: the length of the step is all that is needed of the image.
            let curvature = row.square_in_system(simd, direction, scaled);
            add_scaled(simd, found, (square / curvature) as f32, direction);
            break;
        }
        image.copy_from_slice(direction);
        row.add_products(simd, direction, image, scaled, |rating, product| {
            (config.confidence(rating) - unobserved) * product
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
    if let Some(scale) = scale {
        scale.leave(solution);
    }
}

/// What a row's system is made of.
struct Row<'e, 's, G> {
    config: &'s AlsConfig,
    entries: Entries<'e>,
    gather: G,
    scale: Option<&'s Scale>,
}

impl<'a, G: Fn(u32) -> &'a [Wide] + Copy> Row<'_, '_, G> {
    /// `p·Ap` for a direction `p`: `p·p + Σ (c − α₀) (w·p)²`.
    #[inline(always)]
    fn square_in_system<S: Simd>(
        &self,
        simd: S,
        direction: &[Wide],
        [scaled, _]: &mut [Vec<Wide>; 2],
    ) -> f64 {
        let Self { config, entries, gather, scale } = *self;
        let unobserved = config.unobserved_weight as f32;
        let mut sum = dot(simd, direction, direction);
        let direction = match scale {
            Some(scale) => scaled_into(simd, direction, scale, scaled),
            None => direction,
        };
        let (columns, rest) = entries.columns.as_chunks::<GROUP>();
        let (ratings, ratings_rest) = entries.ratings.as_chunks::<GROUP>();
        let mut add = |product: f32, rating: f32| {
            let product = f64::from(product);
            sum += f64::from(config.confidence(rating) - unobserved) * product * product;
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

    /// Adds `Σ weight(r, w·vector) w` over the entries, with their ratings `r`, to `sums`.
    #[inline(always)]
    fn add_products<S: Simd>(
        &self,
        simd: S,
        vector: &[Wide],
        sums: &mut [Wide],
        [scaled, unscaled]: &mut [Vec<Wide>; 2],
        weight: impl Fn(f32, f32) -> f32 + Copy,
    ) {
        let Self { entries, gather, scale, .. } = *self;
        let (vector, totals) = match scale {
            Some(scale) => {
                unscaled.fill(Wide::ZERO);
                (scaled_into(simd, vector, scale, scaled), &mut unscaled[..])
            }
            None => (vector, &mut *sums),
        };
        let (columns, rest) = entries.columns.as_chunks::<GROUP>();
        let (ratings, ratings_rest) = entries.ratings.as_chunks::<GROUP>();
        for (group, (columns, ratings)) in columns.iter().zip(ratings).enumerate() {
            entries.prefetch_group(group, gather);
            let rows = columns.map(gather);
            add_group(simd, rows, *ratings, vector, totals, weight);
        }
        for (&column, &rating) in rest.iter().zip(ratings_rest) {
            add_group(simd, [gather(column)], [rating], vector, totals, weight);
        }
        if let Some(scale) = scale {
            for ((sum, added), scale) in sums.iter_mut().zip(&*unscaled).zip(&scale.wide) {
                sum.add_product(simd, added, scale);
            }
        }
    }
}

/// A vector, scaled, in `room`.
#[inline(always)]
fn scaled_into<'r, S: Simd>(
    simd: S,
    vector: &[Wide],
    scale: &Scale,
    room: &'r mut [Wide],
) -> &'r [Wide] {
    for ((target, value), scale) in room.iter_mut().zip(vector).zip(&scale.wide) {
        *target = value.times(simd, scale);
    }
    room
}

#[inline(always)]
fn add_group<S: Simd, const ROWS: usize>(
    simd: S,
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
        weights[place] = weight(ratings[place], products[place]);
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
