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
    refused(&["--unobserved-weight", "0"], "unobserved weight");
    refused(&["--frequency-scaling", "2"], "frequency scaling");
    refused(&["--init-scale", "0"], "initial scale");
    refused(&["--preset", "best"], "best");
    refused(&["--signals", "minutes,stars"], "dedup --strategy aggregate");
    refused(&["--signals", "taste"], "taste");
    refused(&["--half-life-days", "0"], "half-life-days");
    refused(&["--signals", "stars", "--dislike-below", "6"], "dislike-below");
    refused(&["--catalog", "movies.json"], "--signals minutes");
    refused(&["--patience", "2"], "--validation");
    refused(&["--validation", "7"], "enough films");
    refused(&["--checkpoint-every", "0"], "checkpoint-every");
    write(&format!("{HEADER}1,a,-5,1\n"));
    refused(&[], "rating");
}

#[test]
fn a_preset_is_a_start_that_flags_change() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "1,a,5,1\n1,b,1,2\n2,b,4,1\n";
    fs_err::write(folder.path().join("data.csv"), format!("{HEADER}{rows}")).unwrap();
    let settings = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        manifest["hyperparameters"].clone()
    };
    let reference = settings(&["--preset", "reference", "--model-version", "v1"]);
    let expected = serde_json::json!({
        "factors": 50, "regularization": 0.01, "iterations": 20, "alpha": 40.0,
        "unobserved_weight": 1.0, "frequency_scaling": 0.0, "init_scale": null,
        "random_state": 42, "solver": "auto",
        "signals": {
            "minutes": false, "stars": false, "dislike_below": 2, "half_life_days": null
        },
    });
    assert_eq!(reference, expected);
    let arguments = ["--preset", "reference", "--factors", "3", "--frequency_scaling", "0.5"];
    let changed = settings(&[&arguments[..], &["--model-version", "v2"]].concat());
    assert_eq!((&changed["factors"], &changed["frequency_scaling"]), (&3.into(), &0.5.into()));
    assert_eq!(changed["alpha"], 40.0);
}

#[test]
fn signals_are_named_in_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "1,a,5,1,5,90\n1,b,1,2,,10\n2,b,2,1,2,7\n";
    let header = "user_id,movie_id,rating,timestamp,stars,minutes\n";
    fs_err::write(folder.path().join("data.csv"), format!("{header}{rows}")).unwrap();
    let signals = |arguments: &[&str]| {
        let output = run(folder.path(), &[arguments, &["--factors", "2"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        manifest["hyperparameters"]["signals"].clone()
    };
    let arguments = ["--signals", "minutes,stars", "--dislike-below", "3"];
    let both = signals(&[&arguments[..], &["--half_life_days", "9.5"]].concat());
    let expected = serde_json::json!(
        {"minutes": true, "stars": true, "dislike_below": 3, "half_life_days": 9.5}
    );
    assert_eq!(both, expected);
    let minutes = signals(&["--signals", "minutes", "--model-version", "v2"]);
    let expected = serde_json::json!(
        {"minutes": true, "stars": false, "dislike_below": 2, "half_life_days": null}
    );
    assert_eq!(minutes, expected);
}

#[test]
fn a_training_stopped_by_a_signal_goes_on_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = HEADER.to_owned();
    for user in 0..300 {
        for film in (0..200).filter(|film| (user * 7 + film * 13) % 10 == 0) {
            csv += &format!("{user},{film},1,{film}\n");
        }
    }
    fs_err::write(folder.path().join("data.csv"), csv).unwrap();
    let settings = ["--factors", "8", "--iterations", "100000", "--threads", "1"];
    let start = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_als-train"))
            .current_dir(folder.path())
            .args(["--data-path", "data.csv", "--artifact-dir", "artifacts"])
            .args(settings)
            .args(more)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut training = start(&["--checkpoint-every", "1"]);
    let checkpoint = folder.path().join("artifacts/als_checkpoint.npz");
    while !checkpoint.exists() {
        assert!(training.try_wait().unwrap().is_none(), "it ended before a checkpoint");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let process = training.id().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    let output = training.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--resume"), "{}", said(&output));
    assert!(checkpoint.exists());
    assert!(!folder.path().join("artifacts/als_model.npz").exists());
    // Other settings cannot go on from there.
    let other = run(folder.path(), &["--factors", "9", "--resume"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("its factors is 8, not 9"), "{}", said(&other));
}
