use std::{ops::ControlFlow, path::PathBuf};

use marquee_als::{AlsConfig, Factors, Observer, Side, train, write_npz};
use marquee_dataset::{Progress, RatingMatrix, read_interactions, write_seen};
use marquee_provenance::{ModelVersion, TrainingMetadata};

use crate::{
    ArtifactName, PipelineError, Trained,
    training::{Facts, Plan, Training, hyperparameters},
};

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
    /// Settings of the training.
    pub config: AlsConfig,
    /// Whether the loss after each iteration goes into the manifest.
    pub loss: bool,
}

impl Default for AlsJob {
    fn default() -> Self {
        Self {
            data_path: PathBuf::from("data/interactions_dedup.csv"),
            artifact_dir: PathBuf::from("artifacts"),
            manifest_dir: None,
            model_version: None,
            data_version: None,
            config: AlsConfig::default(),
            loss: false,
        }
    }
}

/// Trains and writes `als_model.npz`, `user_map.json`, `movie_map.json`, `seen.npz` and the
/// manifest.
///
/// Rows that repeat a (user, movie) pair are merged, the latest by time staying; the manifest
/// counts them. `progress` counts half-steps and may cancel.
///
/// # Errors
/// [`PipelineError`] for a setting out of range, a version that exists, an unreadable or empty
/// data set or one that changed meanwhile, a row that cannot be solved, a file that cannot be
/// written; [`PipelineError::Cancelled`] when `progress` says so. The model that was there stays
/// until the new one is on the disk as a whole.
pub fn train_als(job: &AlsJob, progress: &mut dyn Progress) -> Result<Trained, PipelineError> {
    train_and_write(job, progress).map_err(|error| error.of_training_in(&job.artifact_dir))
}

fn train_and_write(job: &AlsJob, progress: &mut dyn Progress) -> Result<Trained, PipelineError> {
    job.config.validate()?;
    let mut training = Training::start(Plan {
        family: "als",
        manifest_name: ArtifactName::AlsManifest,
        data_path: &job.data_path,
        artifact_dir: &job.artifact_dir,
        manifest_dir: job.manifest_dir.as_deref(),
        model_version: job.model_version.as_ref(),
        data_version: job.data_version.as_deref(),
    })?;
    let table = read_interactions(&job.data_path, progress)?;
    if table.is_empty() {
        return Err(PipelineError::EmptyDataset { path: job.data_path.clone() });
    }
    let row_count = table.len() as u64;
    let matrix = RatingMatrix::new(&table);
    drop(table);
    if progress.is_cancelled() {
        return Err(marquee_dataset::DatasetError::Cancelled.into());
    }

    let (factors, costs) = fit(&matrix, &job.config, job.loss, progress)?;
    let mut file = training.create(ArtifactName::AlsModel)?;
    write_npz(&factors, &mut file)?;
    training.add(ArtifactName::AlsModel, file);
    training.add_json(ArtifactName::UserMap, &matrix.users)?;
    training.add_json(ArtifactName::MovieMap, &matrix.movies)?;
    let mut file = training.create(ArtifactName::Seen)?;
    write_seen(&matrix.seen(), Some(matrix.ratings.values()), &mut file)?;
    training.add(ArtifactName::Seen, file);

    let facts = Facts {
        hyperparameters: hyperparameters(&job.config),
        row_count,
        unique_users: matrix.users.len() as u64,
        unique_movies: matrix.movies.len() as u64,
        metadata: TrainingMetadata {
            iteration_seconds: costs.iteration_seconds,
            loss: costs.loss,
            merged_rows: matrix.merged_rows as u64,
            ..TrainingMetadata::of_this_machine(rayon::current_num_threads())
        },
    };
    training.finish(facts, progress)
}

/// What each iteration cost.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    iteration_seconds: Vec<f64>,
    loss: Vec<f64>,
}

/// Trains factors with a progress handle.
pub(crate) fn fit(
    matrix: &RatingMatrix,
    config: &AlsConfig,
    loss: bool,
    progress: &mut dyn Progress,
) -> Result<(Factors, Costs), PipelineError> {
    progress.begin("training ALS", Some((config.iterations as u64).saturating_mul(2)));
    let mut watcher = Watcher { progress, loss, costs: Costs::default() };
    let factors = train(&matrix.ratings, config, &mut watcher)?;
    Ok((factors, watcher.costs))
}

struct Watcher<'a> {
    progress: &'a mut dyn Progress,
    loss: bool,
    costs: Costs,
}

impl Observer for Watcher<'_> {
    fn wants_loss(&self, _iteration: usize, side: Side) -> bool {
        self.loss && side == Side::Item
    }

    fn half_step(&mut self, done: &marquee_als::Progress) -> ControlFlow<()> {
        match done.side {
            Side::User => self.costs.iteration_seconds.push(done.seconds),
            Side::Item => {
                if let Some(seconds) = self.costs.iteration_seconds.last_mut() {
                    *seconds += done.seconds;
                }
            }
        }
        self.costs.loss.extend(done.loss);
        self.progress.advance(1);
        if self.progress.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
