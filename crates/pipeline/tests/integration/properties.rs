use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_evaluation::Bootstrap;
use marquee_pipeline::{
    AlsJob, Family, InferenceCost, OfflineJob, PipelineError, PropertiesJob, SignalConfig,
    evaluate_offline, evaluate_properties, train_als,
};
use serde::Deserialize;

use crate::Workplace;

fn job(workplace: &Workplace, family: Family) -> PropertiesJob {
    PropertiesJob {
        data_path: workplace.path("data.csv"),
        artifact_dir: workplace.path(""),
        bootstrap: Bootstrap { draws: 50, ..Bootstrap::default() },
        ..PropertiesJob::new(family)
    }
}

/// Reference defect: Hit@20 scores films the model was trained on.
#[test]
fn accuracy_is_that_of_the_same_parameters_on_held_out_films() {
    let workplace = Workplace::new();
    let trained = workplace.train_als("v1").unwrap();
    let report = evaluate_properties(&job(&workplace, Family::Als), &mut NoProgress).unwrap();
    let offline = OfflineJob {
        interactions: workplace.path("data.csv"),
        catalog: Some(workplace.path("movie_catalog.json")),
        ks: vec![20],
        als: workplace.als_job("unused").settings,
        bootstrap: Bootstrap { draws: 50, ..Bootstrap::default() },
        ..OfflineJob::default()
    };
    let offline = evaluate_offline(&offline, &mut NoProgress).unwrap();
    let model = &report.model;
    assert_eq!(model.hit, offline.models[0].evaluation.at[0].metrics.hit);
    assert_eq!(model.leaky_hit, Some(1.0), "the first 20 of twelve films are all of them");
    let requests = model.inference.map(|cost| cost.requests);
    assert_eq!((model.evaluated_users, requests), (20, Some(20)));
    assert!(model.trained_on_data_path);
    let metadata = &trained.manifest.metadata;
    assert_eq!(model.training.cpu_seconds, metadata.cpu_seconds);
    let bytes: u64 = ["als_model.npz", "user_map.json", "movie_map.json", "seen.npz"]
        .map(|name| fs_err::metadata(workplace.path(name)).unwrap().len())
        .iter()
        .sum();
    assert_eq!(model.artifacts_bytes, bytes);
    assert!(report.compared.is_empty() && report.notes().is_empty());
}

/// Reference defect: Hit@20 scores films the model was trained on.
#[test]
fn the_leaky_hit_is_of_the_same_film_by_the_model_that_was_trained_on_it() {
    let workplace = Workplace::new();
    let mut csv = "user_id,movie_id,rating,timestamp\n".to_owned();
    // Ten films that everybody has, and last one of each user's own.
    for user in 0..40_u64 {
        csv += &format!("{user},own+{user:02},1,900\n");
        for film in 0..10 {
            csv += &format!("{user},film+{film:02},1,{}\n", 100 + film);
        }
    }
    fs_err::write(workplace.path("data.csv"), csv).unwrap();
    workplace.train_popgen("p1").unwrap();
    let als = AlsJob {
        settings: AlsConfig { factors: 45, alpha: 40.0, ..workplace.als_job("v1").settings.config }
            .into(),
        ..workplace.als_job("v1")
    };
    train_als(&als, &mut NoProgress).unwrap();
    let found = |family| {
        let report = evaluate_properties(&job(&workplace, family), &mut NoProgress).unwrap();
        (report.model.hit.mean, report.model.leaky_hit)
    };
    // By popularity the first 20 are the ten and the own films of ten users.
    assert_eq!(found(Family::PopGen), (Some(0.0), Some(0.25)));
    assert_eq!(found(Family::Als), (Some(0.0), Some(1.0)));
}

#[test]
fn models_stand_side_by_side() {
    let workplace = Workplace::new();
    workplace.train_als("v1").unwrap();
    workplace.train_popgen("p1").unwrap();
    let compare = vec![workplace.path("")];
    let job = PropertiesJob { compare, users: 5, ..job(&workplace, Family::PopGen) };
    let report = evaluate_properties(&job, &mut NoProgress).unwrap();
    assert_eq!((report.model.model_family.as_str(), report.model.evaluated_users), ("popgen", 5));
    let compared: Vec<&str> =
        report.compared.iter().map(|model| model.model_family.as_str()).collect();
    assert_eq!(compared, ["als"], "the model itself stands there already");
    let table = report.table().to_string();
    assert_eq!(table.lines().count(), 3);
    assert!(table.contains("p1") && table.contains("v1"), "{table}");
    let page = report.page().render();
    for shown in ["Hit@20 of ", "the best of the others, v1", "leaky_hit@20", "Training, s"] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn other_data_than_that_of_the_training_are_told() {
    let workplace = Workplace::new();
    workplace.train_als("v1").unwrap();
    let mut text = fs_err::read_to_string(workplace.path("data.csv")).unwrap();
    text += "99,film+00,1,1\n";
    fs_err::write(workplace.path("more.csv"), text).unwrap();
    let job =
        PropertiesJob { data_path: workplace.path("more.csv"), ..job(&workplace, Family::Als) };
    let report = evaluate_properties(&job, &mut NoProgress).unwrap();
    assert!(!report.model.trained_on_data_path);
    assert!(report.notes()[0].contains("another data set"), "{:?}", report.notes());
}

#[test]
fn data_without_history_are_said_in_words_and_null() {
    let workplace = Workplace::new();
    workplace.train_als("v1").unwrap();
    let header = "user_id,movie_id,rating,timestamp\n";
    for text in [header.to_owned(), format!("{header}1,a,1,1\n")] {
        fs_err::write(workplace.path("one.csv"), text).unwrap();
        let data_path = workplace.path("one.csv");
        let job = PropertiesJob { data_path, ..job(&workplace, Family::Als) };
        let report = evaluate_properties(&job, &mut NoProgress).unwrap();
        assert_eq!((report.model.hit.mean, report.model.leaky_hit), (None, None));
        let lines = report.model.lines();
        assert!(lines.starts_with("Hit@20 (proxy accuracy) over 0 users: null\n"), "{lines}");
        assert!(lines.contains("avg=null ms, p95=null ms; throughput≈null q/s"), "{lines}");
        assert!(report.notes()[0].contains("nothing to test"), "{:?}", report.notes());
        assert!(report.page().render().contains("Nothing to test"));
    }
}

/// A training with minutes and stars of [`Workplace::write_aggregate`]'s table.
fn with_signals(workplace: &Workplace, folder: &str, catalog: bool) -> AlsJob {
    let signals = SignalConfig { minutes: true, stars: true, ..SignalConfig::default() };
    AlsJob {
        artifact_dir: workplace.path(folder),
        signals: SignalConfig { half_life_days: Some(2.0), ..signals },
        catalog: catalog.then(|| workplace.path("runtimes.json")),
        ..workplace.als_job("v1")
    }
}

/// With the catalog, without it, and of the rating column of the same table.
#[test]
fn models_of_signals_are_trained_again_as_they_were() {
    let workplace = Workplace::new();
    workplace.write_aggregate();
    let plain = AlsJob { signals: SignalConfig::default(), ..with_signals(&workplace, "c", false) };
    let trainings =
        [with_signals(&workplace, "a", true), with_signals(&workplace, "b", false), plain];
    for training in &trainings {
        train_als(training, &mut NoProgress).unwrap();
    }
    let job = PropertiesJob {
        artifact_dir: workplace.path("a"),
        compare: vec![workplace.path("b"), workplace.path("c")],
        catalog: Some(workplace.path("runtimes.json")),
        users: 0,
        ..job(&workplace, Family::Als)
    };
    let report = evaluate_properties(&job, &mut NoProgress).unwrap();
    let found = [&report.model, &report.compared[0], &report.compared[1]];
    let expected = trainings.map(|training| {
        let offline = OfflineJob {
            interactions: training.data_path,
            catalog: training.catalog,
            ks: vec![20],
            als: training.settings,
            signals: training.signals,
            bootstrap: job.bootstrap,
            ..OfflineJob::default()
        };
        let offline = evaluate_offline(&offline, &mut NoProgress).unwrap();
        offline.models[0].evaluation.at[0].metrics.ndcg
    });
    assert_eq!(found.map(|model| model.ndcg), expected);
    assert!(expected[0] != expected[1] && expected[1] != expected[2], "{expected:?}");
    // A model of the rating column alone needs neither.
    workplace.train_popgen("p1").unwrap();
    for (folder, family) in [("c", Family::Als), ("", Family::PopGen)] {
        let alone = PropertiesJob {
            artifact_dir: workplace.path(folder),
            family,
            compare: Vec::new(),
            catalog: None,
            ..job.clone()
        };
        evaluate_properties(&alone, &mut NoProgress).unwrap();
    }
}

#[test]
fn what_a_model_of_signals_was_trained_with_is_asked_for() {
    let workplace = Workplace::new();
    let plain = workplace.path("plain.csv");
    fs_err::copy(workplace.path("data.csv"), &plain).unwrap();
    workplace.write_aggregate();
    train_als(&with_signals(&workplace, "", true), &mut NoProgress).unwrap();
    let catalog = Some(workplace.path("runtimes.json"));
    let job = PropertiesJob { catalog, ..job(&workplace, Family::Als) };
    let refused = |job: &PropertiesJob| evaluate_properties(job, &mut NoProgress).unwrap_err();
    let says = |error: &PipelineError, parts: &[&str]| {
        let folder = workplace.path("").display().to_string();
        for part in parts.iter().chain(&[folder.as_str()]) {
            assert!(error.to_string().contains(part), "{error} does not say {part}");
        }
    };
    let error = refused(&PropertiesJob { data_path: plain, ..job.clone() });
    assert!(matches!(error, PipelineError::SignalsNeeded { .. }), "{error:?}");
    says(&error, &["plain.csv", "dedup --strategy aggregate"]);
    let error = refused(&PropertiesJob { catalog: None, ..job.clone() });
    assert!(matches!(error, PipelineError::CatalogNeeded { .. }), "{error:?}");
    says(&error, &["--catalog"]);
    let catalog = Some(workplace.path("movie_catalog.json"));
    let error = refused(&PropertiesJob { catalog, ..job.clone() });
    assert!(matches!(error, PipelineError::OtherCatalog { .. }), "{error:?}");
    says(&error, &["movie_catalog.json", "SHA-256", "--catalog"]);
    evaluate_properties(&job, &mut NoProgress).unwrap();
}

#[test]
fn folders_without_the_model_are_refused() {
    let workplace = Workplace::new();
    let refused = |job: &PropertiesJob| evaluate_properties(job, &mut NoProgress).unwrap_err();
    let error = refused(&job(&workplace, Family::PopGen)).to_string();
    assert!(error.contains("train one with popgen-train"), "{error}");
    workplace.train_als("v1").unwrap();
    let compare = vec![workplace.path("elsewhere")];
    let error = refused(&PropertiesJob { compare, ..job(&workplace, Family::Als) }).to_string();
    assert!(error.contains("elsewhere"), "{error}");
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let cost = InferenceCost::of((1..=200).rev().map(|place| f64::from(place) / 1e3).collect());
    let cost = cost.unwrap();
    assert_eq!((cost.requests, cost.p50_ms), (200, 100.0));
    assert!((cost.p95_ms - 190.0).abs() < 1e-9 && (cost.p99_ms - 198.0).abs() < 1e-9, "{cost:?}");
    assert!((cost.average_ms - 100.5).abs() < 1e-9);
    assert!((cost.throughput_qps - 200.0 / 20.1).abs() < 1e-9);
    assert_eq!(InferenceCost::of(Vec::new()), None);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Properties {
    artifact_dir: String,
    model_family: String,
    model_version: String,
    trained_on_data_path: bool,
    evaluated_users: usize,
    users_without_recommendations: usize,
    #[serde(rename = "hit@20")]
    hit: Interval,
    #[serde(rename = "ndcg@20")]
    ndcg: Interval,
    #[serde(rename = "leaky_hit@20")]
    leaky_hit: f64,
    training: Training,
    inference: Inference,
    artifacts: std::collections::BTreeMap<String, u64>,
    artifacts_bytes: u64,
    #[serde(default)]
    compared: Vec<Properties>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Interval {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Training {
    wall_seconds: f64,
    cpu_seconds: f64,
    peak_rss_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Inference {
    requests: usize,
    average_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    throughput_qps: f64,
}

#[test]
fn the_json_has_these_keys_and_no_others() {
    let workplace = Workplace::new();
    workplace.train_als("v1").unwrap();
    workplace.train_popgen("p1").unwrap();
    let job = PropertiesJob { compare: vec![workplace.path("")], ..job(&workplace, Family::Als) };
    let report = evaluate_properties(&job, &mut NoProgress).unwrap();
    let read: Properties = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!((read.model_family.as_str(), read.compared.len()), ("als", 1));
}
