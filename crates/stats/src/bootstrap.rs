use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Confidence, Interval, StatsError, quantile};

/// Resampling with replacement.
///
/// Draw number d uses stream d of a ChaCha8 generator with the seed, so its numbers are the same
/// whatever the number of threads, of draws and of what was drawn before.
///
/// B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979);
/// Efron and Tibshirani, "An Introduction to the Bootstrap" (1993).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    draws: u32,
    seed: u64,
}

/// A statistic of a sample and its bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapEstimate {
    /// The statistic of the sample itself.
    pub estimate: f64,
    /// The percentile interval.
    pub interval: Interval,
}

/// How two measurements of the same units differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifference {
    /// The mean of the first less the mean of the second.
    pub difference: f64,
    /// Its percentile interval.
    pub interval: Interval,
    /// Two-sided: twice the share of draws on the far side of 0, the sample counted as one draw; at
    /// most 1, at least 2 / (draws + 1).
    pub p_value: f64,
}

impl Bootstrap {
    /// Draws where nothing else is asked for.
    pub const DEFAULT_DRAWS: u32 = 1_000;

    /// A bootstrap of that many draws, at least 1. For the ends of a 95 % interval take 1,000 or
    /// more.
    ///
    /// # Errors
    /// [`StatsError::NoDraw`] of 0 draws.
    pub const fn new(draws: u32, seed: u64) -> Result<Self, StatsError> {
        if draws == 0 { Err(StatsError::NoDraw) } else { Ok(Self { draws, seed }) }
    }

    /// The number of draws.
    #[must_use]
    pub const fn draws(self) -> u32 {
        self.draws
    }

    /// The statistic of every draw, in the order of the draws. A draw is handed over as the units
    /// drawn, each from 0 to `units` − 1, as many as there are units; a draw whose statistic is
    /// `None` is left out. Empty if there is no unit. Runs on all threads of the current rayon pool.
    ///
    /// Units are taken to be independent: resample users, not their lists.
    pub fn replicates(
        self,
        units: u32,
        statistic: impl Fn(&[u32]) -> Option<f64> + Sync,
    ) -> Vec<f64> {
        self.block_replicates(units, 1, statistic)
    }

    /// As [`replicates`](Self::replicates) of units in order of time, which depend on their
    /// neighbours: runs of `block` units in a row are drawn, the last one cut to give as many units
    /// as there are. A block of 0 counts as 1, a longer one than the units as their number.
    ///
    /// The moving block bootstrap: H. R. Künsch, "The jackknife and the bootstrap for general
    /// stationary observations", Annals of Statistics 17 (1989).
    pub fn block_replicates(
        self,
        units: u32,
        block: u32,
        statistic: impl Fn(&[u32]) -> Option<f64> + Sync,
    ) -> Vec<f64> {
        if units == 0 {
            return Vec::new();
        }
        let block = block.clamp(1, units);
        (0..self.draws)
            .into_par_iter()
            .map_init(Vec::new, |drawn, draw| {
                let mut random = ChaCha8Rng::seed_from_u64(self.seed);
                random.set_stream(u64::from(draw));
                drawn.clear();
                while drawn.len() < units as usize {
                    let first = random.random_range(0..=units - block);
                    drawn.extend(first..first + block);
                }
                drawn.truncate(units as usize);
                statistic(drawn)
            })
            .collect::<Vec<_>>()
            .into_iter()
            .flatten()
            .collect()
    }

    /// The mean of the values with its percentile interval; `None` without a value.
    #[must_use]
    pub fn mean(self, values: &[f64], confidence: Confidence) -> Option<BootstrapEstimate> {
        self.block_mean(values, 1, confidence)
    }

    /// As [`mean`](Self::mean) of values in order of time, drawn in blocks
    /// ([`block_replicates`](Self::block_replicates)).
    #[must_use]
    pub fn block_mean(
        self,
        values: &[f64],
        block: u32,
        confidence: Confidence,
    ) -> Option<BootstrapEstimate> {
        let units = u32::try_from(values.len()).ok()?;
        let estimate = mean_of(values)?;
        let replicates =
            self.block_replicates(units, block, |drawn| Some(drawn_mean(values, drawn)));
        Some(BootstrapEstimate { estimate, interval: percentile_interval(replicates, confidence)? })
    }

    /// How the means of two measurements of the same units differ; `None` if there are none or their
    /// numbers differ. Units are resampled with both their values, so what they share cancels.
    #[must_use]
    pub fn paired_difference(
        self,
        first: &[f64],
        second: &[f64],
        confidence: Confidence,
    ) -> Option<PairedDifference> {
        if first.len() != second.len() {
            return None;
        }
        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        let units = u32::try_from(differences.len()).ok()?;
        let difference = mean_of(&differences)?;
        let replicates = self.replicates(units, |drawn| Some(drawn_mean(&differences, drawn)));
        let p_value = p_value_of(&replicates);
        let interval = percentile_interval(replicates, confidence)?;
        Some(PairedDifference { difference, interval, p_value })
    }
}

/// The quantiles of the replicates that leave half of what is not covered out at either end.
fn percentile_interval(mut replicates: Vec<f64>, confidence: Confidence) -> Option<Interval> {
    replicates.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence.level()) / 2.0;
    Some(Interval { low: quantile(&replicates, tail)?, high: quantile(&replicates, 1.0 - tail)? })
}

fn p_value_of(replicates: &[f64]) -> f64 {
    let not_above = replicates.iter().filter(|&&value| value <= 0.0).count();
    let not_below = replicates.iter().filter(|&&value| value >= 0.0).count();
    let tail = (1 + not_above.min(not_below)) as f64 / (1 + replicates.len()) as f64;
    (2.0 * tail).min(1.0)
}

fn mean_of(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn drawn_mean(values: &[f64], drawn: &[u32]) -> f64 {
    drawn.iter().map(|&unit| values[unit as usize]).sum::<f64>() / drawn.len() as f64
}
