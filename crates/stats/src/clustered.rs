use crate::{Confidence, Interval, Proportion, TwoProportionTest, proportion::wilson};

/// Proportions of two arms whose trials come in clusters, such as the lists shown to one user.
///
/// Sums what [`ClusteredProportion`] and [`test`](Self::test) need, exactly and in whole numbers, so
/// the order of the clusters changes nothing. A cluster may have trials in both arms. Clusters are
/// taken to be independent of each other; trials within one may depend on each other in any way.
#[derive(Debug, Clone, Default)]
pub struct ClusteredArms {
    arms: [Arm; 2],
    /// Clusters with a trial in either arm.
    clusters: u64,
    in_both: u64,
    crossed: Crossed,
}

/// Sums over the clusters of one arm.
#[derive(Debug, Clone, Copy, Default)]
struct Arm {
    clusters: u64,
    successes: u64,
    trials: u64,
    successes_squared: u128,
    successes_by_trials: u128,
    trials_squared: u128,
}

/// Sums of products of one arm's totals with the other's, over clusters in both.
#[derive(Debug, Clone, Copy, Default)]
struct Crossed {
    successes: u128,
    successes_by_trials: u128,
    trials_by_successes: u128,
    trials: u128,
}

/// A rate of clustered trials and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusteredProportion {
    /// All successes over all trials.
    pub rate: f64,
    /// The variance of the rate, by clusters.
    pub variance: f64,
    /// All trials.
    pub trials: u64,
    /// Clusters with a trial.
    pub clusters: u64,
}

impl ClusteredArms {
    /// Adds a cluster: its totals in the first arm and in the second.
    pub fn push(&mut self, totals: [Proportion; 2]) {
        let counted = totals.map(|proportion| proportion.trials() > 0);
        self.clusters += u64::from(counted[0] || counted[1]);
        self.in_both += u64::from(counted[0] && counted[1]);
        for (arm, proportion) in self.arms.iter_mut().zip(totals) {
            arm.push(proportion);
        }
        self.crossed.push(totals);
    }

    /// How many clusters had a trial in either arm.
    #[must_use]
    pub const fn clusters(&self) -> u64 {
        self.clusters
    }

    /// How many clusters had trials in both arms.
    #[must_use]
    pub const fn clusters_in_both(&self) -> u64 {
        self.in_both
    }

    /// The rate of an arm, 0 or 1, with its variance between clusters; `None` if the arm has fewer
    /// than two clusters, as one shows no variance.
    ///
    /// The rate is a ratio of sums over clusters of unequal size; the delta method gives its variance
    /// `G/(G−1) · Σ(x_g − p·n_g)² / N²`, with G clusters of n_g trials and x_g successes, and N all
    /// trials. This is also the cluster-robust (CR1) variance of a regression on a constant. Good
    /// from some tens of clusters on; with few it is too small.
    ///
    /// Deng, Knoblich and Lu, "Applying the delta method in metric analytics", KDD 2018; Cameron and
    /// Miller, "A practitioner's guide to cluster-robust inference", Journal of Human Resources 50
    /// (2015).
    #[must_use]
    pub fn proportion(&self, arm: usize) -> Option<ClusteredProportion> {
        let arm = self.arms.get(arm)?;
        let rate = arm.rate()?;
        let variance = arm.correction()? * arm.residuals_squared(rate) / arm.trials_f64().powi(2);
        Some(ClusteredProportion { rate, variance, trials: arm.trials, clusters: arm.clusters })
    }

    /// Compares the arms: `p_a − p_b` over its clustered standard error, which also gives the
    /// interval. `None` if an arm has fewer than two clusters.
    ///
    /// The variance is the sum of the arms' ([`proportion`](Self::proportion)), less twice their
    /// covariance through clusters in both: `√(c_a·c_b) · Σ(x_ag − p_a·n_ag)(x_bg − p_b·n_bg) /
    /// (N_a·N_b)` with c = G/(G−1). The normal approximation holds for many clusters.
    #[must_use]
    pub fn test(&self, confidence: Confidence) -> Option<TwoProportionTest> {
        let (first, second) = (self.proportion(0)?, self.proportion(1)?);
        let [a, b] = &self.arms;
        let correction = (a.correction()? * b.correction()?).sqrt();
        let covariance = correction * self.crossed.residuals(first.rate, second.rate)
            / (a.trials_f64() * b.trials_f64());
        // Rounding can leave a variance of 0 below it.
        let variance = (first.variance + second.variance - 2.0 * covariance).max(0.0);
        let error = variance.sqrt();
        Some(TwoProportionTest::new(first.rate - second.rate, error, error, confidence))
    }
}

impl ClusteredProportion {
    /// How many times the variance is that of as many independent trials; `None` where no or every
    /// trial succeeded, as both are 0 then.
    #[must_use]
    pub fn design_effect(&self) -> Option<f64> {
        let independent = self.rate * (1.0 - self.rate) / self.trials as f64;
        (independent > 0.0).then(|| self.variance / independent)
    }

    /// Wilson's interval with the trials divided by the design effect; where that is unknown, with
    /// as many trials as there are clusters, which errs towards too wide. The trials are never taken
    /// to be worth more than their number.
    ///
    /// Dean and Pagano, "Evaluating confidence interval methods for binomial proportions in clustered
    /// surveys", Journal of Survey Statistics and Methodology 3 (2015).
    #[must_use]
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        let worth = match self.design_effect() {
            Some(effect) => self.trials as f64 / effect.max(1.0),
            None => self.clusters as f64,
        };
        wilson(self.rate, worth, confidence)
    }
}

impl Arm {
    fn push(&mut self, totals: Proportion) {
        let (successes, trials) = (u128::from(totals.successes()), u128::from(totals.trials()));
        self.clusters += u64::from(totals.trials() > 0);
        self.successes += totals.successes();
        self.trials += totals.trials();
        self.successes_squared += successes * successes;
        self.successes_by_trials += successes * trials;
        self.trials_squared += trials * trials;
    }

    fn trials_f64(&self) -> f64 {
        self.trials as f64
    }

    fn rate(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials_f64())
    }

    /// G / (G − 1).
    fn correction(&self) -> Option<f64> {
        (self.clusters > 1).then(|| self.clusters as f64 / (self.clusters - 1) as f64)
    }

    /// Σ(x − p·n)², from its parts.
    fn residuals_squared(&self, rate: f64) -> f64 {
        let sum = self.successes_squared as f64 - 2.0 * rate * self.successes_by_trials as f64
            + rate * rate * self.trials_squared as f64;
        sum.max(0.0)
    }
}

impl Crossed {
    fn push(&mut self, totals: [Proportion; 2]) {
        let [(xa, na), (xb, nb)] =
            totals.map(|arm| (u128::from(arm.successes()), u128::from(arm.trials())));
        self.successes += xa * xb;
        self.successes_by_trials += xa * nb;
        self.trials_by_successes += na * xb;
        self.trials += na * nb;
    }

    /// Σ(x_a − p_a·n_a)(x_b − p_b·n_b), from its parts.
    fn residuals(&self, rate_a: f64, rate_b: f64) -> f64 {
        self.successes as f64
            - rate_b * self.successes_by_trials as f64
            - rate_a * self.trials_by_successes as f64
            + rate_a * rate_b * self.trials as f64
    }
}
