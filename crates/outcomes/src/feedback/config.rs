use std::time::Duration;

use marquee_stats::{Bootstrap, Confidence};

use crate::{OutcomesError, instant::hours};

/// How the feedback loop is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackConfig {
    /// Length of a window, in whole seconds: a second to ten years. Default
    /// [`DEFAULT_WINDOW`](Self::DEFAULT_WINDOW).
    pub window: Duration,
    /// How many of the films shown most are looked at, at least 1. Default
    /// [`DEFAULT_TOP_K`](Self::DEFAULT_TOP_K).
    pub top_k: usize,
    /// The first event is the earliest of those that come while the log advances by this much; an
    /// event that comes after and belongs before it is left out, as is a single one that is further
    /// ahead of both its neighbours than this. Default
    /// [`DEFAULT_LATE_BOUND`](Self::DEFAULT_LATE_BOUND).
    pub late_bound: Duration,
    /// Intervals have confidence 1 − `alpha`. Above 0, below 1. Default
    /// [`DEFAULT_ALPHA`](Self::DEFAULT_ALPHA).
    pub alpha: f64,
    /// Draws of the intervals' bootstrap, at least 1. Default [`Bootstrap::DEFAULT_DRAWS`].
    pub draws: u32,
    /// Its seed. Default [`DEFAULT_SEED`](Self::DEFAULT_SEED).
    pub seed: u64,
}

impl FeedbackConfig {
    /// Default of [`window`](Self::window): twelve hours.
    pub const DEFAULT_WINDOW: Duration = Duration::from_secs(12 * 3_600);
    /// Default of [`top_k`](Self::top_k).
    pub const DEFAULT_TOP_K: usize = 50;
    /// Default of [`late_bound`](Self::late_bound): ten minutes.
    pub const DEFAULT_LATE_BOUND: Duration = Duration::from_secs(600);
    /// Default of [`alpha`](Self::alpha).
    pub const DEFAULT_ALPHA: f64 = 0.05;
    /// Default of [`seed`](Self::seed).
    pub const DEFAULT_SEED: u64 = 42;

    /// Ten years.
    const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

    /// Checks every field; gives the confidence of the intervals and their bootstrap.
    ///
    /// # Errors
    /// [`OutcomesError::Duration`], [`OutcomesError::TopK`], [`OutcomesError::Alpha`] or
    /// [`OutcomesError::Bootstrap`], by the first field that is wrong.
    pub fn validate(&self) -> Result<(Confidence, Bootstrap), OutcomesError> {
        for (field, duration, least) in
            [("window", self.window, 1), ("late_bound", self.late_bound, 0)]
        {
            if duration.as_secs() < least || duration > Self::LONGEST {
                let most = hours(Self::LONGEST);
                return Err(OutcomesError::Duration { field, hours: hours(duration), most });
            }
        }
        if self.top_k == 0 {
            return Err(OutcomesError::TopK);
        }
        let confidence = Confidence::from_alpha(self.alpha)
            .map_err(|source| OutcomesError::Alpha { alpha: self.alpha, source })?;
        let bootstrap = Bootstrap::new(self.draws, self.seed).map_err(OutcomesError::Bootstrap)?;
        Ok((confidence, bootstrap))
    }
}

impl Default for FeedbackConfig {
    fn default() -> Self {
        Self {
            window: Self::DEFAULT_WINDOW,
            top_k: Self::DEFAULT_TOP_K,
            late_bound: Self::DEFAULT_LATE_BOUND,
            alpha: Self::DEFAULT_ALPHA,
            draws: Bootstrap::DEFAULT_DRAWS,
            seed: Self::DEFAULT_SEED,
        }
    }
}
