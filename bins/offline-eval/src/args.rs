use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Parser, ValueEnum};
use marquee_cli::{AlsArgs, SignalArgs};
use marquee_evaluation::Bootstrap;
use marquee_pipeline::{DEFAULT_DISLIKE_BELOW, OfflineJob, OfflineModel, SignalConfig, SplitRule};
use marquee_popgen::PopGenConfig;

/// Score models on films their training did not see.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Interactions, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    interactions: PathBuf,
    /// Model to train on the training part; repeat for several [default: als, unless
    /// --artifact-dir is given]
    #[arg(long = "model", value_enum, value_name = "NAME")]
    models: Vec<Model>,
    /// Folder whose models are scored as they are, if they were not trained on what is held out;
    /// repeat for several
    #[arg(long = "artifact-dir", value_name = "DIR")]
    artifact_dirs: Vec<PathBuf>,
    /// What is held out: the last rows of every user, or the last rows of all
    #[arg(long, value_enum, default_value = "last-n")]
    split: Split,
    /// How many rows of every user are held out, with --split last-n
    #[arg(long, value_name = "N", default_value = "1")]
    holdout_per_user: NonZeroUsize,
    /// Share of the rows that is held out, with --split global-time
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    test_share: f64,
    /// Leave out users with fewer rows than this in the training part
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_history: usize,
    /// Cut-off; repeat for several [default: 10 and 20]
    #[arg(long = "k", value_name = "K")]
    ks: Vec<NonZeroUsize>,
    /// Evaluate this many users, at random; 0 is all
    #[arg(long, value_name = "N", default_value_t = 0)]
    sample_users: usize,
    #[command(flatten)]
    als: AlsArgs,
    #[command(flatten)]
    signals: SignalArgs,
    /// Days before the newest row of the training part after which what somebody did counts half,
    /// for als [default: never]
    #[arg(long, value_name = "DAYS")]
    half_life_days: Option<f64>,
    /// How much PopGen raises a film in the user's genres
    #[arg(long, default_value_t = PopGenConfig::DEFAULT_ALPHA)]
    popgen_alpha: f64,
    /// How many of the most popular films PopGen ranks
    #[arg(long, default_value_t = PopGenConfig::DEFAULT_POOL)]
    pool: usize,
    /// Movie catalog, for PopGen, for diversity and for the length of films with --signals minutes
    /// [default: artifacts/movie_catalog.json if it is there]
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Users file, for groups by age, gender and occupation
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Resamples of users that intervals and p-values are made from; 0 makes none
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    draws: usize,
    /// File for the report, JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) output_json: Option<PathBuf>,
    /// Page to write: the report for people, in one file
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Print tables for people instead of JSON
    #[arg(long)]
    pub(crate) table: bool,
    /// Files for the training part and the held-out part, .csv or .parquet, for other programs
    #[arg(long, num_args = 2, value_names = ["TRAIN", "HOLDOUT"])]
    split_out: Option<Vec<PathBuf>>,
    /// Threads to use [default: one per core]; the report does not depend on it
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Split {
    LastN,
    GlobalTime,
}

#[derive(Clone, Copy, ValueEnum)]
enum Model {
    Als,
    /// ALS with the settings of --preset reference and the rating column, to compare with
    AlsReference,
    Popgen,
    Popularity,
}

impl Args {
    /// The files that are read, and those that are written.
    pub(crate) fn files(&self) -> (Vec<&PathBuf>, Vec<&PathBuf>) {
        let inputs = [Some(&self.interactions), self.catalog.as_ref(), self.users.as_ref()];
        let reports = self.output_json.iter().chain(&self.html);
        let outputs = reports.chain(self.split_out.iter().flatten());
        (inputs.into_iter().flatten().collect(), outputs.collect())
    }

    pub(crate) fn into_job(self) -> OfflineJob {
        let mut models: Vec<OfflineModel> =
            self.models.into_iter().map(OfflineModel::from).collect();
        if models.is_empty() && self.artifact_dirs.is_empty() {
            models.push(OfflineModel::Als);
        }
        let mut ks: Vec<usize> = self.ks.into_iter().map(NonZeroUsize::get).collect();
        if ks.is_empty() {
            ks = vec![10, 20];
        }
        OfflineJob {
            interactions: self.interactions,
            catalog: self.catalog,
            users: self.users,
            split: match self.split {
                Split::LastN => SplitRule::LastN { holdout: self.holdout_per_user.get() },
                Split::GlobalTime => SplitRule::GlobalTime { test_share: self.test_share },
            },
            min_history: self.min_history,
            ks,
            sample_users: self.sample_users,
            models,
            artifact_dirs: self.artifact_dirs,
            als: self.als.settings(),
            signals: SignalConfig {
                minutes: self.signals.minutes(),
                stars: self.signals.stars(),
                dislike_below: self.signals.dislike_below.unwrap_or(DEFAULT_DISLIKE_BELOW),
                half_life_days: self.half_life_days,
            },
            popgen: PopGenConfig { alpha: self.popgen_alpha, pool: self.pool },
            bootstrap: Bootstrap { draws: self.draws, ..Bootstrap::default() },
            split_out: self.split_out.and_then(|paths| paths.try_into().ok()),
        }
    }
}

impl From<Model> for OfflineModel {
    fn from(model: Model) -> Self {
        match model {
            Model::Als => Self::Als,
            Model::AlsReference => Self::AlsReference,
            Model::Popgen => Self::PopGen,
            Model::Popularity => Self::Popularity,
        }
    }
}
