use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_als::{AlsModel, read_npz};
use marquee_catalog::Catalog;
use marquee_dataset::{DatasetError, MovieVocabulary, UserVocabulary, read_seen};
use marquee_popgen::{
    Audience, PopGenConfig, PopGenModel, PopularityModel, PopularityTable, read_audience,
    read_popularity, read_preferences,
};
use marquee_provenance::Manifest;
use marquee_recommender::{Recommender, SeenItems};
use marquee_serving::{ModelProvenance, Rung, Rungs, Titles};
use serde::de::DeserializeOwned;

use crate::{ArtifactName, PipelineError};

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
/// A model with a file missing is left out and noted: the others answer. A file that is there and
/// broken, or is not the one its manifest describes, is an error. Without the popularity and genre
/// model, popularity is counted from what the users of the ALS model have seen.
///
/// # Errors
/// [`PipelineError::NoModel`] when no model is complete; otherwise the error of the file.
pub fn load_models(folder: &Path) -> Result<LoadedModels, PipelineError> {
    let mut notes = Vec::new();
    let catalog_path = ArtifactName::Catalog.within(folder);
    let catalog = if catalog_path.exists() {
        Catalog::read(&catalog_path)?
    } else {
        notes.push(format!("{} is missing: no titles, no genres", catalog_path.display()));
        Catalog::default()
    };
    let als_files =
        [ArtifactName::AlsModel, ArtifactName::UserMap, ArtifactName::MovieMap, ArtifactName::Seen];
    let popgen_files =
        [ArtifactName::PopGenPopularity, ArtifactName::PopGenPreferences, ArtifactName::PopGenSeen];
    let mut rungs = Rungs::default();
    if complete(folder, "PopGen", &popgen_files, &mut notes) {
        let manifest = manifest(folder, ArtifactName::PopGenManifest, &mut notes)?;
        let (popgen, popularity) = popgen(folder, manifest.as_ref(), &catalog)?;
        let provenance = provenance(manifest.as_ref());
        let (popgen, popularity) = (Arc::new(popgen), Arc::new(popularity));
        rungs.popularity = Some(Rung { model: popularity, provenance: provenance.clone() });
        rungs.popgen = Some(Rung { model: popgen, provenance });
    }
    if complete(folder, "ALS", &als_files, &mut notes) {
        let manifest = manifest(folder, ArtifactName::AlsManifest, &mut notes)?;
        let model = als(folder)?;
        let provenance = provenance(manifest.as_ref());
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

/// Whether all files of a model stand in the folder.
fn complete(folder: &Path, model: &str, files: &[ArtifactName], notes: &mut Vec<String>) -> bool {
    let missing: Vec<&str> = files
        .iter()
        .filter(|name| !name.within(folder).exists())
        .map(|name| name.as_str())
        .collect();
    if !missing.is_empty() {
        notes.push(format!("no {model} model: {} missing", missing.join(", ")));
    }
    missing.is_empty()
}

/// The manifest beside a model, with every artifact checked against it.
fn manifest(
    folder: &Path,
    name: ArtifactName,
    notes: &mut Vec<String>,
) -> Result<Option<Manifest>, PipelineError> {
    let path = name.within(folder);
    if !path.exists() {
        notes.push(format!("{} is missing: answers carry no provenance", path.display()));
        return Ok(None);
    }
    let manifest = Manifest::read(&path)?;
    manifest.verify_artifacts(folder, &path)?;
    Ok(Some(manifest))
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

fn als(folder: &Path) -> Result<AlsModel, PipelineError> {
    let users: UserVocabulary = row_map(ArtifactName::UserMap.within(folder))?;
    let movies: MovieVocabulary = row_map(ArtifactName::MovieMap.within(folder))?;
    let seen = read_seen(&ArtifactName::Seen.within(folder), users.len(), movies.len())?;
    let path = ArtifactName::AlsModel.within(folder);
    let factors = read_npz(&path)?;
    Ok(AlsModel::new(factors, users, movies, Some(seen))?)
}

fn row_map<T: DeserializeOwned>(path: PathBuf) -> Result<T, PipelineError> {
    let text = fs_err::read(&path).map_err(DatasetError::Io)?;
    serde_json::from_slice(&text).map_err(|source| PipelineError::RowMap { path, source })
}

fn popgen(
    folder: &Path,
    manifest: Option<&Manifest>,
    catalog: &Catalog,
) -> Result<(PopGenModel, PopularityModel), PipelineError> {
    let table = read_popularity(&ArtifactName::PopGenPopularity.within(folder))?;
    let audience = read_audience(&ArtifactName::PopGenSeen.within(folder), table.len())?;
    let path = ArtifactName::PopGenPreferences.within(folder);
    let preferences = read_preferences(&path, audience.users())?;
    let config = match manifest {
        Some(manifest) => {
            let fields = manifest.hyperparameters.clone().into_iter().collect();
            let path = ArtifactName::PopGenManifest.within(folder);
            serde_json::from_value(fields)
                .map_err(|source| marquee_provenance::ProvenanceError::Format { path, source })?
        }
        None => PopGenConfig::default(),
    };
    let (table, audience) = (Arc::new(table), Arc::new(audience));
    let popularity = PopularityModel::new(Arc::clone(&table), Arc::clone(&audience));
    Ok((PopGenModel::new(config, table, audience, preferences, catalog)?, popularity))
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
