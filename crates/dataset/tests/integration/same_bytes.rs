use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use marquee_dataset::{
    IngestOutputs, IngestReport, LogSource, NoProgress, QuarantineRecord, ingest,
};

/// A log of several blocks: watches, ratings, lists and lines of every kind of damage, none of them
/// with a carriage return, the last without a line end.
fn log() -> Vec<u8> {
    let mut log = Vec::new();
    for line in 0..30_000_u32 {
        let (user, movie) = (line * 7 % 1_009, line * 31 % 2_003);
        let time =
            format!("2024-09-10T{:02}:{:02}:{:02}", line / 3_600 % 24, line / 60 % 60, line % 60);
        match line % 23 {
            3 => {
                writeln!(log, "{time},{user},GET /rate/film+{movie}+1999={}", 1 + line % 5)
                    .unwrap();
            }
            7 => log.extend_from_slice(b"\n"),
            9 => log.extend_from_slice(b"\xff\xfe broken \x00\n"),
            11 => writeln!(log, "{time},{user},GET /rate/film+{movie}+1999=15").unwrap(),
            13 => {
                let list: Vec<String> =
                    (0..20).map(|at| format!("film+{}+2001", movie + at)).collect();
                let list = list.join(", ");
                let server = "host:8082, status 200, result:";
                writeln!(log, "{time},{user},recommendation request {server} {list}, 12 ms")
                    .unwrap();
            }
            17 if line % 10_000 < 23 => {
                log.resize(log.len() + 70_000, b'x');
                log.push(b'\n');
            }
            _ => writeln!(log, "{time},{user},GET /data/m/amélie+{movie}+2001/{}.mpg", line % 200)
                .unwrap(),
        }
    }
    log.extend_from_slice(b"2024-09-10T23:59:59,1,GET /rate/last+1999=3");
    log
}

/// Every output by its name; of the report everything but the time it took.
fn outputs(
    source: LogSource,
    threads: usize,
    interactions: &str,
) -> BTreeMap<&'static str, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let outputs = IngestOutputs {
        interactions: folder.path().join(interactions),
        events: Some(folder.path().join("events.parquet")),
        quarantine: Some(folder.path().join("quarantine.jsonl")),
        report: Some(folder.path().join("report.json")),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| ingest(vec![source], &outputs, &mut NoProgress)).unwrap();
    let read = |path: &Path| fs_err::read(path).unwrap();
    let mut report: IngestReport =
        serde_json::from_slice(&read(&folder.path().join("report.json"))).unwrap();
    report.seconds = 0.0;
    BTreeMap::from([
        ("interactions", read(&outputs.interactions)),
        ("events", read(outputs.events.as_ref().unwrap())),
        ("quarantine", read(outputs.quarantine.as_ref().unwrap())),
        ("report", serde_json::to_vec(&report).unwrap()),
    ])
}

/// Gives at most so many bytes at a time.
struct Trickle<R>(R, usize);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = buffer.len().min(self.1);
        self.0.read(&mut buffer[..room])
    }
}

#[test]
fn any_number_of_threads_and_any_reader_give_the_same_bytes() {
    for interactions in ["rows.csv", "rows.parquet"] {
        let whole = |threads| {
            outputs(LogSource::from_reader("log", Cursor::new(log())), threads, interactions)
        };
        let expected = whole(1);
        for threads in [2, 3, 7] {
            assert!(whole(threads) == expected, "{threads} threads, {interactions}");
        }
        for bytes in [1_000, 65_537] {
            let source = LogSource::from_reader("log", Trickle(Cursor::new(log()), bytes));
            assert!(outputs(source, 2, interactions) == expected, "{bytes} at a time");
        }
    }
}

#[test]
fn a_file_a_pipe_gzip_and_zstd_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let log = log();
    // Compressed in two parts, as programs that rotate logs leave them.
    let (first, second) = log.split_at(log.len() / 3);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        fs_err::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let sources = [
        file("a.log", &log),
        file("a.log.gz", &[gzip(first), gzip(second)].concat()),
        file("a.LOG.ZST", &[zstd(first), zstd(second)].concat()),
    ];
    let expected = outputs(LogSource::from_reader("-", Cursor::new(log)), 2, "rows.parquet");
    for path in sources {
        let mut found = outputs(LogSource::open(&path).unwrap(), 2, "rows.parquet");
        let text = String::from_utf8(found["quarantine"].clone()).unwrap();
        let text = text.replace(&format!("\"{}\"", path.display()), "\"-\"");
        found.insert("quarantine", text.into_bytes());
        assert!(found == expected, "{}", path.display());
    }
}

#[test]
fn accepted_and_quarantined_lines_in_order_are_the_log() {
    let log = log();
    let found = outputs(LogSource::from_reader("log", Cursor::new(log.clone())), 2, "rows.csv");
    let records = String::from_utf8(found["quarantine"].clone()).unwrap();
    let mut records = records
        .lines()
        .map(|line| serde_json::from_str::<QuarantineRecord>(line).unwrap())
        .peekable();
    let rows = String::from_utf8(found["interactions"].clone()).unwrap();
    let mut rows = rows.lines().skip(1);
    let mut again = Vec::new();
    for (number, line) in (1..).zip(log.split(|&byte| byte == b'\n')) {
        if let Some(record) = records.next_if(|record| record.line == number) {
            assert_eq!(record.offset, again.len() as u64);
            let kept = match (record.raw, record.raw_base64) {
                (Some(raw), None) => raw.into_bytes(),
                (None, Some(text)) => STANDARD.decode(text).unwrap(),
                other => panic!("{other:?}"),
            };
            // Of a line over 64 KiB the record holds the start and what it takes to know the rest.
            let length = record.length.map_or(kept.len(), |length| length as usize);
            assert_eq!(length > kept.len(), record.sha256.is_some());
            again.extend_from_slice(&kept);
            again.extend_from_slice(&line[kept.len()..length]);
        } else {
            let event = marquee_events::parse(line).unwrap();
            marquee_events::write(&event, &mut again);
            if let marquee_events::Action::Watch { movie, .. }
            | marquee_events::Action::Rate { movie, .. } = event.action
            {
                let row = format!("{},{},", event.user, movie);
                assert!(rows.next().unwrap().starts_with(&row), "line {number}");
            }
        }
        again.push(b'\n');
    }
    again.pop();
    assert!(again == log, "the lines put together are not the log");
    assert_eq!((records.next(), rows.next()), (None, None));
}
