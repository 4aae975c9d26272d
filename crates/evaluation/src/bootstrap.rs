use std::collections::HashMap;

use marquee_stats::quantile;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};
use rayon::prelude::*;
use serde::Serialize;

/// Drawing numbers of repeats costs this many times as much as looking a row up.
const DRAW_COST: usize = 8;

/// Resamples that are tallied at once.
pub(crate) const TALLIED: usize = 8;

/// How uncertainty is told: resampling of users, with replacement.
///
/// The same settings and scores give the same intervals to the last bit, for any number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bootstrap {
    /// Resamples of as many users as there are; 0 gives no intervals. Default 1,000.
    pub draws: usize,
    /// Coverage of the intervals, above 0 and below 1. Default 0.95.
    pub level: f64,
    /// Seed of the draws. Default 42.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: 1_000, level: 0.95, seed: 42 }
    }
}

/// A mean over users and its interval: the percentiles (1 ± level) / 2 of the means of resampled
/// users, linearly interpolated (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993).
///
/// All three are `None` over no users, `low` and `high` also without draws.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Interval {
    /// The mean over the users themselves.
    pub mean: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Bootstrap {
    /// The mean of `values`, one for each user, and its interval.
    ///
    /// O(draws · distinct values) where few values are distinct, else O(draws · values).
    #[must_use]
    pub fn interval(&self, values: &[f64]) -> Interval {
        self.intervals(values, 1, 0).pop().unwrap_or_default()
    }

    /// The intervals of all columns of a table of users, from the draws of one `stream`.
    pub(crate) fn intervals(&self, rows: &[f64], width: usize, stream: u32) -> Vec<Interval> {
        let columns = self.columns(rows, width, stream).into_iter();
        columns.map(|column| self.around(column.mean, column.draws)).collect()
    }

    /// The columns of a table of users with the means of resamples.
    pub(crate) fn columns(&self, rows: &[f64], width: usize, stream: u32) -> Vec<Column> {
        let means = means(rows, width).into_iter();
        let draws = self.draw_means(rows, width, stream);
        means.zip(draws).map(|(mean, draws)| Column { mean, draws }).collect()
    }

    /// How often each of so many users is in each of some resamples, of which `first` is the first.
    pub(crate) fn tallies(&self, users: usize, stream: u32, first: usize) -> Vec<[u8; TALLIED]> {
        let mut times = vec![[0_u8; TALLIED]; users];
        for lane in 0..TALLIED {
            let mut rng = self.rng(stream, first + lane);
            for _ in 0..users {
                let times = &mut times[place(&mut rng, users)][lane];
                // Of many users nobody is drawn as often, of few there are not as many draws.
                *times = times.saturating_add(1);
            }
        }
        times
    }

    /// The interval that the means of resamples give.
    pub(crate) fn around(&self, mean: Option<f64>, mut draws: Vec<f64>) -> Interval {
        draws.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        Interval { mean, low: quantile(&draws, tail), high: quantile(&draws, 1.0 - tail) }
    }

    /// For each column, the mean of every resample; none without rows.
    fn draw_means(&self, rows: &[f64], width: usize, stream: u32) -> Vec<Vec<f64>> {
        let users = rows.len().checked_div(width).unwrap_or(0);
        let draws = if users == 0 { 0 } else { self.draws };
        let sample = Sample::new(rows, width);
        let sums: Vec<Vec<f64>> = (0..draws)
            .into_par_iter()
            .map(|draw| sample.resampled(&mut self.rng(stream, draw)))
            .collect();
        let column = |column: usize| sums.iter().map(|sums| sums[column] / users as f64).collect();
        (0..width).map(column).collect()
    }

    /// The generator of one draw, its own for every draw of every stream.
    pub(crate) fn rng(&self, stream: u32, draw: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((u64::from(stream) << 32) | draw as u64);
        rng
    }
}

/// A column of a table of users.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its mean; `None` over no users.
    pub(crate) mean: Option<f64>,
    /// The mean of every resample, in order.
    pub(crate) draws: Vec<f64>,
}

/// A random place among `count`, off by less than count / 2^32 from even.
fn place(rng: &mut ChaCha8Rng, count: usize) -> usize {
    ((u64::from(rng.next_u32()) * count as u64) >> 32) as usize
}

/// Rows of users, equal ones kept once: with one held-out film a user's scores say at which rank it
/// stands, so a million users have some twenty rows.
struct Sample<'a> {
    rows: &'a [f64],
    width: usize,
    /// Places of distinct rows and how many users have them; empty where looking rows up is cheaper.
    distinct: Vec<(usize, u64)>,
}

impl<'a> Sample<'a> {
    fn new(rows: &'a [f64], width: usize) -> Self {
        let mut distinct: Vec<(usize, u64)> = Vec::new();
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        let users = rows.len().checked_div(width).unwrap_or(0);
        for (place, row) in rows.chunks_exact(width.max(1)).enumerate() {
            let bits = row.iter().map(|value| value.to_bits()).collect();
            let next = distinct.len();
            let at = *known.entry(bits).or_insert(next);
            if at == next {
                distinct.push((place, 0));
            }
            distinct[at].1 += 1;
            if distinct.len() * DRAW_COST > users {
                distinct.clear();
                break;
            }
        }
        Self { rows, width, distinct }
    }

    /// The column sums of as many users as there are, drawn with replacement.
    fn resampled(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        let users = self.rows.len() / self.width;
        if self.distinct.is_empty() {
            for _ in 0..users {
                let place = place(rng, users);
                self.add(&mut sums, place, 1.0);
            }
            return sums;
        }
        // A multinomial draw, one binomial after another.
        let (mut draws_left, mut users_left) = (users as u64, users as u64);
        for &(place, count) in &self.distinct {
            let share = count as f64 / users_left as f64;
            let drawn = Binomial::new(draws_left, share.min(1.0))
                .map_or(0, |repeats| repeats.sample(rng).min(draws_left));
            self.add(&mut sums, place, drawn as f64);
            draws_left -= drawn;
            users_left -= count;
        }
        sums
    }

    fn add(&self, sums: &mut [f64], place: usize, times: f64) {
        let row = &self.rows[place * self.width..][..self.width];
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += times * value;
        }
    }
}

/// The mean of every column; `None` without rows.
fn means(rows: &[f64], width: usize) -> Vec<Option<f64>> {
    let users = rows.len().checked_div(width).unwrap_or(0);
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width.max(1)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums.into_iter().map(|sum| (users > 0).then(|| sum / users as f64)).collect()
}
