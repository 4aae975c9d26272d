use std::{io, net::SocketAddr};

use marquee_events::Refusal;
use marquee_experiment::ExperimentError;
use thiserror::Error;

/// Why a log can not be generated, or a [`FaultyApi`](crate::FaultyApi) not started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SynthError {
    /// There must be at least one user, and at most
    /// [`SynthConfig::MAX_USERS`](crate::SynthConfig::MAX_USERS).
    #[error("users must lie in 1..={max}, got {users}", max = crate::SynthConfig::MAX_USERS)]
    Users {
        /// The number given.
        users: u32,
    },
    /// There must be at least one film in every taste group, and at most
    /// [`SynthConfig::MAX_MOVIES`](crate::SynthConfig::MAX_MOVIES).
    #[error(
        "movies must lie in {taste_groups}..={max}, at least one a taste group, got {movies}",
        max = crate::SynthConfig::MAX_MOVIES
    )]
    Movies {
        /// The number given.
        movies: u32,
        /// The number of taste groups.
        taste_groups: u16,
    },
    /// There must be at least one taste group.
    #[error("taste_groups must be at least 1")]
    TasteGroups,
    /// The log must cover at least one day and end before the year 10000.
    #[error("days must be at least 1 and end before the year 10000, got {days}")]
    Days {
        /// The number given.
        days: u32,
    },
    /// The first day must not lie before 1970.
    #[error("the first second must not lie before 1970, got {start_second}")]
    Start {
        /// The second given.
        start_second: i64,
    },
    /// A probability lies outside 0..=1.
    #[error("{field} must lie in 0..=1, got {value}")]
    Probability {
        /// The field of the configuration.
        field: &'static str,
        /// The number given.
        value: f64,
    },
    /// The true lift is not one that all users can have.
    #[error("effect must lie in -0.15..=0.55, got {value}")]
    Effect {
        /// The number given.
        value: f64,
    },
    /// The exponent of popularity is negative, above 4 or not a number.
    #[error("popularity_exponent must lie in 0..=4, got {value}")]
    PopularityExponent {
        /// The number given.
        value: f64,
    },
    /// A watch has at least one minute, on average at most 1000.
    #[error("mean_minutes must lie in 1..=1000, got {value}")]
    MeanMinutes {
        /// The number given.
        value: f64,
    },
    /// A generated value has no form in the log, which a valid configuration rules out.
    #[error("failed to express an event")]
    Event(#[from] Refusal),
    /// The built-in experiment is not valid.
    #[error("failed to set up the experiment")]
    Experiment(#[from] ExperimentError),
    /// The [`FaultyApi`](crate::FaultyApi) could not take its address or start its thread.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The log or the movie file could not be written.
    #[error("failed to write")]
    Write(#[from] io::Error),
}
