//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use marquee_data_quality::{RejectRecord, ValidationReport};

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dq-validate"))
        .current_dir(folder)
        .args(["--schema", repository("schemas/interactions.schema.json").to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap()
}

const OUTPUTS: [&str; 4] = ["--out", "clean.parquet", "--report", "report.json"];

#[test]
fn the_tables_of_the_reference_get_its_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = repository("fixtures/reference-run");
    let codes = fs_err::read(fixtures.join("validate_exit_codes.json")).unwrap();
    let codes: serde_json::Value = serde_json::from_slice(&codes).unwrap();
    for (name, rate) in [("tiny", "0.0"), ("dirty", "0.05"), ("interactions", "0.05")] {
        let output = Command::new(env!("CARGO_BIN_EXE_dq-validate"))
            .current_dir(folder.path())
            .arg("--in")
            .arg(fixtures.join(format!("{name}.csv")))
            .arg("--schema")
            .arg(fixtures.join("reference.schema.json"))
            .args(OUTPUTS)
            .args(["--max_reject_rate", rate, "--rejects_out", "rejects.jsonl", "--verbose"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(codes[name], output.status.code().unwrap(), "{name}: {said}");
        // Both copies of the report are the same, and the outputs are there with either code.
        let printed: ValidationReport = serde_json::from_slice(&output.stdout).unwrap();
        let written = fs_err::read(folder.path().join("report.json")).unwrap();
        assert_eq!(printed, serde_json::from_slice(&written).unwrap());
        assert!(folder.path().join("clean.parquet").exists());
        let rejects = fs_err::read_to_string(folder.path().join("rejects.jsonl")).unwrap();
        assert_eq!(rejects.lines().count() as u64, printed.reject_rows);
        for line in rejects.lines() {
            assert!(!serde_json::from_str::<RejectRecord>(line).unwrap().reasons.is_empty());
        }
        if name == "tiny" {
            assert!(said.contains("3 of 5 rows were rejected"), "{said}");
            assert!(said.contains("movie_id: pattern"), "{said}");
        }
    }
}

#[test]
fn the_page_is_written_with_either_answer_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("in.csv"), format!("{HEADER}1,a,5,7\n1,,4,9\n")).unwrap();
    let page = || fs_err::read_to_string(folder.path().join("report.html"));
    let arguments = [&["--in", "in.csv", "--html", "report.html"], &OUTPUTS[..]].concat();
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(1));
    assert!(page().unwrap().contains("1 of 2 rows were rejected, more than the limit of 5%."));
    fs_err::remove_file(folder.path().join("report.html")).unwrap();
    let arguments = [&["--in", "nowhere.csv", "--html", "report.html"], &OUTPUTS[..]].concat();
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(2));
    assert!(page().is_err());
}

#[test]
fn a_table_is_checked_and_made_distinct_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "2,b,4.7,8\n1,a,5,7\n1,a,4,9\nx,c,5,7\n";
    fs_err::write(folder.path().join("in.csv"), format!("{HEADER}{rows}")).unwrap();
    let arguments = [
        "--in",
        "in.csv",
        "--out",
        "clean.csv",
        "--report",
        "report.json",
        "--dedupe",
        "--max-reject-rate",
        "0.25",
        "--chunksize",
        "2",
        "--threads",
        "1",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs_err::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("clean.csv"), format!("{HEADER}2,b,4,8\n1,a,5,7\n1,a,4,9\n"));
    assert_eq!(read("clean_dedup.csv"), format!("{HEADER}1,a,4,9\n2,b,4,8\n"));
    let report: ValidationReport = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report.chunksize, report.repaired_rows), (2, 1));
    assert_eq!(report.dedupe_output_path.as_deref(), Some("clean_dedup.csv"));
    assert_eq!(report.rejects_path, None);
    let output = run(folder.path(), &[&arguments[..], &["--repair", "none"]].concat());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_schema_that_says_two_things_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("in.csv"), format!("{HEADER}1,a,1,1\n")).unwrap();
    fs_err::write(folder.path().join("s.json"), r#"{"type": "object", "type": "array"}"#).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dq-validate"))
        .current_dir(folder.path())
        .args(["--schema", "s.json", "--in", "in.csv"])
        .args(OUTPUTS)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("s.json: key \"type\" is there twice"), "{said}");
}

#[test]
fn a_stdout_that_fails_leaves_the_answer_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("in.csv"), format!("{HEADER}1,a,1,1\n")).unwrap();
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap().into_parts().0;
    let output = Command::new(env!("CARGO_BIN_EXE_dq-validate"))
        .current_dir(folder.path())
        .args(["--schema", repository("schemas/interactions.schema.json").to_str().unwrap()])
        .args(["--in", "in.csv"])
        .args(OUTPUTS)
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("cannot write to stdout") && said.contains("report.json"), "{said}");
    assert!(folder.path().join("report.json").exists());
}

#[test]
fn a_table_without_rows_is_not_good() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("in.csv"), HEADER).unwrap();
    let output = run(folder.path(), &[&["--in", "in.csv"], &OUTPUTS[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no row"));
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("good.csv", &format!("{HEADER}1,a,1,1\n"));
    write("columns.csv", "user;movie\n1;a\n");
    write("semicolons.csv", "user_id;movie_id;rating;timestamp\n1;a;5;7\n");
    write("empty.csv", "");
    write("clean.parquet", "old");
    write("report.json", "old");
    let good = ["--in", "good.csv"];
    for (arguments, message) in [
        (&["--in", "no.csv"][..], "no.csv"),
        (&["--in", "columns.csv"], "no column \"user_id\""),
        (&["--in", "semicolons.csv"], "divided by ';'"),
        (&["--in", "good.xlsx"], ".csv, .jsonl or .parquet"),
        (&[good[0], good[1], "--max-reject-rate", "2"], "from 0 to 1"),
        (&[good[0], good[1], "--chunksize", "0"], "at least 1"),
        (&[good[0], good[1], "--repair", "guess"], "guess"),
        (&[good[0], good[1], "--dedupe", "--dedupe-strategy", "aggregate"], "events file"),
        (&[good[0], good[1], "--dedupe", "--dedupe-keys", "film"], "film"),
        (&[good[0], good[1], "--dedupe-out", "distinct.csv"], "--dedupe"),
        (&[good[0], good[1], "--dedupe-keys", "user_id"], "--dedupe"),
        (&[good[0], good[1], "--dedupe-strategy", "first_seen"], "--dedupe"),
        (&["--in", "empty.csv"], "the file is empty"),
        (&[good[0], good[1], "--rejects-out", "rejects.csv"], ".jsonl or .parquet"),
        (&[good[0], good[1], "--rejects-out", "good.csv"], "named twice"),
        (&[good[0], good[1], "--threads", "0"], "at least 1"),
    ] {
        let output = run(folder.path(), &[arguments, &OUTPUTS].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
        for name in ["clean.parquet", "report.json"] {
            assert_eq!(fs_err::read_to_string(folder.path().join(name)).unwrap(), "old");
        }
    }
    let output = run(folder.path(), &["--in", "good.csv", "--out", "clean.parquet"]);
    assert_eq!(output.status.code(), Some(2), "--report is required");
    // A folder that is read does not take what is written.
    fs_err::create_dir(folder.path().join("parts")).unwrap();
    let arguments = ["--in", "parts", "--out", "parts/clean.parquet", "--report", "report.json"];
    let output = run(folder.path(), &arguments);
    assert!(String::from_utf8_lossy(&output.stderr).contains("lies in the folder"));
}
