use std::cell::Cell;

use marquee_dataset::{NoProgress, Progress};
use marquee_pipeline::{PipelineError, PopGenJob, train_als, train_popgen};
use marquee_provenance::{Manifest, ProvenanceError};

use crate::Workplace;

#[test]
fn a_manifest_names_code_data_settings_and_artifacts() {
    let place = Workplace::new();
    let trained = place.train_als("v1").unwrap();
    let manifest = Manifest::read(&place.path("model_manifest.json")).unwrap();
    assert_eq!(manifest, trained.manifest);
    assert_eq!(manifest, Manifest::read(&place.path("manifests/v1.json")).unwrap());
    assert_eq!(manifest.model_family, "als");
    assert_eq!(manifest.hyperparameters["regularization"], 1.0);
    assert_eq!(manifest.data.row_count, 100);
    assert_eq!((manifest.data.unique_users, manifest.data.unique_movies), (20, 12));
    assert_eq!(manifest.data.dataset_version, manifest.data.dataset_sha256);
    let names: Vec<&str> = manifest.artifacts.keys().map(String::as_str).collect();
    assert_eq!(names, ["als_model.npz", "movie_map.json", "seen.npz", "user_map.json"]);
    manifest.verify_artifacts(place.0.path(), &place.path("model_manifest.json")).unwrap();
    let metadata = &manifest.metadata;
    assert_eq!((metadata.iteration_seconds.len(), metadata.loss.len()), (20, 20));
    assert!(metadata.loss.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-6)));
    assert!(metadata.peak_rss_bytes > 1 << 20 && metadata.cpu_seconds > 0.0);
    assert_eq!(manifest.deployed_at, None);
    let popgen = place.train_popgen("p1").unwrap().manifest;
    assert_eq!(popgen.model_family, "popgen");
    assert_eq!(popgen.artifacts.len(), 4);
    assert!(popgen.metadata.catalog_sha256.is_some());
}

#[test]
fn a_manifest_changed_by_hand_is_told() {
    // In the reference manifests are edited after the fact, so their hash goes stale.
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    let path = place.path("model_manifest.json");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replace("\"deployed_at\": null", "\"deployed_at\": \"now\""))
        .unwrap();
    let error = Manifest::read(&path).unwrap_err();
    assert!(matches!(error, ProvenanceError::ManifestChanged { .. }), "{error:?}");
}

#[test]
fn the_same_data_and_seed_give_the_same_model() {
    let (one, two) = (Workplace::new(), Workplace::new());
    let digests = |place: &Workplace, version: &str| {
        let artifacts = place.train_als(version).unwrap().manifest.artifacts;
        artifacts.into_values().map(|artifact| artifact.sha256).collect::<Vec<_>>()
    };
    assert_eq!(digests(&one, "a"), digests(&two, "b"));
}

#[test]
fn a_version_that_exists_is_refused_before_any_work() {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    let before = place.files();
    let error = place.train_als("v1").unwrap_err();
    assert!(error.to_string().contains("v1.json"), "{error}");
    assert_eq!(place.files(), before);
}

#[test]
fn nothing_to_train_on_leaves_the_good_model() {
    // The reference overwrites a good model with nothing and exits with 0.
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    place.train_popgen("p1").unwrap();
    fs_err::write(place.path("data.csv"), "user_id,movie_id,rating,timestamp\n").unwrap();
    let before = place.files();
    for result in [place.train_als("v2"), place.train_popgen("p2")] {
        let error = result.unwrap_err();
        assert!(matches!(error, PipelineError::EmptyDataset { .. }), "{error:?}");
    }
    fs_err::remove_file(place.path("data.csv")).unwrap();
    for result in [place.train_als("v2"), place.train_popgen("p2")] {
        let error = result.unwrap_err();
        assert!(error.to_string().contains("data.csv"), "{error}");
    }
    let now = place.files();
    assert_eq!(now.len(), before.len() - 1);
    assert!(now.iter().all(|file| before.contains(file)));
}

#[test]
fn repeated_pairs_are_merged_and_counted() {
    // In the reference duplicates are summed into the matrix.
    let (once, twice) = (Workplace::new(), Workplace::new());
    let csv = fs_err::read_to_string(twice.path("data.csv")).unwrap();
    let (_, rows) = csv.split_once('\n').unwrap();
    fs_err::write(twice.path("data.csv"), format!("{csv}{rows}")).unwrap();
    let (one, two) = (once.train_als("v").unwrap(), twice.train_als("v").unwrap());
    assert_eq!(two.manifest.metadata.merged_rows, 100);
    let model = |trained: &marquee_pipeline::Trained| {
        trained.manifest.artifacts["als_model.npz"].sha256.clone()
    };
    assert_eq!(model(&one), model(&two));
    assert_eq!(twice.train_popgen("p").unwrap().manifest.metadata.merged_rows, 100);
}

#[test]
fn a_cancelled_training_writes_nothing() {
    /// Cancels in a step that begins with this, after so many units of it.
    struct StopIn(&'static str, u64, Option<u64>);
    impl Progress for StopIn {
        fn begin(&mut self, what: &str, _: Option<u64>) {
            self.2 = what.starts_with(self.0).then_some(0);
        }
        fn advance(&mut self, units: u64) {
            self.2 = self.2.map(|done| done + units);
        }
        fn is_cancelled(&self) -> bool {
            self.2.is_some_and(|done| done >= self.1)
        }
    }
    let place = Workplace::new();
    let before = place.files();
    for (step, units) in [("training", 3), ("reading", 0)] {
        let error = train_als(&place.als_job("v"), &mut StopIn(step, units, None)).unwrap_err();
        assert!(matches!(error, PipelineError::Cancelled { .. }), "{error:?}");
        assert_eq!(place.files(), before);
    }
}

/// Stops where it is asked twice in a row without anything being done between: a training asks once
/// after each part of its work, and once more right before it puts files in their places.
#[derive(Default)]
struct StopAtTheEnd {
    training: bool,
    questions: Cell<usize>,
}

impl Progress for StopAtTheEnd {
    fn begin(&mut self, what: &str, _: Option<u64>) {
        self.training = what.starts_with("training");
        self.questions.set(0);
    }

    fn advance(&mut self, _: u64) {
        self.questions.set(0);
    }

    fn is_cancelled(&self) -> bool {
        self.questions.set(self.questions.get() + 1);
        self.training && self.questions.get() == 2
    }
}

#[test]
fn a_training_cancelled_at_the_last_moment_leaves_the_model_that_was_there() {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    place.train_popgen("p1").unwrap();
    // Other data, so that every file of another model is another one.
    let csv = fs_err::read_to_string(place.path("data.csv")).unwrap();
    fs_err::write(place.path("data.csv"), csv + "77,film+00,5,900\n").unwrap();
    let before = place.files();
    let popgen = PopGenJob {
        data_path: place.path("data.csv"),
        catalog: place.path("movie_catalog.json"),
        artifact_dir: place.0.path().to_owned(),
        model_version: Some("p2".parse().unwrap()),
        ..PopGenJob::default()
    };
    let results = [
        train_als(&place.als_job("v2"), &mut StopAtTheEnd::default()),
        train_popgen(&popgen, &mut StopAtTheEnd::default()),
    ];
    for result in results {
        let error = result.unwrap_err();
        let folder = place.0.path().display();
        assert_eq!(
            error.to_string(),
            format!("the training was stopped; what stood in {folder} before still does")
        );
    }
    assert_eq!(place.files(), before);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let place = Workplace::new();
    let mut job = place.als_job("v");
    job.artifact_dir = place.path("data.csv");
    let error = train_als(&job, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("data.csv"), "{error}");
}

#[test]
fn manifests_in_a_folder_of_their_own_stand_beside_the_model_too() {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    let mut job = place.als_job("v2");
    job.manifest_dir = Some(place.path("elsewhere"));
    let trained = train_als(&job, &mut NoProgress).unwrap();
    for path in
        ["elsewhere/model_manifest.json", "elsewhere/manifests/v2.json", "model_manifest.json"]
    {
        assert_eq!(Manifest::read(&place.path(path)).unwrap(), trained.manifest, "{path}");
    }
    assert!(!place.path("manifests/v2.json").exists());
}

#[test]
fn a_data_set_that_changes_meanwhile_is_not_vouched_for() {
    struct Meddler(std::path::PathBuf);
    impl Progress for Meddler {
        fn advance(&mut self, _units: u64) {
            let csv = fs_err::read_to_string(&self.0).unwrap();
            fs_err::write(&self.0, csv + "99,film+00,1,9\n").unwrap();
        }
    }
    let place = Workplace::new();
    let error = train_als(&place.als_job("v"), &mut Meddler(place.path("data.csv"))).unwrap_err();
    assert!(matches!(error, PipelineError::DatasetChanged { .. }), "{error:?}");
    assert!(!place.path("als_model.npz").exists());
}
