//! The demo as a newcomer runs it.

use std::{path::Path, process::Command};

#[test]
fn the_demo_reports_and_leaves_models() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rec-pipeline"))
        .current_dir(root)
        .args(["demo", "--no-serve", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report = String::from_utf8(output.stdout).unwrap();
    for part in ["29841 lines", "Hit@20", "popularity", "ALS recommends:", " 10. "] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(report.lines().count() <= 30, "more than a screen:\n{report}");
    for name in ["model_manifest.json", "popgen_manifest.json", "eval_results.json"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn a_missing_sample_exits_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rec-pipeline"))
        .current_dir(folder.path())
        .args(["demo", "--no-serve"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("raw.log"));
}
