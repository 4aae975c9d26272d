use crate::{Confidence, Interval, StatsError};

/// Successes among trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// That many successes among that many trials.
    ///
    /// # Errors
    /// [`StatsError::Successes`] if there are more successes than trials.
    pub const fn new(successes: u64, trials: u64) -> Result<Self, StatsError> {
        if successes > trials {
            return Err(StatsError::Successes { successes, trials });
        }
        Ok(Self { successes, trials })
    }

    /// One more trial.
    pub fn push(&mut self, success: bool) {
        self.trials += 1;
        self.successes += u64::from(success);
    }

    /// The successes.
    #[must_use]
    pub const fn successes(self) -> u64 {
        self.successes
    }

    /// The trials.
    #[must_use]
    pub const fn trials(self) -> u64 {
        self.trials
    }

    /// Successes over trials, 0 to 1; `None` without a trial.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// Wilson's score interval of the rate, without continuity correction; `None` without a trial.
    ///
    /// With p the rate, n the trials and z the normal quantile:
    /// `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`. Lies within 0 to 1 and has a width also
    /// where no or every trial succeeds. Assumes trials that are independent and alike.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    /// Journal of the American Statistical Association 22 (1927); recommended for all n by Brown,
    /// Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16
    /// (2001).
    #[must_use]
    pub fn wilson_interval(self, confidence: Confidence) -> Option<Interval> {
        wilson(self.rate()?, self.trials as f64, confidence)
    }
}

/// Wilson's interval of a rate among `trials`, which need not be whole and must be above 0.
pub(crate) fn wilson(rate: f64, trials: f64, confidence: Confidence) -> Option<Interval> {
    if trials <= 0.0 {
        return None;
    }
    let z = confidence.z();
    let share = z * z / trials;
    let center = (rate + share / 2.0) / (1.0 + share);
    let spread = rate * (1.0 - rate) / trials + share / (4.0 * trials);
    let around = Interval::around(center, z * spread.sqrt() / (1.0 + share));
    // At 0 and 1 the ends are exact but for rounding.
    let low = if rate == 0.0 { 0.0 } else { around.low.max(0.0) };
    let high = if rate == 1.0 { 1.0 } else { around.high.min(1.0) };
    Some(Interval { low, high })
}
