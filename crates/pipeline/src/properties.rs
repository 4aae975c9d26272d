use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use marquee_als::AlsConfig;
use marquee_catalog::Catalog;
use marquee_dataset::{DatasetError, FileDigest, Progress};
use marquee_evaluation::{Bootstrap, HeldOutUser, Holdout, Metric, Protocol, ScoredModel};
use marquee_popgen::PopGenConfig;
use marquee_provenance::Manifest;
use marquee_recommender::{Filter, Recommender, Request};

use crate::{
    ArtifactName, InferenceCost, ModelProperties, PipelineError, PropertiesReport, SignalConfig,
    TrainingCost,
    contestant::{TrainingPart, als_of, popgen_of},
    load::{als_settings, settings},
    load_models,
    parts::Parts,
    rows::Rows,
};

/// What a model is worth and what it costs: held-out accuracy, training, inference, size.
#[derive(Debug, Clone)]
pub struct PropertiesJob {
    /// The interactions it was trained on: csv, Parquet, or a folder of Parquet files. With minutes
    /// and stars where one of the models was trained with them.
    pub data_path: PathBuf,
    /// The catalog that an ALS model was trained with for the length of films, by its digest; read
    /// only where a model was trained with one.
    pub catalog: Option<PathBuf>,
    /// Where the model is.
    pub artifact_dir: PathBuf,
    /// Which of the folder's models.
    pub family: Family,
    /// Users to evaluate and to time, at random; 0 is all.
    pub users: usize,
    /// Seed of these users.
    pub random_state: u64,
    /// How the accuracy's interval is made.
    pub bootstrap: Bootstrap,
    /// Folders whose models are put beside it, both families of each.
    pub compare: Vec<PathBuf>,
}

impl PropertiesJob {
    /// The model of a family in `artifacts`, 3,000 users.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self {
            data_path: PathBuf::from("data/interactions_dedup.csv"),
            catalog: None,
            artifact_dir: PathBuf::from("artifacts"),
            family,
            users: 3_000,
            random_state: 42,
            bootstrap: Bootstrap::default(),
            compare: Vec::new(),
        }
    }
}

impl PropertiesJob {
    /// The models to evaluate, each once, the main one first.
    fn models(&self) -> Result<Vec<(&Path, Family)>, PipelineError> {
        let mut models = vec![(self.artifact_dir.as_path(), self.family)];
        for folder in &self.compare {
            let families = [Family::Als, Family::PopGen].into_iter();
            let there = families.filter(|family| family.manifest().within(folder).exists());
            let there: Vec<Family> = there.collect();
            if there.is_empty() {
                return Err(no_manifest(folder, self.family));
            }
            for model in there.into_iter().map(|family| (folder.as_path(), family)) {
                if !models.contains(&model) {
                    models.push(model);
                }
            }
        }
        Ok(models)
    }

    /// The catalog of the models that were trained with one, if any was.
    fn catalog_of(&self, models: &[Saved]) -> Result<Option<Catalog>, PipelineError> {
        let mut catalog = None;
        for saved in models {
            let Some(expected) = saved.catalog_sha256() else { continue };
            let folder = saved.folder.clone();
            let Some(path) = &self.catalog else {
                return Err(PipelineError::CatalogNeeded { folder });
            };
            if FileDigest::of(path)?.sha256 != expected {
                let (catalog, expected) = (path.clone(), expected.to_owned());
                return Err(PipelineError::OtherCatalog { catalog, folder, expected });
            }
            catalog = Some(path);
        }
        Ok(catalog.map(|path| Catalog::read(path)).transpose()?)
    }

    /// The rows, with minutes and stars if one of the models needs them.
    fn read(&self, models: &[Saved], progress: &mut dyn Progress) -> Result<Rows, PipelineError> {
        let needing = models.iter().find(|saved| saved.settings.needs_aggregate());
        match (Rows::read(&self.data_path, needing.is_some(), progress), needing) {
            (Err(PipelineError::Dataset(DatasetError::NotAggregated { .. })), Some(saved)) => {
                let (folder, data_path) = (saved.folder.clone(), self.data_path.clone());
                Err(PipelineError::SignalsNeeded { folder, data_path })
            }
            (read, _) => Ok(read?.0),
        }
    }
}

/// The kinds of models a folder may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Implicit-feedback ALS.
    Als,
    /// Popularity and genres.
    PopGen,
}

impl Family {
    /// The name in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Als => "als",
            Self::PopGen => "popgen",
        }
    }

    fn manifest(self) -> ArtifactName {
        match self {
            Self::Als => ArtifactName::AlsManifest,
            Self::PopGen => ArtifactName::PopGenManifest,
        }
    }
}

/// The cut-off of the accuracy and the length of the lists that are timed.
const K: usize = 20;

/// Requests that are not timed: the first ones find cold caches.
const WARM_UP: usize = 100;

/// Evaluates a saved model, and others beside it.
///
/// Accuracy: a model of the same parameters is trained on all but the last film of every user, and
/// asked for that one; where its ratings are made from minutes, stars or time, from those of these
/// films alone. `leaky_hit@20` is the saved model's for the same film, which it was trained
/// on, among the first 20 of all films, seen ones not left out. Inference: one request after
/// another on one thread, timed apart. Training cost and sizes are those of the manifest, whose
/// digests are checked. Times differ from run to run, all else is a function of the files. Data in
/// which nobody has two films have no accuracy and time nobody.
///
/// # Errors
/// [`PipelineError`] for a data set that cannot be read, a folder without the model or its manifest,
/// and a model that cannot be trained again; [`PipelineError::SignalsNeeded`] where a model needs
/// minutes and stars and the data set has none; [`PipelineError::CatalogNeeded`] and
/// [`PipelineError::OtherCatalog`] where a model was trained with a catalog that is not given.
pub fn evaluate_properties(
    job: &PropertiesJob,
    progress: &mut dyn Progress,
) -> Result<PropertiesReport, PipelineError> {
    // All manifests are read before any work.
    let models: Vec<Saved> = job
        .models()?
        .into_iter()
        .map(|(folder, family)| Saved::read(folder, family))
        .collect::<Result<_, _>>()?;
    let catalog = job.catalog_of(&models)?;
    let sha256 = FileDigest::of(&job.data_path)?.sha256;
    let rows = job.read(&models, progress)?;
    let parts = Parts::last(&rows, 1, 1)?;
    drop(rows);
    let users = if job.users == 0 { usize::MAX } else { job.users };
    let holdout = parts.holdout.clone().sample(users, job.random_state);
    let catalog = catalog.as_ref();
    let task = Task { job, parts: &parts, catalog, holdout: &holdout, sha256: &sha256 };
    let mut properties = models.iter().map(|saved| task.properties(saved, &mut *progress));
    // The main model stands first.
    let Some(model) = properties.next().transpose()? else {
        return Err(no_manifest(&job.artifact_dir, job.family));
    };
    let compared = properties.collect::<Result<_, _>>()?;
    Ok(PropertiesReport { model, compared })
}

fn no_manifest(folder: &Path, family: Family) -> PipelineError {
    PipelineError::NoManifest { folder: folder.to_owned(), family: family.as_str() }
}

/// A saved model that is to be evaluated.
struct Saved {
    folder: PathBuf,
    family: Family,
    manifest: Manifest,
    settings: Settings,
    model: Arc<dyn Recommender>,
}

/// What a saved model was trained with.
enum Settings {
    Als(AlsConfig, SignalConfig),
    PopGen(PopGenConfig),
}

impl Settings {
    fn needs_aggregate(&self) -> bool {
        matches!(self, Self::Als(_, signals) if signals.needs_aggregate())
    }
}

impl Saved {
    fn read(folder: &Path, family: Family) -> Result<Self, PipelineError> {
        let path = family.manifest().within(folder);
        if !path.exists() {
            return Err(no_manifest(folder, family));
        }
        let manifest = Manifest::read(&path)?;
        let settings = match family {
            Family::Als => {
                let (config, signals) = als_settings(&manifest, &path)?;
                Settings::Als(config, signals)
            }
            Family::PopGen => Settings::PopGen(settings(&manifest, &path)?),
        };
        let rungs = load_models(folder)?.rungs;
        let rung = match family {
            Family::Als => rungs.als,
            Family::PopGen => rungs.popgen,
        };
        let model = rung.ok_or_else(|| no_manifest(folder, family))?.model;
        Ok(Self { folder: folder.to_owned(), family, manifest, settings, model })
    }

    /// A model of the same parameters, of other rows.
    fn retrained(
        &self,
        part: TrainingPart<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Arc<dyn Recommender>, PipelineError> {
        match &self.settings {
            Settings::Als(config, signals) => {
                // One that was trained without a catalog is so again.
                let catalog = part.catalog.filter(|_| self.catalog_sha256().is_some());
                als_of(TrainingPart { catalog, ..part }.matrix(signals), config, progress)
            }
            Settings::PopGen(config) => {
                // The genres it was trained with, not those of a catalog that grew since.
                let genres = Catalog::read(&ArtifactName::PopGenGenres.within(&self.folder))?;
                popgen_of(part.rows.table(), *config, &genres)
            }
        }
    }

    /// The digest of the catalog whose lengths of films an ALS model was trained with. PopGen has
    /// its genres beside it and needs none.
    fn catalog_sha256(&self) -> Option<&str> {
        match self.settings {
            Settings::Als(..) => self.manifest.metadata.catalog_sha256.as_deref(),
            Settings::PopGen(_) => None,
        }
    }
}

/// What is the same for all models of a run.
struct Task<'a> {
    job: &'a PropertiesJob,
    parts: &'a Parts,
    catalog: Option<&'a Catalog>,
    holdout: &'a Holdout,
    sha256: &'a str,
}

impl Task<'_> {
    fn properties(
        &self,
        saved: &Saved,
        progress: &mut dyn Progress,
    ) -> Result<ModelProperties, PipelineError> {
        let scored = self.held_out(saved, progress)?;
        let manifest = &saved.manifest;
        let (artifacts, metadata) = (&manifest.artifacts, &manifest.metadata);
        let sizes = artifacts.iter().map(|(name, file)| (name.clone(), file.size_bytes)).collect();
        let at = scored.as_ref().and_then(|scored| scored.evaluation.at.first());
        Ok(ModelProperties {
            artifact_dir: saved.folder.display().to_string(),
            model_family: manifest.model_family.clone(),
            model_version: manifest.model_version.clone(),
            trained_on_data_path: manifest.data.dataset_sha256 == self.sha256,
            evaluated_users: self.holdout.users().len(),
            users_without_recommendations: scored
                .as_ref()
                .map_or(0, |scored| scored.evaluation.users_without_recommendations),
            hit: at.map(|at| *at.metrics.get(Metric::Hit)).unwrap_or_default(),
            ndcg: at.map(|at| *at.metrics.get(Metric::Ndcg)).unwrap_or_default(),
            leaky_hit: self.leaky_hit(&*saved.model),
            training: TrainingCost {
                wall_seconds: metadata.training_seconds,
                cpu_seconds: metadata.cpu_seconds,
                peak_rss_bytes: metadata.peak_rss_bytes,
            },
            inference: self.inference(&*saved.model),
            artifacts: sizes,
            artifacts_bytes: artifacts.values().map(|file| file.size_bytes).sum(),
        })
    }

    /// The scores of a model of the same parameters; `None` where there is nothing to ask for.
    fn held_out(
        &self,
        saved: &Saved,
        progress: &mut dyn Progress,
    ) -> Result<Option<ScoredModel>, PipelineError> {
        if self.holdout.users().is_empty() {
            return Ok(None);
        }
        let part = TrainingPart { rows: &self.parts.train, catalog: self.catalog };
        let model = saved.retrained(part, progress)?;
        let protocol = Protocol {
            holdout: self.holdout,
            facts: &self.parts.facts,
            groupings: &[],
            genres: None,
            ks: &[K],
            bootstrap: self.job.bootstrap,
        };
        Ok(Some(protocol.evaluate(saved.family.as_str(), &*model)))
    }

    /// The share of users whose held-out film, which the model was trained on, is among its first of
    /// all films, seen ones too; `None` over no users.
    fn leaky_hit(&self, model: &dyn Recommender) -> Option<f64> {
        let hit = |user: &&HeldOutUser| {
            let row = model.user_row(user.user_id());
            let request = Request { filter: Filter::EVERYTHING, ..Request::unseen(row, K) };
            let listed = model.recommend(&request).unwrap_or_default();
            let films = user.movie_ids().iter().filter_map(|id| model.item_row(id));
            films.into_iter().any(|film| listed.iter().any(|scored| scored.item == film))
        };
        let users = self.holdout.users();
        (!users.is_empty()).then(|| users.iter().filter(hit).count() as f64 / users.len() as f64)
    }

    fn inference(&self, model: &dyn Recommender) -> Option<InferenceCost> {
        let requests: Vec<Request<'_>> = self
            .holdout
            .users()
            .iter()
            .map(|user| Request::unseen(model.user_row(user.user_id()), K))
            .collect();
        for request in requests.iter().take(WARM_UP) {
            std::hint::black_box(model.recommend(request));
        }
        let seconds = requests.iter().map(|request| {
            let started = Instant::now();
            std::hint::black_box(model.recommend(request));
            started.elapsed().as_secs_f64()
        });
        InferenceCost::of(seconds.collect())
    }
}
