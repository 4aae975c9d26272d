use std::path::PathBuf;

use marquee_catalog::Catalog;
use marquee_dataset::{
    FileDigest, Interactions, Keys, Progress, Strategy, dedup, read_interactions,
};
use marquee_popgen::{
    Audience, GenrePreferences, PopGenConfig, PopularityTable, genre_preferences, popularity,
    write_audience, write_popularity, write_preferences,
};
use marquee_provenance::{ModelVersion, TrainingMetadata};

use crate::{
    ArtifactName, PipelineError, Trained,
    training::{Facts, Plan, Training, hyperparameters},
};

/// A training of the popularity and genre model from a data set to artifacts.
#[derive(Debug, Clone)]
pub struct PopGenJob {
    /// Interactions: csv, Parquet, or a folder of Parquet files.
    pub data_path: PathBuf,
    /// The movie catalog, for the genres.
    pub catalog: PathBuf,
    /// Where the artifacts and manifests go.
    pub artifact_dir: PathBuf,
    /// The model's name; `None` is `popgen-` and the time.
    pub model_version: Option<ModelVersion>,
    /// The data set's name; `None` is its digest.
    pub data_version: Option<String>,
    /// Settings the server ranks with.
    pub config: PopGenConfig,
}

impl Default for PopGenJob {
    fn default() -> Self {
        Self {
            data_path: PathBuf::from("data/interactions_dedup.csv"),
            catalog: PathBuf::from("artifacts/movie_catalog.json"),
            artifact_dir: PathBuf::from("artifacts"),
            model_version: None,
            data_version: None,
            config: PopGenConfig::default(),
        }
    }
}

/// Trains and writes `popgen_popularity.parquet`, `popgen_user_genre_prefs.parquet`,
/// `popgen_seen.npz`, `popgen_genres.json` and the manifest. The model ranks by the genres it was
/// trained with, whatever becomes of the catalog.
///
/// Rows that repeat a (user, movie) pair are merged first, the latest by time staying, so that a
/// viewer counts once; the manifest counts them. Films the catalog lacks have no genres.
///
/// # Errors
/// As [`train_als`](crate::train_als); also for a catalog that is missing or malformed.
pub fn train_popgen(
    job: &PopGenJob,
    progress: &mut dyn Progress,
) -> Result<Trained, PipelineError> {
    train_and_write(job, progress).map_err(|error| error.of_training_in(&job.artifact_dir))
}

fn train_and_write(job: &PopGenJob, progress: &mut dyn Progress) -> Result<Trained, PipelineError> {
    job.config.validate().map_err(marquee_popgen::PopGenError::from)?;
    let mut training = Training::start(Plan {
        family: "popgen",
        manifest_name: ArtifactName::PopGenManifest,
        data_path: &job.data_path,
        artifact_dir: &job.artifact_dir,
        manifest_dir: None,
        model_version: job.model_version.as_ref(),
        data_version: job.data_version.as_deref(),
    })?;
    let catalog = Catalog::read(&job.catalog)?;
    let catalog_sha256 = FileDigest::of(&job.catalog)?.sha256;
    let table = read_interactions(&job.data_path, progress)?;
    progress.begin("training PopGen", None);
    if table.is_empty() {
        return Err(PipelineError::EmptyDataset { path: job.data_path.clone() });
    }
    let row_count = table.len() as u64;
    let rows = dedup(table, Strategy::LatestByTimestamp, Keys::default());
    let tables = Tables::of(&rows, &catalog);
    if progress.is_cancelled() {
        return Err(marquee_dataset::DatasetError::Cancelled.into());
    }

    let mut file = training.create(ArtifactName::PopGenPopularity)?;
    write_popularity(&tables.popularity, &mut file)?;
    training.add(ArtifactName::PopGenPopularity, file);
    let mut file = training.create(ArtifactName::PopGenPreferences)?;
    write_preferences(tables.audience.users(), &tables.preferences, &mut file)?;
    training.add(ArtifactName::PopGenPreferences, file);
    let mut file = training.create(ArtifactName::PopGenSeen)?;
    write_audience(&tables.audience, &mut file)?;
    training.add(ArtifactName::PopGenSeen, file);

    let ids = tables.popularity.movie_ids().iter().map(AsRef::as_ref);
    training.add_json(ArtifactName::PopGenGenres, &catalog.restricted_to(ids))?;

    let facts = Facts {
        hyperparameters: hyperparameters(&job.config),
        row_count,
        unique_users: tables.audience.users().len() as u64,
        unique_movies: tables.popularity.len() as u64,
        metadata: TrainingMetadata {
            catalog_sha256: Some(catalog_sha256),
            merged_rows: row_count - rows.len() as u64,
            ..TrainingMetadata::of_this_machine(rayon::current_num_threads())
        },
    };
    training.finish(facts, progress)
}

/// The tables a model is made of.
pub(crate) struct Tables {
    pub(crate) popularity: PopularityTable,
    pub(crate) audience: Audience,
    pub(crate) preferences: GenrePreferences,
}

impl Tables {
    /// From rows without repeated pairs.
    pub(crate) fn of(rows: &Interactions, catalog: &Catalog) -> Self {
        let popularity = popularity(rows);
        let audience = Audience::new(rows, &popularity);
        let preferences = genre_preferences(rows, audience.users(), catalog);
        Self { popularity, audience, preferences }
    }
}
