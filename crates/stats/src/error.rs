use thiserror::Error;

/// Why a number cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A confidence level is not between 0 and 1.
    #[error("confidence {level} is not between 0 and 1 (neither of them included)")]
    Confidence {
        /// The level.
        level: f64,
    },
    /// There are more successes than trials.
    #[error("{successes} successes among {trials} trials: there cannot be more")]
    Successes {
        /// The successes.
        successes: u64,
        /// The trials.
        trials: u64,
    },
    /// A bootstrap of no draw.
    #[error("a bootstrap needs at least 1 draw")]
    NoDraw,
}
