//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

use marquee_dataset::NoProgress;
use marquee_pipeline::{AlsJob, PopGenJob, SignalConfig, train_als, train_popgen};
use serde_json::Value;

/// A folder with a data set and a model of it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..20_u64).flat_map(|user| {
        let films = (0..6).filter(move |&film| film != user / 2 % 6);
        films.map(move |film| format!("{user},film+{:02},1,{}\n", 2 * film + user % 2, 100 + film))
    });
    let table = format!("user_id,movie_id,rating,timestamp\n{}", rows.collect::<String>());
    fs_err::write(folder.path().join("data.csv"), table).unwrap();
    train(folder.path());
    folder
}

fn train(folder: &Path) {
    let catalog = r#"{"film+00": {"title": "Zero", "genres": ["Drama"]}}"#;
    fs_err::write(folder.join("catalog.json"), catalog).unwrap();
    let job = PopGenJob {
        data_path: folder.join("data.csv"),
        catalog: folder.join("catalog.json"),
        artifact_dir: folder.join("artifacts"),
        model_version: Some("v1".parse().unwrap()),
        ..PopGenJob::default()
    };
    train_popgen(&job, &mut NoProgress).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_popgen-eval"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The text with every number but those of names replaced by `N`.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for word in text.split_inclusive(' ') {
        let digits = word.chars().any(|c| c.is_ascii_digit());
        if digits && !word.starts_with("Hit@") {
            let from = word.find('=').map_or(0, |place| place + 1);
            let start = from + word[from..].find(|c: char| c.is_ascii_digit()).unwrap();
            let end = word.rfind(|c: char| c.is_ascii_digit()).unwrap();
            masked += &format!("{}N{}", &word[..start], &word[end + 1..]);
        } else {
            masked += word;
        }
    }
    masked
}

#[test]
fn the_four_properties_are_a_line_each() {
    let folder = folder();
    let arguments = [
        "--data_path",
        "data.csv",
        "--users",
        "15",
        "--output-json",
        "properties.json",
        "--html",
        "page.html",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Hit@20 (proxy accuracy) over 15 users: "), "{text}");
    let lines: Vec<String> = text.lines().map(without_numbers).collect();
    assert_eq!(
        lines,
        [
            "Hit@20 (proxy accuracy) over N users: N",
            "Inference latency: avg=N ms, p95=N ms; throughput≈N q/s",
            "Model size (artifacts total): N MiB",
            "Training cost: wall N s, CPU N s, peak N MiB",
        ]
    );
    let page = fs_err::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Held-out accuracy"));
    let written = fs_err::read(folder.path().join("properties.json")).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    let hit = written["hit@20"]["mean"].as_f64().unwrap();
    assert!(text.contains(&format!("users: {hit:.4}\n")), "{text}");
    assert_eq!(
        (&written["model_family"], &written["evaluated_users"]),
        (&"popgen".into(), &15.into())
    );
}

#[test]
fn models_of_other_folders_stand_beside_it() {
    let (folder, other) = (folder(), folder());
    let other = other.path().join("artifacts");
    let arguments = ["--data-path", "data.csv", "--compare", other.to_str().unwrap()];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let table: Vec<&str> = text.lines().skip(5).collect();
    assert_eq!(table.len(), 3, "{text}");
    assert!(table[0].contains("leaky") && table[0].contains("p99 ms"), "{text}");
    assert!(table[1].starts_with("artifacts v1 "), "{text}");
}

#[test]
fn the_catalog_is_that_of_a_model_beside_it() {
    let folder = folder();
    let rows = "1,a,1,1,,90\n1,b,1,2,,10\n2,b,1,1,,7\n2,a,1,3,,8\n";
    let header = "user_id,movie_id,rating,timestamp,stars,minutes\n";
    fs_err::write(folder.path().join("data.csv"), format!("{header}{rows}")).unwrap();
    let job = AlsJob {
        data_path: folder.path().join("data.csv"),
        artifact_dir: folder.path().join("artifacts"),
        signals: SignalConfig { minutes: true, ..SignalConfig::default() },
        catalog: Some(folder.path().join("catalog.json")),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
    let arguments = ["--data-path", "data.csv", "--compare", "artifacts"];
    let output = run(folder.path(), &[&arguments[..], &["--catalog", "catalog.json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--catalog"), "{}", said(&output));
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_output() {
    let folder = folder();
    fs_err::write(folder.path().join("properties.json"), "old").unwrap();
    for (arguments, message) in [
        (&["--data-path", "no.csv"][..], "no.csv"),
        (&["--data-path", "data.csv", "--artifact-dir", "nowhere"], "popgen-train"),
        (&["--data-path", "data.csv", "--compare", "nowhere"], "nowhere"),
        (&["--data-path", "data.csv", "--users", "many"], "many"),
    ] {
        let output =
            run(folder.path(), &[arguments, &["--output-json", "properties.json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        let left = fs_err::read_to_string(folder.path().join("properties.json")).unwrap();
        assert_eq!(left, "old");
    }
}
