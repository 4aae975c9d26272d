use marquee_data_quality::{DedupeJob, Repair, ValidationJob, ValidationReport};
use marquee_dataset::{InteractionsWriter, Keys, NoProgress, Strategy, dedup, read_interactions};

use crate::{HEADER, Run, fixture, run, seed::seeded};

/// Rows with every kind of value, some of them bad, and what JSON Lines has in their place.
const ROWS: [(&str, &str); 9] = [
    ("1,a,5,7", r#"{"user_id": 1, "movie_id": "a", "rating": 5, "timestamp": 7}"#),
    ("2,b,4.7,8", r#"{"user_id": 2, "movie_id": "b", "rating": 4.7, "timestamp": 8}"#),
    ("3,c,99,-9", r#"{"user_id": 3, "movie_id": "c", "rating": 99, "timestamp": -9}"#),
    ("x,d,1,7", r#"{"user_id": "x", "movie_id": "d", "rating": 1, "timestamp": 7}"#),
    ("4,,1,7", r#"{"user_id": 4, "rating": 1, "timestamp": 7}"#),
    ("5,e f,1,7", r#"{"user_id": 5, "movie_id": "e f", "rating": 1, "timestamp": 7}"#),
    ("-6,g,1,7", r#"{"user_id": -6, "movie_id": "g", "rating": 1, "timestamp": 7}"#),
    ("7,h,,7", r#"{"user_id": 7, "movie_id": "h", "timestamp": 7}"#),
    ("8,é,1,1e9", r#"{"user_id": 8.0, "movie_id": "é", "rating": 1, "timestamp": 1e9}"#),
];

#[test]
fn json_lines_give_what_csv_gives() {
    let csv: String = ROWS.iter().map(|row| format!("{}\n", row.0)).collect();
    let lines: String = ROWS.iter().map(|row| format!("{}\n", row.1)).collect();
    let (of_csv, of_lines) = (Run::new(), Run::new());
    let one = run(&of_csv.job("in.csv", format!("{HEADER}{csv}"))).unwrap();
    let other = run(&of_lines.job("in.jsonl", lines)).unwrap();
    assert_eq!(of_csv.clean(), "1,a,5,7\n2,b,4,8\n3,c,5,0\n8,é,1,1000000000\n");
    assert_eq!(of_csv.clean(), of_lines.clean());
    let less_header = |rows: Vec<(u64, Vec<String>)>| -> Vec<_> {
        rows.into_iter().map(|(line, reasons)| (line - 1, reasons)).collect()
    };
    assert_eq!(less_header(of_csv.reasons()), of_lines.reasons());
    assert_eq!(one.columns, other.columns);
    // 1e9 is an integer in JSON and none in csv, where it takes a repair.
    assert_eq!((one.repaired_rows, other.repaired_rows), (3, 2));
}

#[test]
fn json_lines_that_are_no_objects_are_rejected_with_their_place() {
    let folder = Run::new();
    let bytes = b"{\"user_id\":1,\"movie_id\":\"a\",\"rating\":1,\"timestamp\":7}\n\n[1]\n{\"user_id\":\nnull\n{\"user_id\":1,\"movie_id\":\"\xff\"}\n{\"user_id\":1,\"movie_id\":\"a\",\"rating\":1,\"timestamp\":7,\"x\":null}";
    let report = run(&folder.job("in.jsonl", bytes)).unwrap();
    assert_eq!((report.input_rows, report.clean_rows), (6, 1));
    let expected =
        [(3, "not_json"), (4, "not_json"), (5, "not_json"), (6, "encoding"), (7, "x:extra_column")];
    let expected: Vec<_> = expected.map(|(line, it)| (line, vec![it.to_owned()])).to_vec();
    assert_eq!(folder.reasons(), expected);
    assert!(folder.rejects()[3].raw_base64.is_some());
}

#[test]
fn an_object_that_has_a_key_twice_is_rejected() {
    let folder = Run::new();
    let good = r#""movie_id": "a", "rating": 1, "timestamp": 7"#;
    let lines = format!(
        "{{\"user_id\": 1, {good}}}\n{{\"user_id\": 1, \"user_id\": 2, {good}}}\n\
         {{\"user_id\": 1, {good}, \"x\": {{\"y\": 1, \"y\": 1}}}}\n"
    );
    let report = run(&folder.job("in.jsonl", lines)).unwrap();
    let twice = || vec!["duplicate_key".to_owned()];
    assert_eq!(folder.reasons(), [(2, twice()), (3, twice())]);
    assert_eq!(report.examples[0].value.as_deref(), Some("user_id"));
}

#[test]
fn examples_of_a_folder_name_the_part_they_stand_in() {
    let folder = Run::new();
    let parts = folder.path("parts");
    fs_err::create_dir(&parts).unwrap();
    for (name, film) in [("0.parquet", "a*"), ("1.parquet", "b*")] {
        let mut job = folder.job("in.csv", format!("{HEADER}1,{film},5,7\n"));
        job.out = parts.join(name);
        run(&job).unwrap();
    }
    let again = Run::new();
    let mut job = again.job_on(&parts);
    job.schema = fixture("reference.schema.json");
    let report = run(&job).unwrap();
    let sources: Vec<&str> = report.examples.iter().map(|it| it.source.as_str()).collect();
    assert!(sources[0].ends_with("0.parquet") && sources[1].ends_with("1.parquet"), "{sources:?}");
    // A reason has one example on the page; the row of another part is none of its faults.
    let mut twice = report;
    twice.examples[1].reason = "form".to_owned();
    let html = marquee_data_quality::page(&twice).render();
    assert!(html.contains("0.parquet, row 1") && html.contains("1.parquet, row 1"));
}

/// A run on the rows of a reference table as Parquet.
fn parquet_of(folder: &Run, name: &str) -> ValidationReport {
    let mut job = folder.job_on(&fixture(name));
    job.out = folder.path("clean.parquet");
    run(&job).unwrap()
}

#[test]
fn parquet_gives_what_csv_gives_as_a_file_and_as_a_folder() {
    let first = Run::new();
    parquet_of(&first, "interactions.csv");
    let parts = first.path("parts");
    fs_err::create_dir(&parts).unwrap();
    fs_err::copy(first.path("clean.parquet"), parts.join("0.parquet")).unwrap();
    fs_err::copy(first.path("clean.parquet"), parts.join("1.parquet")).unwrap();
    let again = Run::new();
    let report = run(&again.job_on(&first.path("clean.parquet"))).unwrap();
    assert_eq!((report.input_rows, report.clean_rows), (7253, 7253));
    let csv = fs_err::read_to_string(fixture("interactions.csv")).unwrap();
    let rows = csv.strip_prefix(HEADER).unwrap();
    assert_eq!(again.clean(), rows);
    let whole = Run::new();
    let report = run(&whole.job_on(&parts)).unwrap();
    assert_eq!((report.clean_rows, report.duplicate_rows), (14_506, 7253 + report_repeats(rows)));
    assert_eq!(whole.clean(), format!("{rows}{rows}"));
}

/// Rows of a table that repeat an earlier one, twice: once in each of two copies.
fn report_repeats(rows: &str) -> u64 {
    let distinct: std::collections::BTreeSet<&str> = rows.lines().collect();
    (rows.lines().count() - distinct.len()) as u64
}

#[test]
fn rejects_of_parquet_have_their_row_as_json_and_the_file_it_is_in() {
    let folder = Run::new();
    let mut job = folder.job("in.csv", format!("{HEADER}1,a,5,7\n2,b*,5,7\n3,c,5,7\n"));
    job.out = folder.path("in.parquet");
    run(&job).unwrap();
    let again = Run::new();
    let mut job = again.job_on(&folder.path("in.parquet"));
    job.schema = fixture("reference.schema.json");
    job.chunk_rows = 2;
    let report = run(&job).unwrap();
    assert_eq!((report.clean_rows, report.reject_rows), (2, 1));
    let reject = again.rejects().pop().unwrap();
    assert_eq!((reject.line, reject.offset), (2, None));
    let raw: serde_json::Value = serde_json::from_str(&reject.raw.unwrap()).unwrap();
    let expected = serde_json::json!({"user_id": 2, "movie_id": "b*", "rating": 5, "timestamp": 7});
    assert_eq!(raw, expected);
    assert!(reject.source.ends_with("in.parquet"));
}

#[test]
fn rejects_as_parquet_hold_what_json_lines_hold() {
    use std::sync::Arc;

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;
    let seeded = seeded(3_000);
    let folder = Run::new();
    let mut job = folder.job("in.csv", &seeded.bytes);
    run(&job).unwrap();
    job.rejects = Some(folder.path("rejects.parquet"));
    run(&job).unwrap();
    let file = fs_err::File::open(folder.path("rejects.parquet")).unwrap().into_parts().0;
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file);
    let mut rows = Vec::new();
    for batch in reader.unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let lines = Arc::clone(batch.column_by_name("line").unwrap());
        let offsets = Arc::clone(batch.column_by_name("offset").unwrap());
        let raws = Arc::clone(batch.column_by_name("raw").unwrap());
        let reasons = Arc::clone(batch.column_by_name("reasons").unwrap());
        for row in 0..batch.num_rows() {
            let of_row = reasons.as_list::<i32>().value(row);
            let names = of_row.as_struct().column(1).as_string::<i32>().clone();
            let names: Vec<String> = names.iter().flatten().map(str::to_owned).collect();
            let raw = raws.as_string::<i32>();
            let raw = raw.is_valid(row).then(|| raw.value(row).to_owned());
            let line = lines.as_primitive::<Int64Type>().value(row) as u64;
            rows.push((line, offsets.as_primitive::<Int64Type>().value(row) as u64, names, raw));
        }
    }
    let expected: Vec<_> = folder
        .rejects()
        .into_iter()
        .map(|it| {
            let names = it.reasons.into_iter().map(|reason| reason.reason).collect();
            (it.line, it.offset.unwrap(), names, it.raw)
        })
        .collect();
    assert!(expected.len() > 30);
    assert_eq!(rows, expected);
}

#[test]
fn threads_change_nothing() {
    let seeded = seeded(40_000);
    let outputs = |threads: usize| {
        let folder = Run::new();
        let mut job = folder.job("in.csv", &seeded.bytes);
        job.input = folder.path("in.csv");
        job.repair = Repair::None;
        job.out = folder.path("clean.parquet");
        job.dedupe = Some(DedupeJob {
            out: folder.path("distinct.parquet"),
            keys: Keys::default(),
            strategy: Strategy::default(),
        });
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut report = pool.install(|| run(&job)).unwrap();
        report.elapsed_sec = 0.0;
        for path in [&mut report.input_path, &mut report.output_path] {
            path.clear();
        }
        (report.rejects_path, report.dedupe_output_path) = (None, None);
        report.examples.iter_mut().for_each(|example| example.source.clear());
        let rejects = fs_err::read_to_string(folder.path("rejects.jsonl")).unwrap();
        let rejects = rejects.replace(&folder.path("in.csv").display().to_string(), "in.csv");
        let distinct = fs_err::read(folder.path("distinct.parquet")).unwrap();
        (fs_err::read(folder.path("clean.parquet")).unwrap(), distinct, rejects, report)
    };
    let one = outputs(1);
    for threads in [2, 3] {
        assert!(outputs(threads) == one, "{threads} threads");
    }
}

#[test]
fn rows_are_made_distinct_as_dedup_makes_them() {
    let folder = Run::new();
    for (keys, strategy) in
        [("user_id,movie_id", Strategy::LatestByTimestamp), ("user_id", Strategy::FirstSeen)]
    {
        let mut job = folder.job_on(&fixture("interactions.csv"));
        let out = folder.path("distinct.csv");
        let keys: Keys = keys.parse().unwrap();
        job.dedupe = Some(DedupeJob { out: out.clone(), keys, strategy });
        let report = run(&job).unwrap();
        let table = read_interactions(&fixture("interactions.csv"), &mut NoProgress).unwrap();
        let rows_in = table.len() as u64;
        let expected = dedup(table, strategy, keys);
        let mut writer = InteractionsWriter::create(&folder.path("expected.csv")).unwrap();
        writer.append(&expected).unwrap();
        writer.finish().unwrap().commit().unwrap();
        let bytes = fs_err::read(folder.path("expected.csv")).unwrap();
        assert!(fs_err::read(&out).unwrap() == bytes);
        assert_eq!(report.dedupe_rows_in, Some(rows_in));
        assert_eq!(report.dedupe_rows_out, Some(expected.len() as u64));
        let fraction = (rows_in - expected.len() as u64) as f64 / rows_in as f64;
        assert_eq!(report.dedupe_drop_fraction, Some(Some(fraction)));
        if keys == Keys::default() {
            let theirs = fs_err::read(fixture("interactions_dedup.csv")).unwrap();
            assert_eq!(fs_err::read(&out).unwrap(), theirs);
        }
    }
}

#[test]
fn the_clean_file_is_that_of_the_other_programs() {
    let folder = Run::new();
    let job = ValidationJob {
        rejects: None,
        out: folder.path("clean.parquet"),
        ..folder.job_on(&fixture("interactions.csv"))
    };
    let report = run(&job).unwrap();
    let mut writer = InteractionsWriter::create(&folder.path("other.parquet")).unwrap();
    let table = read_interactions(&fixture("interactions.csv"), &mut NoProgress).unwrap();
    writer.append(&table).unwrap();
    writer.finish().unwrap().commit().unwrap();
    let ours = fs_err::read(&job.out).unwrap();
    assert!(ours == fs_err::read(folder.path("other.parquet")).unwrap());
    let digest = marquee_dataset::FileDigest::of(&job.out).unwrap();
    assert_eq!(report.output_sha256, digest.sha256);
    assert_eq!(report.rejects_path, None);
}
