use std::path::{Path, PathBuf};

use marquee_als::{AlsConfig, Solver};
use marquee_dataset::NoProgress;
use marquee_evaluation::Bootstrap;
use marquee_pipeline::{
    AlsJob, OfflineJob, OfflineModel, OfflineReport, PipelineError, SignalConfig, SplitRule,
    evaluate_offline, train_als,
};
use serde_json::Value;

use crate::Workplace;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run").join(name)
}

fn job(workplace: &Workplace) -> OfflineJob {
    OfflineJob {
        interactions: workplace.path("data.csv"),
        catalog: Some(workplace.path("movie_catalog.json")),
        ks: vec![1, 3],
        als: workplace.als_job("unused").settings,
        bootstrap: Bootstrap { draws: 50, ..Bootstrap::default() },
        ..OfflineJob::default()
    }
}

fn evaluate(job: &OfflineJob) -> Result<OfflineReport, PipelineError> {
    evaluate_offline(job, &mut NoProgress)
}

fn json(report: &OfflineReport) -> Value {
    serde_json::to_value(report).unwrap()
}

/// The reference's numbers for three seeds of its solver, and ours for one of our solver.
#[test]
fn the_reference_finds_the_same_within_the_spread_of_its_seeds() {
    let seeds: Vec<Value> = ["offline_seed42.json", "offline_seed1.json", "offline_seed2.json"]
        .map(|name| serde_json::from_slice(&fs_err::read(fixture(name)).unwrap()).unwrap())
        .to_vec();
    let theirs = |key: &str| [0, 1, 2].map(|place| seeds[place][key].as_f64().unwrap());
    for (solver, share, beyond) in
        [(Solver::Cg, 0.12, 0.01), (Solver::Auto, 0.30, 0.0), (Solver::Cholesky, 0.30, 0.0)]
    {
        let report = evaluate(&OfflineJob {
            interactions: fixture("interactions_dedup.csv"),
            als: AlsConfig { solver, ..AlsConfig::reference() }.into(),
            bootstrap: Bootstrap { draws: 20, ..Bootstrap::default() },
            ..OfflineJob::default()
        });
        let ours = json(&report.unwrap());
        for metric in ["hit", "precision", "recall", "ndcg"] {
            for k in [10, 20] {
                let key = format!("{metric}@{k}");
                let least =
                    theirs(&key).into_iter().fold(f64::INFINITY, f64::min) * (1.0 - share) - beyond;
                let most = theirs(&key).into_iter().fold(0.0, f64::max) * (1.0 + share) + beyond;
                let found = ours[&key].as_f64().unwrap();
                assert!((least..=most).contains(&found), "{key} {found}: {least} to {most}");
            }
        }
        for key in ["evaluated_users", "train_interactions", "holdout_interactions"] {
            assert_eq!(ours[key].as_f64(), seeds[0][key].as_f64(), "{key}");
        }
    }
}

#[test]
fn models_are_compared_in_the_order_they_are_named() {
    let workplace = Workplace::new();
    let models = vec![OfflineModel::Popularity, OfflineModel::Als, OfflineModel::PopGen];
    let report = evaluate(&OfflineJob { models, ..job(&workplace) }).unwrap();
    let names: Vec<&str> =
        report.models.iter().map(|model| model.evaluation.model.as_str()).collect();
    assert_eq!(names, ["popularity", "als", "popgen"]);
    let pairs: Vec<(&str, &str)> = report
        .differences
        .iter()
        .map(|pair| (pair.model.as_str(), pair.baseline.as_str()))
        .collect();
    assert_eq!(pairs, [("popularity", "als"), ("popularity", "popgen"), ("als", "popgen")]);
    let found = json(&report);
    assert_eq!(found["hit@3"], found["models"][0]["at"][1]["metrics"]["hit"]["mean"]);
    // Each user's one unseen film of their own taste is theirs to find: ALS tells the tastes apart.
    assert_eq!(found["models"][1]["hyperparameters"]["factors"], 4);
    let hit = |model: usize| found["models"][model]["at"][1]["metrics"]["hit"]["mean"].as_f64();
    assert!(hit(1) > hit(0), "{found}");
    let table = report.table().to_string();
    assert!(table.contains("popularity minus als") && table.contains("diversity"), "{table}");
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let workplace = Workplace::new();
    let models = vec![OfflineModel::Als, OfflineModel::PopGen];
    let job = OfflineJob { models, ..job(&workplace) };
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| json(&evaluate(&job).unwrap()))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

/// What was trained elsewhere on the training part scores as what was trained here.
#[test]
fn a_saved_model_is_scored_if_it_did_not_see_what_is_held_out() {
    let workplace = Workplace::new();
    let parts = [workplace.path("train.csv"), workplace.path("holdout.csv")];
    let here = evaluate(&OfflineJob { split_out: Some(parts.clone()), ..job(&workplace) }).unwrap();
    let [data_path, _] = parts;
    let train = AlsJob { data_path, ..workplace.als_job("v1") };
    train_als(&train, &mut NoProgress).unwrap();
    let job = OfflineJob {
        models: Vec::new(),
        artifact_dirs: vec![train.artifact_dir.clone()],
        ..job(&workplace)
    };
    let saved = evaluate(&job).unwrap();
    assert_eq!(saved.models[0].evaluation.at, here.models[0].evaluation.at);
    assert_eq!(saved.models[0].model_version.as_deref(), Some("v1"));
    assert!(saved.models[0].evaluation.model.starts_with("als@"));
}

/// Reference defect: Hit@20 scores films the model was trained on.
#[test]
fn a_saved_model_that_saw_what_is_held_out_is_refused() {
    let workplace = Workplace::new();
    workplace.train_als("v1").unwrap();
    let job = OfflineJob {
        models: Vec::new(),
        artifact_dirs: vec![workplace.path("")],
        ..job(&workplace)
    };
    let refused = |job: &OfflineJob| evaluate(job).unwrap_err().to_string();
    let by_manifest = refused(&job);
    assert!(by_manifest.contains("trained on this data set"), "{by_manifest}");
    // The same rows in a file of other bytes: the manifest does not tell.
    let mut text = fs_err::read_to_string(workplace.path("data.csv")).unwrap();
    text += "99,film+00,1,1\n";
    fs_err::write(workplace.path("more.csv"), text).unwrap();
    let by_pairs = refused(&OfflineJob { interactions: workplace.path("more.csv"), ..job });
    assert!(by_pairs.contains("knows 20 of the 20 held-out films"), "{by_pairs}");
}

fn signals() -> SignalConfig {
    SignalConfig { minutes: true, stars: true, dislike_below: 3, half_life_days: Some(2.0) }
}

/// An evaluation of [`Workplace::write_aggregate`]'s table with all signals.
fn aggregate_job(workplace: &Workplace) -> OfflineJob {
    workplace.write_aggregate();
    let catalog = Some(workplace.path("runtimes.json"));
    OfflineJob { catalog, signals: signals(), ..job(workplace) }
}

#[test]
fn signals_make_the_ratings_of_als_and_of_no_other_model() {
    let workplace = Workplace::new();
    let models = vec![
        OfflineModel::Als,
        OfflineModel::AlsReference,
        OfflineModel::PopGen,
        OfflineModel::Popularity,
    ];
    let with = OfflineJob { models, ..aggregate_job(&workplace) };
    let without = OfflineJob { signals: SignalConfig::default(), ..with.clone() };
    let (with, without) = (evaluate(&with).unwrap(), evaluate(&without).unwrap());
    assert_ne!(with.models[0].evaluation.at, without.models[0].evaluation.at);
    assert_eq!(with.models[1..], without.models[1..]);
    assert_eq!(with.split, without.split);
    let named = |model: usize| with.models[model].hyperparameters.get("signals").cloned();
    let expected = [signals(), SignalConfig::default()];
    assert_eq!([named(0), named(1)], expected.map(|signals| serde_json::to_value(signals).ok()));
    assert_eq!(named(2), None);
    // Each of them alone is another model.
    let alone = [
        SignalConfig { minutes: true, ..SignalConfig::default() },
        SignalConfig { stars: true, ..SignalConfig::default() },
        SignalConfig { half_life_days: Some(2.0), ..SignalConfig::default() },
    ];
    for signals in alone {
        let job = OfflineJob { signals: signals.clone(), ..aggregate_job(&workplace) };
        let found = evaluate(&job).unwrap();
        assert_ne!(found.models[0].evaluation.at, without.models[0].evaluation.at, "{signals:?}");
        let unknown = evaluate(&OfflineJob { catalog: None, ..job }).unwrap();
        let told = unknown.notes.iter().any(|note| note.contains("30 minutes count as half"));
        assert_eq!(told, signals.minutes, "{:?}", unknown.notes);
    }
}

/// The rows, their stars and minutes, the newest of them and the catalog are those of a training.
#[test]
fn als_of_signals_is_the_one_als_train_makes_of_the_training_part() {
    let workplace = Workplace::new();
    for split in [SplitRule::LastN { holdout: 2 }, SplitRule::GlobalTime { test_share: 0.2 }] {
        let job = OfflineJob { split, ..aggregate_job(&workplace) };
        let parts = [workplace.path("train.csv"), workplace.path("holdout.csv")];
        let here = OfflineJob { split_out: Some(parts.clone()), ..job.clone() };
        let here = evaluate(&here).unwrap();
        let version = here.split.rule;
        let train = AlsJob {
            data_path: parts[0].clone(),
            artifact_dir: workplace.path(version),
            signals: signals(),
            catalog: job.catalog.clone(),
            ..workplace.als_job(version)
        };
        train_als(&train, &mut NoProgress).unwrap();
        let artifact_dirs = vec![train.artifact_dir];
        let saved = evaluate(&OfflineJob {
            models: Vec::new(),
            artifact_dirs,
            signals: SignalConfig::default(),
            ..job.clone()
        });
        let saved = saved.unwrap();
        assert_eq!(saved.models[0].evaluation.at, here.models[0].evaluation.at);
        assert_eq!(saved.models[0].hyperparameters, here.models[0].hyperparameters);
        let blind = evaluate(&OfflineJob { catalog: None, ..job }).unwrap();
        let ndcg = |report: &OfflineReport| report.models[0].evaluation.at[1].metrics.ndcg;
        assert_ne!(ndcg(&blind), ndcg(&here), "the lengths of films make a difference");
    }
}

#[test]
fn recency_counts_from_the_newest_row_of_the_training() {
    let workplace = Workplace::new();
    for aged in [signals(), SignalConfig { minutes: false, stars: false, ..signals() }] {
        let job = OfflineJob { signals: aged, ..aggregate_job(&workplace) };
        let before = evaluate(&job).unwrap();
        // One user's last film, which is held out, is now years after all others.
        let text = fs_err::read_to_string(&job.interactions).unwrap();
        let time = |line: &str| line.split(',').nth(3).unwrap().parse::<i64>().unwrap();
        let of_user = text.lines().skip(1).filter(|line| line.starts_with("5,"));
        let last = of_user.max_by_key(|line| time(line)).unwrap();
        let later = last.replace(&format!(",{},", time(last)), ",900000000,");
        fs_err::write(&job.interactions, text.replace(last, &later)).unwrap();
        let after = evaluate(&job).unwrap();
        assert_ne!(after.data.sha256, before.data.sha256);
        assert_eq!(after.models, before.models);
    }
}

#[test]
fn signals_need_their_columns_and_recency_none() {
    let workplace = Workplace::new();
    let stars = SignalConfig { stars: true, ..SignalConfig::default() };
    let error = evaluate(&OfflineJob { signals: stars, ..job(&workplace) }).unwrap_err();
    assert!(error.to_string().contains("dedup --strategy aggregate"), "{error}");
    let aged = SignalConfig { half_life_days: Some(1.0), ..SignalConfig::default() };
    evaluate(&OfflineJob { signals: aged, ..job(&workplace) }).unwrap();
}

#[test]
fn global_time_holds_out_what_came_last() {
    let workplace = Workplace::new();
    let split = SplitRule::GlobalTime { test_share: 0.25 };
    let report = evaluate(&OfflineJob { split, ..job(&workplace) }).unwrap();
    // The last film of all stands at 105, the one before at 104; five sixths of the users have each.
    let split = &report.split;
    assert_eq!((split.rule, split.boundary), ("global-time", Some(104)));
    assert_eq!(split.train_interactions + split.holdout_interactions, 100);
    assert_eq!((split.left_out_users, split.pairs_in_both), (0, 0));
    assert!(split.holdout_interactions >= 25);
}

#[test]
fn drawn_users_are_as_many_as_asked_for() {
    let workplace = Workplace::new();
    let report = evaluate(&OfflineJob { sample_users: 7, ..job(&workplace) }).unwrap();
    let found = json(&report);
    assert_eq!((&found["evaluated_users"], &found["holdout_interactions"]), (&7.into(), &7.into()));
    assert_eq!(found["train_interactions"], 80, "training goes by all users");
}

#[test]
fn demographics_are_groups_with_the_unknown_among_them() {
    let workplace = Workplace::new();
    let users = "{\"user_id\": 0, \"age\": 17, \"gender\": \"F\", \"occupation\": null}\n\
                 {\"user_id\": 1, \"age\": 55, \"gender\": \"M\", \"occupation\": \"artist\"}\n";
    fs_err::write(workplace.path("users.jsonl"), users).unwrap();
    let users = Some(workplace.path("users.jsonl"));
    let report = evaluate(&OfflineJob { users, ..job(&workplace) }).unwrap();
    let groups = &report.models[0].evaluation.groups;
    let by: Vec<&str> = groups.iter().map(|groups| groups.by.as_str()).collect();
    assert_eq!(by, ["activity", "popularity", "newness", "age", "gender", "occupation"]);
    let names = |place: usize| -> Vec<(&str, usize)> {
        let groups = &groups[place].groups;
        groups.iter().map(|group| (group.name.as_str(), group.users)).collect()
    };
    assert_eq!(names(3), [("0-17", 1), ("55 and over", 1), ("unknown", 18)]);
    assert_eq!(names(5), [("artist", 1), ("unknown", 19)]);
}

#[test]
fn a_split_that_leaves_nothing_says_so() {
    let workplace = Workplace::new();
    let models = vec![OfflineModel::Als, OfflineModel::PopGen, OfflineModel::Popularity];
    let report = evaluate(&OfflineJob { min_history: 50, models, ..job(&workplace) }).unwrap();
    assert!(report.notes.iter().any(|note| note.contains("nothing to test")), "{:?}", report.notes);
    let found = json(&report);
    assert_eq!((&found["hit@3"], &found["evaluated_users"]), (&Value::Null, &0.into()));
    assert_eq!(found["split"]["left_out_users"], 20);
}

#[test]
fn a_data_set_without_rows_says_so() {
    let workplace = Workplace::new();
    fs_err::write(workplace.path("data.csv"), "user_id,movie_id,rating,timestamp\n").unwrap();
    for split in [SplitRule::LastN { holdout: 1 }, SplitRule::GlobalTime { test_share: 0.1 }] {
        let models = vec![OfflineModel::Als, OfflineModel::PopGen, OfflineModel::Popularity];
        let report = evaluate(&OfflineJob { split, models, ..job(&workplace) }).unwrap();
        assert!(report.notes[0].contains("holds no rows"), "{:?}", report.notes);
        assert_eq!(json(&report)["ndcg@3"], Value::Null);
        assert!(report.page().render().contains("Nothing to test"));
    }
}

/// The contract: no rating column means 1.
#[test]
fn a_table_without_ratings_is_one_of_watches() {
    let workplace = Workplace::new();
    let rated = evaluate(&job(&workplace)).unwrap();
    let text = fs_err::read_to_string(workplace.path("data.csv")).unwrap();
    let unrated = text.lines().map(|line| {
        let values: Vec<&str> = line.split(',').collect();
        format!("{},{},{}\n", values[0], values[1], values[3])
    });
    fs_err::write(workplace.path("data.csv"), unrated.collect::<String>()).unwrap();
    assert_eq!(evaluate(&job(&workplace)).unwrap().models, rated.models);
}

#[test]
fn the_page_says_who_leads_and_how_surely() {
    let workplace = Workplace::new();
    let mut csv = "user_id,movie_id,rating,timestamp\n".to_owned();
    // Two tastes, so that the one film a user lacks of their own is for ALS to find.
    for user in 0..40_u64 {
        for film in (0..6).filter(|&film| film != user / 2 % 6) {
            let (id, time) = (2 * film + user % 2, 100 + (film + user) % 6);
            csv += &format!("{user},film+{id:02},1,{time}\n");
        }
    }
    fs_err::write(workplace.path("data.csv"), csv).unwrap();
    let page = |models: Vec<OfflineModel>| {
        evaluate(&OfflineJob { models, ..job(&workplace) }).unwrap().page().render()
    };
    let both = page(vec![OfflineModel::Popularity, OfflineModel::Als]);
    for shown in ["als leads", "NDCG@3", "popularity minus als", "by activity", "Gaps between"] {
        assert!(both.contains(shown), "{shown}");
    }
    let alike = page(vec![OfflineModel::Popularity, OfflineModel::Popularity]);
    assert!(alike.contains("No clear leader"));
    assert!(page(vec![OfflineModel::Als]).contains("was evaluated alone"));
}

#[test]
fn more_films_asked_for_than_there_are_is_said() {
    let workplace = Workplace::new();
    let report = evaluate(&OfflineJob { ks: vec![500], ..job(&workplace) }).unwrap();
    assert!(report.notes[0].contains("k = 500 is above the 10 films"), "{:?}", report.notes);
    // Whoever saw the last films holds one out that nobody has in training: 18 of 20.
    assert_eq!(report.split.unknown_film_interactions, 18);
    assert_eq!(json(&report)["hit@500"], 0.1);
}

#[test]
fn repeated_pairs_are_merged_before_the_split() {
    let workplace = Workplace::new();
    let text = fs_err::read_to_string(workplace.path("data.csv")).unwrap();
    let again: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
    fs_err::write(workplace.path("twice.csv"), format!("{text}{again}")).unwrap();
    let once = evaluate(&job(&workplace)).unwrap();
    let twice =
        evaluate(&OfflineJob { interactions: workplace.path("twice.csv"), ..job(&workplace) });
    let twice = twice.unwrap();
    assert_eq!((twice.data.rows, twice.data.merged_rows), (200, 100));
    assert_eq!(twice.models[0].evaluation.at, once.models[0].evaluation.at);
}

#[test]
fn settings_out_of_range_are_refused_before_any_work() {
    let workplace = Workplace::new();
    let good = || OfflineJob { interactions: "no/such.csv".into(), ..job(&workplace) };
    let cases = [
        (OfflineJob { ks: vec![], ..good() }, "cut-off"),
        (OfflineJob { ks: vec![0], ..good() }, "cut-off"),
        (OfflineJob { models: vec![], ..good() }, "at least one model"),
        (OfflineJob { split: SplitRule::LastN { holdout: 0 }, ..good() }, "at least one row"),
        (OfflineJob { split: SplitRule::GlobalTime { test_share: 1.0 }, ..good() }, "share"),
        (
            OfflineJob { bootstrap: Bootstrap { level: 1.0, ..Bootstrap::default() }, ..good() },
            "level",
        ),
        (
            OfflineJob { als: AlsConfig { factors: 0, ..AlsConfig::reference() }.into(), ..good() },
            "factors",
        ),
        (
            OfflineJob { signals: SignalConfig { dislike_below: 0, ..signals() }, ..good() },
            "dislike-below is 0",
        ),
        (
            OfflineJob {
                signals: SignalConfig { half_life_days: Some(0.0), ..signals() },
                ..good()
            },
            "half-life-days is 0",
        ),
        (
            OfflineJob { signals: signals(), models: vec![OfflineModel::PopGen], ..good() },
            "the model als",
        ),
        (good(), "no/such.csv"),
    ];
    for (job, said) in cases {
        let error = evaluate(&job).unwrap_err().to_string();
        assert!(error.contains(said), "{error} does not say {said}");
    }
}
