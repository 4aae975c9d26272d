//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_als-train"))
        .current_dir(folder)
        .args(["--data-path", "data.csv", "--artifact-dir", "artifacts"])
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_model_is_trained_and_repeated_pairs_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "1,a,5,1\n1,b,1,2\n2,b,4,1\n2,b,1,3\n";
    fs_err::write(folder.path().join("data.csv"), format!("{HEADER}{rows}")).unwrap();
    let arguments = ["--factors", "2", "--iterations", "3", "--model_version", "v1", "--loss"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("1 rows repeat a user and movie"), "{}", said(&output));
    let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(manifest["model_version"], "v1");
    assert_eq!(manifest["metadata"]["loss"].as_array().unwrap().len(), 3);
    for name in
        ["als_model.npz", "user_map.json", "movie_map.json", "seen.npz", "manifests/v1.json"]
    {
        assert!(folder.path().join("artifacts").join(name).exists(), "{name}");
    }
    let again = run(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("v1.json"), "{}", said(&again));
}

#[test]
fn what_cannot_run_exits_with_two_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| fs_err::write(folder.path().join("data.csv"), text).unwrap();
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert!(!folder.path().join("artifacts/als_model.npz").exists());
    };
    refused(&[], "data.csv");
    write("a,b\n1,2\n");
    refused(&[], "no column");
    write(HEADER);
    refused(&[], "no rows");
    write(&format!("{HEADER}1,a,5,1\n1,b,1,2\n2,b,4,1\n"));
    refused(&["--regularization", "0"], "regularization");
    refused(&["--regularization", "NaN"], "regularization");
    refused(&["--alpha=-1"], "alpha");
    refused(&["--factors", "0"], "factors");
    refused(&["--iterations", "0"], "iterations");
    refused(&["--solver", "magic"], "magic");
    refused(&["--threads", "0"], "threads");
    refused(&["--model-version", "../v"], "model version");
    write(&format!("{HEADER}1,a,-5,1\n"));
    refused(&[], "rating");
}
