use marquee_als::AlsConfig;
use marquee_dataset::{NoProgress, Progress};
use marquee_pipeline::{AlsJob, PipelineError, Trained, load_als, train_als};

use crate::Workplace;

fn model(trained: &Trained) -> String {
    trained.manifest.artifacts["als_model.npz"].sha256.clone()
}

/// Stops after so many half-steps.
struct StopAfter(u64, bool, u64);

impl Progress for StopAfter {
    fn begin(&mut self, what: &str, _: Option<u64>) {
        self.1 = what.starts_with("training");
    }

    fn advance(&mut self, units: u64) {
        self.2 += if self.1 { units } else { 0 };
    }

    fn is_cancelled(&self) -> bool {
        self.2 >= self.0
    }
}

/// A training of ten iterations with everything that goes into a checkpoint.
fn job(place: &Workplace, version: &str) -> AlsJob {
    let job = place.als_job(version);
    AlsJob {
        settings: AlsConfig { iterations: 10, ..job.settings.config.clone() }.into(),
        validation: Some(1),
        patience: Some(10),
        checkpoint_every: Some(2),
        ..job
    }
}

#[test]
fn a_validation_is_told_after_each_iteration_and_its_films_stay_seen() {
    let place = Workplace::new();
    let plain = place.train_als("plain").unwrap();
    let seen = fs_err::read(place.path("seen.npz")).unwrap();
    let job = AlsJob { validation: Some(2), ..place.als_job("v1") };
    let trained = train_als(&job, &mut NoProgress).unwrap();
    let metadata = &trained.manifest.metadata;
    assert_eq!(metadata.validation.len(), 20);
    // Even users watch even films, so what is held out of one is found among three.
    let last = metadata.validation[19];
    assert!(last > 0.5 && last <= 1.0, "{last}");
    assert_eq!(metadata.best_iteration, None);
    assert_eq!(trained.manifest.hyperparameters["validation"], 2);
    assert_ne!(model(&trained), model(&plain));
    assert_eq!(fs_err::read(place.path("seen.npz")).unwrap(), seen);
    assert!(plain.manifest.metadata.validation.is_empty());
    assert!(!plain.manifest.hyperparameters.contains_key("validation"));
    // The settings beside those of the model do not keep it from being loaded.
    assert!(load_als(place.0.path()).unwrap().model.folds_in());
}

#[test]
fn patience_ends_a_training_and_keeps_the_best() {
    let place = Workplace::new();
    let job = AlsJob { patience: Some(2), ..job(&place, "v1") };
    let job = AlsJob {
        settings: AlsConfig { iterations: 60, ..job.settings.config.clone() }.into(),
        ..job
    };
    let trained = train_als(&job, &mut NoProgress).unwrap();
    let metadata = trained.manifest.metadata.clone();
    let curve = &metadata.validation;
    assert!(curve.len() < 60, "{curve:?}");
    let best = metadata.best_iteration.unwrap() as usize;
    assert_eq!(curve.len(), best + 2);
    assert!(curve[..best - 1].iter().all(|ndcg| *ndcg < curve[best - 1]), "{curve:?}");
    assert!(curve[best..].iter().all(|ndcg| *ndcg <= curve[best - 1]), "{curve:?}");
    // The factors are those of a training that ends there.
    let shorter = AlsJob {
        model_version: Some("v2".parse().unwrap()),
        patience: None,
        settings: AlsConfig { iterations: best, ..job.settings.config.clone() }.into(),
        ..job
    };
    assert_eq!(model(&train_als(&shorter, &mut NoProgress).unwrap()), model(&trained));
}

#[test]
fn a_training_that_was_stopped_goes_on_to_the_same_bytes() {
    let whole = Workplace::new();
    let expected = train_als(&job(&whole, "v"), &mut NoProgress).unwrap();
    assert!(!whole.path("als_checkpoint.npz").exists());
    for half_steps in [5, 9, 14] {
        let place = Workplace::new();
        place.train_als("before").unwrap();
        let before = fs_err::read(place.path("als_model.npz")).unwrap();
        let mut stop = StopAfter(half_steps, false, 0);
        let error = train_als(&job(&place, "v"), &mut stop).unwrap_err();
        assert!(matches!(error, PipelineError::Paused { .. }), "{error:?}");
        assert!(error.to_string().contains("--resume"), "{error}");
        assert_eq!(fs_err::read(place.path("als_model.npz")).unwrap(), before);
        assert!(place.path("als_checkpoint.npz").exists());
        let again = AlsJob { resume: true, ..job(&place, "v") };
        let resumed = train_als(&again, &mut NoProgress).unwrap();
        assert_eq!(model(&resumed), model(&expected), "{half_steps}");
        let (found, wanted) = (&resumed.manifest.metadata, &expected.manifest.metadata);
        assert_eq!(found.validation, wanted.validation);
        assert_eq!(found.loss, wanted.loss);
        assert_eq!(found.best_iteration, wanted.best_iteration);
        assert_eq!(found.iteration_seconds.len(), wanted.iteration_seconds.len());
        assert_eq!(resumed.manifest.hyperparameters, expected.manifest.hyperparameters);
        assert!(!place.path("als_checkpoint.npz").exists());
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let place = Workplace::new();
    train_als(&job(&place, "v"), &mut StopAfter(7, false, 0)).unwrap_err();
    let files = place.files();
    let refused = |job: AlsJob, message: &str| {
        let job = AlsJob { resume: true, ..job };
        let error = train_als(&job, &mut NoProgress).unwrap_err();
        assert!(matches!(error, PipelineError::Checkpoint { .. }), "{error:?}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.to_string().contains("without --resume"), "{error}");
    };
    let other = AlsConfig { alpha: 2.0, ..job(&place, "v").settings.config };
    refused(AlsJob { settings: other.into(), ..job(&place, "v") }, "its alpha is 1.0, not 2.0");
    refused(AlsJob { validation: Some(2), ..job(&place, "v") }, "its validation is 1, not 2");
    let mut aged = job(&place, "v");
    aged.signals.half_life_days = Some(3.0);
    refused(aged, "signals");
    refused(AlsJob { loss: false, ..job(&place, "v") }, "loss");
    assert_eq!(place.files(), files);
    let csv = fs_err::read_to_string(place.path("data.csv")).unwrap();
    fs_err::write(place.path("data.csv"), csv + "77,film+00,5,900\n").unwrap();
    refused(job(&place, "v"), "other data");
    // Damaged, it is no checkpoint; without --resume nobody asks.
    let path = place.path("als_checkpoint.npz");
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let again = AlsJob { resume: true, ..job(&place, "v") };
    let error = train_als(&again, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("als_checkpoint.npz"), "{error}");
    train_als(&job(&place, "v"), &mut NoProgress).unwrap();
    assert!(!path.exists());
}

#[test]
fn without_a_checkpoint_a_training_starts_at_the_beginning() {
    let (one, two) = (Workplace::new(), Workplace::new());
    let resumed = AlsJob { resume: true, ..job(&one, "v") };
    let found = train_als(&resumed, &mut NoProgress).unwrap();
    let expected = train_als(&job(&two, "v"), &mut NoProgress).unwrap();
    assert_eq!(model(&found), model(&expected));
}

#[test]
fn settings_without_sense_are_refused_before_any_work() {
    let place = Workplace::new();
    let before = place.files();
    let refused = |job: AlsJob, message: &str| {
        let error = train_als(&job, &mut NoProgress).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(place.files(), before);
    };
    let plain = || place.als_job("v");
    refused(AlsJob { validation: Some(0), ..plain() }, "validation is 0");
    refused(AlsJob { checkpoint_every: Some(0), ..plain() }, "checkpoint-every is 0");
    refused(AlsJob { patience: Some(0), validation: Some(1), ..plain() }, "patience is 0");
    refused(AlsJob { patience: Some(3), ..plain() }, "--validation");
    refused(AlsJob { validation: Some(5), ..plain() }, "no user has enough films");
    refused(AlsJob { catalog: Some(place.path("x.json")), ..plain() }, "--signals minutes");
}
