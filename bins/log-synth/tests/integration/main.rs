//! The command as a process: files, exit codes, what a failure leaves behind.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::tempdir;

fn log_synth(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_log-synth"))
        .current_dir(folder)
        .args(["--sessions", "200"])
        .args(args)
        .output()
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn writes_both_files_and_counts_them_on_stdout() {
    let folder = tempdir().unwrap();
    let args = ["--out", "made/raw.log", "--movies-out", "movies.jsonl", "--start", "2024-02-29"];
    let output = log_synth(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let log = fs_err::read_to_string(folder.path().join("made/raw.log")).unwrap();
    assert!(log.starts_with("2024-02-29T"), "{}", &log[..30]);
    let movies = fs_err::read_to_string(folder.path().join("movies.jsonl")).unwrap();
    assert_eq!(movies.lines().count(), 600);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["lines"], log.lines().count());
    assert_eq!(summary["bytes"], log.len());
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn the_same_flags_give_the_same_bytes() {
    let folder = tempdir().unwrap();
    for name in ["a", "b"] {
        let output = log_synth(folder.path(), &["--dirty", "--seed", "7", "--out", name]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let read = |name| fs_err::read(folder.path().join(name)).unwrap();
    assert!(read("a") == read("b"));
}

#[test]
fn what_cannot_run_exits_2_and_writes_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    for args in [
        &["--movies", "3"][..],
        &["--users", "many"],
        &["--start", "2025-02-30"],
        &["--no-such-flag"],
        &["--out", "same", "--movies-out", "same"],
    ] {
        let output = log_synth(path, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(names(path).is_empty(), "{args:?}: {:?}", names(path));
    }
}

#[test]
fn a_film_file_that_cannot_be_written_leaves_no_log() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs_err::create_dir(path.join("taken")).unwrap();
    let output = log_synth(path, &["--out", "raw.log", "--movies-out", "taken"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("taken"), "{message}");
    assert_eq!(names(path), ["taken"]);
}

#[test]
fn a_lift_is_made_within_its_range_and_refused_beyond() {
    let folder = tempdir().unwrap();
    for (lift, out) in [("0.5", "high.log"), ("-0.15", "low.log")] {
        let output = log_synth(folder.path(), &["--effect", lift, "--out", out]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let log = |name: &str| fs_err::read(folder.path().join(name)).unwrap();
    assert_ne!(log("high.log"), log("low.log"));
    let output = log_synth(folder.path(), &["--effect", "0.6", "--out", "none.log"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("effect must lie in -0.15..=0.55"));
    assert_eq!(names(folder.path()), ["high.log", "low.log"]);
}

#[test]
fn minutes_ratings_and_abandonment_follow_their_flags() {
    let folder = tempdir().unwrap();
    let counts = |args: &[&str]| -> serde_json::Value {
        let output = log_synth(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let long = counts(&["--mean-minutes", "20", "--rating-share", "1", "--out", "long.log"]);
    assert_eq!(long["rate"], 200);
    let watch = long["watch"].as_u64().unwrap();
    assert!((3_000..5_000).contains(&watch), "{watch}");
    let abandoned = counts(&["--mean-minutes", "20", "--abandon-share", "1", "--out", "short.log"]);
    assert!(abandoned["watch"].as_u64().unwrap() < watch, "{abandoned}");
    // Without abandonment the flag changes no byte.
    counts(&["--out", "none.log"]);
    counts(&["--abandon-share", "0", "--mean-minutes", "2", "--out", "zero.log"]);
    let log = |name: &str| fs_err::read(folder.path().join(name)).unwrap();
    assert!(log("none.log") == log("zero.log"));
    let output = log_synth(folder.path(), &["--abandon-share", "1.5", "--out", "refused.log"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("abandon_share must lie in 0..=1"), "{message}");
    assert!(!folder.path().join("refused.log").exists());
}
