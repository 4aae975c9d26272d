use serde::{Deserialize, Serialize};

use crate::{Settings, Space, TuningError};

/// How much is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Trials altogether, the given ones among them.
    pub trials: usize,
    /// From one rung to the next one trial of so many stays, for so many times the iterations: at
    /// least 2.
    pub eta: usize,
    /// Iterations of the last rung.
    pub iterations: usize,
    /// Iterations of the first rung, at least: fewer tell nothing.
    pub least: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Trials that are tried first, as they are; they stay until the end, so that the winner is
    /// known to be no worse. A setting they lack is drawn.
    pub given: Vec<Settings>,
}

/// Trials that run for the same number of iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// How many trials reach it, besides given ones.
    pub trials: usize,
    /// Iterations each of them runs.
    pub iterations: usize,
}

impl Plan {
    /// The rungs, first to last.
    ///
    /// # Errors
    /// [`TuningError::Plan`] for a number out of range.
    pub fn rungs(&self) -> Result<Vec<Rung>, TuningError> {
        let wrong = |what: &str| Err(TuningError::Plan(what.to_owned()));
        if self.trials == 0 || self.trials < self.given.len() {
            return wrong("trials must be at least one, and no fewer than are given");
        }
        if self.eta < 2 {
            return wrong("eta must be at least 2");
        }
        if self.least == 0 || self.iterations < self.least {
            return wrong("iterations must be at least one, and those of the first rung no more");
        }
        let mut rungs = vec![Rung { trials: 1, iterations: self.iterations }];
        let drawn = self.trials - self.given.len();
        while let Some(&last) = rungs.last()
            && last.iterations / self.eta >= self.least
            && last.trials < drawn
        {
            rungs.push(Rung {
                trials: last.trials.saturating_mul(self.eta).min(drawn),
                iterations: last.iterations / self.eta,
            });
        }
        // The first takes all there are, and later ones what divides from there.
        let mut trials = drawn;
        for rung in rungs.iter_mut().rev() {
            rung.trials = trials;
            trials = trials.div_ceil(self.eta);
        }
        rungs.reverse();
        Ok(rungs)
    }

    /// The settings of a trial.
    #[must_use]
    pub fn settings(&self, space: &Space, trial: usize) -> Settings {
        let mut settings = space.draw(self.seed, trial);
        if let Some(given) = self.given.get(trial) {
            settings.extend(given.iter().map(|(name, value)| (name.clone(), *value)));
        }
        settings
    }
}
