use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::Bootstrap;

/// The stream of the bootstrap that signs are drawn from.
const SIGNS: u32 = u32::MAX;

/// How far the mean of one model lies above that of another over the same users.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Difference {
    /// Mean of the first minus mean of the second; `None` over no users.
    pub difference: Option<f64>,
    /// Lower end of the bootstrap interval of the users' differences; `None` without draws too.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided p-value of the paired randomization test; `None` without draws too.
    pub p_value: Option<f64>,
}

impl Bootstrap {
    /// Compares two models by their scores of the same users, in the same order; what one list has
    /// beyond the other is left out.
    ///
    /// The p-value is that of the paired randomization test (Smucker, Allan and Carterette, CIKM
    /// 2007): were both models the same, each user's difference could as well have the other sign.
    /// It is (1 + n) / (1 + draws), where in n draws of signs the mean lies as far from 0 as it does
    /// or further; so it is never 0, and 1 where no user differs.
    #[must_use]
    pub fn paired(&self, first: &[f64], second: &[f64]) -> Difference {
        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        self.paired_columns(&differences, 1).pop().unwrap_or_default()
    }

    /// The same for every column of a table of users' differences.
    pub(crate) fn paired_columns(&self, rows: &[f64], width: usize) -> Vec<Difference> {
        let column = |column: usize| rows.iter().skip(column).step_by(width.max(1)).copied();
        let intervals = self.intervals(rows, width, 0).into_iter().enumerate();
        intervals
            .map(|(at, interval)| Difference {
                difference: interval.mean,
                low: interval.low,
                high: interval.high,
                p_value: self.sign_test(column(at), at),
            })
            .collect()
    }

    fn sign_test(&self, differences: impl Iterator<Item = f64>, column: usize) -> Option<f64> {
        let mut users = 0_usize;
        let differences = differences.inspect(|_| users += 1).filter(|&value| value != 0.0);
        let differences: Vec<f64> = differences.collect();
        if users == 0 || self.draws == 0 {
            return None;
        }
        let runs = runs(&differences);
        let observed: f64 = differences.iter().sum::<f64>().abs();
        // Sums in another order may differ in their last digits.
        let far = observed * (1.0 - 1e-12);
        let first = column * self.draws;
        let beyond = (first..first + self.draws)
            .into_par_iter()
            .filter(|&draw| {
                let mut signs = Signs::new(self.rng(SIGNS, draw));
                let sum: f64 = runs.iter().map(|&(size, count)| size * signs.sum(count)).sum();
                sum.abs() >= far
            })
            .count();
        Some((1 + beyond) as f64 / (1 + self.draws) as f64)
    }
}

/// The distinct absolute values with how often they occur.
fn runs(differences: &[f64]) -> Vec<(f64, u64)> {
    let mut sizes: Vec<f64> = differences.iter().map(|value| value.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    sizes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

/// Random signs, 64 of a word.
struct Signs {
    rng: ChaCha8Rng,
    word: u64,
    left: u32,
}

impl Signs {
    fn new(rng: ChaCha8Rng) -> Self {
        Self { rng, word: 0, left: 0 }
    }

    /// The sum of `count` random signs.
    fn sum(&mut self, count: u64) -> f64 {
        let (mut wanted, mut positive) = (count, 0_u64);
        while wanted > 0 {
            if self.left == 0 {
                (self.word, self.left) = (self.rng.next_u64(), u64::BITS);
            }
            let taken = wanted.min(u64::from(self.left)) as u32;
            let mask = u64::MAX >> (u64::BITS - taken);
            positive += u64::from((self.word & mask).count_ones());
            self.word = self.word.checked_shr(taken).unwrap_or(0);
            self.left -= taken;
            wanted -= u64::from(taken);
        }
        2.0 * positive as f64 - count as f64
    }
}
