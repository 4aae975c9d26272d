use std::{path::PathBuf, sync::Arc};

use arrow::array::{
    ArrayRef, Float64Array, Int8Array, Int32Array, Int64Array, RecordBatch, StringArray,
    UInt64Array,
};
use marquee_dataset::{
    DatasetError, Interactions, InteractionsWriter, NoProgress, read_events, read_interactions,
    scan_interactions,
};
use parquet::arrow::ArrowWriter;

use crate::rows;

const HEADER: &str = "user_id,movie_id,rating,timestamp\n";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn parquet(&self, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
        let path = self.0.path().join("table.parquet");
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = fs_err::File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path
    }

    /// That reading the csv text fails with this said.
    fn refuses(&self, text: impl AsRef<[u8]>, said: &str) {
        let path = self.file("table.csv", text);
        let error = read_interactions(&path, &mut NoProgress).unwrap_err().to_string();
        assert!(error.contains("table.csv") && error.contains(said), "{error}; not {said}");
    }
}

fn interactions(path: &std::path::Path) -> Interactions {
    read_interactions(path, &mut NoProgress).unwrap()
}

fn ids(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn numbers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

#[test]
fn lines_are_counted_by_line_feeds_whatever_stands_between() {
    let place = Place::new();
    let crlf = HEADER.replace('\n', "\r\n");
    place.refuses(format!("{crlf}x,a,1,1\r\n"), "line 2:");
    place.refuses(format!("{crlf}1,a,1,1\r\n\r\n\r\nx,a,1,1"), "line 5:");
    place.refuses(format!("{HEADER}1,a,1,1\n\n\nx,a,1,1\n"), "line 5:");
    place.refuses(format!("{HEADER}1,\"a\",1,1\n\n\nx,a,1,1\n"), "line 5:");
    place.refuses(format!("\n\n{HEADER}1,a,1,1\nx,a,1,1"), "line 5:");
    // In a later block as well.
    let many = "1,a,1,1\r\n".repeat(100_000);
    place.refuses(format!("{crlf}{many}1,a,1,now\r\n{many}"), "line 100002:");
    let path = place.file("good.csv", format!("{crlf}{many}"));
    assert_eq!(interactions(&path).len(), 100_000);
}

#[test]
fn odd_csv_files_are_read_or_named() {
    let place = Place::new();
    for text in [
        "\"user_id\",\"movie_id\",\"rating\",\"timestamp\"\n1,a,1,1\n".to_owned(),
        format!("\u{feff}{HEADER}1,a,1,1"),
        format!("{HEADER}\n\n1,a,1,1\n\n"),
        format!("{HEADER}1,\"a\",\"1\",\"1\"\r\n"),
    ] {
        let path = place.file("table.csv", &text);
        assert_eq!(rows(&interactions(&path)), [(1, "a", 1, 1)], "{text:?}");
    }
    for text in [HEADER, HEADER.trim_end()] {
        let path = place.file("table.csv", text);
        assert!(interactions(&path).is_empty());
    }
    place.refuses("", "the file is empty");
    place.refuses(format!("{HEADER}\u{feff}1,a,1,1\n"), "line 2:");
    place.refuses(format!("{HEADER}\u{feff}1,\"a\",1,1\n"), "line 2:");
    place.refuses(format!("{HEADER}1,a,1,1\n\u{feff}1,a,1,1\n"), "line 3:");
    place.refuses(format!("{HEADER}1,a,1,+1\n"), "timestamp \"+1\"");
    place.refuses(format!("{HEADER}1,{},1,1\n", "x".repeat(65_537)), "line 2: movie_id");
    place.refuses(b"user_id,movie_id,rating,timestamp\n1,a\xff,1,1\n", "line 2: movie_id");
    // Two ids that are text only together.
    place.refuses(b"user_id,movie_id,rating,timestamp\n1,a\xc3,1,1\n1,\xa9b,1,1\n", "line 2");
    place.refuses(b"user_id\x1b[2J,rating\n1,2\n", "it has user_id\\u{1b}[2J, rating");
    place.refuses("x".repeat(2 << 20), "longer than 512 KiB");
    let open = format!("{HEADER}1,a,1,1\n1,\"{}", "x\n".repeat(2 << 20));
    place.refuses(open, "byte 42 is longer than 512 KiB");
}

#[test]
fn a_csv_file_cut_short_while_it_is_read_is_named() {
    struct CutsShort(PathBuf);
    impl marquee_dataset::Progress for CutsShort {
        fn begin(&mut self, _: &str, _: Option<u64>) {
            fs_err::OpenOptions::new().write(true).open(&self.0).unwrap().set_len(1_000).unwrap();
        }
    }
    let place = Place::new();
    let path = place.file("table.csv", format!("{HEADER}{}", "1,a,1,1\n".repeat(10_000)));
    let error = read_interactions(&path, &mut CutsShort(path.clone())).unwrap_err();
    assert!(matches!(error, DatasetError::ReadOn { .. }), "{error:?}");
    assert!(error.to_string().contains("table.csv"), "{error}");
}

#[test]
fn the_first_wrong_row_of_a_parquet_file_is_named_whatever_its_column() {
    let place = Place::new();
    for (users, ratings, times, said) in [
        ([1, -1], [9, 1], [1, 1], "line 1: rating \"9\""),
        ([-1, 1], [9, 1], [1, 1], "line 1: user_id \"-1\""),
        ([1, -1], [1, 9], [1, 1], "line 2: user_id \"-1\""),
    ] {
        let path = place.parquet(vec![
            ("user_id", numbers(&users)),
            ("movie_id", ids(&["a", "b"])),
            ("rating", numbers(&ratings)),
            ("timestamp", numbers(&times)),
        ]);
        let error = read_interactions(&path, &mut NoProgress).unwrap_err().to_string();
        assert!(error.contains(said), "{error}; not {said}");
    }
}

#[test]
fn numbers_of_other_kinds_are_taken_if_nothing_is_lost() {
    let place = Place::new();
    let columns = |users: ArrayRef, kinds: Option<ArrayRef>| {
        let mut columns = vec![
            ("user_id", users),
            ("movie_id", ids(&["a"])),
            ("rating", Arc::new(Int8Array::from(vec![4])) as ArrayRef),
            ("timestamp", Arc::new(Int32Array::from(vec![7])) as ArrayRef),
        ];
        columns.extend(kinds.map(|kinds| ("stars", kinds)));
        columns
    };
    let unsigned = |value| Arc::new(UInt64Array::from(vec![value])) as ArrayRef;
    let path = place.parquet(columns(unsigned(i64::MAX as u64), None));
    assert_eq!(rows(&interactions(&path)), [(i64::MAX as u64, "a", 4, 7)]);
    let refused = |columns, said: &str| {
        let error = read_interactions(&place.parquet(columns), &mut NoProgress).unwrap_err();
        assert!(error.to_string().contains(said), "{error}; not {said}");
    };
    refused(columns(unsigned(1 << 63), None), "2^63");
    refused(columns(Arc::new(Float64Array::from(vec![1.0])), None), "is of type Float64");
    refused(columns(Arc::new(Int64Array::from(vec![None])), None), "user_id \"null\"");
}

#[test]
fn events_need_whole_stars_and_a_rating_column_comes_before_kinds() {
    let place = Place::new();
    let columns = |stars: ArrayRef, rating: Option<i64>| {
        let mut columns = vec![
            ("user_id", numbers(&[1])),
            ("movie_id", ids(&["a"])),
            ("kind", ids(&["rate"])),
            ("minute", Arc::new(Int32Array::from(vec![None])) as ArrayRef),
            ("stars", stars),
            ("timestamp", numbers(&[7])),
        ];
        columns.extend(rating.map(|rating| ("rating", numbers(&[rating]))));
        columns
    };
    let whole: ArrayRef = Arc::new(Int8Array::from(vec![4]));
    let path = place.parquet(columns(Arc::clone(&whole), None));
    assert_eq!(rows(&interactions(&path)), [(1, "a", 4, 7)]);
    let path = place.parquet(columns(whole, Some(2)));
    assert_eq!(rows(&interactions(&path)), [(1, "a", 2, 7)]);
    assert_eq!(read_events(&path, &mut NoProgress).unwrap().interactions.ratings, [4]);
    let path = place.parquet(columns(Arc::new(Float64Array::from(vec![4.5])), None));
    let error = read_events(&path, &mut NoProgress).unwrap_err().to_string();
    assert!(error.contains("stars") && error.contains("integers"), "{error}");
}

#[test]
fn a_parquet_file_without_ratings_or_kinds_is_one_of_watches() {
    let place = Place::new();
    let path = place.parquet(vec![
        ("user_id", numbers(&[1, 2])),
        ("movie_id", ids(&["a", "b"])),
        ("timestamp", numbers(&[7, 8])),
    ]);
    assert_eq!(rows(&interactions(&path)), [(1, "a", 1, 7), (2, "b", 1, 8)]);
    let scanned = scan_interactions(&path, &mut NoProgress, &mut |_| {}).unwrap_err();
    assert!(scanned.to_string().contains("no column \"rating\""), "{scanned}");
}

#[test]
fn parquet_files_of_no_rows_and_of_one_large_row_group_are_read() {
    let place = Place::new();
    let empty: Vec<(&str, ArrayRef)> = vec![
        ("user_id", numbers(&[])),
        ("movie_id", ids(&[])),
        ("rating", numbers(&[])),
        ("timestamp", numbers(&[])),
    ];
    assert!(interactions(&place.parquet(empty)).is_empty());
    let path = place.0.path().join("no-groups.parquet");
    let mut writer = InteractionsWriter::create(&path).unwrap();
    writer.append(&Interactions::default()).unwrap();
    writer.finish().unwrap().commit().unwrap();
    assert!(interactions(&path).is_empty());

    let count = (1 << 20) + 100_000_i64;
    let column: Vec<i64> = (0..count).collect();
    let batch = RecordBatch::try_from_iter(vec![
        ("user_id", numbers(&column)),
        (
            "movie_id",
            Arc::new(StringArray::from_iter_values(
                column.iter().map(|n| ["a", "b"][(n % 2) as usize]),
            )) as ArrayRef,
        ),
        ("rating", numbers(&vec![1; column.len()])),
        ("timestamp", numbers(&column)),
    ])
    .unwrap();
    let path = place.0.path().join("large.parquet");
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(None)
        .build();
    let file = fs_err::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    assert_eq!(writer.close().unwrap().num_row_groups(), 1);
    let table = interactions(&path);
    assert!(table.user_ids.iter().map(|&user| user as i64).eq(column.iter().copied()));
    assert!(table.timestamps == column);
}

#[test]
fn damaged_parquet_files_end_in_an_error_that_names_them() {
    let place = Place::new();
    let path = place.parquet(vec![
        ("user_id", numbers(&[1, 2, 3, 4])),
        ("movie_id", ids(&["a", "b", "a", "c"])),
        ("rating", numbers(&[1, 2, 3, 4])),
        ("timestamp", numbers(&[1, 2, 3, 4])),
    ]);
    let good = fs_err::read(&path).unwrap();
    let (mut failed, expected) = (0, interactions(&path));
    for at in 0..good.len() {
        for value in [0x00, 0xff, good[at] ^ 0x10] {
            let mut damaged = good.clone();
            damaged[at] = value;
            let path = place.file("damaged.parquet", &damaged);
            match read_interactions(&path, &mut NoProgress) {
                // Some bytes do not matter, and some are values.
                Ok(table) => assert_eq!(table.len(), expected.len(), "byte {at}"),
                Err(error) => {
                    assert!(error.to_string().contains("damaged.parquet"), "{error}");
                    failed += 1;
                }
            }
        }
    }
    assert!(failed > good.len(), "{failed}");
    for length in 0..good.len() {
        let path = place.file("damaged.parquet", &good[..length]);
        assert!(read_interactions(&path, &mut NoProgress).is_err(), "{length} bytes");
    }
}

#[test]
fn the_bytes_do_not_depend_on_how_many_distinct_ids_came_at_a_time() {
    let place = Place::new();
    let mut table = Interactions::default();
    for row in 0..300_000_u64 {
        table.push(row, &format!("a+film+of+its+own+{row:06}"), 1, row as i64);
    }
    table.push(1, &"long+".repeat(80), 1, 1);
    let written = |name: &str, table: &Interactions, cuts: &[u32]| {
        let path = place.0.path().join(name);
        let mut writer = InteractionsWriter::create(&path).unwrap();
        let mut from = 0;
        for &until in cuts {
            writer.append(&table.select(&(from..until).collect::<Vec<u32>>())).unwrap();
            from = until;
        }
        writer.finish().unwrap().commit().unwrap();
        fs_err::read(path).unwrap()
    };
    let without_long = {
        let mut short = Interactions::default();
        (0..300_000).for_each(|row| short.push(row as u64, table.movie_id(row), 1, row as i64));
        short
    };
    // With one long id the rows take another way into the file.
    let expected = written("short.parquet", &without_long, &[300_000]);
    assert!(written("parts.parquet", &without_long, &[1, 290_000, 300_000]) == expected);
    assert!(written("long.parquet", &table, &[300_000]) == expected);
}
