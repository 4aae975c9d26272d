//! Writes a seeded event log with learnable tastes to a file or a Kafka topic, and the films in it.
//!
//! stdout gets one JSON object that counts what was written. Exit codes: 0 done, 2 it could not
//! run, with neither file written.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_cli::{BrokerTimeout, KafkaArgs, Outcome, check_distinct, print_json};
use marquee_dataset::StagedFile;
use marquee_events::Timestamp;
use marquee_kafka::{KafkaConfig, LineProducer, Overflow, create_topic};
use marquee_synth::{Summary, Synth, SynthConfig, SynthError};

/// Write a seeded event log with learnable tastes to a file or a Kafka topic.
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
    /// Minutes watched of a film on average, where it is not abandoned, 1 to 1000; each is a line.
    #[arg(long, value_name = "MINUTES", default_value_t = SynthConfig::DEFAULT_MEAN_MINUTES)]
    mean_minutes: f64,
    /// Probability that a film is rated after it was watched.
    #[arg(long, value_name = "SHARE", default_value_t = SynthConfig::DEFAULT_RATING_SHARE)]
    rating_share: f64,
    /// Probability that a film outside the tastes of who watches it is abandoned within three
    /// minutes.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    abandon_share: f64,
    /// Mix in bad lines of every kind, one to two percent of all.
    #[arg(long)]
    dirty: bool,
    /// A true lift for trials of an evaluation: how much more often a list of als_model is followed
    /// by a start of one of its films than one of popgen_model, -0.15 to 0.55.
    #[arg(long, value_name = "LIFT", allow_negative_numbers = true)]
    effect: Option<f64>,
    /// The log, where it goes to a file.
    #[arg(long, value_name = "FILE", default_value = "data/raw.log", conflicts_with = "brokers")]
    out: PathBuf,
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    timeout: BrokerTimeout,
    /// The topic the log goes to, each line a record, the user being its key.
    #[arg(long, value_name = "TOPIC", requires = "brokers")]
    topic: Option<String>,
    /// Make the topic with so many partitions, unless there is one of that name.
    #[arg(long, value_name = "N", requires = "topic")]
    partitions: Option<u16>,
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
            mean_minutes: self.mean_minutes,
            rating_share: self.rating_share,
            abandon_share: self.abandon_share,
            effect: self.effect,
            ..SynthConfig::default()
        }
    }
}

fn main() -> ExitCode {
    marquee_cli::run(|args: Args| write(&args))
}

fn write(args: &Args) -> anyhow::Result<Outcome> {
    let synth = Synth::new(args.config())?;
    let summary = match &args.kafka.brokers {
        Some(brokers) => produce(args, brokers, &synth)?,
        None => write_files(args, &synth)?,
    };
    print_json(&summary)?;
    Ok(Outcome::Done)
}

/// Writes both files, of which neither stays without the other.
fn write_files(args: &Args, synth: &Synth) -> anyhow::Result<Summary> {
    check_distinct([], [&args.out].into_iter().chain(&args.movies_out))?;
    let mut log = StagedFile::create(&args.out)?;
    let movies = stage_movies(args, synth)?;
    let summary = synth.write_log(&mut log).map_err(|error| at(&log, error))?;
    log.sync()?;
    movies.map(StagedFile::commit).transpose()?;
    log.commit()?;
    Ok(summary)
}

/// Writes the film file once the brokers have every line.
fn produce(args: &Args, brokers: &str, synth: &Synth) -> anyhow::Result<Summary> {
    let kafka = &args.kafka;
    let config = KafkaConfig::new(brokers)
        .with_patience(args.timeout.broker_timeout.unwrap_or(KafkaConfig::DEFAULT_PATIENCE))
        .with_properties(kafka.config.as_deref(), &kafka.properties)?;
    let topic = args.topic.as_deref().context("--brokers needs --topic TOPIC")?;
    let movies = stage_movies(args, synth)?;
    if let Some(partitions) = args.partitions {
        create_topic(&config, topic, partitions)?;
    }
    let mut producer = LineProducer::new(&config, topic, Overflow::Wait)?;
    let summary = synth.write_log(&mut producer)?;
    producer.finish()?;
    movies.map(StagedFile::commit).transpose()?;
    Ok(summary)
}

fn stage_movies(args: &Args, synth: &Synth) -> anyhow::Result<Option<StagedFile>> {
    let Some(path) = &args.movies_out else { return Ok(None) };
    let mut movies = StagedFile::create(path)?;
    synth.write_movies(&mut movies).map_err(|error| at(&movies, error))?;
    movies.sync()?;
    Ok(Some(movies))
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
