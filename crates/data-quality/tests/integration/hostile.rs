use std::time::{Duration, Instant};

use marquee_data_quality::{QualityError, RowSchema, ValidationJob, validate};
use marquee_dataset::Progress;
use serde_json::json;

use crate::{HEADER, Run, run, said};

#[test]
fn patterns_take_time_in_proportion_to_the_text() {
    let pattern = r"^[A-Za-z0-9+_\-\.]+(?:\+[A-Za-z0-9+_\-\.]+)*$";
    let schema = json!({"properties": {"movie_id": {"type": "string", "pattern": pattern}}});
    for schema in [
        RowSchema::new("schema.json".as_ref(), &schema).unwrap(),
        RowSchema::uncompiled("schema.json".as_ref(), &schema).unwrap(),
    ] {
        for (text, good) in [("+".repeat(10_000), true), ("+".repeat(10_000) + "!", false)] {
            let row = json!({"movie_id": text});
            let started = Instant::now();
            assert_eq!(schema.check(row.as_object().unwrap()).is_empty(), good);
            // Backtracking would take longer than the universe is old.
            assert!(started.elapsed() < Duration::from_secs(5));
        }
    }
}

#[test]
fn schemas_that_cannot_be_used_are_refused_with_what_to_do() {
    for (schema, message) in [
        ("{", "not JSON"),
        ("7", "a JSON object"),
        (r#"{"$schema": "http://json-schema.org/draft-04/schema#"}"#, "2020-12"),
        (r#"{"properties": {"a": {"type": "integr"}}}"#, "integr"),
        (r#"{"properties": {"a": {"minimum": "1"}}}"#, "number"),
        (r#"{"properties": {"a": {"pattern": "a(?=b)"}}}"#, "look-around"),
        (r#"{"properties": {"a": {"pattern": "(a)\\1"}}}"#, "back references"),
        (r#"{"properties": {"a": {"anyOf": [{"pattern": "(?<!a)b"}]}}}"#, "look-around"),
        (r#"{"patternProperties": {"a(?!b)": {}}}"#, "look-around"),
        (r#"{"properties": {"a": {"pattern": "("}}}"#, "regular expression"),
        (r#"{"properties": {"a": {"$ref": "https://example.org/other.json"}}}"#, "example.org"),
        (r##"{"properties": {"a": {"$ref": "#/$defs/none"}}}"##, "none"),
    ] {
        let folder = Run::new();
        let mut job = folder.job("in.csv", HEADER);
        job.schema = folder.path("own.schema.json");
        fs_err::write(&job.schema, schema).unwrap();
        let error = run(&job).unwrap_err();
        let text = said(&error);
        assert!(text.contains("own.schema.json") && text.contains(message), "{schema}: {text}");
        assert!(!folder.path("clean.csv").exists());
    }
}

#[test]
fn files_that_are_no_tables_are_refused_and_nothing_is_written() {
    for (bytes, message) in [
        (&b""[..], "the file is empty"),
        (b"user_id;movie_id;rating;timestamp\n1;a;5;7\n", "divided by ';'"),
        (b"user_id\tmovie_id\trating\ttimestamp\n", "divided by '\\t'"),
        (b"1,a,5,7\n", "no column \"user_id\""),
        (b"user_id,movie_id,rating\n1,a,5\n", "no column \"timestamp\""),
        (b"user_id,movie_id,rating,timestamp,rating\n", "\"rating\" is there twice"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no column"),
        (b"\"user_id,movie_id\n", "no column"),
    ] {
        let folder = Run::new();
        let job = folder.job("in.csv", bytes);
        let text = said(&run(&job).unwrap_err());
        assert!(text.contains("in.csv") && text.contains(message), "{text}");
        for name in ["clean.csv", "rejects.jsonl", "report.json"] {
            assert!(!folder.path(name).exists(), "{name}");
        }
    }
    let folder = Run::new();
    let error = run(&folder.job("in.parquet", "no parquet")).unwrap_err();
    assert!(said(&error).contains("in.parquet"));
    let error = run(&folder.job_on(&folder.path("missing.csv"))).unwrap_err();
    assert!(said(&error).contains("missing.csv"));
    let error = run(&folder.job("in.txt", "")).unwrap_err();
    assert!(said(&error).contains(".csv, .jsonl or .parquet"));
}

#[test]
fn settings_are_checked_before_anything_is_read() {
    let folder = Run::new();
    let job = folder.job_on(&folder.path("missing.csv"));
    let wrong = [
        ValidationJob { chunk_rows: 0, ..job.clone() },
        ValidationJob { max_reject_rate: 1.5, ..job.clone() },
        ValidationJob { max_reject_rate: f64::NAN, ..job },
    ];
    for job in wrong {
        assert!(matches!(run(&job), Err(QualityError::Setting { .. })));
    }
}

#[test]
fn headers_may_be_marked_quoted_ordered_and_ended_in_any_way() {
    for header in [
        "\u{feff}user_id,movie_id,rating,timestamp\n",
        "user_id,movie_id,rating,timestamp\r\n",
        "\"user_id\",\"movie_id\",\"rating\",\"timestamp\"\n",
        "\u{feff}\"user_id\",movie_id,rating,timestamp\r\n",
    ] {
        let folder = Run::new();
        let report =
            run(&folder.job("in.csv", format!("{header}1,a,5,7\r\n\r\n\n2,b,4,8"))).unwrap();
        assert_eq!(folder.clean(), "1,a,5,7\n2,b,4,8\n", "{header:?}");
        assert_eq!(report.input_rows, 2, "empty lines are no rows");
    }
}

#[test]
fn quotation_marks_that_nothing_closes_take_one_row_wherever_blocks_end() {
    // More than a block of 512 KiB, with marks and a value over two lines at and around its end.
    for distance in (0..60).step_by(5) {
        let mut text = HEADER.to_owned();
        let (mut rows, mut bad) = (0, 0);
        let mut next_end = (1 << 19) - distance;
        while rows < 28_000 {
            rows += 1;
            if text.len() + 12 >= next_end {
                next_end += (1 << 19) - distance;
                bad += 2;
                text += "7,\"stray,5,7\n8,\"over\nlines\",5,7\n9,\"fine\",5,7\n";
                rows += 2;
            } else {
                text += &format!("{rows},the+film+1999,5,7\n");
            }
        }
        let folder = Run::new();
        let report = run(&folder.job("in.csv", text)).unwrap();
        assert!(bad >= 2);
        assert_eq!((report.input_rows, report.reject_rows), (rows, bad), "{distance}");
        let reasons = &report.reject_reasons;
        assert_eq!((reasons["quotes"], reasons["quoted_newline"]), (bad / 2, bad / 2));
    }
}

#[test]
fn values_over_many_lines_stay_one_value_across_blocks() {
    let mut job_text = String::from("user_id,movie_id,rating,timestamp,note\n");
    let note = "line\n".repeat(2_000);
    for row in 0..200 {
        job_text += &format!("{row},a,5,7,\"{note}\"\n");
    }
    let folder = Run::new();
    let mut job = folder.job("in.csv", job_text);
    job.schema = folder.path("open.schema.json");
    fs_err::write(&job.schema, "{}").unwrap();
    let report = run(&job).unwrap();
    assert_eq!((report.input_rows, report.clean_rows), (200, 200));
}

#[test]
fn records_without_end_are_rejected_with_length_and_digest() {
    let folder = Run::new();
    let long = format!("1,{},5,7", "a".repeat(2_000_000));
    let longer = format!("1,\"{}\",5,7", "a".repeat(100_000));
    let text = format!("{HEADER}1,a,5,7\n{long}\n2,b,5,7\n{longer}\n3,c,5,7\n");
    let report = run(&folder.job("in.csv", &text)).unwrap();
    assert_eq!(folder.clean(), "1,a,5,7\n2,b,5,7\n3,c,5,7\n");
    assert_eq!(report.reject_reasons["line_too_long"], 2);
    let rejects = folder.rejects();
    assert_eq!((rejects[0].line, rejects[0].length), (3, Some(long.len() as u64)));
    assert_eq!((rejects[1].line, rejects[1].length), (5, Some(longer.len() as u64)));
    assert_eq!(rejects[0].raw.as_ref().unwrap().len(), 65_536);
    assert_eq!(rejects[0].sha256.as_ref().unwrap().len(), 64);
    let folder = Run::new();
    let report = run(&folder.job("in.jsonl", format!("{}\n{{}}\n", "x".repeat(700_000)))).unwrap();
    assert_eq!(report.reject_reasons["line_too_long"], 1);
    assert_eq!(folder.reasons()[1].0, 2);
}

/// Stops after some calls.
struct Impatient(std::cell::Cell<u32>);

impl Progress for Impatient {
    fn is_cancelled(&self) -> bool {
        self.0.set(self.0.get() + 1);
        self.0.get() > 2
    }
}

#[test]
fn a_run_that_is_told_to_stop_leaves_what_was_there() {
    let folder = Run::new();
    let rows = "1,a,5,7\n".repeat(2_000_000);
    let job = folder.job("in.csv", format!("{HEADER}{rows}"));
    fs_err::write(&job.out, "old").unwrap();
    let error = validate(&job, &mut Impatient(std::cell::Cell::new(0))).unwrap_err();
    assert!(said(&error).contains("stopped"), "{error}");
    assert_eq!(fs_err::read_to_string(&job.out).unwrap(), "old");
    assert!(!folder.path("report.json").exists());
    assert_eq!(fs_err::read_dir(folder.folder.path()).unwrap().count(), 2);
}
