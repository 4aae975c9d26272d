use crate::{Confidence, Interval, Proportion, two_sided_p_value};

/// What a comparison of two proportions came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportionTest {
    /// The difference of the rates, `p_a − p_b`.
    pub effect: f64,
    /// The difference over its standard error; `None` where that is 0, because no trial or every
    /// trial succeeded.
    pub z_score: Option<f64>,
    /// Two-sided: how likely so large a difference is where there is none. `None` with the score.
    pub p_value: Option<f64>,
    /// Of the effect. Of width 0, which says nothing, where both rates are 0 or 1.
    pub interval: Interval,
}

/// Compares two proportions of independent trials; `None` if one has no trial.
///
/// The score pools the variance, as both rates are equal under the hypothesis:
/// `z = (p_a − p_b) / √(p(1−p)(1/n_a + 1/n_b))` with p the rate of both together. The interval is
/// Wald's and does not pool: `p_a − p_b ± z·√(p_a(1−p_a)/n_a + p_b(1−p_b)/n_b)`; so in close cases
/// the two may disagree. Both rest on the normal approximation, good from about five successes and
/// five failures on either side, and on trials that are independent: of several trials of one user
/// use [`ClusteredArms`](crate::ClusteredArms).
///
/// Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 3rd ed. (2003), 3.
#[must_use]
pub fn two_proportion_z_test(
    a: Proportion,
    b: Proportion,
    confidence: Confidence,
) -> Option<TwoProportionTest> {
    let (rate_a, rate_b) = (a.rate()?, b.rate()?);
    let (trials_a, trials_b) = (a.trials() as f64, b.trials() as f64);
    let pooled = (a.successes() + b.successes()) as f64 / (trials_a + trials_b);
    let pooled_error = (pooled * (1.0 - pooled) * (1.0 / trials_a + 1.0 / trials_b)).sqrt();
    let wald_variance = rate_a * (1.0 - rate_a) / trials_a + rate_b * (1.0 - rate_b) / trials_b;
    Some(TwoProportionTest::new(rate_a - rate_b, pooled_error, wald_variance.sqrt(), confidence))
}

impl TwoProportionTest {
    /// From the standard errors of the score and of the interval.
    pub(crate) fn new(
        effect: f64,
        score_error: f64,
        interval_error: f64,
        confidence: Confidence,
    ) -> Self {
        let z_score = (score_error > 0.0).then(|| effect / score_error);
        Self {
            effect,
            z_score,
            p_value: z_score.map(two_sided_p_value),
            interval: Interval::around(effect, confidence.z() * interval_error),
        }
    }
}
