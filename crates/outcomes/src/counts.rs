use std::collections::BTreeMap;

use marquee_stats::quantile_of_counts;
use serde::Serialize;

/// Points of a curve, about.
const CURVE_POINTS: u64 = 100;

/// How often whole numbers were observed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(BTreeMap<u64, u64>);

/// A summary of observed whole numbers. Quantiles are values that were observed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distribution {
    /// Number of observations.
    pub count: u64,
    /// Their mean; null without one, as are the others.
    pub mean: Option<f64>,
    /// The value half of them do not exceed.
    pub p50: Option<u64>,
    /// The value 90 % do not exceed.
    pub p90: Option<u64>,
    /// The value 95 % do not exceed.
    pub p95: Option<u64>,
    /// The value 99 % do not exceed.
    pub p99: Option<u64>,
    /// The largest.
    pub max: Option<u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (&value, &count) in &other.0 {
            *self.0.entry(value).or_default() += count;
        }
    }

    pub(crate) fn of(&self, value: u64) -> u64 {
        self.0.get(&value).copied().unwrap_or_default()
    }

    pub(crate) fn max(&self) -> Option<u64> {
        self.0.last_key_value().map(|(&value, _)| value)
    }

    /// The share of observations that do not exceed a value, at values that are about a hundredth
    /// of all apart; from the share 0 at 0.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let total: u64 = self.0.values().sum();
        let (mut reached, mut drawn) = (0, 0);
        let mut points = Vec::new();
        for (&value, &count) in &self.0 {
            if points.is_empty() {
                points.push((0.0, 0.0));
            }
            reached += count;
            if CURVE_POINTS * (reached - drawn) >= total || reached == total {
                points.push((value as f64, reached as f64 / total as f64));
                drawn = reached;
            }
        }
        points
    }

    pub(crate) fn distribution(&self) -> Distribution {
        let count: u64 = self.0.values().sum();
        let sum: u128 = self.0.iter().map(|(&value, &n)| u128::from(value) * u128::from(n)).sum();
        let counts = self.0.iter().map(|(&value, &count)| (value, count));
        let quantile = |p| quantile_of_counts(counts.clone(), p);
        Distribution {
            count,
            mean: (count > 0).then(|| sum as f64 / count as f64),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: self.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_from_nothing_to_all_in_few_points() {
        let mut counts = Counts::default();
        assert_eq!(counts.curve(), []);
        counts.add(5);
        counts.add(5);
        counts.add(9);
        assert_eq!(counts.curve(), [(0.0, 0.0), (5.0, 2.0 / 3.0), (9.0, 1.0)]);
        (0..10_000).for_each(|value| counts.add(value));
        let curve = counts.curve();
        assert!(curve.len() < 110 && curve.is_sorted());
        assert_eq!(curve.last(), Some(&(9_999.0, 1.0)));
    }
}
