//! Trains the ALS model.
//!
//! Prints the manifest as JSON. Exit codes: 0 done; 2 it could not run, and the model that was
//! there stays as it was.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_als::{AlsConfig, Solver};
use marquee_cli::{DataVersionArgs, Interrupt, Outcome, TerminalProgress, print_json, set_threads};
use marquee_pipeline::{AlsJob, train_als};
use marquee_provenance::ModelVersion;

/// Train the ALS model: implicit-feedback matrix factorization.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Deduplicated interactions, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    data_path: PathBuf,
    /// Where the model goes
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifact_dir: PathBuf,
    /// Where the manifests go [default: the artifact folder]
    #[arg(long, value_name = "DIR")]
    manifest_dir: Option<PathBuf>,
    /// The model's name [default: als-YYYYMMDDhhmmss, UTC]
    #[arg(long, value_name = "NAME")]
    model_version: Option<ModelVersion>,
    #[command(flatten)]
    data: DataVersionArgs,
    /// Length of the factor vectors
    #[arg(long, default_value_t = marquee_als::DEFAULT_FACTORS)]
    factors: usize,
    /// Weight of the squared factors in the loss
    #[arg(long, default_value_t = marquee_als::DEFAULT_REGULARIZATION)]
    regularization: f64,
    /// How often users and movies are each solved for
    #[arg(long, default_value_t = marquee_als::DEFAULT_ITERATIONS)]
    iterations: usize,
    /// Confidence each rating point adds
    #[arg(long, default_value_t = marquee_als::DEFAULT_ALPHA)]
    alpha: f64,
    /// Seed of the random start
    #[arg(long, default_value_t = marquee_als::DEFAULT_RANDOM_STATE)]
    random_state: u64,
    /// How a row is solved: auto, cholesky, woodbury, cg
    #[arg(long, default_value = "auto")]
    solver: Solver,
    /// Threads to train with [default: one per core]; the model does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// Compute the loss after each iteration, for the manifest
    #[arg(long)]
    loss: bool,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let job = AlsJob {
        data_path: args.data_path,
        artifact_dir: args.artifact_dir,
        manifest_dir: args.manifest_dir,
        model_version: args.model_version,
        data_version: args.data.resolve()?,
        config: AlsConfig {
            factors: args.factors,
            regularization: args.regularization,
            iterations: args.iterations,
            alpha: args.alpha,
            random_state: args.random_state,
            solver: args.solver,
        },
        loss: args.loss,
    };
    set_threads(args.threads)?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let trained = train_als(&job, &mut progress).context("failed to train ALS")?;
    progress.finish();
    if let Some(note) = trained.note() {
        tracing::warn!("{note}");
    }
    print_json(&trained.manifest)?;
    Ok(Outcome::Done)
}
