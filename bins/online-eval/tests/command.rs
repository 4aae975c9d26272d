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
    let mut child = Command::new(env!("CARGO_BIN_EXE_online-eval"))
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

fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_references_numbers_come_from_its_own_flags() {
    let folder = tempfile::tempdir().unwrap();
    let log = fixture("clean.log");
    let log = log.to_str().unwrap();
    for (name, arguments) in [
        ("online_evaluation.json", &[log, "--rule", "reference"][..]),
        (
            "online_evaluation_2h.json",
            &["--log_file", log, "--window", "2", "--alpha", "0.1", "--rule", "reference"],
        ),
    ] {
        let report = report(&run(folder.path(), arguments, b""));
        let expected = fs_err::read(fixture(name)).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        for key in [
            "total_log_lines",
            "attribution_window_hours",
            "total_recommendation_events",
            "converted_recommendation_events",
            "watch_through_rate",
        ] {
            assert_eq!(report[key], expected[key], "{name} {key}");
        }
        assert_eq!(report["log_file_processed"], log);
        let time = report["calculation_timestamp"].as_str().unwrap();
        assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
        let written = fs_err::read(folder.path().join("artifacts/online_evaluation.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), report);
    }
}

#[test]
fn threads_and_pipes_change_nothing_but_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs_err::read(fixture("clean.log")).unwrap();
    let of = |threads: &str| {
        let mut report = report(&run(folder.path(), &["-", "--threads", threads], &log));
        report["calculation_timestamp"].take();
        report
    };
    let one = of("1");
    assert_eq!(one, of("3"));
    assert_eq!(one["total_log_lines"], 22117);
}

#[test]
fn an_experiment_says_who_got_what() {
    let folder = tempfile::tempdir().unwrap();
    let (log, experiment) = (fixture("clean.log"), fixture("experiment.json"));
    let arguments = [log.to_str().unwrap(), "--experiment", experiment.to_str().unwrap()];
    let report = report(&run(folder.path(), &arguments, b""));
    let variants = report["variant_breakdown"].as_object().unwrap();
    assert_eq!(variants.keys().collect::<Vec<_>>(), ["als_model", "popgen_model"]);
    assert_eq!(report["z_test"]["variant_a"], "als_model");
}

#[test]
fn a_log_without_an_answer_exits_with_zero_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for log in [&b""[..], b"2024-09-10T08:00,1,GET /data/m/a+1/0.mpg\n"] {
        let output = run(folder.path(), &["-", "--output-file", "report.json"], log);
        let report = report(&output);
        assert_eq!(report["watch_through_rate"], Value::Null);
        assert_eq!(report["z_test"], Value::Null);
        assert!(said(&output).contains("no recommendation was shown"), "{}", said(&output));
        fs_err::remove_file(folder.path().join("report.json")).unwrap();
    }
}

#[test]
fn what_cannot_run_exits_with_two_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("bad.json"), "{}").unwrap();
    for (arguments, message) in [
        (&["no.log"][..], "no.log"),
        (&["."], "is a folder"),
        (&["-"], "is it an event log?"),
        (&[], "LOG"),
        (&["-", "--log-file", "a.log"], "cannot be used with"),
        (&["-", "--window", "0"], "window is 0 hours"),
        (&["-", "--window=-1"], "not a number of hours above 0"),
        (&["-", "--window", "soon"], "not a number of hours"),
        (&["-", "--alpha", "1"], "alpha is 1"),
        (&["-", "--rule", "strict"], "the rules are start and reference"),
        (&["-", "--experiment", "no.json"], "no.json"),
        (&["-", "--experiment", "bad.json"], "bad.json"),
        (&["bad.json", "--output-file", "bad.json"], "named twice"),
        (&["-", "--output-file", "r", "--html", "r"], "named twice"),
        (&["-", "--html", "bad.json/page.html"], "bad.json"),
        (&["-", "--variant-a", "x", "--variant-b", "x"], "compared with itself"),
    ] {
        let output = run(folder.path(), arguments, b"rubbish\n");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert_eq!(output.stdout, b"");
    }
    assert!(!folder.path().join("artifacts/online_evaluation.json").exists());
    assert_eq!(fs_err::read(folder.path().join("bad.json")).unwrap(), b"{}");
}

#[test]
fn a_log_cut_short_in_its_compressed_form_exits_with_two() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("raw.log.gz"), "no gzip").unwrap();
    let output = run(folder.path(), &["raw.log.gz"], b"");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("raw.log.gz"), "{}", said(&output));
    assert!(!folder.path().join("artifacts/online_evaluation.json").exists());
}

/// Longer than a block, so that lines meet the seams between blocks, and one line that is longer.
#[test]
fn long_logs_and_long_lines_are_counted_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = b"\xef\xbb\xbf".to_vec();
    let line = b"2024-09-10T08:00,1,GET /data/m/a+1/0.mpg\n";
    log.extend(line.repeat(30_000));
    log.extend(vec![b'x'; 1_200_000]);
    log.push(b'\n');
    log.extend(&line[..line.len() - 1]);
    let report = report(&run(folder.path(), &["-"], &log));
    assert_eq!(report["total_log_lines"], 30_002);
    assert_eq!(report["refused"], serde_json::json!({"line_too_long": 1}));
}

#[test]
fn the_report_is_a_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let log = fixture("clean.log");
    let log = log.to_str().unwrap();
    let output = run(folder.path(), &[log, "--html", "page.html"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let html = fs_err::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert!(html.contains("Watch-through by variant") && !html.contains("<script"));
}
