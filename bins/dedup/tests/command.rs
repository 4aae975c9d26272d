//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dedup")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn one_row_of_each_pair_stays() {
    let folder = tempfile::tempdir().unwrap();
    let table = format!("{HEADER}1,a,5,20\n1,a,1,10\n1,b,1,15\n");
    fs_err::write(folder.path().join("in.csv"), table).unwrap();
    let output = run(folder.path(), &["--in", "in.csv", "--out", "out.csv"]);
    assert_eq!(output.status.code(), Some(0));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["rows_in"], &answer["rows_out"]), (&3.into(), &2.into()));
    let rows = fs_err::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(rows, format!("{HEADER}1,b,1,15\n1,a,5,20\n"));
    let output =
        run(folder.path(), &["--in", "in.csv", "--out", "out.parquet", "--keys", "user_id"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["rows_out"], 1);
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("good.csv", &format!("{HEADER}1,a,1,1\n"));
    write("columns.csv", "user,movie\n1,a\n");
    write("value.csv", &format!("{HEADER}1,a,good,1\n"));
    write("empty.csv", HEADER);
    write("out.csv", "old");
    for (arguments, message) in [
        (&["--in", "no.csv"][..], "no.csv"),
        (&["--in", "columns.csv"], "no column \"user_id\""),
        (&["--in", "value.csv"], "value.csv, line 2: rating \"good\""),
        (&["--in", "empty.csv"], "no row"),
        (&["--in", "good.csv", "--strategy", "aggregate"], "--events-out"),
        (&["--in", "good.csv", "--strategy", "newest"], "newest"),
        (&["--in", "good.csv", "--keys", "film"], "film"),
    ] {
        let output = run(folder.path(), &[arguments, &["--out", "out.csv"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(fs_err::read_to_string(folder.path().join("out.csv")).unwrap(), "old");
    }
}
