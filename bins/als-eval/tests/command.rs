//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_pipeline::{AlsJob, SignalConfig, train_als};
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
    let job = AlsJob {
        data_path: folder.join("data.csv"),
        artifact_dir: folder.join("artifacts"),
        model_version: Some("v1".parse().unwrap()),
        settings: AlsConfig { factors: 4, iterations: 5, ..AlsConfig::reference() }.into(),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_als-eval"))
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
        (&"als".into(), &15.into())
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
fn a_model_of_signals_needs_its_table_and_its_catalog() {
    let folder = folder();
    let place = |name: &str| folder.path().join(name);
    let rows = fs_err::read_to_string(place("data.csv")).unwrap();
    let wider = rows.lines().enumerate().map(|(line, row)| match line {
        0 => format!("{row},stars,minutes\n"),
        _ => format!("{row},,{}\n", 5 * line % 90),
    });
    fs_err::write(place("aggregate.csv"), wider.collect::<String>()).unwrap();
    fs_err::write(place("movies.json"), r#"{"film+00": {"title": "0", "runtime": "90"}}"#).unwrap();
    let job = AlsJob {
        data_path: place("aggregate.csv"),
        artifact_dir: place("signals"),
        signals: SignalConfig { minutes: true, ..SignalConfig::default() },
        catalog: Some(place("movies.json")),
        settings: AlsConfig { factors: 4, iterations: 5, ..AlsConfig::reference() }.into(),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
    let evaluated = |data: &str, more: &[&str]| {
        let arguments = ["--artifact-dir", "signals", "--data-path", data];
        let output = run(folder.path(), &[&arguments[..], more].concat());
        (output.status.code(), said(&output))
    };
    let (code, text) = evaluated("aggregate.csv", &["--catalog", "movies.json"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = evaluated("data.csv", &["--catalog", "movies.json"]);
    assert!(code == Some(2) && text.contains("dedup --strategy aggregate"), "{text}");
    let (code, text) = evaluated("aggregate.csv", &[]);
    assert!(code == Some(2) && text.contains("--catalog"), "{text}");
    // What is read is not written over.
    let outputs = ["--catalog", "movies.json", "--output-json", "movies.json"];
    let (code, text) = evaluated("aggregate.csv", &outputs);
    assert!(code == Some(2) && text.contains("named twice"), "{text}");
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_output() {
    let folder = folder();
    fs_err::write(folder.path().join("properties.json"), "old").unwrap();
    for (arguments, message) in [
        (&["--data-path", "no.csv"][..], "no.csv"),
        (&["--data-path", "data.csv", "--artifact-dir", "nowhere"], "als-train"),
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
