//! Writes a seeded event log with learnable tastes, and the films in it.
//!
//! stdout gets one JSON object that counts what was written. Exit codes: 0 done, 2 it could not
//! run, with neither file written.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use marquee_cli::{Outcome, check_distinct, print_json};
use marquee_dataset::StagedFile;
use marquee_events::Timestamp;
use marquee_synth::{Synth, SynthConfig, SynthError};

/// Write a seeded event log with learnable tastes.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Number of users.
    #[arg(long, value_name = "N", default_value_t = SynthConfig::DEFAULT_USERS)]
    users: u32,
    /// Number of films.
    #[arg(long, value_name = "N", default_value_t = SynthConfig::DEFAULT_MOVIES)]
    movies: u32,
    /// Number of sessions, in each of which a user watches a film.
    #[arg(long, value_name = "N", default_value_t = SynthConfig::DEFAULT_SESSIONS)]
    sessions: u32,
    /// Seed: the same flags give the same bytes.
    #[arg(long, default_value_t = SynthConfig::DEFAULT_SEED)]
    seed: u64,
    /// First day of the log, as YYYY-MM-DD [default: 2025-09-01].
    #[arg(long, value_name = "DATE", value_parser = midnight)]
    start: Option<i64>,
    /// Days over which the sessions spread.
    #[arg(long, value_name = "N", default_value_t = SynthConfig::DEFAULT_DAYS)]
    days: u32,
    /// Mix in bad lines of every kind, one to two percent of all.
    #[arg(long)]
    dirty: bool,
    /// The log.
    #[arg(long, value_name = "FILE", default_value = "data/raw.log")]
    out: PathBuf,
    /// The films, as JSON Lines in the form of the movie API.
    #[arg(long, value_name = "FILE.jsonl")]
    movies_out: Option<PathBuf>,
}

impl Args {
    fn config(&self) -> SynthConfig {
        SynthConfig {
            users: self.users,
            movies: self.movies,
            sessions: self.sessions,
            seed: self.seed,
            dirty: self.dirty,
            start_second: self.start.unwrap_or(SynthConfig::DEFAULT_START_SECOND),
            days: self.days,
            ..SynthConfig::default()
        }
    }
}

fn main() -> ExitCode {
    marquee_cli::run(|args: Args| write(&args))
}

fn write(args: &Args) -> anyhow::Result<Outcome> {
    check_distinct([], [&args.out].into_iter().chain(&args.movies_out))?;
    let synth = Synth::new(args.config())?;
    let mut log = StagedFile::create(&args.out)?;
    let mut movies = args.movies_out.as_deref().map(StagedFile::create).transpose()?;
    let summary = synth.write_log(&mut log).map_err(|error| at(&log, error))?;
    if let Some(movies) = &mut movies {
        synth.write_movies(movies).map_err(|error| at(movies, error))?;
    }
    log.sync()?;
    if let Some(mut movies) = movies {
        movies.sync()?;
        movies.commit()?;
    }
    log.commit()?;
    print_json(&summary)?;
    Ok(Outcome::Done)
}

/// The error with the file it concerns.
fn at(file: &StagedFile, error: SynthError) -> anyhow::Error {
    match error {
        SynthError::Write(source) => file.failed(source).into(),
        other => other.into(),
    }
}

/// The Unix time at which the day of that date begins.
fn midnight(date: &str) -> Result<i64, &'static str> {
    let time = Timestamp::parse_bytes(format!("{date}T00:00").as_bytes());
    time.map(Timestamp::unix_seconds).map_err(|_| "not a date of the form YYYY-MM-DD")
}
