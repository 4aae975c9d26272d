//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run");
    folder.join(name).display().to_string()
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drift-check"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

#[test]
fn the_report_is_printed_and_written_and_names_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (reference, current) = (fixture("drift_ref.csv"), fixture("drift_cur.csv"));
    let tables = ["--ref", &reference, "--cur", &current, "--out", "reports/drift.json"];
    let output = run(folder.path(), &tables);
    assert_eq!(output.status.code(), Some(0));
    let report = json(folder.path().join("reports/drift.json"));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), report);
    assert_eq!((&report["mode"], &report["drift_detected"]), (&"ref_vs_cur".into(), &true.into()));
    assert_eq!(report["current_path"], current.as_str());
    assert_eq!(report["reference_path"], reference.as_str());
    // Where the server's gauges look for them.
    for place in [
        "/metrics/rating_psi/psi",
        "/metrics/movie_popularity/cur/gini_movies",
        "/metrics/movie_popularity/cur/top10_share",
        "/metrics/movie_popularity/cur/top100_share",
        "/metrics/user_activity/cur/one_and_done_share",
    ] {
        assert!(report.pointer(place).unwrap().is_f64(), "{place}");
    }

    let failing = run(folder.path(), &[&tables[..], &["--fail-on-drift"]].concat());
    assert_eq!(failing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failing.stderr).contains("rating_psi.psi"));

    let single = run(folder.path(), &["--cur", &current, "--out", "one.json", "--fail_on_drift"]);
    assert_eq!(single.status.code(), Some(0));
    let report = json(folder.path().join("one.json"));
    assert_eq!(
        (&report["mode"], &report["reference_path"]),
        (&"single_snapshot".into(), &Value::Null)
    );
}

#[test]
fn the_page_is_written_beside_the_report_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (reference, current) = (fixture("drift_ref.csv"), fixture("drift_cur.csv"));
    let tables = ["--ref", &reference, "--cur", &current, "--out", "drift.json"];
    let output = run(folder.path(), &[&tables[..], &["--html", "drift.html"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let page = fs_err::read_to_string(folder.path().join("drift.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Drift detected"));
    assert!(page.contains(&reference) && page.contains(&current));

    let same = run(folder.path(), &[&tables[..], &["--html", "drift.json"]].concat());
    assert_eq!(same.status.code(), Some(2));
    fs_err::remove_file(folder.path().join("drift.html")).unwrap();
    let missing = ["--cur", "nowhere.csv", "--out", "one.json", "--html", "drift.html"];
    assert_eq!(run(folder.path(), &missing).status.code(), Some(2));
    assert!(!folder.path().join("drift.html").exists());
}

#[test]
fn every_threshold_is_a_flag_and_goes_over_those_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (reference, current) = (fixture("drift_ref.csv"), fixture("drift_cur.csv"));
    let tables = ["--ref", &reference, "--cur", &current, "--out", "drift.json"];
    let calibrating = ["--calibrate", "100", "--thresholds-out", "limits.json", "--seed", "3"];
    let output = run(folder.path(), &[&tables[..], &calibrating].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (report, limits) =
        (json(folder.path().join("drift.json")), json(folder.path().join("limits.json")));
    assert_eq!(report["thresholds"], limits["thresholds"]);
    assert_eq!(report["additional_thresholds"], limits["additional_thresholds"]);
    assert_eq!(report["calibration"], limits["calibration"]);
    assert_eq!(limits["calibration"]["replicates"], 100);

    let names: Vec<String> = report["thresholds"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 14);
    let more: Vec<String> =
        report["additional_thresholds"].as_object().unwrap().keys().cloned().collect();
    let flags: Vec<String> = names
        .iter()
        .chain(&more)
        .flat_map(|name| [format!("--{}", name.replace('_', "-")), "0.123".to_owned()])
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let output =
        run(folder.path(), &[&tables[..], &["--thresholds", "limits.json"], &flags].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(folder.path().join("drift.json"));
    assert!(names.iter().all(|name| report["thresholds"][name] == 0.123));
    for name in &more {
        let limit = serde_json::json!({"value": 0.123, "sets_drift": true});
        assert_eq!(report["additional_thresholds"][name], limit);
    }
}

#[test]
fn what_cannot_run_exits_with_two_and_leaves_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write("good.csv", "user_id,movie_id,rating,timestamp\n1,a,1,1\n");
    write("empty.csv", "user_id,movie_id,rating,timestamp\n");
    write("value.csv", "user_id,movie_id,rating,timestamp\n1,a,6,1\n");
    write("odd.json", "{}");
    write("nothing.csv", "");
    let limits = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crates/drift/tests/integration/thresholds_v1.json");
    let limits = fs_err::read_to_string(limits).unwrap();
    write("closed.json", &limits.replace("\"open\"", "\"reference\""));
    let closed = folder.path().join("closed.json").display().to_string();
    write("out.json", "old");
    for (arguments, message) in [
        (&["--cur", "no.csv"][..], "no.csv"),
        (&["--cur", "value.csv"], "value.csv, line 2: rating"),
        (&["--cur", "good.csv", "--ref", "empty.csv"], "reference holds no row"),
        (&["--cur", "good.csv", "--ref", "no.csv"], "no.csv"),
        (&["--cur", "good.csv", "--psi-bins", "wide"], "open and reference"),
        (&["--cur", "good.csv", "--psi-strong", "-1"], "psi_strong"),
        (&["--cur", "good.csv", "--psi-strong", "nan"], "psi_strong"),
        (&["--cur", "good.csv", "--thresholds", "odd.json"], "odd.json"),
        (&["--cur", "good.csv", "--thresholds", "none.json"], "none.json"),
        (&["--cur", "good.csv", "--calibrate", "100"], "--ref"),
        (&["--cur", "good.csv", "--ref", "good.csv", "--calibrate", "100"], "at least 40"),
        (&["--cur", "good.csv", "--ref", "good.csv", "--calibrate", "9"], "at least 100"),
        (&["--cur", "good.csv", "--ref", "good.csv", "--catalog", "none.json"], "none.json"),
        (&["--cur", "good.csv", "--thresholds-out", "x.json"], "--calibrate"),
        (&["--cur", "good.csv", "--seed", "1"], "--calibrate"),
        (&["--cur", "good.csv", "--false-alarm-rate", "0.1"], "--calibrate"),
        (
            &["--cur", "good.csv", "--ref", "good.csv", "--calibrate", "1000000000000000"],
            "at most 1000000",
        ),
        (
            &["--cur", "empty.csv", "--ref", "good.csv", "--calibrate", "100"],
            "current table holds no row",
        ),
        (&["--cur", "good.csv", "--ref", "good.csv", "--calibrate", "100"], "has 1 users"),
        (&["--cur", "nothing.csv"], "the file is empty"),
        (&["--cur", "good.csv", "--thresholds", &closed], "give --psi-bins reference"),
        (&["--cur", "good.csv", "--ref", "out.json"], "named twice"),
    ] {
        let output = run(folder.path(), &[arguments, &["--out", "out.json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(fs_err::read_to_string(folder.path().join("out.json")).unwrap(), "old");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn lost_days_exit_with_one_and_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, days: i64| {
        let mut text = String::from("user_id,movie_id,rating,timestamp\n");
        for row in 0..days * 240 {
            let (user, film, stars) = (row % 90, row % 130, 1 + row % 5);
            text += &format!("{user},film+{film},{stars},{}\n", 1_700_006_400 + row * 360);
        }
        fs_err::write(folder.path().join(name), text).unwrap();
    };
    write("week.csv", 7);
    write("outage.csv", 2);
    let arguments = ["--ref", "week.csv", "--cur", "outage.csv", "--out", "o.json"];
    let output = run(folder.path(), &[&arguments[..], &["--fail-on-drift"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["hourly_volume.days_change", "covers 2.0 days", "active_users_change could not"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_stdout_that_fails_leaves_the_answer_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (reference, current) = (fixture("drift_ref.csv"), fixture("drift_cur.csv"));
    let output = Command::new(env!("CARGO_BIN_EXE_drift-check"))
        .current_dir(folder.path())
        .args(["--ref", &reference, "--cur", &current, "--out", "o.json", "--fail-on-drift"])
        .stdout(fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap().into_parts().0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to stdout") && said.contains("o.json"), "{said}");
    assert_eq!(json(folder.path().join("o.json"))["drift_detected"], true);
}

#[test]
fn an_empty_current_table_is_reported_as_drift() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("empty.csv"), "user_id,movie_id,rating,timestamp\n").unwrap();
    let reference = fixture("drift_ref.csv");
    let arguments =
        ["--ref", &reference, "--cur", "empty.csv", "--out", "out.json", "--fail-on-drift"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let report = json(folder.path().join("out.json"));
    assert!(report["metrics"]["rating_psi"]["psi"].is_null());
    assert!(report["not_computed"]["rating_psi.psi"].is_string());
}
