use std::path::Path;

use marquee_dataset::{
    Aggregated, DatasetError, EventDetail, EventTable, EventsWriter, FileDigest,
    InteractionsWriter, NoProgress, TableFormat, read_aggregated, read_events, read_interactions,
    scan_interactions,
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
fn without_a_rating_column_every_rating_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    for quoted in ["a", "\"a\""] {
        let text = format!("timestamp,user_id,movie_id\n5,7,{quoted}\n6,7,b\n");
        fs_err::write(&path, text).unwrap();
        let table = read_interactions(&path, &mut NoProgress).unwrap();
        assert_eq!(rows(&table), [(7, "a", 1, 5), (7, "b", 1, 6)]);
    }
    let scanned = scan_interactions(&path, &mut NoProgress, &mut |_| {}).unwrap_err();
    assert!(scanned.to_string().contains("no column \"rating\""), "{scanned}");
}

#[test]
fn wrong_tables_are_named_with_the_place_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let header = "user_id,movie_id,rating,timestamp\n1,a,1,1\n";
    for (text, parts) in [
        (String::new(), &["the file is empty", "user_id,"][..]),
        ("user_id,movie,rating,timestamp\n".into(), &["no column \"movie_id\"", "movie,"]),
        ("user_id,movie_id,rating\n".into(), &["no column \"timestamp\""]),
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
        let error = read_aggregated(&path, &mut NoProgress).unwrap_err();
        assert!(matches!(error, DatasetError::NotAggregated { .. }), "{error:?}");
        assert!(error.to_string().contains("dedup --strategy aggregate"), "{error}");
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
        assert_eq!(read_aggregated(&path, &mut NoProgress).unwrap(), aggregated);
    }
    let csv = fs_err::read_to_string(folder.path().join("table.csv")).unwrap();
    let expected = "user_id,movie_id,rating,timestamp,stars,minutes\n1,a,4,10,4,0\n2,b,1,11,,90\n";
    assert_eq!(csv, expected);
}

#[test]
fn selected_rows_keep_their_stars_and_minutes() {
    let aggregated = Aggregated {
        interactions: table(&[(1, "a", 4, 10), (2, "b", 1, 11), (2, "a", 2, 12)]),
        stars: vec![Some(4), None, Some(2)],
        minutes: vec![0, 90, 7],
    };
    let selected = aggregated.select(&[2, 0]);
    assert_eq!(rows(&selected.interactions), [(2, "a", 2, 12), (1, "a", 4, 10)]);
    assert_eq!((selected.stars, selected.minutes), (vec![Some(2), Some(4)], vec![7, 0]));
    assert_eq!(aggregated.select(&[0, 1, 2]), aggregated);
}

#[test]
fn stars_and_minutes_out_of_range_are_refused_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    for (values, column) in [
        ("6,3", "stars"),
        ("x,3", "stars"),
        ("5,-1", "minutes"),
        ("5,", "minutes"),
        ("5,x", "minutes"),
    ] {
        let text = "user_id,movie_id,rating,timestamp,stars,minutes\n1,a,4,10,,7\n";
        fs_err::write(&path, format!("{text}2,a,5,11,{values}\n")).unwrap();
        let error = read_aggregated(&path, &mut NoProgress).unwrap_err();
        let DatasetError::Value { line, column: found, .. } = error else { panic!("{error:?}") };
        assert_eq!((line, found), (3, column), "{values}");
    }
}

#[test]
fn formats_are_told_by_the_ending() {
    assert_eq!(TableFormat::of(Path::new("a.CSV")).unwrap(), TableFormat::Csv);
    assert_eq!(TableFormat::of(Path::new("a.parquet")).unwrap(), TableFormat::Parquet);
    assert!(TableFormat::of(Path::new("a")).is_err());
}

/// A csv table of more than one block, and its rows.
fn long_csv() -> (String, Vec<(u64, String, u8, i64)>) {
    let mut text = "user_id,movie_id,rating,timestamp\n".to_owned();
    let mut rows = Vec::new();
    for row in 0..60_000_u64 {
        let row = (
            row % 997,
            format!("film+{}+1999", row * row % 4_001),
            1 + (row % 5) as u8,
            row as i64,
        );
        text.push_str(&format!("{},{},{},{}\n", row.0, row.1, row.2, row.3));
        rows.push(row);
    }
    (text, rows)
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn tables_of_many_blocks_are_read_in_order_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let (text, expected) = long_csv();
    assert!(text.len() > 1 << 20);
    fs_err::write(&path, &text).unwrap();
    let table = on_threads(1, || read_interactions(&path, &mut NoProgress)).unwrap();
    let found: Vec<_> =
        rows(&table).into_iter().map(|(u, m, r, t)| (u, m.to_owned(), r, t)).collect();
    assert!(found == expected);
    // Codes follow first appearance, whatever was read at the same time.
    let first: Vec<&str> = table.movie_ids.iter().take(3).collect();
    assert_eq!(first, ["film+0+1999", "film+1+1999", "film+4+1999"]);
    for threads in [2, 5] {
        assert!(
            on_threads(threads, || read_interactions(&path, &mut NoProgress)).unwrap() == table
        );
    }
}

#[test]
fn a_wrong_value_far_down_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let (text, _) = long_csv();
    for line in [2, 20_000, 60_001] {
        for (value, said) in
            [("1,a,9,1", "rating \"9\""), ("1,a b,1,1", "movie_id"), ("1,a,1", "3 values")]
        {
            let mut lines: Vec<&str> = text.lines().collect();
            lines[line - 1] = value;
            // Of two wrong values the first is named.
            lines.push("x,y,z");
            fs_err::write(&path, lines.join("\n")).unwrap();
            let error = read_interactions(&path, &mut NoProgress).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line}:")) && error.contains(said), "{error}");
        }
    }
}

#[test]
fn quoted_values_may_hold_line_ends_wherever_blocks_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, quoted) = (folder.path().join("plain.csv"), folder.path().join("quoted.csv"));
    let (text, _) = long_csv();
    fs_err::write(&plain, &text).unwrap();
    let expected = read_interactions(&plain, &mut NoProgress).unwrap();
    for from in [0, 1, 30_000] {
        let mut with_note = "user_id,note,movie_id,rating,timestamp\n".to_owned();
        for (row, line) in text.lines().skip(1).enumerate() {
            let (user, rest) = line.split_once(',').unwrap();
            let note = if row >= from { "\"two\nlines, \"\"quoted\"\"\"" } else { "plain" };
            with_note.push_str(&format!("{user},{note},{rest}\n"));
        }
        fs_err::write(&quoted, &with_note).unwrap();
        assert!(read_interactions(&quoted, &mut NoProgress).unwrap() == expected, "{from}");
        with_note.push_str("1,plain,a,6,1\n");
        fs_err::write(&quoted, &with_note).unwrap();
        let error = read_interactions(&quoted, &mut NoProgress).unwrap_err().to_string();
        let line = 60_002 + (60_000 - from);
        assert!(error.contains(&format!("line {line}:")), "{error}, not {line}");
    }
}

#[test]
fn row_groups_end_where_the_rows_say_however_they_were_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = marquee_dataset::Interactions::default();
    for row in 0..1_200_000_u64 {
        whole.push(row % 1_009, ["a", "b", "c"][(row % 3) as usize], 1, row as i64);
    }
    let written = |name: &str, cuts: &[u32]| {
        let path = folder.path().join(name);
        let mut writer = InteractionsWriter::create(&path).unwrap();
        let mut from = 0;
        for &until in cuts {
            writer.append(&whole.select(&(from..until).collect::<Vec<u32>>())).unwrap();
            from = until;
        }
        writer.finish().unwrap().commit().unwrap();
        fs_err::read(path).unwrap()
    };
    for ending in ["parquet", "csv"] {
        let at_once = on_threads(1, || written(&format!("once.{ending}"), &[1_200_000]));
        for cuts in [&[1, 1, 524_287, 600_000, 1_048_576, 1_200_000][..], &[1, 1_200_000]] {
            let in_parts = on_threads(3, || written(&format!("parts.{ending}"), cuts));
            assert!(in_parts == at_once, "{ending}, {cuts:?}");
        }
    }
    let table = read_interactions(&folder.path().join("once.parquet"), &mut NoProgress).unwrap();
    assert!(table == whole);
}

#[test]
fn endless_movie_ids_end_row_groups_early_and_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let mut table = marquee_dataset::Interactions::default();
    for row in 0..1_500_u64 {
        let id = format!("{row}{}", "x".repeat(60_000));
        table.push(row, &id, 1, 0);
    }
    let mut writer = InteractionsWriter::create(&path).unwrap();
    writer.append(&table).unwrap();
    writer.finish().unwrap().commit().unwrap();
    assert!(read_interactions(&path, &mut NoProgress).unwrap() == table);
}
