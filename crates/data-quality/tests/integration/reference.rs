use marquee_data_quality::{Repair, ValidationReport};
use serde_json::Value;

use crate::{Run, fixture, run};

/// Runs one table of the reference, with its schema and the rate it allowed.
fn reference(name: &str, max_reject_rate: f64) -> (Run, ValidationReport) {
    let folder = Run::new();
    let mut job = folder.job_on(&fixture(&format!("{name}.csv")));
    job.schema = fixture("reference.schema.json");
    job.max_reject_rate = max_reject_rate;
    let report = run(&job).unwrap();
    (folder, report)
}

fn rows(name: &str) -> String {
    let text = fs_err::read_to_string(fixture(name)).unwrap();
    text.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn tiny_has_two_good_rows_of_five() {
    let (folder, report) = reference("tiny", 0.0);
    assert_eq!((report.input_rows, report.clean_rows, report.reject_rows), (5, 2, 3));
    assert_eq!(report.reject_rate, Some(0.6));
    assert_eq!(folder.clean(), rows("tiny.clean.csv"));
    assert!(!report.passed);
}

#[test]
fn dirty_rows_are_those_of_the_reference_but_for_empty_movie_ids() {
    let (folder, report) = reference("dirty", 0.05);
    // The reference turns an empty movie id into the film `nan` and keeps it.
    let expected = rows("dirty.clean.csv");
    let is_nan =
        |line: &&str| line.split(',').nth(1).is_some_and(|id| id.is_empty() || id == "nan");
    let nan = expected.lines().filter(is_nan).count() as u64;
    let kept: Vec<&str> = expected.lines().filter(|line| !is_nan(line)).collect();
    assert!(nan > 0);
    assert_eq!(folder.clean().lines().collect::<Vec<_>>(), kept);
    let theirs: Value =
        serde_json::from_slice(&fs_err::read(fixture("dirty.schema_report.json")).unwrap())
            .unwrap();
    assert_eq!(theirs["input_rows"], report.input_rows);
    assert_eq!(theirs["clean_rows"], report.clean_rows + nan);
    assert_eq!(theirs["reject_rows"], report.reject_rows - nan);
    assert!(report.repaired_rows > 0);
}

#[test]
fn interactions_all_pass() {
    let (folder, report) = reference("interactions", 0.05);
    assert_eq!((report.input_rows, report.clean_rows, report.reject_rows), (7253, 7253, 0));
    assert_eq!(folder.clean(), rows("interactions.csv"));
    assert_eq!(report.repaired_rows, 0);
}

#[test]
fn reports_hold_the_fields_of_the_reference_and_verdicts_its_exit_codes() {
    let codes: Value =
        serde_json::from_slice(&fs_err::read(fixture("validate_exit_codes.json")).unwrap())
            .unwrap();
    for (name, rate) in [("tiny", 0.0), ("dirty", 0.05), ("interactions", 0.05)] {
        let (_, report) = reference(name, rate);
        assert_eq!(codes[name], u8::from(!report.passed), "{name}");
        let ours = serde_json::to_value(&report).unwrap();
        let theirs = fs_err::read(fixture(&format!("{name}.schema_report.json"))).unwrap();
        let theirs: Value = serde_json::from_slice(&theirs).unwrap();
        for field in theirs.as_object().unwrap().keys() {
            assert!(ours.get(field).is_some(), "{name}: {field}");
        }
    }
}

#[test]
fn the_reference_clips_and_this_can_refuse_instead() {
    let folder = Run::new();
    let mut job = folder.job_on(&fixture("tiny.csv"));
    job.schema = fixture("reference.schema.json");
    job.repair = Repair::None;
    let report = run(&job).unwrap();
    assert_eq!((report.clean_rows, report.repaired_rows), (1, 0));
    assert_eq!(report.columns["rating"]["range"], 1);
}
