//! The program as scripts call it: lists, files, exit codes, messages, and signals.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_pipeline::{AlsJob, train_als};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Deserialize;

/// Users 1 to 4 have watched each of five films but the one with their number.
fn train(folder: &Path) {
    let mut csv = "user_id,movie_id,rating,timestamp\n".to_owned();
    for user in 1..=4 {
        for film in 0..5 {
            if film != user {
                csv += &format!("{user},film+{film},1,{film}\n");
            }
        }
    }
    fs_err::write(folder.join("data.csv"), csv).unwrap();
    let job = AlsJob {
        data_path: folder.join("data.csv"),
        artifact_dir: folder.join("artifacts"),
        model_version: Some("v1".parse().unwrap()),
        settings: AlsConfig { factors: 2, ..AlsConfig::reference() }.into(),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
    let catalog = r#"{"film+1": {"title": "1", "genres": ["Drama"]}}"#;
    fs_err::write(folder.join("artifacts/movie_catalog.json"), catalog).unwrap();
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_als-recommend"));
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A line of the answer; further keys would be a change of the format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    user_id: u64,
    source: Option<String>,
    model_version: Option<String>,
    items: Vec<Film>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Film {
    movie_id: String,
    score: f32,
}

fn lines(output: &Output) -> Vec<Line> {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn users_get_their_lines_in_the_order_asked() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let output = run(folder.path(), &["--user", "3", "--user", "999", "--user", "1"]);
    let answers = lines(&output);
    let users: Vec<u64> = answers.iter().map(|line| line.user_id).collect();
    assert_eq!(users, [3, 999, 1]);
    let best =
        |line: &Line| line.items.iter().map(|film| film.movie_id.clone()).collect::<Vec<_>>();
    assert_eq!(
        (best(&answers[0]), best(&answers[2])),
        (vec!["film+3".into()], vec!["film+1".into()])
    );
    assert_eq!(answers[0].source.as_deref(), Some("als"));
    assert_eq!(answers[0].model_version.as_deref(), Some("v1"));
    assert!(answers[0].items[0].score.is_finite());
    // Nothing is known of 999: no list, from nobody.
    let nobody = &answers[1];
    assert!(nobody.source.is_none() && nobody.model_version.is_none() && nobody.items.is_empty());

    let of_1 = |arguments: &[&str]| {
        lines(&run(folder.path(), &[&["--user", "1"], arguments].concat())).remove(0)
    };
    assert_eq!(of_1(&["--include_seen"]).items.len(), 5);
    assert_eq!(of_1(&["--include-seen", "--k", "2"]).items.len(), 2);
    assert_eq!(best(&of_1(&["--include-seen", "--genre", "Drama"])), ["film+1"]);
    fs_err::write(folder.path().join("ids.txt"), "film+1\nfilm+9\n").unwrap();
    let banned = of_1(&["--ban", "ids.txt"]);
    assert!(banned.items.is_empty() && banned.source.is_some(), "known, and nothing is left");
    assert_eq!(best(&of_1(&["--include-seen", "--candidates", "ids.txt"])), ["film+1"]);
    let warned = run(folder.path(), &["--user", "1", "--ban", "ids.txt"]);
    assert!(
        said(&warned).contains("ids.txt: 1 movie ids are not in the model"),
        "{}",
        said(&warned)
    );
}

#[test]
fn everybody_goes_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let output = run(folder.path(), &["--out", "lists/all.csv", "--threads", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["users"], &summary["rows"]), (&4.into(), &4.into()));
    assert_eq!((&summary["model_version"], &summary["k"]), (&"v1".into(), &20.into()));
    let text = fs_err::read_to_string(folder.path().join("lists/all.csv")).unwrap();
    let starts: Vec<&str> = text.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    let expected =
        ["user_id,rank,movie_id", "1,1,film+1", "2,1,film+2", "3,1,film+3", "4,1,film+4"];
    assert_eq!(starts, expected);
    let parquet = run(folder.path(), &["--out", "all.parquet"]);
    assert_eq!(parquet.status.code(), Some(0), "{}", said(&parquet));
    let bytes = fs_err::read(folder.path().join("all.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn a_file_without_a_row_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    fs_err::write(folder.path().join("ids.txt"), "film+0\n").unwrap();
    // Everybody has seen it.
    let output = run(folder.path(), &["--out", "all.csv", "--candidates", "ids.txt"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(folder.path().join("all.csv").exists() && !output.stdout.is_empty());
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("out.csv"), "old").unwrap();
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let text = fs_err::read_to_string(folder.path().join("out.csv")).unwrap();
        assert_eq!(text, "old", "{arguments:?}");
    };
    for whom in [&["--out", "out.csv"], &["--user", "1"]] {
        refused(whom, "als_model.npz");
    }
    train(folder.path());
    fs_err::write(folder.path().join("bytes.txt"), b"film+1\n\xff\xfe\n").unwrap();
    refused(&[], "--user");
    refused(&["--user", "1", "--out", "out.csv"], "--out");
    for user in ["-1", "1.5", "", "x", "9223372036854775808"] {
        refused(&[&format!("--user={user}")], "--user");
    }
    for (arguments, message) in [
        (&["--k", "0"][..], "--k"),
        (&["--threads", "0"], "--threads"),
        (&["--ban", "no.txt"], "no.txt"),
        (&["--ban", "bytes.txt"], "bytes.txt"),
        (&["--candidates", "out.csv"], "named twice"),
        (&["--genre", "Noir"], "it holds Drama"),
        (&["--genre", "Drama", "--catalog", "bytes.txt"], "bytes.txt"),
        (&["--artifact-dir", "nowhere"], "nowhere"),
    ] {
        refused(&[&["--out", "out.csv"], arguments].concat(), message);
    }
    refused(&["--out", "out.txt"], "out.txt");
    refused(&["--out", "artifacts"], "artifacts");
    fs_err::write(folder.path().join("artifacts/user_map.json"), "{}").unwrap();
    refused(&["--out", "out.csv"], "user_map.json");
}

/// The program where it waits for its list of banned films, and the end of the pipe it waits at.
fn waiting(folder: &Path) -> (Child, fs_err::File) {
    let pipe = folder.join("ban.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = command(folder, &["--out", "out.csv", "--ban", "ban.pipe"]).spawn().unwrap();
    // Opening waits until the program has opened its end, which it does when it hears signals.
    let end = fs_err::OpenOptions::new().write(true).open(&pipe).unwrap();
    (child, end)
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
    // Signals are taken by a thread of their own.
    thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_signal_leaves_the_old_file_and_nothing_half_written() {
    for (signals, code) in [
        (&[Signal::SIGINT][..], Some(2)),
        (&[Signal::SIGTERM], Some(2)),
        (&[Signal::SIGINT, Signal::SIGINT], Some(130)),
        (&[Signal::SIGKILL], None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path());
        fs_err::write(folder.path().join("out.csv"), "old").unwrap();
        let (child, end) = waiting(folder.path());
        let before = fs_err::read_dir(folder.path()).unwrap().count();
        for &one in signals {
            signal(&child, one);
        }
        drop(end);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), code, "{signals:?}: {}", said(&output));
        let text = fs_err::read_to_string(folder.path().join("out.csv")).unwrap();
        assert_eq!((text.as_str(), output.stdout.len()), ("old", 0), "{signals:?}");
        let after = fs_err::read_dir(folder.path()).unwrap().count();
        assert_eq!(after, before, "{signals:?}: something was left behind");
        if code == Some(2) {
            assert!(said(&output).contains("nothing was written"), "{}", said(&output));
        }
    }
}
