//! Searches settings of ALS on rows that no test will see.

mod objective;
mod report;
mod settings;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use marquee_als::{AlsConfig, Solver};
use marquee_dataset::{FileDigest, Interactions, Progress};
use marquee_tuning::{Journal, Plan, Space, TuningError, search};
use serde_json::{Map, json};

use crate::{PipelineError, SignalConfig, SignalFault, rows::Rows};
use objective::Objective;
pub use report::{TuningData, TuningReport, TuningRun, TuningWinner};
pub use settings::default_space;

/// A search for settings of ALS.
#[derive(Debug, Clone)]
pub struct TuneJob {
    /// Interactions: csv, Parquet, or a folder of Parquet files.
    pub data_path: PathBuf,
    /// What ratings are made from. A half-life here is one for all trials, if the space has none.
    pub signals: SignalConfig,
    /// The catalog that knows how long films are, for [`SignalConfig::minutes`].
    pub catalog: Option<PathBuf>,
    /// How many rows of every user, the last, are put aside before anything else and never looked
    /// at: those that an evaluation will test on. 0 puts nothing aside.
    pub test: usize,
    /// How many of the films before those are held out to validate on, at least 1.
    pub validation: usize,
    /// The settings that are searched.
    pub space: Space,
    /// Trials altogether, those of the presets among them.
    pub trials: usize,
    /// One trial of so many goes on to so many times the iterations; at least 2.
    pub eta: usize,
    /// The most iterations of a trial.
    pub iterations: usize,
    /// A trial ends after so many iterations without a better validation, at least 1.
    pub patience: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Seed of the random start of every trial.
    pub random_state: u64,
    /// How rows are solved.
    pub solver: Solver,
    /// Where runs are kept as they end, and found when the search is taken up again.
    pub journal: PathBuf,
    /// After so long no more trials begin, and the one that runs ends; what ran is reported.
    pub time_budget: Option<Duration>,
}

impl Default for TuneJob {
    fn default() -> Self {
        Self {
            data_path: PathBuf::from("data/interactions_dedup.csv"),
            signals: SignalConfig::default(),
            catalog: None,
            test: 1,
            validation: 1,
            space: default_space(),
            trials: 48,
            eta: 3,
            iterations: 18,
            patience: 3,
            seed: 42,
            random_state: marquee_als::DEFAULT_RANDOM_STATE,
            solver: Solver::Auto,
            journal: PathBuf::from("artifacts/als_tuning.journal.jsonl"),
            time_budget: None,
        }
    }
}

/// Iterations of the first rung, at least: after one, models of all settings are alike.
const LEAST_ITERATIONS: usize = 2;

impl TuneJob {
    fn plan(&self, given: Vec<marquee_tuning::Settings>) -> Plan {
        Plan {
            trials: self.trials,
            eta: self.eta,
            iterations: self.iterations,
            least: LEAST_ITERATIONS.min(self.iterations),
            seed: self.seed,
            given,
        }
    }

    fn validate(&self) -> Result<(), PipelineError> {
        self.signals.validate()?;
        if self.catalog.is_some() && !self.signals.minutes {
            return Err(SignalFault::UnusedCatalog.into());
        }
        for (setting, given) in [
            ("validation-per-user", self.validation),
            ("patience", self.patience),
            ("iterations", self.iterations),
            ("trials", self.trials),
        ] {
            if given == 0 {
                let rule = "it must be at least 1";
                return Err(PipelineError::Setting { setting, given, rule });
            }
        }
        Ok(())
    }

    /// All that scores depend on, for the journal.
    fn identity(&self, plan: &Plan, files: [Option<String>; 2]) -> Map<String, serde_json::Value> {
        let ranges: Map<_, _> = self
            .space
            .settings()
            .map(|(name, range)| (name.to_owned(), json!(range.to_string())))
            .collect();
        let [dataset, catalog] = files;
        Map::from_iter([
            ("dataset_sha256".to_owned(), json!(dataset)),
            ("catalog_sha256".to_owned(), json!(catalog)),
            ("signals".to_owned(), json!(self.signals)),
            ("rows_put_aside_per_user".to_owned(), json!(self.test)),
            ("validation_per_user".to_owned(), json!(self.validation)),
            ("space".to_owned(), json!(ranges)),
            ("plan".to_owned(), json!(plan)),
            ("patience".to_owned(), json!(self.patience)),
            ("random_state".to_owned(), json!(self.random_state)),
            ("solver".to_owned(), json!(self.solver.to_string())),
        ])
    }

    fn base(&self) -> AlsConfig {
        AlsConfig { random_state: self.random_state, solver: self.solver, ..AlsConfig::default() }
    }
}

/// Searches the space: every trial trains on the rows before those held out and is scored by NDCG@20
/// on these, after each iteration. The defaults and the reference preset are among the trials.
///
/// The last `test` rows of every user are dropped when the table is read, before anything is
/// counted, so no choice can depend on them. A search whose journal is there goes on. The winner is
/// the same for any number of threads and however often the search was taken up again.
///
/// # Errors
/// [`PipelineError`] for a setting out of range, an unreadable table or catalog, a table with
/// nothing to hold out, a journal that cannot be kept or is of another search;
/// [`PipelineError::SearchStopped`] when `progress` says so. Trials that cannot be trained do not
/// end the search.
pub fn tune_als(job: &TuneJob, progress: &mut dyn Progress) -> Result<TuningReport, PipelineError> {
    job.validate()?;
    let started = Instant::now();
    let mut objective = Objective::read(job, progress)?;
    let given = objective.given();
    let plan = job.plan(given);
    // Before anything is written.
    let rungs = plan.rungs()?;
    let catalog = job.catalog.as_deref().map(FileDigest::of).transpose()?;
    let digest = FileDigest::of(&job.data_path)?.sha256;
    let files = [Some(digest.clone()), catalog.map(|digest| digest.sha256)];
    let mut journal = Journal::open(&job.journal, job.identity(&plan, files))?;
    let runs: usize = rungs.iter().map(|rung| rung.trials + plan.given.len()).sum();
    if !journal.runs().is_empty() {
        tracing::info!("going on after {} of {runs} runs", journal.runs().len());
    }
    progress.begin("searching", Some(runs as u64));
    let deadline = job.time_budget.map(|budget| started + budget);
    let progress = std::cell::RefCell::new(progress);
    let study = search(
        &job.space,
        &plan,
        &mut journal,
        |settings, iterations| objective.run(settings, iterations, &**progress.borrow(), deadline),
        |run| {
            progress.borrow_mut().advance(1);
            let score = run.score().map_or_else(|| "no score".to_owned(), |s| format!("{s:.5}"));
            tracing::info!("trial {} on rung {}: NDCG@20 {score}", run.trial, run.rung);
        },
    )?;
    if progress.borrow().is_cancelled() {
        let (path, runs) = (job.journal.clone(), study.runs.len());
        return Err(PipelineError::SearchStopped { path, runs });
    }
    Ok(objective.report(study, digest, started.elapsed()))
}

/// The rows that may be looked at, and how many were dropped: the last ones of every user.
fn rows_before_the_test(
    job: &TuneJob,
    progress: &mut dyn Progress,
) -> Result<(Rows, u64), PipelineError> {
    let (rows, _) = Rows::read(&job.data_path, job.signals.needs_aggregate(), progress)?;
    let keep = before_the_last(rows.table(), job.test);
    let aside = (rows.table().len() - keep.len()) as u64;
    Ok((rows.select(&keep), aside))
}

/// The rows that are not among the last `count` of their user, in input order. Of users with no
/// more than that nothing is tested, and all rows stay.
fn before_the_last(table: &Interactions, count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..table.len() as u32).collect();
    order.sort_by_key(|&row| (table.user_ids[row as usize], table.timestamps[row as usize], row));
    let user = |row: &u32| table.user_ids[*row as usize];
    let mut kept: Vec<u32> = order
        .chunk_by(|a, b| user(a) == user(b))
        .flat_map(|rows| if rows.len() > count { &rows[..rows.len() - count] } else { rows })
        .copied()
        .collect();
    kept.sort_unstable();
    kept
}

impl From<TuningError> for PipelineError {
    fn from(error: TuningError) -> Self {
        Self::Tuning(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rows_of_users_with_more_are_left_out() {
        let mut table = Interactions::default();
        for (user, film, time) in
            [(1, "a", 5), (2, "b", 1), (1, "c", 3), (1, "d", 5), (3, "a", 9), (3, "b", 8)]
        {
            table.push(user, film, 1, time);
        }
        assert_eq!(before_the_last(&table, 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(before_the_last(&table, 1), [0, 1, 2, 5]);
        assert_eq!(before_the_last(&table, 2), [1, 2, 4, 5]);
    }
}
