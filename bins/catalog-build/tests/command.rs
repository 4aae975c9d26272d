//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use marquee_catalog::OutLock;
use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_catalog-build"));
    command
        .current_dir(folder)
        .args(["--data_path", "data.csv", "--out", "catalog.json"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs_err::read(folder.join(name)).unwrap()).unwrap()
}

/// A data set of so many films, and an API that has all of them.
fn films(folder: &Path, count: usize) -> FaultyApi {
    let ids: Vec<String> = (0..count).map(|number| format!("film+{number}")).collect();
    let rows: String = ids.iter().map(|id| format!("1,{id},1,1\n")).collect();
    let header = "user_id,movie_id,rating,timestamp";
    fs_err::write(folder.join("data.csv"), format!("{header}\n{rows}")).unwrap();
    let record = |id: &String| serde_json::json!({"id": id, "title": id}).to_string();
    let movies = ids.iter().map(|id| (id.clone(), record(id))).collect();
    FaultyApi::start(FaultyApiConfig { movies, ..FaultyApiConfig::default() }).unwrap()
}

#[test]
fn wanted_films_are_added_and_the_missing_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("data.csv", "user_id,movie_id,rating,timestamp\n1,a,1,1\n1,b,1,1\n1,c,1,1\n");
    write("movies.jsonl", "{\"id\": \"a\", \"title\": \"A\", \"genres\": []}\nrubbish\n");
    write("catalog.json", r#"{"b": {"title": "Kept"}}"#);
    let output = run(folder.path(), &["--from", "movies.jsonl"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("movies.jsonl, line 2"), "{said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["missing"], serde_json::json!(["c"]));
    let catalog = fs_err::read(folder.path().join("catalog.json")).unwrap();
    let catalog: Value = serde_json::from_slice(&catalog).unwrap();
    assert_eq!((&catalog["a"]["title"], &catalog["b"]["title"]), (&"A".into(), &"Kept".into()));
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("movies.jsonl", "");
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    };
    refused(&["--from", "movies.jsonl"], "data.csv");
    write("data.csv", "user_id,movie_id,rating,timestamp\n1,a,1,1\n");
    refused(&["--from", "no.jsonl"], "no.jsonl");
    assert!(!folder.path().join("catalog.json").exists());
    write("catalog.json", "not a catalog");
    refused(&["--from", "movies.jsonl"], "catalog.json");
    // What is to be written is looked at before what is to be read.
    let data = fs_err::read(folder.path().join("data.csv")).unwrap();
    fs_err::remove_file(folder.path().join("data.csv")).unwrap();
    refused(&["--from", "movies.jsonl"], "catalog.json");
    refused(&["--api", "http://127.0.0.1:1/movie/"], "catalog.json");
    fs_err::write(folder.path().join("data.csv"), data).unwrap();
    refused(&[], "--from");
    refused(&["--from", "movies.jsonl", "--api", "http://127.0.0.1:1/movie/"], "--from");
    refused(&["--from", "movies.jsonl", "--rate-limit", "3"], "--rate-limit");
    refused(&["--api", "https://127.0.0.1:1/movie/"], "https is not supported");
    refused(&["--api", "http://127.0.0.1:1/movie/?id="], "query");
    let api = |arguments: &[&str], message: &str| {
        refused(&[&["--api", "http://127.0.0.1:1/movie/"], arguments].concat(), message);
    };
    api(&[], "catalog.json");
    for rate in ["0", "-1", "NaN", "inf"] {
        api(&[&format!("--rate-limit={rate}")], "rate limit");
    }
    api(&["--timeout", "0"], "timeout");
    api(&["--concurrency", "0"], "concurrency");
    api(&["--checkpoint-every", "0"], "checkpoints");
    api(&["--report", "catalog.json"], "named twice");
    api(&["--report", "catalog_missing.json"], "named twice");
    let catalog = fs_err::read_to_string(folder.path().join("catalog.json")).unwrap();
    assert_eq!(catalog, "not a catalog");
}

#[test]
fn a_negative_cache_that_is_none_exits_with_two_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let api = films(folder.path(), 1);
    fs_err::write(folder.path().join("catalog_missing.json"), "[]").unwrap();
    let output = run(folder.path(), &["--api", &api.movies_url()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("catalog_missing.json"), "{}", said(&output));
    assert!(said(&output).contains("delete the file"), "{}", said(&output));
    assert!(!folder.path().join("catalog.json").exists());
    assert_eq!(api.requests(), 0);
}

#[test]
fn films_come_from_the_api_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let api = films(folder, 20);
    api.script(Collection::Movies, "film+3", [Fault::Status(500), Fault::HalfBody]);
    let data = fs_err::read_to_string(folder.join("data.csv")).unwrap();
    fs_err::write(folder.join("data.csv"), data + "1,unknown+1999,1,1\n").unwrap();
    let url = api.movies_url();
    let arguments = ["--api", &url, "--rate_limit", "1000", "--report", "report.json"];
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["fetched"], &answer["requests"]), (&20.into(), &23.into()), "{answer}");
    assert_eq!(answer["missing"], serde_json::json!(["unknown+1999"]));
    assert_eq!(json(folder, "report.json"), answer);
    assert_eq!(json(folder, "catalog.json")["film+3"]["title"], "film+3");
    let missing = json(folder, "catalog_missing.json");
    assert_eq!(missing["api"], *url);
    assert!(missing["missing"]["unknown+1999"].is_string());
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(api.requests(), 23, "the catalog and the negative cache know all");
}

#[test]
fn a_film_that_fails_exits_with_one_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let api = films(folder.path(), 3);
    api.script(Collection::Movies, "film+1", [Fault::Status(403)]);
    let output = run(folder.path(), &["--api", &api.movies_url()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("1 failed"), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["failed"][0]["reason"], "client_error");
    assert_eq!(json(folder.path(), "catalog.json").as_object().unwrap().len(), 2);
}

#[test]
fn a_closed_stdout_changes_no_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let api = films(folder.path(), 3);
    let url = api.movies_url();
    let arguments = ["--api", &url, "--report", "report.json"];
    let code = || {
        let mut child = command(folder.path(), &arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), said(&output))
    };
    api.script(Collection::Movies, "film+1", [Fault::Status(403)]);
    let (status, said) = code();
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("1 failed"), "{said}");
    assert_eq!(json(folder.path(), "report.json")["fetched"], 2);
    assert_eq!(code().0, Some(0));
}

#[test]
fn a_second_run_on_one_catalog_exits_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let api = films(folder.path(), 1);
    fs_err::write(folder.path().join("movies.jsonl"), "").unwrap();
    let first = OutLock::take(&folder.path().join("catalog.json")).unwrap();
    let url = api.movies_url();
    for source in [["--api", &url], ["--from", "movies.jsonl"]] {
        let output = run(folder.path(), &source);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("catalog.json: another run"), "{}", said(&output));
    }
    assert_eq!(api.requests(), 0);
    drop(first);
    assert_eq!(run(folder.path(), &["--api", &url]).status.code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once_with_its_own_code() {
    let folder = tempfile::tempdir().unwrap();
    let api = films(folder.path(), 1000);
    // Half a second for the answer that is under way: the second signal comes in it.
    api.script(Collection::Movies, "film+1", [Fault::Slow(Duration::from_secs(600))]);
    let mut child = signalled(folder.path(), &api, 40, Signal::SIGINT);
    while child.try_wait().unwrap().is_none() {
        // It may have ended just now.
        let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGINT);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_server_that_is_down_exits_with_one_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = films(folder.path(), 100).movies_url();
    fs_err::write(folder.path().join("catalog.json"), r#"{"film+5": {"title": "Kept"}}"#).unwrap();
    let arguments = ["--api", &url, "--retries", "0", "--rate-limit", "10000"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("gave up"), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["gave_up"], &answer["cached"]), (&true.into(), &1.into()));
    assert_eq!(json(folder.path(), "catalog.json")["film+5"]["title"], "Kept");
}

/// Starts the program, and signals it once the server was asked so often.
fn signalled(folder: &Path, api: &FaultyApi, requests: usize, signal: Signal) -> Child {
    let url = api.movies_url();
    let arguments = ["--api", &url, "--rate-limit", "200", "--checkpoint-every", "10"];
    let mut child = command(folder, &arguments).spawn().unwrap();
    let before = api.requests();
    for _ in 0..6000 {
        if api.requests() >= before + requests || child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
    child
}

#[test]
fn interrupted_or_killed_it_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let api = films(folder, 1000);
    for (signal, requests) in [(Signal::SIGINT, 40), (Signal::SIGTERM, 30)] {
        let output = signalled(folder, &api, requests, signal).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("interrupted"), "{}", said(&output));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["interrupted"], true, "{answer}");
        let known = answer["cached"].as_u64().unwrap() + answer["fetched"].as_u64().unwrap();
        assert_eq!(json(folder, "catalog.json").as_object().unwrap().len() as u64, known);
    }
    let times = |api: &FaultyApi| {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for exchange in api.exchanges() {
            *times.entry(exchange.id).or_default() += 1;
        }
        times
    };
    assert!(times(&api).values().all(|&count| count == 1), "asked for again after a signal");
    let saved = json(folder, "catalog.json").as_object().unwrap().len();
    let killed = signalled(folder, &api, 60, Signal::SIGKILL).wait_with_output().unwrap();
    assert_eq!(killed.status.code(), None);
    let left = json(folder, "catalog.json").as_object().unwrap().len();
    assert!(left >= saved + 10, "a checkpoint was saved before the kill: {saved}, {left}");
    let output = run(folder, &["--api", &api.movies_url(), "--rate-limit", "100000"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(json(folder, "catalog.json").as_object().unwrap().len(), 1000);
    let entries = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["catalog.json", "data.csv"], "nothing else is left behind");
}
