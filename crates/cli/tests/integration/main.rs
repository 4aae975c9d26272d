//! Arguments, as the binaries use them.

use std::ffi::OsString;

use marquee_cli::{check_distinct, dashed};

#[test]
fn flags_with_underscores_are_those_with_dashes() {
    let given = ["als-train", "--data_path", "a_b.csv", "--model_version=v_1", "-x", "--", "--a_b"];
    let expected =
        ["als-train", "--data-path", "a_b.csv", "--model-version=v_1", "-x", "--", "--a_b"];
    assert_eq!(dashed(given.map(OsString::from)), expected.map(OsString::from));
}

#[test]
fn one_file_under_two_names_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs_err::write(path("raw.log"), "").unwrap();
    std::os::unix::fs::symlink(path("raw.log"), path("link.log")).unwrap();
    let distinct = |inputs: &[&str], outputs: &[&str]| {
        let paths = |names: &[&str]| names.iter().map(|name| path(name)).collect::<Vec<_>>();
        check_distinct(&paths(inputs), &paths(outputs)).is_ok()
    };
    assert!(distinct(&["raw.log", "raw.log"], &["a.csv", "b.csv"]));
    assert!(!distinct(&[], &["a.csv", "./a.csv"]));
    assert!(!distinct(&["raw.log"], &["a.csv", "./raw.log"]));
    assert!(!distinct(&["raw.log"], &["link.log"]));
}
