//! The program as an operator runs it: start, answer, stop, and reasons not to start.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_pipeline::{AlsJob, train_als};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

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
        artifact_dir: folder.to_owned(),
        model_version: Some("v1".parse().unwrap()),
        settings: AlsConfig { factors: 2, ..AlsConfig::reference() }.into(),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
}

fn server(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rec-server"));
    command
        .current_dir(folder)
        .env_remove("EXPERIMENT_CONFIG_PATH")
        .args(["--artifact-dir", "."])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The exit code of a child that was told to stop; it is killed when it takes too long.
fn exit_code(child: &mut Child) -> Option<i32> {
    for _ in 0..200 {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap().code()
}

#[test]
fn it_answers_logs_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let mut child =
        server(folder.path(), &["--bind", "127.0.0.1:0", "--workers", "1"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut address = String::new();
    while !address.contains("listening on http://") {
        address.clear();
        assert!(stderr.read_line(&mut address).unwrap() > 0, "it ended before it listened");
    }
    let address = address.trim().rsplit('/').next().unwrap().to_owned();
    let answer = get(&address, "/recommend/2").to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains("x-model-version: v1"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nfilm+2"), "{answer}");
    let stranger = get(&address, "/recommend/999").to_ascii_lowercase();
    assert!(stranger.contains("x-recommendation-source: popularity"), "{stranger}");
    assert!(get(&address, "/recommend/-1").starts_with("HTTP/1.1 400"));
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(exit_code(&mut child), Some(0));
    let mut log = String::new();
    child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].contains(",2,recommendation request /recommend/2, status 200, variant=als_model")
    );
}

#[test]
fn reasons_not_to_start_exit_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    let refused = |arguments: &[&str], message: &str| {
        let output = server(folder.path(), arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    };
    refused(&[], "no model can be loaded");
    train(folder.path());
    refused(&["--experiment", "no.json"], "no.json");
    write(
        "nan.json",
        r#"{"experiment_id":"e","salt":"s","variants":[{"name":"als_model","weight":NaN}]}"#,
    );
    refused(&["--experiment", "nan.json"], "nan.json");
    write(
        "unknown.json",
        r#"{"experiment_id":"e","salt":"s","variants":[{"name":"magic","weight":1}]}"#,
    );
    refused(&["--experiment", "unknown.json"], "magic");
    refused(&["--workers", "0"], "--workers");
    write("movie_map.json", "{}");
    refused(&[], "movie_map.json");
}

#[test]
fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = server(folder.path(), &["--bind", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&address), "{said}");
}
