//! A seeded event log with known tastes: data for samples, tests and simulations.
//!
//! [`Synth`] makes films and users from a [`SynthConfig`] and writes what the users do as the event
//! log would record it ([`Synth::write_log`]), and the films as the movie API would answer
//! ([`Synth::write_movies`]). Every film belongs to a taste group, every user likes a few
//! groups, and most picks follow them; [`Movie::taste_group`] and [`User::taste_groups`] tell the
//! truth a model should learn. A [`Summary`] says what was written. Output goes to any writer, and
//! the same configuration gives the same bytes on the same platform.
//!
//! [`FaultyApi`] serves films and users over HTTP as the movie API would, and fails by plan: for
//! tests and trials of what asks one.
//!
//! Does not hold: files; and but for [`FaultyApi`] no threads and no network.
//!
//! ```
//! use marquee_synth::{Synth, SynthConfig};
//!
//! let config = SynthConfig { users: 50, movies: 40, sessions: 200, ..SynthConfig::default() };
//! let synth = Synth::new(config)?;
//! let mut log = Vec::new();
//! let summary = synth.write_log(&mut log)?;
//! assert_eq!(summary.lines, log.split(|&byte| byte == b'\n').count() as u64 - 1);
//! let first = log.split(|&byte| byte == b'\n').next().unwrap_or_default();
//! assert!(marquee_events::parse(first).is_ok());
//! # Ok::<(), marquee_synth::SynthError>(())
//! ```

mod config;
mod dirt;
mod error;
mod faulty_api;
mod movies;
mod recommendations;
mod sampling;
mod schedule;
mod simulation;
mod sink;
mod synth;
mod users;
mod words;

pub use config::SynthConfig;
pub use error::SynthError;
pub use faulty_api::{Collection, Exchange, Fault, FaultyApi, FaultyApiConfig};
pub use movies::{Genre, Movie};
pub use sink::Summary;
pub use synth::Synth;
pub use users::User;
