//! Serves recommendations over HTTP.
//!
//! stdout carries one log line for each recommendation. Exit codes: 0 stopped by a signal; 2 it
//! could not start.

use std::{
    env,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use marquee_cli::{KafkaArgs, Outcome};
use marquee_experiment::Experiment;
use marquee_kafka::KafkaConfig;
use marquee_live::LiveConfig;
use marquee_pipeline::{FollowConfig, ServeTopics, load_models, serve_models};
use marquee_serving::ServerConfig;

/// The experiment used when none is named and this file is there.
const DEFAULT_EXPERIMENT: &str = "artifacts/experiments/als_vs_pop.json";

/// The file of recent films among the artifacts.
const LIVE_STATE: &str = "live_state.npz";

/// Serve recommendations: GET /recommend/USERID
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where the models are
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifact_dir: PathBuf,
    /// Experiment to run [default: artifacts/experiments/als_vs_pop.json if it is there, otherwise
    /// everyone gets als_model]
    #[arg(long, value_name = "FILE", env = "EXPERIMENT_CONFIG_PATH")]
    experiment: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "0.0.0.0:8082")]
    bind: String,
    /// Worker threads [default: one per core]
    #[arg(long)]
    workers: Option<NonZeroUsize>,
    #[command(flatten)]
    kafka: KafkaArgs,
    /// Topic with the event log to follow: what users do there changes their next answer
    #[arg(long, value_name = "TOPIC", requires = "brokers")]
    topic: Option<String>,
    /// Topic that gets the log line of every recommendation, as stdout does
    #[arg(long, value_name = "TOPIC", requires = "brokers")]
    telemetry_topic: Option<String>,
    /// Where recent films are saved and gone on from [default: live_state.npz among the artifacts]
    #[arg(long, value_name = "FILE.npz", requires = "topic")]
    live_state: Option<PathBuf>,
    /// Recent films to keep of each user at most
    #[arg(long, value_name = "N", default_value_t = LiveConfig::DEFAULT_FILMS_PER_USER, requires = "topic")]
    live_films_per_user: usize,
    /// Recent films to keep of all users at most; those longest without an event go
    #[arg(long, value_name = "N", default_value_t = LiveConfig::DEFAULT_FILMS, requires = "topic")]
    live_films: usize,
}

impl Args {
    fn topics(&self) -> anyhow::Result<ServeTopics> {
        let Some(brokers) = &self.kafka.brokers else { return Ok(ServeTopics::default()) };
        anyhow::ensure!(
            self.topic.is_some() || self.telemetry_topic.is_some(),
            "--brokers needs --topic TOPIC, --telemetry-topic TOPIC, or both"
        );
        let kafka = KafkaConfig::new(brokers)
            .with_properties(self.kafka.config.as_deref(), &self.kafka.properties)?;
        let state = self.live_state.clone();
        let follow = self.topic.clone().map(|topic| FollowConfig {
            kafka: kafka.clone(),
            topic,
            films: LiveConfig {
                films_per_user: self.live_films_per_user,
                films: self.live_films,
                ..LiveConfig::default()
            },
            state: state.unwrap_or_else(|| self.artifact_dir.join(LIVE_STATE)),
            data_version: None,
        });
        let telemetry = self.telemetry_topic.clone().map(|topic| (kafka, topic));
        Ok(ServeTopics { follow, telemetry })
    }
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let topics = args.topics()?;
    let experiment = experiment(args.experiment.as_deref())?;
    let models = load_models(&args.artifact_dir).context("failed to load the models")?;
    for note in &models.notes {
        tracing::warn!("{note}");
    }
    let config =
        ServerConfig { bind: args.bind, workers: args.workers, artifact_dir: args.artifact_dir };
    serve_models(&config, models, experiment, topics, |running| {
        tracing::info!("listening on http://{}", running.address);
    })?;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}

/// The experiment that was named, else the default one, else none.
fn experiment(named: Option<&Path>) -> anyhow::Result<Option<Experiment>> {
    let default = Path::new(DEFAULT_EXPERIMENT);
    // An empty variable counts as unset; an empty flag is a file that cannot be read.
    let unset = env::var_os("EXPERIMENT_CONFIG_PATH").is_some_and(|value| value.is_empty());
    let named = named.filter(|path| !(unset && path.as_os_str().is_empty()));
    let found = default.try_exists().context("failed to look for the default experiment")?;
    let path = named.or_else(|| found.then_some(default));
    let experiment = path.map(marquee_experiment::load).transpose();
    let experiment = experiment.context("failed to load the experiment")?;
    match path {
        Some(path) => tracing::info!("experiment {}", path.display()),
        None => tracing::info!("no experiment: everyone gets als_model"),
    }
    Ok(experiment)
}
