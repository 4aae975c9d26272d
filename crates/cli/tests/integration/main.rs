//! Arguments and reports, as the binaries use them.

use std::ffi::OsString;

use marquee_cli::{dashed, write_json};

#[test]
fn flags_with_underscores_are_those_with_dashes() {
    let given = ["als-train", "--data_path", "a_b.csv", "--model_version=v_1", "-x", "--", "--a_b"];
    let expected =
        ["als-train", "--data-path", "a_b.csv", "--model-version=v_1", "-x", "--", "--a_b"];
    assert_eq!(dashed(given.map(OsString::from)), expected.map(OsString::from));
}

#[test]
fn a_report_replaces_the_old_one_or_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way/report.json");
    write_json(&path, &serde_json::json!({"rows": 1})).unwrap();
    write_json(&path, &serde_json::json!({"rows": 2})).unwrap();
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "{\n  \"rows\": 2\n}\n");
    let inside_a_file = path.join("report.json");
    let error = write_json(&inside_a_file, &1).unwrap_err();
    assert!(format!("{error:#}").contains("report.json"), "{error:#}");
    let names = fs_err::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(names, 1, "temporary files are left behind");
}
