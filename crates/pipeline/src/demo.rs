use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use marquee_als::{AlsModel, AlsSettings};
use marquee_catalog::{BuildSummary, Catalog, build, read_records};
use marquee_dataset::{
    IngestOutputs, IngestReport, Interactions, InteractionsWriter, Keys, LogSource, Progress,
    RatingMatrix, StagedFile, Strategy, dedup, ingest, leave_last, read_interactions,
};
use marquee_evaluation::{Holdout, OfflineMetrics, evaluate};
use marquee_popgen::{PopGenConfig, PopGenModel, PopularityModel};
use marquee_recommender::{Recommender, Request};
use serde::Serialize;
use serde_json::json;

use crate::{
    AlsJob, ArtifactName, PipelineError, PopGenJob, Trained, fit::Fit, popgen::Tables, train_als,
    train_popgen,
};

/// Everything from a raw log to models in a folder, with a held-out comparison on the way.
#[derive(Debug, Clone)]
pub struct DemoJob {
    /// The raw event log.
    pub log: PathBuf,
    /// Movie records, JSON Lines.
    pub movies: PathBuf,
    /// Where everything goes.
    pub folder: PathBuf,
    /// Settings of the ALS model.
    pub als: AlsSettings,
    /// Settings of the popularity and genre model.
    pub popgen: PopGenConfig,
}

/// What the demo did and found.
#[derive(Debug)]
pub struct DemoReport {
    /// Of the log.
    pub ingest: IngestReport,
    /// Rows after dedup.
    pub rows: usize,
    /// Of the catalog.
    pub catalog: BuildSummary,
    /// Held-out metrics of each model, the personal ones first.
    pub scores: Vec<HeldOutScore>,
    /// The ALS model trained on everything.
    pub als: Trained,
    /// The popularity and genre model trained on everything.
    pub popgen: Trained,
    /// Someone to show films for.
    pub user_id: u64,
    /// Titles of the last films this user watched, latest first.
    pub watched: Vec<String>,
    /// What ALS recommends to this user.
    pub picks: Vec<Pick>,
    /// Wall seconds of all of it.
    pub seconds: f64,
}

/// A model's metrics on films its training did not see.
#[derive(Debug)]
pub struct HeldOutScore {
    /// The model.
    pub model: &'static str,
    /// Its metrics at 20.
    pub metrics: OfflineMetrics,
}

/// A recommended film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pick {
    /// Its id.
    pub movie_id: String,
    /// Its title, or the id where the catalog has none.
    pub title: String,
    /// Its genres.
    pub genres: Vec<String>,
}

/// The cut-off of the held-out metrics.
const K: usize = 20;

/// Ingests, deduplicates, builds the catalog, compares ALS and PopGen with plain popularity on each
/// user's last film, then trains both on everything.
///
/// The folder then holds `interactions.csv`, `events.parquet`, `quarantine.jsonl`,
/// `ingest_report.json`, `interactions_dedup.csv`, both models with their manifests, the catalog
/// and `eval_results.json`. A catalog from an earlier run is replaced.
///
/// # Errors
/// The [`PipelineError`] of the step that failed. Tables of the steps before it are in the folder
/// then; catalog and models are written only after the comparison.
pub fn demo(job: &DemoJob, progress: &mut dyn Progress) -> Result<DemoReport, PipelineError> {
    let started = Instant::now();
    let folder = job.folder.as_path();
    let interactions = folder.join("interactions.csv");
    let outputs = IngestOutputs {
        interactions: interactions.clone(),
        events: Some(folder.join("events.parquet")),
        quarantine: Some(folder.join("quarantine.jsonl")),
        report: Some(folder.join("ingest_report.json")),
    };
    let ingested = ingest(vec![LogSource::open(&job.log)?], &outputs, progress)?;

    let data_path = folder.join("interactions_dedup.csv");
    let table = read_interactions(&interactions, progress)?;
    let rows = dedup(table, Strategy::LatestByTimestamp, Keys::default());
    let mut writer = InteractionsWriter::create(&data_path)?;
    writer.append(&rows)?;
    writer.finish()?.commit()?;

    let (records, problems) = read_records(&job.movies)?;
    let mut catalog = Catalog::default();
    let catalog_summary = build(&mut catalog, rows.movie_ids.iter(), records, problems);
    let scores = compare(job, &rows, &catalog, progress)?;
    let mut file = StagedFile::create(&ArtifactName::Catalog.within(folder))?;
    catalog.write(&mut file).map_err(|source| file.failed(source))?;
    file.commit()?;
    let als = train_als(
        &AlsJob {
            data_path: data_path.clone(),
            artifact_dir: folder.to_owned(),
            settings: job.als.clone(),
            loss: true,
            ..AlsJob::default()
        },
        progress,
    )?;
    let popgen = train_popgen(
        &PopGenJob {
            data_path,
            catalog: ArtifactName::Catalog.within(folder),
            artifact_dir: folder.to_owned(),
            config: job.popgen,
            ..PopGenJob::default()
        },
        progress,
    )?;
    write_scores(folder, &scores, &als)?;
    let (user_id, watched) = somebody(&rows, &catalog);
    Ok(DemoReport {
        ingest: ingested,
        rows: rows.len(),
        catalog: catalog_summary,
        scores,
        als,
        popgen,
        user_id,
        watched,
        picks: picks(folder, user_id, &catalog)?,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Trains on all but each user's last film and ranks that one.
fn compare(
    job: &DemoJob,
    rows: &Interactions,
    catalog: &Catalog,
    progress: &mut dyn Progress,
) -> Result<Vec<HeldOutScore>, PipelineError> {
    let split = leave_last(rows, 1, 1)?;
    if split.evaluated_users == 0 {
        return Err(PipelineError::NothingHeldOut { path: job.log.clone() });
    }
    let held_out = &split.holdout;
    let holdout = Holdout::from_pairs(
        (0..held_out.len()).map(|row| (held_out.user_ids[row], held_out.movie_id(row))),
    );
    let matrix = RatingMatrix::new(&split.train);
    let config = job.als.for_ratings(&matrix.ratings);
    let factors = Fit::plain(&matrix.ratings, &config).run(None, progress)?.factors;
    let seen = matrix.seen();
    let als = AlsModel::new(factors, matrix.users, matrix.movies, Some(seen))?;
    let Tables { popularity, audience, preferences } = Tables::of(&split.train, catalog);
    let (popularity, audience) = (Arc::new(popularity), Arc::new(audience));
    let plain = PopularityModel::new(Arc::clone(&popularity), Arc::clone(&audience));
    let popgen = PopGenModel::new(job.popgen, popularity, audience, preferences, catalog)?;
    let models: [&dyn Recommender; 3] = [&als, &popgen, &plain];
    Ok(models
        .into_iter()
        .map(|model| HeldOutScore { model: model.name(), metrics: evaluate(model, &holdout, &[K]) })
        .collect())
}

/// The comparison as `eval_results.json`, whose `model_hit_at_20` the server shows as a gauge.
fn write_scores(
    folder: &Path,
    scores: &[HeldOutScore],
    als: &Trained,
) -> Result<(), PipelineError> {
    let hit = scores.iter().find(|score| score.model == "als");
    let results = json!({
        "model_hit_at_20": hit.and_then(|score| score.metrics.at_k(K)).map(|at| at.hit),
        "model_version": als.manifest.model_version,
        "protocol": "leave-last-out; the models compared were trained without the held-out films",
        "models": scores
            .iter()
            .map(|score| (score.model.to_owned(), json!(score.metrics)))
            .collect::<serde_json::Map<_, _>>(),
    });
    let mut file = StagedFile::create(&ArtifactName::EvalResults.within(folder))?;
    file.write_json(&results)?;
    Ok(file.commit()?)
}

/// The user with the median number of films among those with at least five, or the first user.
fn somebody(rows: &Interactions, catalog: &Catalog) -> (u64, Vec<String>) {
    let mut by_user: Vec<(usize, u64)> =
        rows.user_ids.chunk_by(|a, b| a == b).map(|run| (run.len(), run[0])).collect();
    by_user.sort_unstable();
    let active: Vec<u64> =
        by_user.iter().filter(|(films, _)| *films >= 5).map(|&(_, user)| user).collect();
    let user = active.get(active.len() / 2).or(rows.user_ids.first()).copied().unwrap_or_default();
    let watched = (0..rows.len())
        .rev()
        .filter(|&row| rows.user_ids[row] == user)
        .take(3)
        .map(|row| title(catalog, rows.movie_id(row)))
        .collect();
    (user, watched)
}

fn title(catalog: &Catalog, movie_id: &str) -> String {
    catalog.title(movie_id).unwrap_or(movie_id).to_owned()
}

/// Ten films from the model as a server would load it.
fn picks(folder: &Path, user_id: u64, catalog: &Catalog) -> Result<Vec<Pick>, PipelineError> {
    let models = crate::load_models(folder)?;
    let Some(als) = models.rungs.als else { return Ok(Vec::new()) };
    let request = Request::unseen(als.model.user_row(user_id), 10);
    let ranked = als.model.recommend(&request).unwrap_or_default();
    Ok(ranked
        .into_iter()
        .map(|scored| als.model.movie_id(scored.item).to_owned())
        .map(|movie_id| Pick {
            title: title(catalog, &movie_id),
            genres: catalog.genres(&movie_id).map(str::to_owned).collect(),
            movie_id,
        })
        .collect())
}
