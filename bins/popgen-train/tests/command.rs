//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_popgen-train"))
        .current_dir(folder)
        .args(["--data-path", "data.csv", "--catalog", "catalog.json", "--artifact-dir", "out"])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_model_is_trained_or_the_reason_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    let refused = |arguments: &[&str], message: &str| {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert!(!folder.path().join("out/popgen_manifest.json").exists());
    };
    refused(&[], "data.csv");
    write("data.csv", "user_id,movie_id,rating,timestamp\n");
    refused(&[], "catalog.json");
    write("catalog.json", r#"{"a": {"title": "A", "genres": ["Drama"]}}"#);
    refused(&[], "no rows");
    write("data.csv", "user_id,movie_id,rating,timestamp\n1,a,5,1\n2,b,1,1\n");
    refused(&["--alpha", "NaN"], "alpha");
    refused(&["--pool", "0"], "pool");
    let output = run(folder.path(), &["--model-version", "p1", "--pool", "10"]);
    assert_eq!(output.status.code(), Some(0));
    let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(manifest["hyperparameters"], serde_json::json!({"alpha": 0.3, "pool": 10}));
    assert!(folder.path().join("out/manifests/p1.json").exists());
}
