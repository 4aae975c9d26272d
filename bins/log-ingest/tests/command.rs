//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const LOG: &str =
    "2024-09-10T08:40,7,GET /data/m/a+1/3.mpg\nrubbish\n2024-09-10T08:41,7,GET /rate/a+1=5\n";

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_log-ingest"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_file_and_standard_input_give_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("raw.log"), LOG).unwrap();
    let by_name = run(folder.path(), &["--log", "raw.log", "--report", "report.json"], "");
    let piped =
        run(folder.path(), &["--log", "-", "--out", "piped.csv", "--events_out", "e.parquet"], LOG);
    for output in [&by_name, &piped] {
        assert_eq!(output.status.code(), Some(0), "{}", said(output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&report["lines"], &report["quarantined"]), (&3.into(), &1.into()));
    }
    let rows = |name: &str| fs_err::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(rows("data/interactions.csv"), rows("piped.csv"));
    assert_eq!(rows("piped.csv").lines().count(), 3);
    let report: serde_json::Value = serde_json::from_str(&rows("report.json")).unwrap();
    assert_eq!(report, serde_json::from_slice::<serde_json::Value>(&by_name.stdout).unwrap());
}

#[test]
fn what_cannot_run_exits_with_two_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["--log", "no.log"][..], "no.log"),
        (&["--log", "."], "is a folder"),
        (&["--log", "-"], "no line"),
        (&["--log", "-", "--out", "rows.txt"], "rows.txt"),
        (&["--log", "-", "--out", "a.csv", "--report", "a.csv"], "named twice"),
        (&["--log", "-", "--out", "a.csv", "--report", "./a.csv"], "named twice"),
        (&["--log", "-", "--events-out", "e.csv"], "e.csv"),
        (&[], "--log"),
        (&["--log", "-", "--nonsense"], "--nonsense"),
    ] {
        let output = run(folder.path(), arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert_eq!(output.stdout, b"");
    }
    let left = fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    // The folder of the default output may have been made; nothing is in it.
    assert!(left.into_iter().all(|name| name == "data"));
}

#[test]
fn a_log_without_a_row_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--log", "-"], "rubbish\n");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(folder.path().join("data/interactions.csv").exists());
}

#[test]
fn a_full_disk_exits_with_two_and_leaves_the_old_outputs() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("raw.log"), LOG.repeat(20_000)).unwrap();
    for (out, blocks, more, failing) in [
        ("rows.csv", 8, "", "rows.csv"),
        ("rows.parquet", 8, "--quarantine q.jsonl", "q.jsonl"),
        ("rows.parquet", 0, "", "rows.parquet"),
    ] {
        fs_err::write(folder.path().join(out), "old").unwrap();
        // A limit on the length of files fails writes as a full disk does, and needs no rights.
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --log raw.log --out {out} {more}"
        );
        let output = Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_log-ingest")])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let message = format!("cannot write {failing}: File too large");
        assert!(said(&output).contains(&message), "{}", said(&output));
        assert_eq!(fs_err::read_to_string(folder.path().join(out)).unwrap(), "old");
        assert!(!folder.path().join("q.jsonl").exists());
    }
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 3, "something was left behind");
}

#[test]
fn a_log_named_twice_or_broken_off_exits_with_two() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("raw.log"), LOG).unwrap();
    fs_err::write(folder.path().join("raw.log.gz"), LOG).unwrap();
    for (logs, message) in [
        (&["--log", "raw.log", "--log", "./raw.log"][..], "count twice"),
        (&["--log", "raw.log", "--log", "raw.log.gz"], "raw.log.gz"),
    ] {
        let output = run(folder.path(), &[logs, &["--out", "rows.csv"]].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(message), "{}", said(&output));
        assert!(!folder.path().join("rows.csv").exists());
    }
}

#[test]
fn threads_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("raw.log"), LOG.repeat(20_000)).unwrap();
    let rows = |threads: &str| {
        let arguments = ["--log", "raw.log", "--out", "rows.parquet", "--threads", threads];
        let output = run(folder.path(), &arguments, "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        fs_err::read(folder.path().join("rows.parquet")).unwrap()
    };
    assert!(rows("1") == rows("3"));
    let output = run(folder.path(), &["--log", "raw.log", "--threads", "0"], "");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
