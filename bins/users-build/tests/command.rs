//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_users-build"));
    command
        .current_dir(folder)
        .args(["--data_path", "data.csv", "--out", "users.jsonl"])
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

fn write_data(folder: &Path, users: impl IntoIterator<Item = u64>) {
    let rows: String = users.into_iter().map(|user| format!("{user},a,1,1\n")).collect();
    let text = format!("user_id,movie_id,rating,timestamp\n{rows}");
    fs_err::write(folder.join("data.csv"), text).unwrap();
}

fn api_with(users: u64) -> FaultyApi {
    FaultyApi::start(FaultyApiConfig { users, ..FaultyApiConfig::default() }).unwrap()
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs_err::read_to_string(folder.join("users.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_user_is_fetched_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder, [30, 4, 30, 500, 4]);
    let api = api_with(100);
    api.script(Collection::Users, "4", [Fault::Hangup]);
    let url = api.users_url();
    let arguments = ["--api", &url, "--rate-limit", "1000", "--report", "report.json"];
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["fetched"], &answer["requests"]), (&2.into(), &4.into()), "{answer}");
    assert_eq!(answer["missing"], serde_json::json!(["500"]));
    let report = fs_err::read(folder.join("report.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&report).unwrap(), answer);
    let users = lines(folder);
    assert_eq!((&users[0]["user_id"], &users[1]["user_id"]), (&4.into(), &30.into()));
    assert!(users[0]["age"].is_u64() && users[0]["occupation"].is_string());
    let missing = fs_err::read_to_string(folder.join("users_missing.json")).unwrap();
    assert!(missing.contains("\"500\""), "{missing}");
    assert_eq!(run(folder, &arguments).status.code(), Some(0));
    assert_eq!(api.requests(), 4, "all are known");
}

#[test]
fn a_closed_stdout_changes_no_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), [1, 2]);
    let api = api_with(100);
    api.script(Collection::Users, "1", [Fault::Status(403)]);
    for expected in [1, 0] {
        let mut child = command(folder.path(), &["--api", &api.users_url()]).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{}", said(&output));
    }
    assert_eq!(lines(folder.path()).len(), 2);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_data(folder, 1..=600);
    let api = api_with(1000);
    let child =
        command(folder, &["--api", &api.users_url(), "--rate-limit", "200"]).spawn().unwrap();
    for _ in 0..6000 {
        if api.requests() >= 40 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["fetched"].as_u64(), Some(lines(folder).len() as u64), "{answer}");
    let output = run(folder, &["--api", &api.users_url(), "--rate-limit", "100000"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((lines(folder).len(), api.requests()), (600, 600));
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
    };
    let api = ["--api", "http://127.0.0.1:1/user/"];
    refused(&[], "--api");
    refused(&["--api", "https://127.0.0.1:1/user/"], "https is not supported");
    refused(&api, "data.csv");
    write_data(folder.path(), [1]);
    refused(&[&api[..], &["--rate-limit", "0"]].concat(), "rate limit");
    refused(&[&api[..], &["--report", "users.jsonl"]].concat(), "named twice");
    fs_err::write(folder.path().join("users.jsonl"), "{\"user_id\": \"x\"}\n").unwrap();
    refused(&api, "users.jsonl, line 1");
    // What is to be written is looked at before what is to be read.
    fs_err::remove_file(folder.path().join("data.csv")).unwrap();
    refused(&api, "users.jsonl, line 1");
    let users = fs_err::read_to_string(folder.path().join("users.jsonl")).unwrap();
    assert_eq!(users, "{\"user_id\": \"x\"}\n");
}
