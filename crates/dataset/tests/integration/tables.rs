use std::path::Path;

use marquee_dataset::{
    Aggregated, DatasetError, EventDetail, EventTable, EventsWriter, FileDigest,
    InteractionsWriter, NoProgress, TableFormat, read_events, read_interactions,
};

use crate::{rows, table};

const ROWS: [(u64, &str, u8, i64); 3] =
    [(9, "x\"y\"+1999", 5, -3), (0, "été", 1, 0), (i64::MAX as u64, "z", 2, i64::MAX)];

fn written(path: &Path) {
    let mut writer = InteractionsWriter::create(path).unwrap();
    writer.append(&table(&ROWS[..1])).unwrap();
    writer.append(&table(&ROWS[1..])).unwrap();
    let finished = writer.finish().unwrap();
    assert!(!path.exists(), "a file is there before it is whole");
    let digest = finished.commit().unwrap();
    assert_eq!(FileDigest::of(path).unwrap(), digest);
}

#[test]
fn tables_survive_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["table.csv", "table.parquet"] {
        let path = folder.path().join(name);
        written(&path);
        assert_eq!(rows(&read_interactions(&path, &mut NoProgress).unwrap()), ROWS, "{name}");
    }
    let csv = fs_err::read_to_string(folder.path().join("table.csv")).unwrap();
    assert!(csv.starts_with("user_id,movie_id,rating,timestamp\n9,\"x\"\"y\"\"+1999\",5,-3\n"));
}

#[test]
fn a_folder_of_parquet_files_is_one_table() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["part-2.parquet", "part-1.parquet"] {
        written(&folder.path().join(name));
    }
    fs_err::write(folder.path().join("notes.txt"), "not a table").unwrap();
    let table = read_interactions(folder.path(), &mut NoProgress).unwrap();
    assert_eq!(rows(&table)[..3], ROWS);
    assert_eq!(table.len(), 6);
    let one = FileDigest::of(&folder.path().join("part-1.parquet")).unwrap();
    let both = FileDigest::of(folder.path()).unwrap();
    assert_eq!(both.size_bytes, 2 * one.size_bytes);
    assert_ne!(both.sha256, one.sha256);
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        read_interactions(empty.path(), &mut NoProgress),
        Err(DatasetError::Empty { .. })
    ));
}

#[test]
fn columns_are_found_by_name_and_others_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    fs_err::write(&path, "\u{feff}timestamp,extra,rating,movie_id,user_id\r\n5,?,1,a,7\r\n")
        .unwrap();
    assert_eq!(rows(&read_interactions(&path, &mut NoProgress).unwrap()), [(7, "a", 1, 5)]);
}

#[test]
fn wrong_tables_are_named_with_the_place_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let header = "user_id,movie_id,rating,timestamp\n1,a,1,1\n";
    for (text, parts) in [
        (String::new(), &["no column \"user_id\""][..]),
        ("user_id,movie,rating,timestamp\n".into(), &["no column \"movie_id\"", "movie,"]),
        (format!("{header}x,a,1,1\n"), &["line 3", "user_id \"x\""]),
        (format!("{header}-1,a,1,1\n"), &["line 3", "user_id \"-1\""]),
        (format!("{header}1,,1,1\n"), &["line 3", "movie_id"]),
        (format!("{header}1,\"a,b\",1,1\n"), &["line 3", "movie_id \"a,b\""]),
        (format!("{header}1,a b,1,1\n"), &["line 3", "movie_id \"a b\""]),
        (format!("{header}1,a,4.5,1\n"), &["line 3", "rating \"4.5\"", "1 to 5"]),
        (format!("{header}1,a,6,1\n"), &["line 3", "rating \"6\""]),
        (format!("{header}1,a,-3,1\n"), &["line 3", "rating \"-3\""]),
        (format!("{header}1,a,1,now\n"), &["line 3", "timestamp \"now\""]),
        (format!("{header}1,a,1\n"), &["line 3", "3 values", "4 names"]),
    ] {
        fs_err::write(&path, &text).unwrap();
        let error = read_interactions(&path, &mut NoProgress).unwrap_err();
        let mut message = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            message = format!("{message}: {source}");
        }
        for part in parts.iter().chain(&["table.csv"]) {
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
    fs_err::write(folder.path().join("bad.parquet"), "not parquet").unwrap();
    let error = read_interactions(&folder.path().join("bad.parquet"), &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("bad.parquet"), "{error}");
    let error = read_interactions(Path::new("table.xls"), &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("table.xls"), "{error}");
    let error = read_interactions(Path::new("no/table.csv"), &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("no/table.csv"), "{error}");
}

#[test]
fn events_survive_and_read_as_interactions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    let events = EventTable {
        interactions: table(&[(1, "a", 1, 10), (1, "a", 4, 11)]),
        details: vec![EventDetail::Watch { minute: 12 }, EventDetail::Rate { stars: 4 }],
    };
    let mut writer = EventsWriter::create(&path).unwrap();
    writer.append(&events).unwrap();
    writer.finish().unwrap().commit().unwrap();
    assert_eq!(read_events(&path, &mut NoProgress).unwrap(), events);
    assert_eq!(read_interactions(&path, &mut NoProgress).unwrap(), events.interactions);
    assert!(EventsWriter::create(&folder.path().join("events.csv")).is_err());
}

#[test]
fn a_four_column_file_cannot_be_aggregated() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["table.csv", "table.parquet"] {
        let path = folder.path().join(name);
        written(&path);
        let error = read_events(&path, &mut NoProgress).unwrap_err();
        assert!(matches!(error, DatasetError::NotEvents { .. }), "{error:?}");
    }
    let error = read_events(Path::new("no/table.csv"), &mut NoProgress).unwrap_err();
    assert!(matches!(error, DatasetError::Io(_)), "{error:?}");
}

#[test]
fn aggregated_tables_have_two_more_columns() {
    let folder = tempfile::tempdir().unwrap();
    let aggregated = Aggregated {
        interactions: table(&[(1, "a", 4, 10), (2, "b", 1, 11)]),
        stars: vec![Some(4), None],
        minutes: vec![0, 90],
    };
    for name in ["table.csv", "table.parquet"] {
        let path = folder.path().join(name);
        let mut writer = InteractionsWriter::create_aggregated(&path).unwrap();
        writer.append_aggregated(&aggregated).unwrap();
        writer.finish().unwrap().commit().unwrap();
        assert_eq!(read_interactions(&path, &mut NoProgress).unwrap(), aggregated.interactions);
    }
    let csv = fs_err::read_to_string(folder.path().join("table.csv")).unwrap();
    let expected = "user_id,movie_id,rating,timestamp,stars,minutes\n1,a,4,10,4,0\n2,b,1,11,,90\n";
    assert_eq!(csv, expected);
}

#[test]
fn formats_are_told_by_the_ending() {
    assert_eq!(TableFormat::of(Path::new("a.CSV")).unwrap(), TableFormat::Csv);
    assert_eq!(TableFormat::of(Path::new("a.parquet")).unwrap(), TableFormat::Parquet);
    assert!(TableFormat::of(Path::new("a")).is_err());
}
