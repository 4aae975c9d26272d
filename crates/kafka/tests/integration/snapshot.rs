use std::collections::BTreeMap;

use marquee_dataset::{NULL_PAYLOAD, PartitionRange};
use marquee_kafka::{Snapshot, Start, TestCluster};
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::{lines, make, produce};

fn range(partition: i32, start: i64, end: i64) -> PartitionRange {
    PartitionRange { partition, start, end }
}

/// Sends records to one partition each, some without a value.
fn send(brokers: &str, topic: &str, records: &[(i32, Option<&[u8]>)]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("batch.num.messages", "1")
        .create()
        .unwrap();
    for (partition, value) in records {
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(*partition);
        if let Some(value) = value {
            record = record.payload(value);
        }
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(std::time::Duration::from_secs(20)).unwrap();
}

const WATCH: &[u8] = b"2025-10-17T01:33:45,7,GET /data/m/heat+1995/0.mpg";

#[test]
fn every_line_of_a_topic_is_read_once_and_its_ranges_make_the_same_bytes_again() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("snapshot", 3).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 20_000));

    let first = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());
    assert_eq!((first.report.lines, first.report.rows), (20_000, 20_000));
    let read: i64 = first.report.partitions.iter().map(|range| range.end - range.start).sum();
    assert_eq!(read, 20_000);
    let rows = first.rows();
    let mut users: Vec<u64> =
        rows.lines().skip(1).map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, (0..20_000).collect::<Vec<_>>());
    let version = first.report.dataset_version.clone().unwrap();
    assert!(version.starts_with(&format!("kafka:{topic}@0:0-")), "{version}");

    // What arrives later changes nothing.
    produce(&cluster.config(), &topic, &lines(0, 500));
    let ranges = &first.report.partitions;
    let again = make(Snapshot::exactly(&cluster.config(), &topic, ranges).unwrap());
    for file in ["rows.csv", "events.parquet", "bad.jsonl"] {
        let bytes = |made: &crate::Made| fs_err::read(made.path(file)).unwrap();
        assert!(bytes(&first) == bytes(&again), "{file}");
    }
    assert_eq!(first.report.sha256, again.report.sha256);
    assert_eq!(again.report.dataset_version, Some(version));

    // And the next data set is what arrived later, no more and no less.
    let start = Start::after(ranges);
    let next = make(Snapshot::plan(&cluster.config(), &topic, &start).unwrap());
    assert_eq!(next.report.rows, 500);
    assert_eq!(next.report.partitions.len(), 3);
    assert!(next.report.partitions.iter().zip(ranges).all(|(new, old)| new.start == old.end));
}

#[test]
fn explicit_offsets_bound_what_is_read() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("offsets", 2).unwrap();
    let record = |partition| (partition, Some(WATCH));
    send(cluster.brokers(), &topic, &[record(0), record(0), record(0), record(1), record(1)]);

    let start = Start::Offsets(BTreeMap::from([(0, 2)]));
    let snapshot = Snapshot::plan(&cluster.config(), &topic, &start).unwrap();
    assert_eq!(snapshot.ranges(), [range(0, 2, 3), range(1, 0, 2)]);
    assert_eq!(snapshot.offsets(), 3);
    assert_eq!(make(snapshot).report.rows, 3);

    let part = Snapshot::exactly(&cluster.config(), &topic, &[range(1, 1, 2), range(0, 1, 1)]);
    let part = part.unwrap();
    assert_eq!(part.ranges(), [range(0, 1, 1), range(1, 1, 2)]);
    let made = make(part);
    assert_eq!(made.report.rows, 1);
    assert_eq!(made.report.partitions, [range(0, 1, 1), range(1, 1, 2)]);
}

#[test]
fn a_time_starts_where_the_brokers_put_it_and_one_to_come_reads_nothing() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("times", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 10));
    let plan = |time| Snapshot::plan(&cluster.config(), &topic, &Start::Time(time)).unwrap();
    // The mock cluster keeps no times, and says that the end is where every time is; Tansu says of
    // a time that is to come that it is at the beginning.
    if cluster.is_mock() {
        assert_eq!(plan(4_102_444_800_000).ranges(), [range(0, 10, 10)]);
    } else {
        assert_eq!(plan(1_000_000_000_000).ranges(), [range(0, 0, 10)]);
    }
}

#[test]
fn poison_is_quarantined_with_its_address_and_the_rest_is_read() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("poison", 1).unwrap();
    let long = vec![b'x'; 100_000];
    let two: Vec<u8> = [WATCH, b"\n", WATCH].concat();
    let ended: Vec<u8> = [WATCH, b"\r\n"].concat();
    // Halves of one character: as a whole they would be valid text.
    let records: [(i32, Option<&[u8]>); 11] = [
        (0, Some(WATCH)),
        (0, None),
        (0, Some(b"\xff\xfe\x00\x01")),
        (0, Some(b"2025-10-17T01:33:45,7,GET /rate/caf\xc3")),
        (0, Some(b"\xa9=5")),
        (0, Some(b"")),
        (0, Some(&long)),
        (0, Some(&two)),
        (0, Some(&ended)),
        (0, Some(b"\n")),
        (0, Some(WATCH)),
    ];
    send(cluster.brokers(), &topic, &records);

    let made = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());
    assert_eq!((made.report.lines, made.report.rows, made.report.quarantined), (11, 3, 8));
    let bad = made.quarantined();
    let told: Vec<(u64, u64, &str)> =
        bad.iter().map(|bad| (bad.offset, bad.line, bad.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, 2, NULL_PAYLOAD),
            (2, 3, "not_utf8"),
            (3, 4, "not_utf8"),
            (4, 5, "not_utf8"),
            (5, 6, "empty_line"),
            (6, 7, "line_too_long"),
            (7, 8, "bad_movie_id"),
            (9, 10, "empty_line"),
        ]
    );
    assert!(bad.iter().all(|bad| bad.source == format!("{topic}/0")));
    assert_eq!(bad[5].length, Some(100_000));
    assert_eq!(bad[6].raw.as_deref().map(str::as_bytes), Some(two.as_slice()));
    let counted: u64 = made.report.reasons.values().sum();
    assert_eq!((counted, made.report.reasons[NULL_PAYLOAD]), (8, 1));
}

#[test]
fn an_empty_topic_makes_an_empty_table() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("empty", 2).unwrap();
    let made = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());
    assert_eq!((made.report.lines, made.report.rows), (0, 0));
    assert_eq!(made.rows(), "user_id,movie_id,rating,timestamp\n");
    assert_eq!(made.report.partitions, [range(0, 0, 0), range(1, 0, 0)]);
}
