use std::{
    io::{self, Cursor, Read, Write},
    path::Path,
};

use marquee_dataset::{
    DatasetError, IngestOutputs, IngestReport, LogSource, NoProgress, QuarantineRecord, hex,
    ingest, read_interactions,
};
use sha2::{Digest, Sha256};

use crate::rows;

const WATCH: &str = "2024-09-10T08:40,7,GET /data/m/bat*21+1988/3.mpg\n";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> std::path::PathBuf {
        let path = self.0.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn ingest(&self, sources: Vec<LogSource>) -> Result<IngestReport, DatasetError> {
        let outputs = IngestOutputs {
            interactions: self.0.path().join("rows.csv"),
            quarantine: Some(self.0.path().join("quarantine.jsonl")),
            ..IngestOutputs::default()
        };
        ingest(sources, &outputs, &mut NoProgress)
    }

    fn quarantined(&self) -> Vec<QuarantineRecord> {
        let text = fs_err::read_to_string(self.0.path().join("quarantine.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// That a run failed with this text in its error or the cause of it, and left no output.
    fn refuses(&self, sources: Vec<LogSource>, said: &str) {
        let error = self.ingest(sources).unwrap_err();
        let cause = std::error::Error::source(&error).map_or(String::new(), ToString::to_string);
        assert!(format!("{error}: {cause}").contains(said), "{error}: {cause}");
        assert!(!self.0.path().join("rows.csv").exists());
        assert!(!self.0.path().join("quarantine.jsonl").exists());
    }
}

fn lines(bytes: impl Into<Vec<u8>>) -> Vec<LogSource> {
    vec![LogSource::from_reader("log", Cursor::new(bytes.into()))]
}

#[test]
fn a_line_of_a_gigabyte_is_one_refused_line() {
    const LENGTH: u64 = 1 << 30;
    let log = io::repeat(b'7').take(LENGTH).chain(Cursor::new(format!("\n{WATCH}")));
    let place = Place::new();
    let report = place.ingest(vec![LogSource::from_reader("log", log)]).unwrap();
    assert_eq!((report.lines, report.rows, report.quarantined), (2, 1, 1));
    assert_eq!(report.bytes, LENGTH + 1 + WATCH.len() as u64);
    let record = &place.quarantined()[0];
    assert_eq!((record.reason.as_str(), record.length), ("line_too_long", Some(LENGTH)));
    assert_eq!(record.raw.as_ref().unwrap().len(), 65_536);
    let mut hasher = Sha256::new();
    let part = vec![b'7'; 1 << 20];
    (0..LENGTH >> 20).for_each(|_| hasher.update(&part));
    assert_eq!(record.sha256.as_deref(), Some(hex(&hasher.finalize()).as_str()));
}

#[test]
fn line_numbers_and_offsets_go_on_after_long_lines() {
    let mut log = Vec::new();
    let mut starts = Vec::new();
    for length in [3 << 19, 10, 1 << 19, (1 << 19) - 1, 70_000, 5 << 19] {
        starts.push(log.len() as u64);
        log.resize(log.len() + length, b'x');
        log.push(b'\n');
        log.extend_from_slice(WATCH.as_bytes());
    }
    let place = Place::new();
    let report = place.ingest(lines(log.clone())).unwrap();
    assert_eq!((report.lines, report.rows), (12, 6));
    assert_eq!(report.bytes, log.len() as u64);
    let found: Vec<(u64, u64)> =
        place.quarantined().iter().map(|record| (record.line, record.offset)).collect();
    assert_eq!(found, (1..).step_by(2).zip(starts).collect::<Vec<_>>());
}

#[test]
fn a_log_without_a_line_end_is_one_line() {
    let place = Place::new();
    assert_eq!(place.ingest(lines(WATCH.trim_end())).unwrap().rows, 1);
    let place = Place::new();
    let report = place.ingest(lines(vec![b'a'; 3 << 20])).unwrap();
    assert_eq!((report.lines, report.quarantined, report.bytes), (1, 1, 3 << 20));
}

#[test]
fn odd_lines_have_their_reason() {
    let digits = "9".repeat(1_000_000);
    for (line, reason) in [
        (b"2024-09-10T08:40,7,GET /data/m/a\0b/3.mpg".to_vec(), "bad_movie_id"),
        (b"\0\0\0\0".to_vec(), "missing_field"),
        (b"2024-09-10T08:40,7,GET /data/m/a\xc3/3.mpg".to_vec(), "not_utf8"),
        (format!("2024-09-10T08:40,{},GET /rate/a=3", &digits[..60_000]).into(), "bad_user_id"),
        (format!("2024-09-10T08:40,{digits},GET /rate/a=3").into(), "line_too_long"),
        (b"99999-09-10T08:40,7,GET /rate/a=3".to_vec(), "bad_time"),
        (b"\xef\xbb\xbf2024-09-10T08:40,7,GET /rate/a=3".to_vec(), "bad_time"),
    ] {
        let place = Place::new();
        let report = place.ingest(lines([WATCH.as_bytes(), &line, b"\n"].concat())).unwrap();
        assert_eq!((report.lines, report.rows), (2, 1), "{reason}");
        assert_eq!(place.quarantined()[0].reason, reason);
    }
}

#[test]
fn years_from_zero_to_9999_any_order_and_carriage_returns_are_taken() {
    let log = "9999-12-31T23:59:59,1,GET /rate/a=1\r\n0000-01-01T00:00,2,GET /rate/b=2\r\n\
               1969-12-31T23:59:59Z,3,GET /rate/c=3\r\n2024-09-10T08:40,4,GET /rate/d=4";
    let place = Place::new();
    let report = place.ingest(lines(log)).unwrap();
    assert_eq!((report.rows, report.quarantined), (4, 0));
    assert_eq!(report.first_timestamp, Some(-62_167_219_200));
    assert_eq!(report.last_timestamp, Some(253_402_300_799));
    let table = read_interactions(&place.0.path().join("rows.csv"), &mut NoProgress).unwrap();
    let users: Vec<u64> = rows(&table).iter().map(|row| row.0).collect();
    assert_eq!(users, [1, 2, 3, 4], "rows stand in the order of the log");
}

#[test]
fn a_file_that_grows_is_read_to_the_end_it_had() {
    let place = Place::new();
    let path = place.file("a.log", WATCH.repeat(3));
    let source = LogSource::open(&path).unwrap();
    fs_err::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(WATCH.as_bytes())
        .unwrap();
    assert_eq!(place.ingest(vec![source]).unwrap().rows, 3);
}

#[test]
fn a_file_cut_short_while_it_is_read_is_an_error_and_writes_nothing() {
    let place = Place::new();
    let path = place.file("a.log", WATCH.repeat(100_000));
    let source = LogSource::open(&path).unwrap();
    fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(1_000).unwrap();
    place.refuses(vec![source], "cut short");
}

#[test]
fn damaged_archives_are_named_with_the_place() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(WATCH.repeat(50_000).as_bytes()).unwrap();
    let gzip = encoder.finish().unwrap();
    let zstd = zstd::encode_all(WATCH.repeat(50_000).as_bytes(), 1).unwrap();
    for (name, bytes) in [
        ("cut.log.gz", &gzip[..gzip.len() / 2]),
        ("plain.log.gz", WATCH.as_bytes()),
        ("cut.log.zst", &zstd[..zstd.len() / 2]),
        ("plain.log.zst", WATCH.as_bytes()),
    ] {
        let place = Place::new();
        let path = place.file(name, bytes);
        place.refuses(vec![LogSource::open(&path).unwrap()], name);
    }
}

#[test]
fn the_same_file_twice_is_refused_under_any_name() {
    let place = Place::new();
    let path = place.file("a.log", WATCH);
    let (hard, soft) = (place.0.path().join("hard.log"), place.0.path().join("soft.log"));
    fs_err::hard_link(&path, &hard).unwrap();
    std::os::unix::fs::symlink(&path, &soft).unwrap();
    for other in [&path, &hard, &soft] {
        let open = |path: &Path| LogSource::open(path).unwrap();
        place.refuses(vec![open(&path), open(other)], "same file");
    }
    let copy = place.file("copy.log", WATCH);
    let sources = [path, copy].map(|path| LogSource::open(&path).unwrap());
    assert_eq!(place.ingest(sources.into()).unwrap().rows, 2, "a copy is another file");
}
