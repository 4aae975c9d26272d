use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use marquee_als::AlsSettings;
use marquee_catalog::{Catalog, User, Users, read_users};
use marquee_dataset::{FileDigest, InteractionsWriter, Progress, ZeroHoldout};
use marquee_evaluation::{
    Bootstrap, FilmGenres, Grouping, Holdout, ModelDifference, Protocol, ScoredModel,
};
use marquee_popgen::{PopGenConfig, PopGenError};

use crate::{
    ArtifactName, HALF_POINT_MINUTES, PipelineError, SignalConfig,
    contestant::{Contestant, TrainingPart},
    offline_report::{DataReport, ModelReport, OfflineReport},
    parts::Parts,
    rows::Rows,
};

/// An offline evaluation: models, trained here or before, on films their training did not see.
#[derive(Debug, Clone)]
pub struct OfflineJob {
    /// Interactions: csv, Parquet, or a folder of Parquet files. Rows that repeat a pair of user and
    /// movie are merged first, the latest by time staying. Where
    /// [`signals`](Self::signals) need minutes or stars, a table that has them.
    pub interactions: PathBuf,
    /// The movie catalog, for PopGen, for diversity and for the length of films; `None` is
    /// `artifacts/movie_catalog.json` where that exists.
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
    /// What the ratings of [`OfflineModel::Als`] are made from, those of the training part alone:
    /// recency counts from its newest row. The other models have the rating column.
    pub signals: SignalConfig,
    /// Settings of PopGen.
    pub popgen: PopGenConfig,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// Where the two parts go as tables, training first, for other programs; `None` writes none.
    /// The training part keeps the minutes and stars that were read with it.
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
    /// The same with the settings of
    /// [`AlsConfig::reference`](marquee_als::AlsConfig::reference), but for seed and solver, of the
    /// rating column.
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
            signals: SignalConfig::default(),
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
/// report is the same to the last bit for any number of threads.
///
/// # Errors
/// [`PipelineError`] for a setting out of range, an unreadable data set, catalog or users file, a
/// data set without the columns the signals need, a model that cannot be trained or loaded;
/// [`PipelineError::TrainedOnHeldOut`] when a model of a folder was trained on what is held out, by
/// its manifest or by what it knows users to have seen; [`PipelineError::LeakingSplit`] when a pair
/// stands in both parts.
pub fn evaluate_offline(
    job: &OfflineJob,
    progress: &mut dyn Progress,
) -> Result<OfflineReport, PipelineError> {
    job.check()?;
    let digest = FileDigest::of(&job.interactions)?;
    let catalog = job.read_catalog()?;
    let users = job.users.as_deref().map(read_users).transpose()?;
    let aggregated = job.signals.needs_aggregate();
    let (rows, row_count) = Rows::read(&job.interactions, aggregated, progress)?;
    let merged_rows = row_count - rows.table().len();
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
    let part = TrainingPart { rows: &parts.train, catalog: catalog.as_ref() };
    for &model in &job.models {
        contest.take(&Contestant::train(model, job, part, progress)?)?;
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
        self.signals.validate()?;
        if self.models.contains(&OfflineModel::Als) {
            self.als.validate()?;
        } else if self.signals.needs_aggregate() || self.signals.half_life_days.is_some() {
            let only = "signals make the ratings of the model als, which is not among those to \
                        train; add --model als, or leave them out";
            return refuse(only);
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
        let train = parts.train.write(train)?;
        let mut writer = InteractionsWriter::create(holdout)?;
        writer.append(&parts.held_out)?;
        let holdout = writer.finish()?;
        train.commit()?;
        holdout.commit()?;
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
            if self.signals.minutes {
                let length = "no catalog: how long films are is not known";
                notes.push(format!("{length}, {HALF_POINT_MINUTES} minutes count as half a film"));
            }
        }
        notes
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
