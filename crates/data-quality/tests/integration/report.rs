use std::collections::BTreeSet;

use marquee_data_quality::{DedupeJob, ValidationReport};
use marquee_dataset::{Keys, Strategy};
use serde_json::Value;

use crate::{HEADER, Run, run};

/// The fields that scripts may read: adding one means adding it here and to the documentation.
const FIELDS: [&str; 27] = [
    "chunksize",
    "clean_rows",
    "columns",
    "duplicate_rows",
    "duplicate_rows_estimated",
    "elapsed_sec",
    "examples",
    "first_timestamp",
    "future_rows",
    "input_path",
    "input_rows",
    "last_timestamp",
    "max_reject_rate",
    "not_computed",
    "output_path",
    "output_sha256",
    "passed",
    "rating_counts",
    "reject_rate",
    "reject_reasons",
    "reject_rows",
    "rejects_path",
    "repair",
    "repaired_rows",
    "schema_path",
    "volume",
    "dedupe",
];

const DEDUPE_FIELDS: [&str; 7] = [
    "dedupe_drop_fraction",
    "dedupe_engine",
    "dedupe_keys",
    "dedupe_output_path",
    "dedupe_rows_in",
    "dedupe_rows_out",
    "dedupe_strategy",
];

fn written(folder: &Run) -> Value {
    serde_json::from_slice(&fs_err::read(folder.path("report.json")).unwrap()).unwrap()
}

#[test]
fn the_report_has_exactly_its_fields() {
    let folder = Run::new();
    let mut job = folder.job("in.csv", format!("{HEADER}1,a,5,7\n1,a,4.7,7\nx,a,5,7\n"));
    let report = run(&job).unwrap();
    let text = written(&folder);
    assert_eq!(serde_json::from_value::<ValidationReport>(text.clone()).unwrap(), report);
    let fields: BTreeSet<&str> = text.as_object().unwrap().keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = FIELDS.into_iter().filter(|&name| name != "dedupe").collect();
    assert_eq!(fields, expected);
    let mut more = text;
    more["surprise"] = Value::Null;
    assert!(serde_json::from_value::<ValidationReport>(more).is_err());
    let out = folder.path("distinct.csv");
    let (keys, strategy) = ("user_id,rating".parse().unwrap(), Strategy::LastSeen);
    job.dedupe = Some(DedupeJob { out, keys, strategy });
    let report = run(&job).unwrap();
    let text = written(&folder);
    let fields: BTreeSet<&str> = text.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, FIELDS.into_iter().chain(DEDUPE_FIELDS).collect());
    assert_eq!(text["dedupe"], true);
    assert_eq!(text["dedupe_engine"], "marquee");
    assert_eq!(text["dedupe_keys"], serde_json::json!(["user_id", "rating"]));
    assert_eq!(text["dedupe_strategy"], "last_seen");
    assert_eq!(serde_json::from_value::<ValidationReport>(text).unwrap(), report);
}

#[test]
fn reasons_are_counted_by_row_and_by_column() {
    let folder = Run::new();
    let rows = "1,a,5,7\nx,a b,5,7\nx,a,x,7\ncut\n1,a,5,3600\n";
    let report = run(&folder.job("in.csv", format!("{HEADER}{rows}"))).unwrap();
    let counts = serde_json::json!({"cut_line": 1, "pattern": 1, "type": 2});
    assert_eq!(serde_json::to_value(&report.reject_reasons).unwrap(), counts);
    let columns = serde_json::json!({
        "(line)": {"cut_line": 1},
        "movie_id": {"pattern": 1},
        "rating": {"type": 1},
        "user_id": {"type": 2},
    });
    assert_eq!(serde_json::to_value(&report.columns).unwrap(), columns);
    assert_eq!(report.reject_rate, Some(0.6));
    assert_eq!(report.rating_counts["5"], 2);
    assert_eq!(report.rating_counts["1"], 0);
    assert_eq!((report.volume.bin_seconds, report.volume.bins), (3600, vec![(0, 1), (3600, 1)]));
    let first = &report.examples[0];
    assert_eq!((first.column.as_deref(), first.reason.as_str()), (Some("user_id"), "type"));
    assert_eq!((first.line, first.offset), (3, Some(42)));
    assert!(first.source.ends_with("in.csv"), "{}", first.source);
    assert_eq!((first.value.as_deref(), first.raw.as_str()), (Some("x"), "x,a b,5,7"));
}

#[test]
fn three_examples_of_a_reason_are_kept_and_cut() {
    let folder = Run::new();
    let rows: String = (0..50).map(|row| format!("x{row},a,5,7\n")).collect();
    let long = format!("1,{} ,5,7\n", "é".repeat(3_000));
    let report = run(&folder.job("in.csv", format!("{HEADER}{rows}{long}"))).unwrap();
    assert_eq!(report.examples.len(), 4);
    assert_eq!(report.examples[3].raw.chars().count(), 200);
    assert_eq!(report.examples[3].value.as_ref().unwrap().chars().count(), 80);
}

#[test]
fn without_rows_a_rate_is_null_and_it_is_said_why() {
    let folder = Run::new();
    let mut job = folder.job("in.csv", HEADER);
    let (out, keys) = (folder.path("distinct.csv"), Keys::default());
    job.dedupe = Some(DedupeJob { out, keys, strategy: Strategy::default() });
    let report = run(&job).unwrap();
    assert!(!report.passed);
    let text = written(&folder);
    for name in ["reject_rate", "first_timestamp", "last_timestamp", "dedupe_drop_fraction"] {
        assert_eq!(text[name], Value::Null, "{name}");
        assert!(text.get(name).is_some() && text["not_computed"][name].is_string(), "{name}");
    }
    assert_eq!(folder.clean(), "");
}

#[test]
fn a_column_named_as_whole_lines_are_is_counted_with_them() {
    let folder = Run::new();
    let text = "user_id,movie_id,rating,timestamp,(line)\n1,a,5,100,q\n1,a\n";
    let mut job = folder.job("in.csv", text);
    job.schema = folder.path("line.schema.json");
    fs_err::write(&job.schema, r#"{"properties": {"(line)": {"type": "integer"}}}"#).unwrap();
    let report = run(&job).unwrap();
    let expected = serde_json::json!({"(line)": {"cut_line": 1, "type": 1}});
    assert_eq!(serde_json::to_value(&report.columns).unwrap(), expected);
}
