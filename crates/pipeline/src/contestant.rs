use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use marquee_als::{AlsConfig, AlsModel};
use marquee_catalog::Catalog;
use marquee_dataset::{Interactions, Progress, RatingMatrix};
use marquee_evaluation::{Holdout, ModelEvaluation, seen_held_out};
use marquee_popgen::{PopGenConfig, PopGenModel, PopularityModel};
use marquee_provenance::Manifest;
use marquee_recommender::Recommender;
use serde_json::Value;

use crate::{
    ArtifactName, OfflineJob, OfflineModel, PipelineError, SignalConfig, als::als_hyperparameters,
    fit::Fit, load_models, offline_report::ModelReport, popgen::Tables, rows::Rows,
    training::hyperparameters,
};

/// A model in the evaluation.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) model: Arc<dyn Recommender>,
    settings: BTreeMap<String, Value>,
    saved: Option<Saved>,
}

/// What models are trained on.
#[derive(Clone, Copy)]
pub(crate) struct TrainingPart<'a> {
    pub(crate) rows: &'a Rows,
    /// For PopGen, and for how long films are.
    pub(crate) catalog: Option<&'a Catalog>,
}

impl TrainingPart<'_> {
    /// The ratings that these signals make of it.
    pub(crate) fn matrix(&self, signals: &SignalConfig) -> RatingMatrix {
        let values = self.rows.values(signals, self.catalog);
        RatingMatrix::with_values(self.rows.table(), &values)
    }
}

/// Where a model that was trained before comes from.
struct Saved {
    folder: PathBuf,
    model_version: Option<String>,
    data_sha256: Option<String>,
}

impl Contestant {
    /// Trains a model on the training part; on nothing, it has nothing to say.
    pub(crate) fn train(
        model: OfflineModel,
        job: &OfflineJob,
        part: TrainingPart<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Self, PipelineError> {
        let started = Instant::now();
        let rows = part.rows.table();
        let (als, signals) = match model {
            OfflineModel::AlsReference => {
                let AlsConfig { random_state, solver, .. } = job.als.config;
                let als = AlsConfig { random_state, solver, ..AlsConfig::reference() };
                (als.into(), SignalConfig::default())
            }
            _ => (job.als.clone(), job.signals.clone()),
        };
        let mut settings = BTreeMap::new();
        let recommender = match model {
            // ALS has no model of nothing; popularity of no film answers nobody as well.
            OfflineModel::Als | OfflineModel::AlsReference if !rows.is_empty() => {
                let matrix = part.matrix(&signals);
                let config = als.for_ratings(&matrix.ratings);
                settings = als_hyperparameters(&config, &signals);
                als_of(matrix, &config, progress)?
            }
            OfflineModel::PopGen => {
                settings = hyperparameters(&job.popgen);
                let none = Catalog::default();
                popgen_of(rows, job.popgen, part.catalog.unwrap_or(&none))?
            }
            OfflineModel::Als | OfflineModel::AlsReference | OfflineModel::Popularity => {
                popularity_of(rows)
            }
        };
        tracing::info!("{}: trained in {:.2} s", model.as_str(), started.elapsed().as_secs_f64());
        Ok(Self { name: model.as_str().to_owned(), model: recommender, settings, saved: None })
    }

    /// The models of a folder as they are, but for plain popularity, which comes with every one.
    pub(crate) fn saved_in(folder: &Path) -> Result<Vec<Self>, PipelineError> {
        let rungs = load_models(folder)?.rungs;
        let models = [
            ("als", ArtifactName::AlsManifest, rungs.als),
            ("popgen", ArtifactName::PopGenManifest, rungs.popgen),
        ];
        let mut contestants = Vec::new();
        for (family, manifest, rung) in models {
            let Some(rung) = rung else { continue };
            let path = manifest.within(folder);
            let settings = if path.exists() {
                Manifest::read(&path)?.hyperparameters
            } else {
                BTreeMap::new()
            };
            contestants.push(Self {
                name: format!("{family}@{}", folder.display()),
                model: rung.model,
                settings,
                saved: Some(Saved {
                    folder: folder.to_owned(),
                    model_version: rung.provenance.model_version,
                    data_sha256: rung.provenance.data_sha256,
                }),
            });
        }
        Ok(contestants)
    }

    /// Refuses a model that knows what is held out.
    pub(crate) fn check(&self, holdout: &Holdout, data_sha256: &str) -> Result<(), PipelineError> {
        let refuse = |why: String| {
            let model = self.name.clone();
            Err(PipelineError::TrainedOnHeldOut { model, why })
        };
        if let Some(saved) = &self.saved
            && saved.data_sha256.as_deref() == Some(data_sha256)
        {
            let folder = saved.folder.display();
            return refuse(format!(
                "its manifest in {folder} says it was trained on this data set"
            ));
        }
        match seen_held_out(&*self.model, holdout) {
            0 => Ok(()),
            pairs => refuse(format!(
                "it knows {pairs} of the {} held-out films as seen by their users",
                holdout.interactions()
            )),
        }
    }

    pub(crate) fn report(&self, evaluation: &ModelEvaluation) -> ModelReport {
        ModelReport {
            evaluation: evaluation.clone(),
            artifact_dir: self.saved.as_ref().map(|saved| saved.folder.display().to_string()),
            model_version: self.saved.as_ref().and_then(|saved| saved.model_version.clone()),
            hyperparameters: self.settings.clone(),
        }
    }
}

/// ALS of these ratings.
pub(crate) fn als_of(
    matrix: RatingMatrix,
    config: &AlsConfig,
    progress: &mut dyn Progress,
) -> Result<Arc<dyn Recommender>, PipelineError> {
    let factors = Fit::plain(&matrix.ratings, config).run(None, progress)?.factors;
    let seen = matrix.seen();
    Ok(Arc::new(AlsModel::new(factors, matrix.users, matrix.movies, Some(seen))?))
}

/// PopGen of these rows.
pub(crate) fn popgen_of(
    rows: &Interactions,
    config: PopGenConfig,
    catalog: &Catalog,
) -> Result<Arc<dyn Recommender>, PipelineError> {
    let Tables { popularity, audience, preferences } = Tables::of(rows, catalog);
    let (popularity, audience) = (Arc::new(popularity), Arc::new(audience));
    Ok(Arc::new(PopGenModel::new(config, popularity, audience, preferences, catalog)?))
}

fn popularity_of(rows: &Interactions) -> Arc<dyn Recommender> {
    let Tables { popularity, audience, .. } = Tables::of(rows, &Catalog::default());
    Arc::new(PopularityModel::new(Arc::new(popularity), Arc::new(audience)))
}
