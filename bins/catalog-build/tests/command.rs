//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_catalog-build"))
        .current_dir(folder)
        .args(["--data_path", "data.csv", "--out", "catalog.json"])
        .args(arguments)
        .output()
        .unwrap()
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
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["missing"], serde_json::json!(["c"]));
    let catalog = fs_err::read(folder.path().join("catalog.json")).unwrap();
    let catalog: serde_json::Value = serde_json::from_slice(&catalog).unwrap();
    assert_eq!((&catalog["a"]["title"], &catalog["b"]["title"]), (&"A".into(), &"Kept".into()));
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("movies.jsonl", "");
    write("catalog.json", "not a catalog");
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    };
    refused(&["--from", "movies.jsonl"], "data.csv");
    write("data.csv", "user_id,movie_id,rating,timestamp\n1,a,1,1\n");
    refused(&["--from", "no.jsonl"], "no.jsonl");
    refused(&["--from", "movies.jsonl"], "catalog.json");
    refused(&[], "--from");
    let catalog = fs_err::read_to_string(folder.path().join("catalog.json")).unwrap();
    assert_eq!(catalog, "not a catalog");
}
