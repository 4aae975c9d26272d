use std::{
    collections::BTreeSet,
    io::{self, Cursor, Read},
    path::Path,
};

use marquee_dataset::{
    DatasetError, IngestOutputs, IngestReport, LogSource, NoProgress, Progress, QuarantineRecord,
    hex, ingest, read_events, read_interactions,
};
use proptest::prelude::*;

use crate::{fixture, rows};

struct Run {
    folder: tempfile::TempDir,
    outputs: IngestOutputs,
    report: Result<IngestReport, DatasetError>,
}

fn source(name: &str, bytes: impl Into<Vec<u8>>) -> LogSource {
    LogSource::from_reader(name, Cursor::new(bytes.into()))
}

fn run(sources: Vec<LogSource>) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let outputs = IngestOutputs {
        interactions: folder.path().join("interactions.csv"),
        events: Some(folder.path().join("events.parquet")),
        quarantine: Some(folder.path().join("quarantine.jsonl")),
        report: Some(folder.path().join("report.json")),
    };
    let report = ingest(sources, &outputs, &mut NoProgress);
    Run { folder, outputs, report }
}

impl Run {
    fn report(&self) -> &IngestReport {
        self.report.as_ref().unwrap()
    }

    fn quarantined(&self) -> Vec<QuarantineRecord> {
        let text = fs_err::read_to_string(self.outputs.quarantine.as_ref().unwrap()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn files(&self) -> BTreeSet<String> {
        fs_err::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

const WATCH: &str = "2024-09-10T08:40,7,GET /data/m/bat*21+1988/3.mpg";
const RATE: &str = "2024-09-10T08:39:04.5,8,GET /rate/the+matrix+1999=5";
const LIST: &str = "2024-09-10T08:41:00,7,recommendation request host:8082, status 200, \
                    result: a+1, b+2, 12 ms";

#[test]
fn rows_quarantine_and_report_account_for_every_line() {
    let log = format!(
        "{WATCH}\n{RATE}\n\n{LIST}\nrubbish\n{WATCH}\r\n2024-170-14T15:34:12,4,GET /rate/x=2"
    );
    let run = run(vec![source("a.log", log.clone())]);
    let report = run.report();
    assert_eq!(report.lines, 7);
    let accepted = (report.accepted.watch, report.accepted.rate, report.accepted.recommendation);
    assert_eq!(accepted, (2, 1, 1));
    assert_eq!((report.rows, report.quarantined), (3, 3));
    assert_eq!(report.reasons["bad_time"], 1);
    assert_eq!(report.reasons["empty_line"], 1);
    assert_eq!(report.reasons.values().sum::<u64>(), 3);
    assert_eq!(report.first_timestamp, Some(1_725_957_544));
    assert_eq!(report.last_timestamp, Some(1_725_957_600));
    assert_eq!(report.bytes, log.len() as u64);
    let text = fs_err::read(&run.outputs.interactions).unwrap();
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        "user_id,movie_id,rating,timestamp\n\
         7,bat*21+1988,1,1725957600\n\
         8,the+matrix+1999,5,1725957544\n\
         7,bat*21+1988,1,1725957600\n"
    );
    use sha2::Digest;
    assert_eq!(report.sha256, hex(&sha2::Sha256::digest(&text)));
    let written = fs_err::read(run.outputs.report.as_ref().unwrap()).unwrap();
    assert_eq!(&serde_json::from_slice::<IngestReport>(&written).unwrap(), report);
    let places: Vec<(u64, u64)> =
        run.quarantined().iter().map(|record| (record.line, record.offset)).collect();
    let second = (WATCH.len() + 1 + RATE.len() + 1) as u64;
    assert_eq!(places[0], (3, second));
    assert_eq!(places[1].0, 5);
    assert_eq!(places[2], (7, (log.len() - "2024-170-14T15:34:12,4,GET /rate/x=2".len()) as u64));
}

#[test]
fn the_events_file_keeps_minutes_and_stars_apart() {
    let run = run(vec![source("a.log", format!("{WATCH}\n{RATE}\n"))]);
    let events = read_events(run.outputs.events.as_ref().unwrap(), &mut NoProgress).unwrap();
    assert_eq!(rows(&events.interactions).len(), 2);
    assert_eq!(events.details[0], marquee_dataset::EventDetail::Watch { minute: 3 });
    assert_eq!(events.details[1], marquee_dataset::EventDetail::Rate { stars: 5 });
}

#[test]
fn a_time_zone_and_a_fraction_are_kept() {
    // The reference drops the zone with the fraction.
    let log =
        "2024-09-10T08:39:04.999+02:00,1,GET /rate/x=1\n1969-12-31T23:59:59.5Z,1,GET /rate/x=1";
    let run = run(vec![source("a.log", log)]);
    let table = read_interactions(&run.outputs.interactions, &mut NoProgress).unwrap();
    assert_eq!(table.timestamps, [1_725_957_544 - 7200, -1]);
}

#[test]
fn a_rating_is_one_to_five_exactly() {
    // The reference reads =15 as 1 and =4.5 as 4.
    let log = "2024-09-10T08:39:04,1,GET /rate/x=15\n2024-09-10T08:39:04,1,GET /rate/x=4.5\n\
               2024-09-10T08:39:04,1,GET /rate/x=5\n";
    let run = run(vec![source("a.log", log)]);
    assert_eq!(run.report().reasons["bad_rating"], 2);
    assert_eq!(run.report().rows, 1);
}

#[test]
fn several_sources_count_lines_and_offsets_on_their_own() {
    let run = run(vec![source("a.log", format!("{WATCH}\nx")), source("b.log", "\u{feff}y")]);
    let records = run.quarantined();
    assert_eq!((records[0].source.as_str(), records[0].line), ("a.log", 2));
    assert_eq!((records[1].source.as_str(), records[1].line, records[1].offset), ("b.log", 1, 0));
    assert_eq!(run.report().lines, 3);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let run = run(vec![source("a.log", format!("\u{feff}{WATCH}\n{WATCH}\n"))]);
    assert_eq!((run.report().rows, run.report().quarantined), (2, 0));
}

#[test]
fn a_line_longer_than_any_buffer_is_kept_by_its_start_and_digest() {
    for length in [65_536, 65_537, 5 << 20] {
        let long = vec![b'x'; length];
        let mut log = format!("{WATCH}\n").into_bytes();
        log.extend_from_slice(&long);
        log.extend_from_slice(format!("\n{RATE}\n").as_bytes());
        let run = run(vec![source("a.log", log.clone())]);
        let report = run.report();
        assert_eq!((report.lines, report.rows, report.quarantined), (3, 2, 1), "{length}");
        assert_eq!(report.bytes, log.len() as u64, "{length}");
        let record = &run.quarantined()[0];
        assert_eq!((record.line, record.offset), (2, WATCH.len() as u64 + 1));
        assert_eq!(record.raw.as_ref().unwrap().len(), length.min(65_536));
        if length > 65_536 {
            use sha2::Digest;
            assert_eq!(record.reason, "line_too_long");
            assert_eq!(record.length, Some(length as u64));
            assert_eq!(record.sha256.as_ref().unwrap(), &hex(&sha2::Sha256::digest(&long)));
        }
    }
}

#[test]
fn a_line_that_is_not_utf8_is_kept_in_base64() {
    // The reference stops at the first such byte.
    let mut log = format!("{WATCH}\n").into_bytes();
    log.extend_from_slice(b"\xff\xfe,7,GET\n");
    let run = run(vec![source("a.log", log)]);
    let record = &run.quarantined()[0];
    assert_eq!((record.reason.as_str(), &record.raw), ("not_utf8", &None));
    assert_eq!(record.raw_base64.as_deref(), Some("//4sNyxHRVQ="));
}

#[test]
fn an_empty_log_is_refused_and_nothing_is_written() {
    let run = run(vec![source("a.log", "")]);
    assert!(matches!(run.report, Err(DatasetError::Empty { .. })), "{:?}", run.report);
    assert_eq!(run.files(), BTreeSet::new());
}

#[test]
fn a_reader_that_fails_leaves_the_old_outputs() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the disk is gone"));
            }
            self.0 -= 1;
            let line = format!("{WATCH}\n");
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let interactions = folder.path().join("interactions.csv");
    fs_err::write(&interactions, "old").unwrap();
    let outputs = IngestOutputs { interactions: interactions.clone(), ..Default::default() };
    let failing = LogSource::from_reader("a", Failing(3));
    let error = ingest(vec![failing], &outputs, &mut NoProgress).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("the disk is gone"), "{cause}");
    assert_eq!(fs_err::read_to_string(&interactions).unwrap(), "old");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_cancelled_run_writes_nothing() {
    struct Stop;
    impl Progress for Stop {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let outputs = IngestOutputs { interactions: folder.path().join("i.csv"), ..Default::default() };
    let error = ingest(vec![source("a", WATCH)], &outputs, &mut Stop).unwrap_err();
    assert!(matches!(error, DatasetError::Cancelled), "{error:?}");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let missing = LogSource::open(Path::new("no/such.log")).err().unwrap();
    assert!(missing.to_string().contains("no/such.log"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let as_file = LogSource::open(folder.path()).err().unwrap();
    assert!(as_file.to_string().contains("is a folder"), "{as_file}");
    let occupied = folder.path().join("file");
    fs_err::write(&occupied, "").unwrap();
    let outputs = IngestOutputs { interactions: occupied.join("i.csv"), ..Default::default() };
    let error = ingest(vec![source("a", WATCH)], &outputs, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("i.csv"), "{error}");
    let outputs = IngestOutputs { interactions: folder.path().join("i.txt"), ..Default::default() };
    let error = ingest(vec![source("a", WATCH)], &outputs, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains(".csv or .parquet"), "{error}");
}

#[test]
fn rows_agree_with_the_reference_apart_from_what_it_should_have_refused() {
    let run = run(vec![LogSource::open(&fixture("raw.log")).unwrap()]);
    let table = read_interactions(&run.outputs.interactions, &mut NoProgress).unwrap();
    let ours: Vec<String> = rows(&table)
        .iter()
        .map(|(user, movie, rating, _)| format!("{user},{movie},{rating}"))
        .collect();
    let text = fs_err::read_to_string(fixture("interactions.reference.csv")).unwrap();
    let mut ours = ours.iter();
    let mut next = ours.next();
    let mut only_theirs = Vec::new();
    for line in text.lines().skip(1) {
        if next.is_some_and(|row| row == line) {
            next = ours.next();
        } else {
            only_theirs.push(line);
        }
    }
    assert_eq!(next, None, "a row of ours is not the reference's");
    let refused: BTreeSet<String> =
        run.quarantined().into_iter().filter_map(|record| record.raw).collect();
    assert_eq!(only_theirs.len(), 19);
    for line in only_theirs {
        let mut fields = line.split(',');
        let (user, movie) = (fields.next().unwrap(), fields.next().unwrap());
        let known = refused.iter().any(|raw| {
            raw.contains(&format!(",{user},GET ")) && raw.contains(&format!("/{movie}"))
        });
        assert!(known, "{line} is missing and was not quarantined");
    }
    assert_eq!(run.report().lines, 22_394);
    assert_eq!(run.report().quarantined, 71);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_accepted_or_quarantined_whatever_it_holds(
        lines in prop::collection::vec(
            prop_oneof![
                Just(WATCH.as_bytes().to_vec()),
                Just(LIST.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>().prop_filter("no line end", |b| *b != b'\n'), 0..60),
            ],
            1..40,
        ),
        ended in any::<bool>(),
    ) {
        let mut log = lines.join(&b'\n');
        if ended || lines.last().is_some_and(Vec::is_empty) {
            log.push(b'\n');
        }
        let run = run(vec![source("a.log", log.clone())]);
        let report = run.report();
        let accepted = report.accepted;
        prop_assert_eq!(report.lines, lines.len() as u64);
        prop_assert_eq!(accepted.watch + accepted.rate, report.rows);
        prop_assert_eq!(report.rows + accepted.recommendation + report.quarantined, report.lines);
        for record in run.quarantined() {
            let start = record.offset as usize;
            let line = &lines[record.line as usize - 1];
            prop_assert_eq!(&log[start..start + line.len()], &line[..]);
            if let Some(raw) = record.raw {
                prop_assert_eq!(raw.as_bytes(), &line[..]);
            }
        }
    }
}
