use std::{collections::BTreeMap, path::PathBuf};

use marquee_als::{AlsConfig, AlsSettings, Factors, write_npz};
use marquee_catalog::Catalog;
use marquee_dataset::{
    DatasetError, FileDigest, Interactions, Progress, RatingMatrix, read_aggregated,
    read_interactions, write_seen,
};
use marquee_provenance::{ModelVersion, TrainingMetadata};
use serde_json::Value;

use crate::{
    ArtifactName, PipelineError, SignalConfig, SignalFault, Trained,
    checkpoint::{self, Identity},
    fit::{Checkpoints, Fit, Fitted},
    training::{Facts, Plan, Training, hyperparameters},
    validation::Validation,
};

/// Hyper-parameters of a manifest beside the fields of [`AlsConfig`].
pub(crate) const SIGNALS: &str = "signals";
pub(crate) const VALIDATION: &str = "validation";
pub(crate) const PATIENCE: &str = "patience";

/// An ALS training from a data set to artifacts.
#[derive(Debug, Clone)]
pub struct AlsJob {
    /// Interactions: csv, Parquet, or a folder of Parquet files.
    pub data_path: PathBuf,
    /// Where the artifacts go.
    pub artifact_dir: PathBuf,
    /// Where the manifests go; `None` is the artifact folder.
    pub manifest_dir: Option<PathBuf>,
    /// The model's name; `None` is `als-` and the time.
    pub model_version: Option<ModelVersion>,
    /// The data set's name; `None` is its digest.
    pub data_version: Option<String>,
    /// Settings of the training. The manifest has the λ that was chosen.
    pub settings: AlsSettings,
    /// What the ratings are made from.
    pub signals: SignalConfig,
    /// The catalog that knows how long films are, for [`SignalConfig::minutes`]; `None` is none.
    pub catalog: Option<PathBuf>,
    /// Whether the loss after each iteration goes into the manifest.
    pub loss: bool,
    /// How many films, the last, are held out of the training for each user with more, of up to
    /// 10,000 users: NDCG@20 on them after each iteration goes into the manifest. At least 1; `None`
    /// holds out nothing. They count as seen all the same.
    pub validation: Option<usize>,
    /// After how many iterations without a better validation the training ends, at least 1; the
    /// model then has the factors of the best one. `None` runs all iterations and takes the last.
    pub patience: Option<usize>,
    /// After how many iterations each the state of the training is written to
    /// `als_checkpoint.npz` in the artifact folder, at least 1; `None` writes none. A training that
    /// is done takes it away.
    pub checkpoint_every: Option<usize>,
    /// Whether the training goes on from the checkpoint in the artifact folder, if there is one; it
    /// must be of the same data and settings. The model has the bytes it would have had without.
    pub resume: bool,
}

impl Default for AlsJob {
    fn default() -> Self {
        Self {
            data_path: PathBuf::from("data/interactions_dedup.csv"),
            artifact_dir: PathBuf::from("artifacts"),
            manifest_dir: None,
            model_version: None,
            data_version: None,
            settings: AlsSettings::default(),
            signals: SignalConfig::default(),
            catalog: None,
            loss: false,
            validation: None,
            patience: None,
            checkpoint_every: None,
            resume: false,
        }
    }
}

impl AlsJob {
    /// Checks all settings before any work.
    fn validate(&self) -> Result<(), PipelineError> {
        self.settings.validate()?;
        self.signals.validate()?;
        if self.catalog.is_some() && !self.signals.minutes {
            return Err(SignalFault::UnusedCatalog.into());
        }
        let counts = [
            ("validation", self.validation),
            ("patience", self.patience),
            ("checkpoint-every", self.checkpoint_every),
        ];
        for (setting, given) in counts {
            if given == Some(0) {
                let rule = "it must be at least 1; leave it out to do without";
                return Err(PipelineError::Setting { setting, given: 0, rule });
            }
        }
        match (self.patience, self.validation) {
            (Some(given), None) => {
                let rule =
                    "it needs a validation to be patient with; hold films out by --validation";
                Err(PipelineError::Setting { setting: "patience", given, rule })
            }
            _ => Ok(()),
        }
    }

    /// Everything the model depends on beside the data.
    fn hyperparameters(&self, config: &AlsConfig) -> BTreeMap<String, Value> {
        let mut all = als_hyperparameters(config, &self.signals);
        for (name, value) in [(VALIDATION, self.validation), (PATIENCE, self.patience)] {
            all.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        }
        all
    }
}

/// Settings and signals as a manifest names them.
pub(crate) fn als_hyperparameters(
    config: &AlsConfig,
    signals: &SignalConfig,
) -> BTreeMap<String, Value> {
    let mut all = hyperparameters(config);
    all.insert(SIGNALS.to_owned(), Value::from_iter(hyperparameters(signals)));
    all
}

/// Trains and writes `als_model.npz`, `user_map.json`, `movie_map.json`, `seen.npz` and the
/// manifest.
///
/// Rows that repeat a (user, movie) pair are merged, the latest by time staying; the manifest
/// counts them. `progress` counts half-steps and may cancel.
///
/// # Errors
/// [`PipelineError`] for a setting out of range, a version that exists, an unreadable or empty
/// data set, one without the columns the signals need or one that changed meanwhile, a checkpoint
/// of another training, a row that cannot be solved, a file that cannot be written;
/// [`PipelineError::Cancelled`] when `progress` says so, [`PipelineError::Paused`] where a checkpoint
/// is left. The model that was there stays until the new one is on the disk as a whole.
pub fn train_als(job: &AlsJob, progress: &mut dyn Progress) -> Result<Trained, PipelineError> {
    train_and_write(job, progress).map_err(|error| {
        let error = error.of_training_in(&job.artifact_dir);
        let checkpoint = checkpoint::path(&job.artifact_dir);
        match error {
            PipelineError::Cancelled { folder }
                if (job.checkpoint_every.is_some() || job.resume) && checkpoint.exists() =>
            {
                PipelineError::Paused { folder, checkpoint }
            }
            other => other,
        }
    })
}

fn train_and_write(job: &AlsJob, progress: &mut dyn Progress) -> Result<Trained, PipelineError> {
    job.validate()?;
    let mut training = Training::start(Plan {
        family: "als",
        manifest_name: ArtifactName::AlsManifest,
        data_path: &job.data_path,
        artifact_dir: &job.artifact_dir,
        manifest_dir: job.manifest_dir.as_deref(),
        model_version: job.model_version.as_ref(),
        data_version: job.data_version.as_deref(),
    })?;
    let Data { matrix, row_count, validation, catalog_sha256 } = read(job, progress)?;
    if progress.is_cancelled() {
        return Err(DatasetError::Cancelled.into());
    }
    let (validation, left) = validation.unzip();
    let ratings = left.as_ref().unwrap_or(&matrix.ratings);
    let config = job.settings.for_ratings(ratings);
    let identity = Identity {
        catalog_sha256: catalog_sha256.clone(),
        dataset_sha256: training.dataset_sha256().to_owned(),
        hyperparameters: job.hyperparameters(&config),
        loss: job.loss,
    };
    let path = checkpoint::path(&job.artifact_dir);
    let from = if job.resume { checkpoint::read(&path, &identity)? } else { None };
    let every = job.checkpoint_every;
    let checkpoints = every.map(|every| Checkpoints { path: &path, every, identity: &identity });
    let fit = Fit {
        ratings,
        config: &config,
        loss: job.loss,
        validation: validation.as_ref(),
        patience: job.patience,
        checkpoints,
    };
    let Fitted { factors, curves } = fit.run(from, progress)?;
    write(&mut training, &matrix, &factors)?;
    let facts = Facts {
        hyperparameters: identity.hyperparameters.clone(),
        row_count,
        unique_users: matrix.users.len() as u64,
        unique_movies: matrix.movies.len() as u64,
        metadata: TrainingMetadata {
            best_iteration: curves.best_iteration.map(|iteration| iteration as u64),
            catalog_sha256,
            iteration_seconds: curves.iteration_seconds,
            loss: curves.loss,
            merged_rows: matrix.merged_rows as u64,
            validation: curves.validation,
            ..TrainingMetadata::of_this_machine(rayon::current_num_threads())
        },
    };
    let trained = training.finish(facts, progress)?;
    if job.checkpoint_every.is_some() || job.resume {
        checkpoint::remove(&path)?;
    }
    Ok(trained)
}

/// Writes the files of the model.
fn write(
    training: &mut Training<'_>,
    matrix: &RatingMatrix,
    factors: &Factors,
) -> Result<(), PipelineError> {
    let mut file = training.create(ArtifactName::AlsModel)?;
    write_npz(factors, &mut file)?;
    training.add(ArtifactName::AlsModel, file);
    training.add_json(ArtifactName::UserMap, &matrix.users)?;
    training.add_json(ArtifactName::MovieMap, &matrix.movies)?;
    let mut file = training.create(ArtifactName::Seen)?;
    write_seen(&matrix.seen(), Some(matrix.ratings.values()), &mut file)?;
    training.add(ArtifactName::Seen, file);
    Ok(())
}

/// What a training reads.
struct Data {
    /// All ratings.
    matrix: RatingMatrix,
    row_count: u64,
    /// What is held out, and the ratings that are left to train on.
    validation: Option<(Validation, marquee_dataset::Csr)>,
    catalog_sha256: Option<String>,
}

fn read(job: &AlsJob, progress: &mut dyn Progress) -> Result<Data, PipelineError> {
    let (table, values, catalog_sha256) = ratings(job, progress)?;
    if table.is_empty() {
        return Err(PipelineError::EmptyDataset { path: job.data_path.clone() });
    }
    let matrix = match &values {
        Some(values) => RatingMatrix::with_values(&table, values),
        None => RatingMatrix::new(&table),
    };
    let validation = match job.validation {
        Some(count) => {
            let (validation, left) = Validation::split(&table, &matrix, count);
            if validation.is_empty() {
                return Err(PipelineError::NothingHeldOut { path: job.data_path.clone() });
            }
            Some((validation, left))
        }
        None => None,
    };
    Ok(Data { matrix, row_count: table.len() as u64, validation, catalog_sha256 })
}

/// The table, the ratings of its rows where they are not those of its column, and the digest of the
/// catalog where one was used.
type Rated = (Interactions, Option<Vec<f32>>, Option<String>);

fn ratings(job: &AlsJob, progress: &mut dyn Progress) -> Result<Rated, PipelineError> {
    let signals = &job.signals;
    if !signals.needs_aggregate() {
        let table = read_interactions(&job.data_path, progress)?;
        let values = signals.half_life_days.map(|_| signals.of_table(&table));
        return Ok((table, values, None));
    }
    let (catalog, digest) = match &job.catalog {
        Some(path) => (Some(Catalog::read(path)?), Some(FileDigest::of(path)?.sha256)),
        None => (None, None),
    };
    let table = read_aggregated(&job.data_path, progress)?;
    let values = signals.of_aggregate(&table, catalog.as_ref());
    Ok((table.interactions, Some(values), digest))
}
