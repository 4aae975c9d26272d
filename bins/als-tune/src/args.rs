use std::{path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use clap::Parser;
use marquee_als::Solver;
use marquee_cli::SignalArgs;
use marquee_pipeline::{DEFAULT_DISLIKE_BELOW, SignalConfig, TuneJob, default_space};
use marquee_tuning::Range;

/// Search settings of ALS: train on most rows, score on later ones, never look at the test.
///
/// The last --test-per-user rows of every user are dropped as the table is read, so that an
/// evaluation with offline-eval is of films no choice depended on. The winner comes as flags for
/// als-train.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Deduplicated interactions, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    data_path: PathBuf,
    /// Report to write
    #[arg(long, value_name = "FILE.json", default_value = "artifacts/als_tuning.json")]
    pub(crate) out: PathBuf,
    /// Page to write: learning curves, scores by each setting, the leaderboard
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Where runs are kept as they end, and found again [default: --out with .journal.jsonl]
    #[arg(long, value_name = "FILE.jsonl")]
    journal: Option<PathBuf>,
    /// Print the leaderboard and the winner's flags instead of JSON
    #[arg(long)]
    pub(crate) table: bool,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    ratings: RatingArgs,
    /// Seed of the random start of every trial
    #[arg(long, default_value_t = marquee_als::DEFAULT_RANDOM_STATE)]
    random_state: u64,
    /// How rows are solved: auto, cholesky, woodbury, cg
    #[arg(long, default_value = "auto")]
    solver: Solver,
    /// Threads to use [default: one per core]; the winner does not depend on it
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// What is searched, and how long.
#[derive(clap::Args)]
#[command(next_help_heading = "Search")]
struct SearchArgs {
    /// Rows of every user, the last, that are dropped unread: those an evaluation tests on
    #[arg(long, value_name = "N", default_value_t = 1)]
    test_per_user: usize,
    /// Films of every user, the last before those, that trials are scored on
    #[arg(long, value_name = "N", default_value_t = 1)]
    validation_per_user: usize,
    /// Trials, the presets among them
    #[arg(long, value_name = "N", default_value_t = 48)]
    trials: usize,
    /// One trial of so many goes on to so many times the iterations
    #[arg(long, value_name = "N", default_value_t = 3)]
    eta: usize,
    /// Iterations of the trials that come to the end
    #[arg(long, value_name = "N", default_value_t = 18)]
    iterations: usize,
    /// End a trial after so many iterations without a better score
    #[arg(long, value_name = "ITERATIONS", default_value_t = 3)]
    patience: usize,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Another range for a setting, one flag for each: factors, row_regularization (λ as it is for
    /// users on average), alpha, unobserved_weight, frequency_scaling, half_life_days (0: none); as
    /// 64 or 32,64 or 0..1 or log:0.1..100
    #[arg(long = "space", value_name = "NAME=RANGE")]
    spaces: Vec<String>,
    /// Begin no more trials after so many minutes, and report what ran
    #[arg(long, value_name = "MINUTES")]
    max_minutes: Option<f64>,
}

/// What the ratings are made from.
#[derive(clap::Args)]
#[command(next_help_heading = "Signals")]
struct RatingArgs {
    #[command(flatten)]
    signals: SignalArgs,
    /// The movie catalog that knows how long films are, for --signals minutes
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

impl Args {
    /// The files that are read.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.data_path), self.ratings.catalog.as_ref()].into_iter().flatten()
    }

    /// The file that keeps the runs.
    pub(crate) fn journal(&self) -> PathBuf {
        self.journal.clone().unwrap_or_else(|| self.out.with_extension("journal.jsonl"))
    }

    /// The search these arguments ask for.
    pub(crate) fn into_job(self, journal: PathBuf) -> anyhow::Result<TuneJob> {
        let Self { search, ratings, .. } = self;
        let mut space = default_space();
        for text in &search.spaces {
            let parts = text.split_once('=');
            let (name, range) =
                parts.with_context(|| format!("--space {text}: write NAME=RANGE"))?;
            let range: Range = range.parse().with_context(|| format!("--space {text}"))?;
            space.set(name, range).with_context(|| format!("--space {text}"))?;
        }
        let time_budget = match search.max_minutes {
            Some(minutes) => {
                let seconds = Duration::try_from_secs_f64(minutes * 60.0);
                ensure!(
                    minutes > 0.0 && seconds.is_ok(),
                    "--max-minutes {minutes}: choose a number above 0"
                );
                seconds.ok()
            }
            None => None,
        };
        Ok(TuneJob {
            data_path: self.data_path,
            signals: SignalConfig {
                minutes: ratings.signals.minutes(),
                stars: ratings.signals.stars(),
                dislike_below: ratings.signals.dislike_below.unwrap_or(DEFAULT_DISLIKE_BELOW),
                half_life_days: None,
            },
            catalog: ratings.catalog,
            test: search.test_per_user,
            validation: search.validation_per_user,
            space,
            trials: search.trials,
            eta: search.eta,
            iterations: search.iterations,
            patience: search.patience,
            seed: search.seed,
            random_state: self.random_state,
            solver: self.solver,
            journal,
            time_budget,
        })
    }
}
