use std::path::PathBuf;

use clap::Parser;
use marquee_cli::{AlsArgs, DataVersionArgs, SignalArgs};
use marquee_pipeline::{AlsJob, DEFAULT_DISLIKE_BELOW, SignalConfig};
use marquee_provenance::ModelVersion;

/// Train the ALS model: implicit-feedback matrix factorization.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
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
    #[command(flatten)]
    settings: AlsArgs,
    #[command(flatten)]
    ratings: RatingArgs,
    #[command(flatten)]
    course: CourseArgs,
    /// Threads to train with [default: one per core]; the model does not depend on it
    #[arg(long)]
    pub(crate) threads: Option<usize>,
}

/// What the ratings are made from.
#[derive(clap::Args)]
struct RatingArgs {
    #[command(flatten)]
    signals: SignalArgs,
    /// The movie catalog that knows how long films are, for --signals minutes [default: none; half
    /// an hour then counts as half a film]
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Days before the newest event after which what somebody did counts half [default: never]
    #[arg(long, value_name = "DAYS")]
    half_life_days: Option<f64>,
}

/// What happens while it trains.
#[derive(clap::Args)]
struct CourseArgs {
    /// Compute the loss after each iteration, for the manifest
    #[arg(long)]
    loss: bool,
    /// Hold the last N films of each user (of up to 10,000 with more) out of the training and
    /// compute NDCG@20 on them after each iteration, for the manifest
    #[arg(long, value_name = "N")]
    validation: Option<usize>,
    /// End after so many iterations without a better validation, and keep the best one's factors
    #[arg(long, value_name = "ITERATIONS")]
    patience: Option<usize>,
    /// Write als_checkpoint.npz to the artifact folder every N iterations
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<usize>,
    /// Go on from the checkpoint in the artifact folder, if there is one, to the same model
    #[arg(long)]
    resume: bool,
}

impl Args {
    /// The training these arguments ask for.
    pub(crate) fn into_job(self) -> anyhow::Result<AlsJob> {
        let Self { settings, ratings, course, .. } = self;
        Ok(AlsJob {
            data_path: self.data_path,
            artifact_dir: self.artifact_dir,
            manifest_dir: self.manifest_dir,
            model_version: self.model_version,
            data_version: self.data.resolve()?,
            settings: settings.settings(),
            signals: SignalConfig {
                minutes: ratings.signals.minutes(),
                stars: ratings.signals.stars(),
                dislike_below: ratings.signals.dislike_below.unwrap_or(DEFAULT_DISLIKE_BELOW),
                half_life_days: ratings.half_life_days,
            },
            catalog: ratings.catalog,
            loss: course.loss,
            validation: course.validation,
            patience: course.patience,
            checkpoint_every: course.checkpoint_every,
            resume: course.resume,
        })
    }
}
