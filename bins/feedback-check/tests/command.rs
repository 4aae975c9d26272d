//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run").join(name)
}

fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_feedback-check"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_report_is_printed_and_written_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let log = fixture("clean.log");
    let report = |threads: &str| -> Value {
        let log = log.to_str().unwrap();
        let arguments =
            ["--log_file", log, "--window_hours", "48", "--top_k", "50", "--threads", threads];
        let output = run(folder.path(), &arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let one = report("1");
    assert_eq!(one, report("2"));
    assert_eq!((&one["num_windows"], &one["window_hours"]), (&16.into(), &48.0.into()));
    let written = folder.path().join("reports/feedback_loop_analysis.json");
    let written: Value = serde_json::from_slice(&fs_err::read(written).unwrap()).unwrap();
    assert_eq!(written, one);
    let mean = one["mean_gini_recs"].as_f64().unwrap();
    assert!((mean - 0.30870820064339527).abs() < 1e-9);
}

#[test]
fn a_log_that_says_too_little_exits_with_zero_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for log in [&b""[..], b"2024-09-10T08:00,1,GET /data/m/a+1/0.mpg\n"] {
        let output = run(folder.path(), &["--log-file", "-"], log);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["verdict"].as_str().unwrap().starts_with("too little to judge"));
        assert_eq!(report["popularity_reinforcement"]["avg_delta_watch_share"], Value::Null);
    }
}

#[test]
fn what_cannot_run_exits_with_two_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["--log-file", "no.log"][..], "no.log"),
        (&["--log-file", "-"], "is it an event log?"),
        (&[], "--log-file"),
        (&["--log-file", "-", "--window-hours", "0"], "at least one second"),
        (&["--log-file", "-", "--window-hours", "nan"], "at least one second"),
        (&["--log-file", "-", "--window-hours", "1e300"], "too many hours"),
        (&["--log-file", "-", "--top-k", "0"], "top_k is 0"),
        (&["--log-file", "-", "--alpha", "0"], "alpha is 0"),
        (&["--log-file", "-", "--draws", "0"], "bootstrap"),
        (&["--log-file", "-", "--out", "r", "--html", "r"], "named twice"),
    ] {
        let output = run(folder.path(), arguments, b"rubbish\n");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert_eq!(output.stdout, b"");
    }
    assert!(!folder.path().join("reports/feedback_loop_analysis.json").exists());
    let far = b"2024-09-10T08:00,1,GET /data/m/a+1/0.mpg\n9999-09-10T08:00,1,GET /rate/a+1=3\n";
    let output = run(folder.path(), &["--log-file", "-"], far);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("windows"), "{}", said(&output));
}

#[test]
fn the_report_is_a_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let log = fixture("clean.log");
    let log = log.to_str().unwrap();
    let output = run(
        folder.path(),
        &["--log-file", log, "--window-hours", "48", "--html", "page.html"],
        b"",
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let html = fs_err::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert!(html.contains("Does showing draw watching?") && !html.contains("<script"));
}
