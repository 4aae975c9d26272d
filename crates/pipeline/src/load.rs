use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_als::{AlsConfig, AlsModel, read_npz};
use marquee_catalog::Catalog;
use marquee_dataset::{DatasetError, MovieVocabulary, UserVocabulary, read_seen};
use marquee_popgen::{
    Audience, PopGenConfig, PopGenModel, PopularityModel, PopularityTable, read_audience,
    read_popularity, read_preferences,
};
use marquee_provenance::{Manifest, ProvenanceError};
use marquee_recommender::{Recommender, SeenItems};
use marquee_serving::{ModelProvenance, Rung, Rungs, Titles};
use serde::de::DeserializeOwned;

use crate::{
    ArtifactName, PipelineError, SignalConfig,
    als::{PATIENCE, SIGNALS, VALIDATION},
};

/// What a folder of artifacts holds.
pub struct LoadedModels {
    /// The models, each with its provenance.
    pub rungs: Rungs,
    /// Titles of the catalog.
    pub titles: Titles,
    /// What is not there or not vouched for, one line each.
    pub notes: Vec<String>,
}

/// Reads all models of a folder.
///
/// The ALS model is prepared to fold in what users did since its training, with the settings of its
/// manifest; without one it is not, which is noted. A model with a file missing is left out and
/// noted: the others answer. A file that is there and broken, or is not the one its manifest describes, is an error. Without the popularity and genre
/// model, popularity is counted from what the users of the ALS model have seen.
///
/// # Errors
/// [`PipelineError::NoModel`] when no model is complete, [`PipelineError::Unfit`] when the files of
/// one do not belong together; otherwise the error of the file.
pub fn load_models(folder: &Path) -> Result<LoadedModels, PipelineError> {
    let mut notes = Vec::new();
    let catalog_path = ArtifactName::Catalog.within(folder);
    let catalog = if catalog_path.exists() {
        Catalog::read(&catalog_path)?
    } else {
        notes.push(format!("{} is missing: films have no titles", catalog_path.display()));
        Catalog::default()
    };
    let mut rungs = Rungs::default();
    if POPGEN.is_complete(folder, &mut notes) {
        let manifest = POPGEN.manifest(folder, &mut notes)?;
        let (popgen, popularity) = popgen(folder, manifest.as_ref())?;
        // Again: a training may have put new files in place while these were read.
        POPGEN.verify(folder, manifest.as_ref())?;
        let provenance = provenance(manifest.as_ref());
        let (popgen, popularity) = (Arc::new(popgen), Arc::new(popularity));
        rungs.popularity = Some(Rung { model: popularity, provenance: provenance.clone() });
        rungs.popgen = Some(Rung { model: popgen, provenance });
    }
    if let Some((model, provenance)) = verified_als(folder, &mut notes)? {
        if let (None, Some(seen)) = (&rungs.popularity, model.seen()) {
            let popularity = Arc::new(viewers(&model, seen));
            rungs.popularity = Some(Rung { model: popularity, provenance: provenance.clone() });
        }
        rungs.als = Some(Rung { model: Arc::new(model), provenance });
    }
    if rungs.popularity.is_none() {
        let folder = folder.to_owned();
        return Err(PipelineError::NoModel { folder, problems: notes.join("; ") });
    }
    let titles = catalog.iter().map(|(id, movie)| (id, movie.title.as_str())).collect();
    Ok(LoadedModels { rungs, titles, notes })
}

/// The ALS model of a folder, with what only it can answer.
pub struct LoadedAls {
    /// The model.
    pub model: AlsModel,
    /// Where it comes from.
    pub provenance: ModelProvenance,
    /// What is not there or not vouched for, one line each.
    pub notes: Vec<String>,
}

/// Reads the ALS model of a folder by the rules of [`load_models`], and no other.
///
/// # Errors
/// [`PipelineError::NoModel`] when a file of it is missing, [`PipelineError::Unfit`] when they do
/// not belong together; otherwise the error of the file.
pub fn load_als(folder: &Path) -> Result<LoadedAls, PipelineError> {
    let mut notes = Vec::new();
    match verified_als(folder, &mut notes)? {
        Some((model, provenance)) => Ok(LoadedAls { model, provenance, notes }),
        None => {
            let folder = folder.to_owned();
            Err(PipelineError::NoModel { folder, problems: notes.join("; ") })
        }
    }
}

/// The files of one kind of model.
struct ModelFiles {
    family: &'static str,
    manifest: ArtifactName,
    artifacts: &'static [ArtifactName],
}

const ALS: ModelFiles = ModelFiles {
    family: "als",
    manifest: ArtifactName::AlsManifest,
    artifacts: &[
        ArtifactName::AlsModel,
        ArtifactName::UserMap,
        ArtifactName::MovieMap,
        ArtifactName::Seen,
    ],
};

const POPGEN: ModelFiles = ModelFiles {
    family: "popgen",
    manifest: ArtifactName::PopGenManifest,
    artifacts: &[
        ArtifactName::PopGenPopularity,
        ArtifactName::PopGenPreferences,
        ArtifactName::PopGenSeen,
        ArtifactName::PopGenGenres,
    ],
};

impl ModelFiles {
    /// Whether all files of the model stand in the folder.
    fn is_complete(&self, folder: &Path, notes: &mut Vec<String>) -> bool {
        let missing: Vec<&str> = self
            .artifacts
            .iter()
            .filter(|name| !name.within(folder).exists())
            .map(|name| name.as_str())
            .collect();
        if !missing.is_empty() {
            notes.push(format!("no {} model: {} missing", self.family, missing.join(", ")));
        }
        missing.is_empty()
    }

    /// The manifest beside the model, if there is one, with every artifact checked against it.
    fn manifest(
        &self,
        folder: &Path,
        notes: &mut Vec<String>,
    ) -> Result<Option<Manifest>, PipelineError> {
        let path = self.manifest.within(folder);
        if !path.exists() {
            notes.push(format!("{} is missing: answers carry no provenance", path.display()));
            return Ok(None);
        }
        let manifest = Manifest::read(&path)?;
        let complete =
            self.artifacts.iter().all(|name| manifest.artifacts.contains_key(name.as_str()));
        if manifest.model_family != self.family || !complete {
            return Err(PipelineError::WrongManifest { path, expected: self.family });
        }
        self.verify(folder, Some(&manifest))?;
        Ok(Some(manifest))
    }

    /// Checks every artifact against the manifest.
    fn verify(&self, folder: &Path, manifest: Option<&Manifest>) -> Result<(), PipelineError> {
        if let Some(manifest) = manifest {
            manifest.verify_artifacts(folder, &self.manifest.within(folder))?;
        }
        Ok(())
    }
}

fn provenance(manifest: Option<&Manifest>) -> ModelProvenance {
    manifest.map_or_else(ModelProvenance::default, |manifest| ModelProvenance {
        model_version: Some(manifest.model_version.clone()),
        model_family: Some(manifest.model_family.clone()),
        pipeline_commit: manifest.pipeline.git_commit.clone(),
        pipeline_branch: manifest.pipeline.git_branch.clone(),
        pipeline_dirty: manifest.pipeline.git_dirty,
        data_version: Some(manifest.data.dataset_version.clone()),
        data_sha256: Some(manifest.data.dataset_sha256.clone()),
        manifest_sha256: Some(manifest.manifest_sha256.clone()),
    })
}

/// The ALS model, if it is complete, as its manifest describes it.
fn verified_als(
    folder: &Path,
    notes: &mut Vec<String>,
) -> Result<Option<(AlsModel, ModelProvenance)>, PipelineError> {
    if !ALS.is_complete(folder, notes) {
        return Ok(None);
    }
    let manifest = ALS.manifest(folder, notes)?;
    let model = als(folder, manifest.as_ref(), notes)?;
    // Again: a training may have put new files in place while these were read.
    ALS.verify(folder, manifest.as_ref())?;
    Ok(Some((model, provenance(manifest.as_ref()))))
}

/// The ALS model; with a manifest, whose settings that takes, prepared to fold in.
fn als(
    folder: &Path,
    manifest: Option<&Manifest>,
    notes: &mut Vec<String>,
) -> Result<AlsModel, PipelineError> {
    let users: UserVocabulary = row_map(ArtifactName::UserMap.within(folder))?;
    let movies: MovieVocabulary = row_map(ArtifactName::MovieMap.within(folder))?;
    let seen_path = ArtifactName::Seen.within(folder);
    let (seen, ratings) = read_seen(&seen_path, users.len(), movies.len())?;
    let path = ArtifactName::AlsModel.within(folder);
    let factors = read_npz(&path)?;
    let model = AlsModel::new(factors, users, movies, Some(seen))
        .map_err(|error| unfit(folder, ALS, error))?;
    let Some(manifest) = manifest else {
        notes.push(format!(
            "the settings of {} are not known: live films only filter its lists",
            path.display()
        ));
        return Ok(model);
    };
    if ratings.is_none() {
        notes.push(format!(
            "{} holds no ratings: beside live films, those of the training count as watched; \
             train again",
            seen_path.display()
        ));
    }
    let (config, signals) = als_settings(manifest, &ArtifactName::AlsManifest.within(folder))?;
    model
        .with_fold_in(&config, ratings)
        .and_then(|model| model.with_live_ratings(signals.live_ratings()))
        .map_err(|error| unfit(folder, ALS, error))
}

/// The settings of an ALS training and what its ratings were made from, from its manifest at `path`.
pub(crate) fn als_settings(
    manifest: &Manifest,
    path: &Path,
) -> Result<(AlsConfig, SignalConfig), PipelineError> {
    let mut manifest = manifest.clone();
    let signals = manifest.hyperparameters.remove(SIGNALS);
    for name in [VALIDATION, PATIENCE] {
        manifest.hyperparameters.remove(name);
    }
    let signals = signals.map_or(Ok(SignalConfig::default()), serde_json::from_value);
    let signals =
        signals.map_err(|source| ProvenanceError::Format { path: path.to_owned(), source })?;
    Ok((settings(&manifest, path)?, signals))
}

/// The configuration a model was trained with, from its manifest at `path`.
pub(crate) fn settings<T: DeserializeOwned>(
    manifest: &Manifest,
    path: &Path,
) -> Result<T, PipelineError> {
    let fields = manifest.hyperparameters.clone().into_iter().collect();
    let settings = serde_json::from_value(fields);
    Ok(settings.map_err(|source| ProvenanceError::Format { path: path.to_owned(), source })?)
}

fn row_map<T: DeserializeOwned>(path: PathBuf) -> Result<T, PipelineError> {
    let text = fs_err::read(&path).map_err(DatasetError::Io)?;
    serde_json::from_slice(&text).map_err(|source| PipelineError::RowMap { path, source })
}

fn popgen(
    folder: &Path,
    manifest: Option<&Manifest>,
) -> Result<(PopGenModel, PopularityModel), PipelineError> {
    let table = read_popularity(&ArtifactName::PopGenPopularity.within(folder))?;
    let audience = read_audience(&ArtifactName::PopGenSeen.within(folder), table.len())?;
    let path = ArtifactName::PopGenPreferences.within(folder);
    let preferences = read_preferences(&path, audience.users())?;
    let genres = Catalog::read(&ArtifactName::PopGenGenres.within(folder))?;
    let config = match manifest {
        Some(manifest) => settings(manifest, &ArtifactName::PopGenManifest.within(folder))?,
        None => PopGenConfig::default(),
    };
    let (table, audience) = (Arc::new(table), Arc::new(audience));
    let popularity = PopularityModel::new(Arc::clone(&table), Arc::clone(&audience));
    let model = PopGenModel::new(config, table, audience, preferences, &genres);
    Ok((model.map_err(|error| unfit(folder, POPGEN, error))?, popularity))
}

fn unfit(
    folder: &Path,
    ModelFiles { family, .. }: ModelFiles,
    source: impl std::error::Error + Send + Sync + 'static,
) -> PipelineError {
    PipelineError::Unfit { folder: folder.to_owned(), family, source: Box::new(source) }
}

/// Popularity by the number of the model's users who have seen a film.
fn viewers(model: &AlsModel, seen: &SeenItems) -> PopularityModel {
    let viewers = seen.viewers(model.items());
    let films = model.movies().ids().zip(&viewers);
    let table = PopularityTable::new(
        films.map(|(id, &viewers)| (Box::from(id), f64::from(viewers), i64::from(viewers))),
    );
    let audience = Audience::of_seen(model.users(), seen, model.movies().ids(), &table);
    PopularityModel::new(Arc::new(table), Arc::new(audience))
}
