//! Trains the popularity and genre model.
//!
//! Prints the manifest as JSON. Exit codes: 0 done; 2 it could not run, and the model that was
//! there stays as it was.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_cli::{DataVersionArgs, Interrupt, Outcome, TerminalProgress, print_json};
use marquee_pipeline::{PopGenJob, train_popgen};
use marquee_popgen::PopGenConfig;
use marquee_provenance::ModelVersion;

/// Train PopGen: popularity, and genre preferences of each user.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Deduplicated interactions, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    data_path: PathBuf,
    /// Movie catalog, for the genres
    #[arg(long, value_name = "FILE", default_value = "artifacts/movie_catalog.json")]
    catalog: PathBuf,
    /// Where the model and its manifest go
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifact_dir: PathBuf,
    /// The model's name [default: popgen-YYYYMMDDhhmmss, UTC]
    #[arg(long, value_name = "NAME")]
    model_version: Option<ModelVersion>,
    #[command(flatten)]
    data: DataVersionArgs,
    /// How much a film in the user's genres is raised
    #[arg(long, default_value_t = PopGenConfig::DEFAULT_ALPHA)]
    alpha: f64,
    /// How many of the most popular films are ranked
    #[arg(long, default_value_t = PopGenConfig::DEFAULT_POOL)]
    pool: usize,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let job = PopGenJob {
        data_path: args.data_path,
        catalog: args.catalog,
        artifact_dir: args.artifact_dir,
        model_version: args.model_version,
        data_version: args.data.resolve()?,
        config: PopGenConfig { alpha: args.alpha, pool: args.pool },
    };
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let trained = train_popgen(&job, &mut progress).context("failed to train PopGen")?;
    progress.finish();
    if let Some(note) = trained.note() {
        tracing::warn!("{note}");
    }
    print_json(&trained.manifest)?;
    Ok(Outcome::Done)
}
