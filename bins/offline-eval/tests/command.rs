//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

use serde::Deserialize;
use serde_json::Value;

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";

/// Thirty users of two tastes with five of the six films of theirs.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..30_u64).flat_map(|user| {
        let films = (0..6).filter(move |&film| film != user / 2 % 6);
        films.map(move |film| {
            format!("{user},film+{:02},1,{}\n", 2 * film + user % 2, 100 + (film + user) % 6)
        })
    });
    let table = format!("{HEADER}{}", rows.collect::<String>());
    fs_err::write(folder.path().join("data.csv"), table).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_offline-eval"))
        .current_dir(folder)
        .args(["--interactions", "data.csv", "--factors", "4", "--iterations", "5"])
        .args(["--draws", "50"])
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn answer(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The top of the report; what is below is tested where it is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    #[serde(rename = "hit@10")]
    hit_10: f64,
    #[serde(rename = "precision@10")]
    precision_10: f64,
    #[serde(rename = "recall@10")]
    recall_10: f64,
    #[serde(rename = "ndcg@10")]
    ndcg_10: f64,
    #[serde(rename = "hit@20")]
    hit_20: f64,
    #[serde(rename = "precision@20")]
    precision_20: f64,
    #[serde(rename = "recall@20")]
    recall_20: f64,
    #[serde(rename = "ndcg@20")]
    ndcg_20: f64,
    evaluated_users: u64,
    train_interactions: u64,
    holdout_interactions: u64,
    notes: Vec<String>,
    data: Data,
    split: Split,
    bootstrap: Bootstrap,
    models: Vec<Model>,
    differences: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Data {
    path: String,
    sha256: String,
    rows: u64,
    merged_rows: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Split {
    rule: String,
    holdout_per_user: Option<u64>,
    test_share: Option<f64>,
    boundary: Option<i64>,
    min_history: u64,
    sample_users: u64,
    evaluated_users: u64,
    left_out_users: u64,
    train_interactions: u64,
    train_users: u64,
    train_films: u64,
    holdout_interactions: u64,
    unknown_film_interactions: u64,
    pairs_in_both: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Bootstrap {
    draws: u64,
    level: f64,
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Model {
    model: String,
    users_without_recommendations: u64,
    at: Vec<Value>,
    groups: Vec<Value>,
    artifact_dir: Option<String>,
    model_version: Option<String>,
    hyperparameters: BTreeMap<String, Value>,
}

#[test]
fn the_report_goes_to_stdout_and_to_the_file() {
    let folder = folder();
    let output = run(
        folder.path(),
        &["--output-json", "report.json", "--model", "als", "--model", "popularity"],
    );
    answer(&output);
    let written = fs_err::read(folder.path().join("report.json")).unwrap();
    assert_eq!(written, output.stdout);
    let report: Report = serde_json::from_slice(&written).unwrap();
    assert_eq!((report.evaluated_users, report.holdout_interactions), (30, 30));
    assert_eq!(report.train_interactions, 120);
    assert_eq!((report.models.len(), report.differences.len()), (2, 1));
    assert_eq!((report.split.rule.as_str(), report.bootstrap.draws), ("last-n", 50));
    assert_eq!(report.data.rows, 150);
    for hit in [report.hit_10, report.hit_20, report.recall_10, report.recall_20] {
        assert!((0.0..=1.0).contains(&hit));
    }
    assert!(report.precision_10 < 0.100_001 && report.precision_20 < 0.050_001);
    assert!(report.ndcg_10 < report.hit_10 + 1e-9 && report.ndcg_20 < report.hit_20 + 1e-9);
    assert!(report.notes.iter().any(|note| note.contains("above the")));
    assert!(said(&output).contains("no catalog"), "{}", said(&output));
}

/// Reference defect: `--k 10 --k 20` doubles every metric.
#[test]
fn given_cut_offs_replace_the_default() {
    let folder = folder();
    let default = run(folder.path(), &[]);
    let given = run(folder.path(), &["--k", "10", "--k", "20"]);
    assert_eq!(answer(&default), answer(&given));
    assert!(answer(&given)["hit@20"].as_f64().unwrap() <= 1.0);
    let other = answer(&run(folder.path(), &["--k", "3"]));
    assert!(other["hit@3"].is_number() && other["hit@10"].is_null(), "{other}");
}

#[test]
fn underscores_and_tables_are_for_people() {
    let folder = folder();
    let output =
        run(folder.path(), &["--table", "--sample_users", "12", "--output-json", "r.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text.starts_with("12 users, 12 held-out films (last-n)"), "{text}");
    assert!(text.contains("k = 20") && text.contains("by groups"), "{text}");
    let written = fs_err::read(folder.path().join("r.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap()["evaluated_users"], 12);
}

#[test]
fn the_parts_are_written_for_other_programs() {
    let folder = folder();
    let arguments = ["--split", "global-time", "--split-out", "train.csv", "holdout.parquet"];
    let report = answer(&run(folder.path(), &arguments));
    let train = fs_err::read_to_string(folder.path().join("train.csv")).unwrap();
    assert_eq!(train.lines().count() as u64 - 1, report["train_interactions"].as_u64().unwrap());
    assert!(folder.path().join("holdout.parquet").exists());
    assert_eq!(report["split"]["test_share"], 0.1);
}

#[test]
fn als_is_trained_with_the_signals_of_the_flags() {
    let folder = folder();
    let rows = fs_err::read_to_string(folder.path().join("data.csv")).unwrap();
    let wider = rows.lines().enumerate().map(|(line, row)| match line {
        0 => format!("{row},stars,minutes\n"),
        _ => format!("{row},{},{}\n", 1 + line % 5, 5 * line % 90),
    });
    fs_err::write(folder.path().join("data.csv"), wider.collect::<String>()).unwrap();
    let signals = |arguments: &[&str]| {
        let report = answer(&run(folder.path(), arguments));
        report["models"][0]["hyperparameters"]["signals"].clone()
    };
    let arguments = ["--signals", "minutes,stars", "--dislike-below", "3"];
    let all = signals(&[&arguments[..], &["--half-life-days", "9.5"]].concat());
    let expected = serde_json::json!(
        {"minutes": true, "stars": true, "dislike_below": 3, "half_life_days": 9.5}
    );
    assert_eq!(all, expected);
    let stars = signals(&["--signals", "stars", "--split-out", "train.csv", "holdout.csv"]);
    let expected = serde_json::json!(
        {"minutes": false, "stars": true, "dislike_below": 2, "half_life_days": null}
    );
    assert_eq!(stars, expected);
    let train = fs_err::read_to_string(folder.path().join("train.csv")).unwrap();
    assert!(train.starts_with("user_id,movie_id,rating,timestamp,stars,minutes\n"), "{train}");
}

#[test]
fn nothing_to_test_is_said_in_words_and_null() {
    let folder = folder();
    let output = run(folder.path(), &["--min-history", "50"]);
    let report = answer(&output);
    assert!(report["hit@20"].is_null(), "{report}");
    assert!(said(&output).contains("nothing to test"), "{}", said(&output));
    fs_err::write(folder.path().join("data.csv"), HEADER).unwrap();
    let output = run(folder.path(), &["--html", "page.html"]);
    assert!(answer(&output)["ndcg@10"].is_null());
    assert!(said(&output).contains("holds no rows"), "{}", said(&output));
    let page = fs_err::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("holds no rows"), "{page}");
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_output() {
    let folder = folder();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("bad.csv", &format!("{HEADER}1,a,good,1\n"));
    write("report.json", "old");
    for (arguments, message) in [
        (&["--interactions", "no.csv"][..], "no.csv"),
        (&["--interactions", "bad.csv"], "line 2"),
        (&["--k", "0"], "0"),
        (&["--holdout-per-user", "0"], "0"),
        (&["--model", "knn"], "knn"),
        (&["--model", "popgen"], "--catalog"),
        (&["--catalog", "no.json"], "no.json"),
        (&["--users", "no.jsonl"], "no.jsonl"),
        (&["--artifact-dir", "nowhere"], "nowhere"),
        (&["--split", "global-time", "--test-share", "1"], "share"),
        (&["--factors", "0"], "factors"),
        (&["--signals", "minutes"], "dedup --strategy aggregate"),
        (&["--signals", "taste"], "taste"),
        (&["--dislike-below", "6"], "dislike-below"),
        (&["--half-life-days", "0"], "half-life-days"),
        (&["--signals", "stars", "--model", "popularity"], "the model als"),
        (&["--split-out", "report.json", "b.csv"], "named twice"),
        (&["--html", "report.json"], "named twice"),
    ] {
        // A flag of this run replaces the one every run has.
        let output = Command::new(env!("CARGO_BIN_EXE_offline-eval"))
            .current_dir(folder.path())
            .args(["--output-json", "report.json"])
            .args(if arguments[0] == "--interactions" {
                &[][..]
            } else {
                &["--interactions", "data.csv"]
            })
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        let left = fs_err::read_to_string(folder.path().join("report.json")).unwrap();
        assert_eq!(left, "old", "{arguments:?}");
    }
}
