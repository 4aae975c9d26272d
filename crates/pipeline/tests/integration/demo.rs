use std::path::{Path, PathBuf};

use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_pipeline::{DemoJob, demo, load_models};
use marquee_popgen::PopGenConfig;

fn job(folder: &Path) -> DemoJob {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample");
    DemoJob {
        log: sample.join("raw.log"),
        movies: sample.join("movies.jsonl"),
        folder: folder.to_owned(),
        als: AlsConfig { factors: 16, regularization: 10.0, alpha: 1.0, ..AlsConfig::reference() }
            .into(),
        popgen: PopGenConfig::default(),
    }
}

#[test]
fn the_sample_becomes_models_better_than_popularity() {
    let folder = tempfile::tempdir().unwrap();
    let report = demo(&job(folder.path()), &mut NoProgress).unwrap();
    let hit = |name: &str| {
        let score = report.scores.iter().find(|score| score.model == name).unwrap();
        score.metrics.at_k(20).unwrap().hit
    };
    assert!(hit("als") > 1.5 * hit("popularity"), "{} {}", hit("als"), hit("popularity"));
    assert!(hit("popgen") > hit("popularity"), "{} {}", hit("popgen"), hit("popularity"));
    assert_eq!(report.picks.len(), 10);
    assert!(!report.watched.is_empty());
    let results = fs_err::read(folder.path().join("eval_results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
    assert_eq!(results["model_hit_at_20"], hit("als"));
    assert!(load_models(folder.path()).unwrap().notes.is_empty());
}

#[test]
fn the_bundled_interactions_are_those_of_the_bundled_log() {
    let folder = tempfile::tempdir().unwrap();
    demo(&job(folder.path()), &mut NoProgress).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample");
    let bundled = fs_err::read(sample.join("interactions_sample.csv")).unwrap();
    let made = fs_err::read(folder.path().join("interactions.csv")).unwrap();
    assert!(bundled == made, "make data/sample/interactions_sample.csv again");
}

#[test]
fn a_missing_log_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let job = DemoJob { log: PathBuf::from("no/raw.log"), ..job(folder.path()) };
    let error = demo(&job, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("no/raw.log"), "{error}");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}
