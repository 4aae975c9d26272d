use std::f64::consts::SQRT_2;

use statrs::function::erf::{erfc, erfc_inv};

use crate::StatsError;

/// A closed range of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end, at least the lower.
    pub high: f64,
}

impl Interval {
    /// The interval `margin` to both sides of `center`.
    #[must_use]
    pub fn around(center: f64, margin: f64) -> Self {
        Self { low: center - margin, high: center + margin }
    }

    /// Whether a value lies in it, its ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The interval as `[low, high]`.
    #[must_use]
    pub const fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// How often intervals made this way cover the truth: above 0, below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// That level.
    ///
    /// # Errors
    /// [`StatsError::Confidence`] unless 0 < `level` < 1.
    pub fn new(level: f64) -> Result<Self, StatsError> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(StatsError::Confidence { level })
        }
    }

    /// The level `1 − alpha`, of a test that errs with probability `alpha`.
    ///
    /// # Errors
    /// [`StatsError::Confidence`] unless 0 < `alpha` < 1.
    pub fn from_alpha(alpha: f64) -> Result<Self, StatsError> {
        Self::new(1.0 - alpha)
    }

    /// The level.
    #[must_use]
    pub const fn level(self) -> f64 {
        self.0
    }

    /// The standard normal quantile z at `(1 + level) / 2`: a normal variable is within z standard
    /// deviations of its mean with probability `level`. 1.96 for 95 %.
    #[must_use]
    pub fn z(self) -> f64 {
        SQRT_2 * erfc_inv(1.0 - self.0)
    }
}

/// The probability that a standard normal variable is at least as far from 0 as `z`:
/// `erfc(|z| / √2)`, to nine digits. NaN for NaN.
#[must_use]
pub fn two_sided_p_value(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}
