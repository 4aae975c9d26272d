use std::{
    fmt::{self, Display, Formatter},
    time::Duration,
};

use marquee_als::AlsConfig;
use marquee_pages::Page;
use marquee_tuning::{Run, Settings, Study};
use serde::{Deserialize, Serialize};

use super::{TuneJob, settings::half_life};
use crate::SignalConfig;

/// What scores are.
const SCORE: &str = "NDCG@20";

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningReport {
    /// What was searched on.
    pub data: TuningData,
    /// What scores are: `ndcg@20`, of the films held out to validate on.
    pub score: String,
    /// Names and ranges of the settings, as flags write them.
    pub space: std::collections::BTreeMap<String, String>,
    /// Seed of the draws.
    pub seed: u64,
    /// Trials that were planned.
    pub trials: usize,
    /// Whether all that was planned ran; if not, the time was over.
    pub complete: bool,
    /// The best trial; null where none came to a score.
    pub winner: Option<TuningWinner>,
    /// The last run of every trial, the best first.
    pub leaderboard: Vec<TuningRun>,
    /// How long this run of the program took.
    pub seconds: f64,
    #[serde(skip)]
    study: Option<Study>,
}

/// Rows of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningData {
    /// The table as it was named.
    pub path: String,
    /// Digest of the file.
    pub sha256: String,
    /// Rows that were dropped unread, for a test.
    pub rows_put_aside: u64,
    /// Rows that trials train on.
    pub train_rows: u64,
    /// Their users.
    pub users: u64,
    /// Their movies.
    pub movies: u64,
    /// Users that scores are means over.
    pub validation_users: u64,
}

/// The best trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningWinner {
    /// Which trial.
    pub trial: usize,
    /// Its score.
    pub score: f64,
    /// The best score of the settings that were given: the defaults and the reference preset.
    pub given_score: Option<f64>,
    /// Its settings as `als-train` takes them.
    pub flags: Vec<String>,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningRun {
    /// Which trial, from 0.
    pub trial: usize,
    /// Whether it was a preset.
    pub given: bool,
    /// The rung it came to, from 0.
    pub rung: usize,
    /// Its score; null where it came to none.
    pub score: Option<f64>,
    /// The iteration after which that was.
    pub best_iteration: Option<usize>,
    /// Its settings.
    pub settings: Settings,
    /// λ as `als-train` takes it.
    pub regularization: f64,
    /// The score after each iteration.
    pub curve: Vec<f64>,
    /// How long its last run took.
    pub seconds: f64,
    /// Why it came to no score.
    pub failure: Option<String>,
}

impl TuningReport {
    pub(super) fn new(
        job: &TuneJob,
        study: Study,
        data: TuningData,
        config: impl Fn(&Settings) -> AlsConfig,
        took: Duration,
    ) -> Self {
        let given = |run: &Run| run.trial < study.plan.given.len();
        let board = study.leaderboard();
        let given_score = board.iter().filter(|run| given(run)).filter_map(|run| run.score());
        let given_score = given_score.max_by(f64::total_cmp);
        let winner = study.winner().and_then(|run| {
            let iterations = run.best_iteration()?;
            let config = AlsConfig { iterations, ..config(&run.settings) };
            let days = half_life(&run.settings).or(job.signals.half_life_days);
            let signals = SignalConfig { half_life_days: days, ..job.signals.clone() };
            let flags = flags(&config, &signals, job);
            Some(TuningWinner { trial: run.trial, score: run.score()?, given_score, flags })
        });
        let leaderboard = board.iter().map(|run| TuningRun {
            trial: run.trial,
            given: given(run),
            rung: run.rung,
            score: run.score(),
            best_iteration: run.best_iteration(),
            settings: run.settings.clone(),
            regularization: config(&run.settings).regularization,
            curve: run.curve.clone(),
            seconds: run.seconds,
            failure: run.failure.clone(),
        });
        let space = study.space.settings();
        Self {
            data,
            score: SCORE.to_lowercase(),
            space: space.map(|(name, range)| (name.to_owned(), range.to_string())).collect(),
            seed: study.plan.seed,
            trials: study.plan.trials,
            complete: study.complete,
            winner,
            leaderboard: leaderboard.collect(),
            seconds: took.as_secs_f64(),
            study: Some(study),
        }
    }

    /// The report as a page, with curves and the score by each setting; `None` of a report that was
    /// read from a file.
    #[must_use]
    pub fn page(&self) -> Option<Page> {
        let title = format!("ALS settings for {}", self.data.path);
        let flags = self.winner.as_ref().map(|winner| winner.flags.join(" "));
        Some(marquee_tuning::page(self.study.as_ref()?, &title, SCORE, flags.as_deref()))
    }

    /// The winner and the leaderboard as a table for people.
    #[must_use]
    pub fn table(&self) -> impl Display {
        Table(self)
    }
}

/// The settings as `als-train` takes them.
fn flags(config: &AlsConfig, signals: &SignalConfig, job: &TuneJob) -> Vec<String> {
    let mut flags = Vec::new();
    let mut add = |name: &str, value: String| flags.extend([name.to_owned(), value]);
    add("--factors", config.factors.to_string());
    add("--regularization", config.regularization.to_string());
    add("--iterations", config.iterations.to_string());
    add("--alpha", config.alpha.to_string());
    add("--unobserved-weight", config.unobserved_weight.to_string());
    add("--frequency-scaling", config.frequency_scaling.to_string());
    add("--random-state", config.random_state.to_string());
    add("--solver", config.solver.to_string());
    if signals.needs_aggregate() {
        let names = [(signals.minutes, "minutes"), (signals.stars, "stars")];
        let names = names.into_iter().filter_map(|(wanted, name)| wanted.then_some(name));
        add("--signals", names.collect::<Vec<_>>().join(","));
        add("--dislike-below", signals.dislike_below.to_string());
    }
    if let Some(days) = signals.half_life_days {
        add("--half-life-days", days.to_string());
    }
    if let Some(catalog) = &job.catalog {
        add("--catalog", catalog.display().to_string());
    }
    flags
}

struct Table<'a>(&'a TuningReport);

/// Rows of the table.
const ROWS: usize = 15;

impl Display for Table<'_> {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let names: Vec<&String> = report.space.keys().collect();
        write!(text, "{:>5}  {SCORE}  iterations", "trial")?;
        for name in &names {
            write!(text, "  {name:>8}")?;
        }
        writeln!(text, "  seconds")?;
        for run in report.leaderboard.iter().take(ROWS) {
            let mark = if run.given { "*" } else { " " };
            let score = run.score.map_or_else(|| "none".to_owned(), |score| format!("{score:.4}"));
            let best = run.best_iteration.map_or_else(String::new, |done| done.to_string());
            write!(text, "{:>4}{mark}  {score:>7}  {best:>10}", run.trial)?;
            for name in &names {
                let width = name.len().max(8);
                let value = run.settings.get(*name).copied().unwrap_or_default();
                // Presets have more digits than anybody reads.
                let short: f64 = format!("{value:.2e}").parse().unwrap_or(value);
                write!(text, "  {short:>width$}")?;
            }
            writeln!(text, "  {:>7.2}", run.seconds)?;
        }
        writeln!(
            text,
            "* a preset; {} trials, {} shown",
            report.leaderboard.len(),
            ROWS.min(report.leaderboard.len())
        )?;
        if let Some(winner) = &report.winner {
            writeln!(text, "\nals-train {}", winner.flags.join(" "))?;
        }
        if !report.complete {
            writeln!(text, "\nThe time was over; the same command goes on.")?;
        }
        Ok(())
    }
}
