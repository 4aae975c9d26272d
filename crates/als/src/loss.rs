use marquee_dataset::Csr;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    AlsConfig, AlsError, Factors, Matrix, gram::gram, lanes::dot_wide, triangle::Triangle,
};

/// User rows whose part of the loss is summed on its own; sums are added in order.
const BLOCK_ROWS: usize = 4096;

/// The loss of factors over ratings (users × items):
///
/// `Σ_observed c(p − x·y)² + α₀ Σ_unobserved (x·y)² + Σ_u λ_u‖x_u‖² + Σ_i λ_i‖y_i‖²`, not
/// normalised, with `c = 1 + alpha · |rating|`, `p` 0 where the rating is negative and 1 elsewhere,
/// and `λ_u = λ (n_u + α₀ m)^ν` for a user with `n_u` ratings of `m` items, and for items likewise;
/// `alpha`, α₀, λ and ν are the configuration's.
///
/// In `f64`, with sums in a fixed order. The unobserved cells are not visited: the sum of `(x·y)²`
/// over all cells is the trace of `XᵀX · YᵀY`. Costs `entries · factors + (users + items) ·
/// factors² / 2` multiplications, the second part for the two Gram matrices.
///
/// # Errors
/// [`AlsError::Mismatch`] when the factors are not those of as many users and items.
pub fn loss(ratings: &Csr, factors: &Factors, config: &AlsConfig) -> Result<f64, AlsError> {
    factors.check_fits(ratings)?;
    let (users, items) = (gram(&factors.users), gram(&factors.items));
    Ok(loss_with(ratings, factors, config, &users, &items))
}

/// [`loss`] for Gram matrices that are there already.
pub(crate) fn loss_with(
    ratings: &Csr,
    factors: &Factors,
    config: &AlsConfig,
    users: &Triangle,
    items: &Triangle,
) -> f64 {
    let arch = Arch::new();
    let observed: Vec<f64> = (0..ratings.rows().div_ceil(BLOCK_ROWS))
        .into_par_iter()
        .map(|block| arch.dispatch(Observed { ratings, factors, config, block }))
        .collect();
    let norms = if config.scales_by_frequency() {
        let (indptr, indices) = ratings.pattern();
        let by_user = |user: usize| (indptr[user + 1] - indptr[user]) as usize;
        let mut viewers = vec![0; ratings.columns()];
        for &item in indices {
            viewers[item as usize] += 1;
        }
        let (users, items) = (&factors.users, &factors.items);
        weighted_norms(users, config, items.rows(), by_user)
            + weighted_norms(items, config, users.rows(), |item| viewers[item])
    } else {
        config.regularization * (users.trace() + items.trace())
    };
    let unobserved = config.unobserved_weight * users.trace_of_product(items);
    observed.iter().sum::<f64>() + unobserved + norms
}

/// `Σ λ_r ‖x_r‖²` over the rows of one side, against `others` rows, by their numbers of entries.
fn weighted_norms(
    matrix: &Matrix,
    config: &AlsConfig,
    others: usize,
    entries: impl Fn(usize) -> usize + Sync,
) -> f64 {
    let sums: Vec<f64> = (0..matrix.rows().div_ceil(BLOCK_ROWS))
        .into_par_iter()
        .map(|block| {
            let rows = block * BLOCK_ROWS..matrix.rows().min((block + 1) * BLOCK_ROWS);
            let parts = rows.map(|row| {
                let squares = matrix.row(row).iter().map(|&value| f64::from(value).powi(2));
                config.row_regularization(entries(row), others) * squares.sum::<f64>()
            });
            parts.sum()
        })
        .collect();
    sums.iter().sum()
}

/// What observed cells of a block of users add over what they would add unobserved.
struct Observed<'a> {
    ratings: &'a Csr,
    factors: &'a Factors,
    config: &'a AlsConfig,
    block: usize,
}

impl WithSimd for Observed<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let unobserved = self.config.unobserved_weight;
        let mut sum = 0.0;
        let end = self.ratings.rows().min((self.block + 1) * BLOCK_ROWS);
        for user in self.block * BLOCK_ROWS..end {
            let (items, values) = self.ratings.row(user);
            let user = self.factors.users.row(user);
            for (&item, &rating) in items.iter().zip(values) {
                let score = dot_wide(simd, user, self.factors.items.row(item as usize));
                let confidence = f64::from(self.config.confidence(rating));
                let left = f64::from(AlsConfig::preference(rating)) - score;
                sum += confidence * left * left - unobserved * score * score;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Matrix, instructions::Instructions};

    #[test]
    fn every_instruction_set_gives_the_same_sum() {
        let triplets = (0..40_u32).flat_map(|user| (0..user % 9).map(move |i| (user, i * 3, 1.5)));
        let (ratings, _) = Csr::from_triplets(40, 30, triplets.collect());
        for columns in [1, 7, 8, 16, 19, 50] {
            let matrix = |rows: usize| {
                let values = (0..rows * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0);
                Matrix::new(rows, columns, values.collect()).expect("as many values as needed")
            };
            let factors = Factors { users: matrix(40), items: matrix(30) };
            let config = AlsConfig { factors: columns, ..AlsConfig::reference() };
            let sum = |instructions: Instructions| {
                let block =
                    Observed { ratings: &ratings, factors: &factors, config: &config, block: 0 };
                instructions.run(block)
            };
            let portable = sum(Instructions::Portable);
            assert!(portable.is_finite() && portable != 0.0);
            for instructions in Instructions::available() {
                let found = sum(instructions);
                assert_eq!(found.to_bits(), portable.to_bits(), "{columns}, {instructions:?}");
            }
        }
    }
}
