use marquee_stats::StatsError;
use thiserror::Error;

/// Why an evaluation cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OutcomesError {
    /// A duration is out of range.
    #[error("{field} is {hours} hours: it must be above 0 and at most {most} hours")]
    Duration {
        /// The setting.
        field: &'static str,
        /// Its value.
        hours: f64,
        /// The most it may be.
        most: f64,
    },
    /// The level of the tests is out of range.
    #[error("alpha is {alpha}: it must be between 0 and 1 (neither of them included)")]
    Alpha {
        /// The level.
        alpha: f64,
        /// What refused it.
        #[source]
        source: StatsError,
    },
    /// A variant is to be compared with itself.
    #[error("variant {name:?} cannot be compared with itself: name two")]
    SameVariant {
        /// The variant.
        name: String,
    },
    /// No film is to be looked at.
    #[error("top_k is 0: at least the film that is shown most must be looked at")]
    TopK,
    /// The intervals' bootstrap has no draw.
    #[error("the bootstrap cannot be made")]
    Bootstrap(#[source] StatsError),
    /// The log spans more windows than are kept.
    #[error(
        "the log spans {windows} windows, from {first} to {last}, and at most {most} are kept: \
         give longer windows, or leave out events with a wrong time"
    )]
    TooManyWindows {
        /// The windows.
        windows: u64,
        /// The first event.
        first: String,
        /// The last event.
        last: String,
        /// The most that are kept.
        most: u64,
    },
}
