use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use marquee_als::AlsSettings;
use marquee_catalog::{Catalog, User, Users, read_users};
use marquee_dataset::{
    FileDigest, Interactions, InteractionsWriter, Keys, Progress, Strategy, ZeroHoldout, dedup,
    leave_last, pairs_in_both, read_interactions, split_at, time_of_last,
};
use marquee_evaluation::{
    Bootstrap, FilmGenres, Grouping, HeldOutUser, Holdout, ModelDifference, Protocol, ScoredModel,
    TrainingFacts,
};
use marquee_popgen::{PopGenConfig, PopGenError};

use crate::{
    ArtifactName, PipelineError,
    contestant::Contestant,
    offline_report::{DataReport, ModelReport, OfflineReport, SplitReport},
};

/// An offline evaluation: models, trained here or before, on films their training did not see.
#[derive(Debug, Clone)]
pub struct OfflineJob {
    /// Interactions: csv, Parquet, or a folder of Parquet files. Rows that repeat a pair of user and
    /// movie are merged first, the latest by time staying.
    pub interactions: PathBuf,
    /// The movie catalog, for PopGen and for diversity; `None` is `artifacts/movie_catalog.json`
    /// where that exists.
    pub catalog: Option<PathBuf>,
    /// A users file, for groups by age, gender and occupation.
    pub users: Option<PathBuf>,
    /// What is held out.
    pub split: SplitRule,
    /// Users with less history in the training part are left out; 0 counts as 1.
    pub min_history: usize,
    /// Cut-offs; a repeated one counts once.
    pub ks: Vec<usize>,
    /// How many users are evaluated, at random; 0 is all.
    pub sample_users: usize,
    /// Models to train on the training part, in the order of the report.
    pub models: Vec<OfflineModel>,
    /// Folders whose models are evaluated as they are, after the others.
    pub artifact_dirs: Vec<PathBuf>,
    /// Settings of ALS; its `random_state` also draws the users.
    pub als: AlsSettings,
    /// Settings of PopGen.
    pub popgen: PopGenConfig,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// Where the two parts go as tables, training first, for other programs; `None` writes none.
    pub split_out: Option<[PathBuf; 2]>,
}

/// What is held out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SplitRule {
    /// The last rows of every user.
    LastN {
        /// How many, at least 1.
        holdout: usize,
    },
    /// The last rows of all.
    GlobalTime {
        /// Their share, above 0 and below 1.
        test_share: f64,
    },
}

/// A model that can be trained here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfflineModel {
    /// Implicit-feedback ALS.
    Als,
    /// The same with the settings of [`AlsConfig::reference`](marquee_als::AlsConfig::reference), but for seed and solver.
    AlsReference,
    /// Popularity and genres.
    PopGen,
    /// Popularity alone.
    Popularity,
}

impl OfflineModel {
    /// The name in flags and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Als => "als",
            Self::AlsReference => "als-reference",
            Self::PopGen => "popgen",
            Self::Popularity => "popularity",
        }
    }
}

impl Default for OfflineJob {
    fn default() -> Self {
        Self {
            interactions: PathBuf::from("data/interactions_dedup.csv"),
            catalog: None,
            users: None,
            split: SplitRule::LastN { holdout: 1 },
            min_history: 1,
            ks: vec![10, 20],
            sample_users: 0,
            models: vec![OfflineModel::Als],
            artifact_dirs: Vec::new(),
            als: AlsSettings::default(),
            popgen: PopGenConfig::default(),
            bootstrap: Bootstrap::default(),
            split_out: None,
        }
    }
}

/// Splits the interactions, trains the models on one part and scores all of them on the other.
///
/// Everything is ranked against all films, those a user has in the training part left out; users
/// without a list and held-out films a model does not know count as misses. A split that leaves
/// nothing to test, also for want of any row, is reported in words, with null for every mean. The
/// report is the same to the
/// last bit for any number of threads.
///
/// # Errors
/// [`PipelineError`] for a setting out of range, an unreadable data set, catalog or users file, a
/// model that cannot be trained or loaded; [`PipelineError::TrainedOnHeldOut`] when a model of a
/// folder was trained on what is held out, by its manifest or by what it knows users to have seen;
/// [`PipelineError::LeakingSplit`] when a pair stands in both parts.
pub fn evaluate_offline(
    job: &OfflineJob,
    progress: &mut dyn Progress,
) -> Result<OfflineReport, PipelineError> {
    job.check()?;
    let digest = FileDigest::of(&job.interactions)?;
    let catalog = job.read_catalog()?;
    let users = job.users.as_deref().map(read_users).transpose()?;
    let (rows, row_count) = deduplicated(&job.interactions, progress)?;
    let merged_rows = row_count - rows.len();
    let parts = Parts::of(job, &rows)?;
    drop(rows);
    let films: Option<FilmGenres> = catalog.as_ref().map(genres);
    let groupings = groupings(&parts, users.as_ref());
    let protocol = Protocol {
        holdout: &parts.holdout,
        facts: &parts.facts,
        groupings: &groupings,
        genres: films.as_ref(),
        ks: &job.ks,
        bootstrap: job.bootstrap,
    };
    let mut contest = Contest { protocol, sha256: &digest.sha256, scored: vec![], models: vec![] };
    for &model in &job.models {
        contest.take(&Contestant::train(model, job, &parts.train, catalog.as_ref(), progress)?)?;
    }
    for folder in &job.artifact_dirs {
        for contestant in Contestant::saved_in(folder)? {
            contest.take(&contestant)?;
        }
    }
    let differences = contest.differences();
    let models = contest.models;
    job.write_parts(&parts)?;
    let path = job.interactions.display().to_string();
    let data = DataReport { path, sha256: digest.sha256, rows: row_count, merged_rows };
    let notes = job.notes(&data, &parts, catalog.is_some());
    let split = parts.report(job);
    Ok(OfflineReport { notes, data, split, bootstrap: job.bootstrap, models, differences })
}

/// The rows of a data set, one for each pair, and how many there were.
pub(crate) fn deduplicated(
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<(Interactions, usize), PipelineError> {
    let table = read_interactions(path, progress)?;
    let row_count = table.len();
    Ok((dedup(table, Strategy::LatestByTimestamp, Keys::default()), row_count))
}

/// Models one after another under one protocol.
struct Contest<'a> {
    protocol: Protocol<'a>,
    sha256: &'a str,
    scored: Vec<ScoredModel>,
    models: Vec<ModelReport>,
}

impl Contest<'_> {
    fn take(&mut self, contestant: &Contestant) -> Result<(), PipelineError> {
        contestant.check(self.protocol.holdout, self.sha256)?;
        let started = Instant::now();
        let scored = self.protocol.evaluate(contestant.name.as_str(), &*contestant.model);
        tracing::info!("{}: scored in {:.2} s", contestant.name, started.elapsed().as_secs_f64());
        self.models.push(contestant.report(&scored.evaluation));
        self.scored.push(scored);
        Ok(())
    }

    /// Every model against every one after it.
    fn differences(&self) -> Vec<ModelDifference> {
        let models = self.scored.iter().enumerate();
        let pairs = models.flat_map(|(place, model)| {
            self.scored[place + 1..].iter().map(move |other| (model, other))
        });
        pairs.map(|(model, baseline)| self.protocol.difference(model, baseline)).collect()
    }
}

impl OfflineJob {
    fn check(&self) -> Result<(), PipelineError> {
        let refuse = |problem: &str| Err(PipelineError::Evaluation { problem: problem.to_owned() });
        if self.ks.is_empty() || self.ks.contains(&0) {
            return refuse("give at least one cut-off k, each at least 1");
        }
        if self.models.is_empty() && self.artifact_dirs.is_empty() {
            return refuse("name at least one model or artifact folder");
        }
        if !(self.bootstrap.level > 0.0 && self.bootstrap.level < 1.0) {
            return refuse("the level of intervals must be above 0 and below 1");
        }
        match self.split {
            SplitRule::LastN { holdout: 0 } => return Err(ZeroHoldout.into()),
            SplitRule::GlobalTime { test_share } if !(test_share > 0.0 && test_share < 1.0) => {
                return refuse("the share that is held out must be above 0 and below 1");
            }
            SplitRule::LastN { .. } | SplitRule::GlobalTime { .. } => {}
        }
        if self.models.contains(&OfflineModel::Als) {
            self.als.validate()?;
        }
        if self.models.contains(&OfflineModel::PopGen) {
            self.popgen.validate().map_err(PopGenError::from)?;
        }
        Ok(())
    }

    fn read_catalog(&self) -> Result<Option<Catalog>, PipelineError> {
        let default = ArtifactName::Catalog.within(Path::new("artifacts"));
        let path = match &self.catalog {
            Some(path) => path,
            None if default.exists() => &default,
            None if self.models.contains(&OfflineModel::PopGen) => {
                let problem = format!(
                    "PopGen needs genres and {} is not there; name a catalog with --catalog",
                    default.display()
                );
                return Err(PipelineError::Evaluation { problem });
            }
            None => return Ok(None),
        };
        Ok(Some(Catalog::read(path)?))
    }

    fn write_parts(&self, parts: &Parts) -> Result<(), PipelineError> {
        let Some([train, holdout]) = &self.split_out else { return Ok(()) };
        let mut files = Vec::new();
        for (path, rows) in [(train, &parts.train), (holdout, &parts.held_out)] {
            let mut writer = InteractionsWriter::create(path)?;
            writer.append(rows)?;
            files.push(writer.finish()?);
        }
        for file in files {
            file.commit()?;
        }
        Ok(())
    }

    /// What the reader of the report should know.
    fn notes(&self, data: &DataReport, parts: &Parts, genres: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if data.merged_rows > 0 {
            notes.push(format!(
                "{}: {} rows repeat a user and movie and were merged, the latest staying",
                data.path, data.merged_rows
            ));
        }
        let films = parts.facts.films();
        if parts.holdout.users().is_empty() {
            let why = match data.rows {
                0 => "the data set holds no rows",
                _ => "no user has enough history",
            };
            notes.push(format!("the split leaves nothing to test: {why}"));
        } else if let Some(k) = self.ks.iter().find(|&&k| k > films) {
            notes.push(format!("k = {k} is above the {films} films of the training part"));
        }
        if !genres {
            notes.push("no catalog: diversity has no value".to_owned());
        }
        notes
    }
}

/// The two parts of the data.
pub(crate) struct Parts {
    pub(crate) train: Interactions,
    held_out: Interactions,
    pub(crate) holdout: Holdout,
    pub(crate) facts: TrainingFacts,
    boundary: Option<i64>,
    left_out_users: usize,
}

impl Parts {
    fn of(job: &OfflineJob, rows: &Interactions) -> Result<Self, PipelineError> {
        let mut parts = match job.split {
            SplitRule::LastN { holdout } => Self::last(rows, holdout, job.min_history)?,
            SplitRule::GlobalTime { test_share } => {
                let boundary = time_of_last(rows, test_share).unwrap_or_default();
                let split = split_at(rows, boundary, job.min_history);
                Self::new(split.train, split.holdout, Some(boundary), split.left_out_users)?
            }
        };
        if job.sample_users > 0 {
            parts.holdout = parts.holdout.sample(job.sample_users, job.als.config.random_state);
        }
        Ok(parts)
    }

    /// The last rows of every user against the others.
    pub(crate) fn last(
        rows: &Interactions,
        holdout: usize,
        min_history: usize,
    ) -> Result<Self, PipelineError> {
        let split = leave_last(rows, holdout, min_history)?;
        // Deduplicated rows stand by user.
        let users = rows.user_ids.chunk_by(|a, b| a == b).count();
        Self::new(split.train, split.holdout, None, users - split.evaluated_users)
    }

    fn new(
        train: Interactions,
        held_out: Interactions,
        boundary: Option<i64>,
        left_out_users: usize,
    ) -> Result<Self, PipelineError> {
        let in_both = pairs_in_both(&train, &held_out);
        if let Some((user_id, movie_id)) = in_both.first() {
            let (pairs, user_id, movie_id) = (in_both.len(), *user_id, movie_id.clone());
            return Err(PipelineError::LeakingSplit { pairs, user_id, movie_id });
        }
        let pairs = (0..held_out.len()).map(|row| (held_out.user_ids[row], held_out.movie_id(row)));
        let holdout = Holdout::from_pairs(pairs);
        let seen = (0..train.len())
            .map(|row| (train.user_ids[row], train.movie_id(row), train.timestamps[row]));
        let facts = TrainingFacts::from_rows(seen);
        Ok(Self { train, held_out, holdout, facts, boundary, left_out_users })
    }

    fn report(&self, job: &OfflineJob) -> SplitReport {
        let films = self.holdout.users().iter().flat_map(HeldOutUser::movie_ids);
        let (rule, holdout_per_user, test_share) = match job.split {
            SplitRule::LastN { holdout } => ("last-n", Some(holdout), None),
            SplitRule::GlobalTime { test_share } => ("global-time", None, Some(test_share)),
        };
        SplitReport {
            rule,
            holdout_per_user,
            test_share,
            boundary: self.boundary,
            min_history: job.min_history.max(1),
            sample_users: job.sample_users,
            evaluated_users: self.holdout.users().len(),
            left_out_users: self.left_out_users,
            train_interactions: self.train.len(),
            train_users: self.facts.users(),
            train_films: self.facts.films(),
            holdout_interactions: self.holdout.interactions(),
            unknown_film_interactions: films.filter(|id| self.facts.film(id).is_none()).count(),
            pairs_in_both: 0,
        }
    }
}

fn genres(catalog: &Catalog) -> FilmGenres {
    FilmGenres::new(catalog.iter().map(|(id, _)| (id, catalog.genres(id))))
}

fn groupings(parts: &Parts, users: Option<&Users>) -> Vec<Grouping> {
    let (holdout, facts) = (&parts.holdout, &parts.facts);
    let mut groupings = vec![
        Grouping::by_activity(holdout, facts),
        Grouping::by_popularity(holdout, facts),
        Grouping::by_newness(holdout, facts),
    ];
    groupings.extend(users.into_iter().flat_map(|users| demographics(users, holdout)));
    groupings
}

/// Groupings by what is known of people; `unknown` is a group too.
fn demographics(users: &Users, holdout: &Holdout) -> [Grouping; 3] {
    let by = |name: &str, of: fn(&User) -> Option<String>| {
        Grouping::by_user(name, holdout, |user_id| {
            users.get(user_id).and_then(of).unwrap_or_else(|| "unknown".to_owned())
        })
    };
    [
        by("age", |user| user.age.map(|age| age_band(age).to_owned())),
        by("gender", |user| user.gender.clone()),
        by("occupation", |user| user.occupation.clone()),
    ]
}

fn age_band(years: u32) -> &'static str {
    match years {
        0..18 => "0-17",
        18..25 => "18-24",
        25..35 => "25-34",
        35..45 => "35-44",
        45..55 => "45-54",
        55.. => "55 and over",
    }
}
