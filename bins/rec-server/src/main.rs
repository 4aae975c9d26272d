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
use marquee_cli::Outcome;
use marquee_experiment::Experiment;
use marquee_pipeline::{load_models, serve_models};
use marquee_serving::ServerConfig;

/// The experiment used when none is named and this file is there.
const DEFAULT_EXPERIMENT: &str = "artifacts/experiments/als_vs_pop.json";

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
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let experiment = experiment(args.experiment.as_deref())?;
    let models = load_models(&args.artifact_dir).context("failed to load the models")?;
    for note in &models.notes {
        tracing::warn!("{note}");
    }
    let config =
        ServerConfig { bind: args.bind, workers: args.workers, artifact_dir: args.artifact_dir };
    serve_models(&config, models, experiment, |running| {
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
