use std::{fmt, str::FromStr, time::Duration};

use marquee_experiment::Experiment;
use marquee_stats::Confidence;
use serde::Serialize;
use thiserror::Error;

use crate::{OutcomesError, instant::hours};

/// What counts as a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A film of the list is started after the list was shown; each start counts for one list.
    #[default]
    Start,
    /// Any watch line of a film of the list within the window, also of a film that was playing
    /// before the list was shown, and for every list that holds it. Nothing is censored, and the
    /// second in which a list was shown stands for its time.
    Reference,
}

/// A text that names no [`Rule`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown rule {0:?}: the rules are start and reference")]
pub struct UnknownRule(String);

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text {
            "start" => Ok(Self::Start),
            "reference" => Ok(Self::Reference),
            _ => Err(UnknownRule(text.to_owned())),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Start => "start",
            Self::Reference => "reference",
        })
    }
}

/// How watch-through is counted and compared.
#[derive(Debug, Clone)]
pub struct WatchThroughConfig {
    /// How long after a list a watch counts for it, the last instant included. Above 0, at most ten
    /// years. Default [`DEFAULT_WINDOW`](Self::DEFAULT_WINDOW).
    pub window: Duration,
    /// What counts. Default [`Rule::Start`].
    pub rule: Rule,
    /// A watch line starts a film if the user has had no line of that film for longer than this;
    /// else it goes on with it. Above 0, at most ten years. Default
    /// [`DEFAULT_PLAY_GAP`](Self::DEFAULT_PLAY_GAP).
    pub play_gap: Duration,
    /// Events that come at most this much after a later one are put in order; those that come later
    /// still are counted and left out, and so is a single one that is further ahead of both its
    /// neighbours. At most ten years; every event of that time is held in
    /// memory. Default [`DEFAULT_LATE_BOUND`](Self::DEFAULT_LATE_BOUND).
    pub late_bound: Duration,
    /// The tests err with this probability; intervals have confidence 1 − `alpha`. Above 0, below
    /// 1. Default [`DEFAULT_ALPHA`](Self::DEFAULT_ALPHA).
    pub alpha: f64,
    /// The first variant of the comparison. By default the first of the experiment; without one, of
    /// the variants that the log names the one with most lists, by [`Rule::Reference`] of all.
    pub variant_a: Option<String>,
    /// The second variant, by default the next by the same order.
    pub variant_b: Option<String>,
    /// Assigns every user anew, whatever the lines say. Default `None`: the variant is the line's,
    /// `unknown` where it names none.
    pub experiment: Option<Experiment>,
}

impl WatchThroughConfig {
    /// Default of [`window`](Self::window): an hour.
    pub const DEFAULT_WINDOW: Duration = Duration::from_secs(3_600);
    /// Default of [`play_gap`](Self::play_gap): an hour.
    pub const DEFAULT_PLAY_GAP: Duration = Duration::from_secs(3_600);
    /// Default of [`late_bound`](Self::late_bound): ten minutes.
    pub const DEFAULT_LATE_BOUND: Duration = Duration::from_secs(600);
    /// Default of [`alpha`](Self::alpha).
    pub const DEFAULT_ALPHA: f64 = 0.05;

    /// Ten years.
    const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

    /// Checks every field; gives the confidence of the intervals.
    ///
    /// # Errors
    /// [`OutcomesError::Duration`], [`OutcomesError::Alpha`] or [`OutcomesError::SameVariant`], by
    /// the first field that is wrong.
    pub fn validate(&self) -> Result<Confidence, OutcomesError> {
        for (field, duration, may_be_zero) in [
            ("window", self.window, false),
            ("play_gap", self.play_gap, false),
            ("late_bound", self.late_bound, true),
        ] {
            if duration > Self::LONGEST || (duration.is_zero() && !may_be_zero) {
                let most = hours(Self::LONGEST);
                return Err(OutcomesError::Duration { field, hours: hours(duration), most });
            }
        }
        if let (Some(a), Some(b)) = (&self.variant_a, &self.variant_b)
            && a == b
        {
            return Err(OutcomesError::SameVariant { name: a.clone() });
        }
        Confidence::from_alpha(self.alpha)
            .map_err(|source| OutcomesError::Alpha { alpha: self.alpha, source })
    }
}

impl Default for WatchThroughConfig {
    fn default() -> Self {
        Self {
            window: Self::DEFAULT_WINDOW,
            rule: Rule::Start,
            play_gap: Self::DEFAULT_PLAY_GAP,
            late_bound: Self::DEFAULT_LATE_BOUND,
            alpha: Self::DEFAULT_ALPHA,
            variant_a: None,
            variant_b: None,
            experiment: None,
        }
    }
}
