use marquee_data_quality::{Repair, ValidationReport};

use crate::{HEADER, Run, run};

/// The good row that comes of one, or its reasons.
fn one(row: &str, repair: Repair) -> (Result<String, Vec<String>>, ValidationReport) {
    let folder = Run::new();
    let mut job = folder.job("in.csv", format!("{HEADER}{row}\n"));
    job.repair = repair;
    let report = run(&job).unwrap();
    assert_eq!(report.input_rows, 1, "{row:?}");
    match folder.reasons().pop() {
        None => (Ok(folder.clean().trim_end().to_owned()), report),
        Some((line, reasons)) => {
            assert_eq!(line, 2);
            assert_eq!(folder.clean(), "");
            (Err(reasons), report)
        }
    }
}

#[test]
fn ratings_and_times_are_repaired_and_counted() {
    for (row, repaired) in [
        ("1,a,4.7,7", "1,a,4,7"),
        ("1,a,99,7", "1,a,5,7"),
        ("1,a,-3,7", "1,a,1,7"),
        ("1,a,0.2,7", "1,a,1,7"),
        ("1,a,1e30,7", "1,a,5,7"),
        ("1,a,99999999999999999999,7", "1,a,5,7"),
        ("1,a,5.0,7", "1,a,5,7"),
        ("1,a,3,1700000000.9", "1,a,3,1700000000"),
        ("1,a,3,1e9", "1,a,3,1000000000"),
        ("1,a,3,-5", "1,a,3,0"),
        ("1,a,4.7,-5.5", "1,a,4,0"),
    ] {
        let (result, report) = one(row, Repair::Clip);
        assert_eq!(result, Ok(repaired.to_owned()), "{row}");
        assert_eq!(report.repaired_rows, 1, "{row}");
        let (result, report) = one(row, Repair::None);
        assert_eq!(report.repaired_rows, 0);
        match row {
            "1,a,3,-5" => assert_eq!(result, Ok(row.to_owned()), "a time before 1970 is one"),
            _ => assert!(result.is_err(), "{row}"),
        }
    }
}

#[test]
fn what_needs_no_repair_is_not_counted() {
    for row in ["1,a,4,7", "0,a,1,0", "9223372036854775807,a,5,9223372036854775807", "007,a,5,7"] {
        let (result, report) = one(row, Repair::Clip);
        assert_eq!(result.unwrap(), row.trim_start_matches("00"));
        assert_eq!(report.repaired_rows, 0, "{row}");
    }
}

#[test]
fn ids_are_never_repaired_nor_are_words() {
    for (row, reasons) in [
        ("12.0,a,3,7", vec!["user_id:type"]),
        ("1e3,a,3,7", vec!["user_id:type"]),
        (",a,3,7", vec!["user_id:missing"]),
        ("+1,a,3,7", vec!["user_id:type"]),
        (" 1,a,3,7", vec!["user_id:type"]),
        ("-7,a,3,7", vec!["user_id:range"]),
        ("9223372036854775808,a,3,7", vec!["user_id:range", "user_id:overflow"]),
        ("1,,3,7", vec!["movie_id:missing"]),
        ("1,a b,3,7", vec!["movie_id:pattern"]),
        ("1,a/b,3,7", vec!["movie_id:pattern"]),
        ("1,a\u{85}b,3,7", vec!["movie_id:pattern"]),
        ("1,a,,7", vec!["rating:missing"]),
        ("1,a,nan,7", vec!["rating:type"]),
        ("1,a,inf,7", vec!["rating:type"]),
        ("1,a,five,7", vec!["rating:type"]),
        ("1,a,3,", vec!["timestamp:missing"]),
        ("1,a,3,yesterday", vec!["timestamp:type"]),
        ("1,a,3,1e30", vec!["timestamp:range", "timestamp:overflow"]),
        ("x,,five,", vec!["user_id:type", "movie_id:missing", "rating:type", "timestamp:missing"]),
        ("1,a,3", vec!["cut_line"]),
        ("1,a,3,7,8", vec!["extra_column"]),
        ("1;a;3;7", vec!["wrong_delimiter"]),
        ("1\ta\t3\t7", vec!["wrong_delimiter"]),
        ("1,\"a\nb\",3,7", vec!["movie_id:pattern", "movie_id:quoted_newline"]),
        ("1,\"a,3,7", vec!["quotes"]),
    ] {
        let reasons: Vec<String> = reasons.into_iter().map(str::to_owned).collect();
        assert_eq!(one(row, Repair::Clip).0, Err(reasons), "{row}");
    }
}

#[test]
fn ids_are_those_of_the_log() {
    for id in ["bat*21+1988", "amélie+2001", "\u{feff}a", "a+", "\"a\"", "'", "a;b", "nan", "NA"] {
        let row = format!("1,{},3,7", id.trim_matches('"'));
        let quoted = if id.starts_with('"') { format!("1,{id},3,7") } else { row.clone() };
        assert_eq!(one(&quoted, Repair::Clip).0, Ok(row), "{id}");
    }
}

#[test]
fn a_table_can_hold_less_than_a_schema_allows() {
    let folder = Run::new();
    let rows =
        "-1,a,3,7\n1,a b,3,7\n1,a,9,7\n1,a,2.5,7\n1,a,3,7.5\n1,,3,7\n1,a,3,99999999999999999999\n";
    let mut job = folder.job("in.csv", format!("{HEADER}{rows}2,b,4,8\n"));
    job.schema = folder.path("all.schema.json");
    job.repair = Repair::None;
    let schema =
        r#"{"properties": {"rating": {"type": "number"}, "timestamp": {"type": "number"}}}"#;
    fs_err::write(&job.schema, schema).unwrap();
    run(&job).unwrap();
    assert_eq!(folder.clean(), "2,b,4,8\n");
    let expected = [
        "user_id:form",
        "movie_id:form",
        "rating:form",
        "rating:form",
        "timestamp:form",
        "movie_id:missing",
        "timestamp:overflow",
    ];
    let found: Vec<String> = folder.reasons().into_iter().flat_map(|row| row.1).collect();
    assert_eq!(found, expected);
}

#[test]
fn repeated_and_future_rows_are_counted_and_kept() {
    let folder = Run::new();
    let rows = "1,a,3,7\n1,a,3,7\n1,b,3,7\n1,a,4,7\n1,a,3,8\n2,a,3,7\n1,a,3,1800000000\n1,a,3,1800000001\n1,a,3,7\n";
    let report = run(&folder.job("in.csv", format!("{HEADER}{rows}"))).unwrap();
    assert_eq!(folder.clean(), rows);
    assert_eq!((report.duplicate_rows, report.future_rows), (2, 1));
    assert!(!report.duplicate_rows_estimated);
    assert_eq!((report.first_timestamp, report.last_timestamp), (Some(7), Some(1_800_000_001)));
}

#[test]
fn further_columns_are_checked_where_the_schema_has_them_and_not_written() {
    let folder = Run::new();
    let text = "rating,user_id,weight,timestamp,note,movie_id\n3,1,2.5,7,x,a\n3,1,-1,7,y,a\n3,1,,7,z,a\n3,1,heavy,7,,a\n";
    let mut job = folder.job("in.csv", text);
    job.schema = folder.path("wide.schema.json");
    let schema = r#"{"required": ["weight"], "properties": {"weight": {"type": "number", "exclusiveMinimum": 0}}}"#;
    fs_err::write(&job.schema, schema).unwrap();
    run(&job).unwrap();
    assert_eq!(folder.clean(), "1,a,3,7\n");
    let expected = [(3, "weight:range"), (4, "weight:missing"), (5, "weight:type")];
    let expected: Vec<_> = expected.map(|(line, it)| (line, vec![it.to_owned()])).to_vec();
    assert_eq!(folder.reasons(), expected);
    // Where the schema closes a row, a column too many is a fault of every row that has it.
    let closed = Run::new();
    let report = run(&closed.job("in.csv", text)).unwrap();
    assert_eq!((report.clean_rows, report.reject_reasons["extra_column"]), (0, 4));
    assert_eq!(report.columns["weight"]["extra_column"], 3);
}

/// The values of a further column `x` that are good, of those given.
fn good_of(schema: &serde_json::Value, values: &[&str]) -> Vec<String> {
    let folder = Run::new();
    let rows: String = values.iter().map(|value| format!("{value},1,heat,3,7\n")).collect();
    let mut job = folder.job("in.csv", format!("x,user_id,movie_id,rating,timestamp\n{rows}"));
    job.schema = folder.path("x.schema.json");
    fs_err::write(&job.schema, schema.to_string()).unwrap();
    run(&job).unwrap();
    let bad: Vec<u64> = folder.rejects().iter().map(|reject| reject.line).collect();
    let lines = (2..).zip(values);
    lines.filter(|(line, _)| !bad.contains(line)).map(|(_, value)| (*value).to_owned()).collect()
}

#[test]
fn a_field_is_read_as_what_its_schema_speaks_of() {
    use serde_json::json;
    let values = ["12", "-5", "zz", "1.5", "true"];
    for (column, good) in [
        (json!({"type": "integer"}), &["12", "-5"][..]),
        (json!({"$ref": "#/$defs/i"}), &["12", "-5"]),
        (json!({"allOf": [{"type": "integer"}]}), &["12", "-5"]),
        (json!({"oneOf": [{"type": "integer"}, {"type": "null"}]}), &["12", "-5"]),
        (json!({"enum": [12, -5]}), &["12", "-5"]),
        (json!({"enum": ["12", -5, true]}), &["12", "-5", "true"]),
        (json!({"const": 12}), &["12"]),
        (json!({"const": "12"}), &["12"]),
        // A limit does not bind what is no number.
        (json!({"minimum": 0}), &["12", "zz", "1.5", "true"]),
        (json!({"anyOf": [{"type": "null"}, {"minimum": 5}]}), &["12", "zz", "true"]),
        (json!({"multipleOf": 4}), &["12", "zz", "true"]),
        (json!({"pattern": "^[a-z]+$"}), &["zz", "true"]),
        (json!({"type": ["number", "boolean"]}), &["12", "-5", "1.5", "true"]),
        (json!({"oneOf": [{"type": "integer", "minimum": 0}, {"pattern": "^-"}]}), &["-5"]),
    ] {
        let schema = json!({"properties": {"x": column}, "$defs": {"i": {"type": "integer"}}});
        assert_eq!(good_of(&schema, &values), good, "{schema}");
        let mut whole = schema;
        whole["minProperties"] = json!(1);
        assert_eq!(good_of(&whole, &values), good, "{whole}");
    }
    for schema in [
        json!({"additionalProperties": {"type": "integer"}, "properties": {
            "user_id": true, "movie_id": true, "rating": true, "timestamp": true}}),
        json!({"patternProperties": {"^x$": {"type": "integer"}}}),
        json!({"allOf": [{"properties": {"x": {"type": "integer"}}}]}),
    ] {
        assert_eq!(good_of(&schema, &values), ["12", "-5"], "{schema}");
    }
}

#[test]
fn of_two_readings_the_faults_of_the_first_are_told() {
    let folder = Run::new();
    let text =
        "x,y,user_id,movie_id,rating,timestamp\n12,13,1,a,3,7\n13,13,1,a,3,7\n12,12,1,a,3,7\n";
    let mut job = folder.job("in.csv", text);
    job.schema = folder.path("x.schema.json");
    let schema = r#"{"properties": {
        "x": {"enum": ["12", 1]}, "y": {"type": ["integer", "string"], "minimum": 13, "maxLength": 1}}}"#;
    fs_err::write(&job.schema, schema).unwrap();
    run(&job).unwrap();
    let expected = [(3, "x:enum"), (4, "y:range")];
    let expected: Vec<_> = expected.map(|(line, it)| (line, vec![it.to_owned()])).to_vec();
    assert_eq!(folder.reasons(), expected);
}
