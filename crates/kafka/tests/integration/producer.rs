use std::{io::Write, time::Duration};

use marquee_kafka::{
    KafkaConfig, KafkaError, LineProducer, Overflow, Snapshot, Start, TestCluster,
};

use crate::{lines, make};

#[test]
fn lines_arrive_whole_however_they_are_cut() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("cut", 1).unwrap();
    let text = lines(0, 1_000);
    let mut producer = LineProducer::new(&cluster.config(), &topic, Overflow::Wait).unwrap();
    for part in text[..text.len() - 1].chunks(7) {
        producer.write_all(part).unwrap();
    }
    let counts = producer.counts();
    producer.finish().unwrap();
    assert_eq!((counts.delivered(), counts.dropped()), (1_000, 0));
    let made = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());
    assert_eq!((made.report.rows, made.report.quarantined), (1_000, 0));
}

#[test]
fn what_one_user_does_stays_in_one_partition_in_order() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("keys", 3).unwrap();
    let mut producer = LineProducer::new(&cluster.config(), &topic, Overflow::Wait).unwrap();
    for minute in 0..50 {
        for user in 0..20 {
            let line = format!("2025-10-17T01:33:45,{user},GET /data/m/heat+1995/{minute}.mpg\n");
            producer.write_all(line.as_bytes()).unwrap();
        }
    }
    producer.finish().unwrap();
    let made = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());
    let used = made.report.partitions.iter().filter(|range| range.end > 0).count();
    assert!(used > 1, "keys spread");
    let events = marquee_dataset::read_events(
        &made.path("events.parquet"),
        &mut marquee_dataset::NoProgress,
    );
    let events = events.unwrap();
    for user in 0..20 {
        let minutes: Vec<_> = (0..events.interactions.len())
            .filter(|&row| events.interactions.user_ids[row] == user)
            .map(|row| events.details[row])
            .collect();
        let expected: Vec<_> =
            (0..50).map(|minute| marquee_dataset::EventDetail::Watch { minute }).collect();
        assert_eq!(minutes, expected);
    }
}

#[test]
fn lines_that_find_no_room_are_dropped_and_counted_and_nobody_waits() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("full", 1).unwrap();
    cluster.down().unwrap();
    let mut config = cluster.config();
    config.set("queue.buffering.max.messages=100").unwrap();
    let mut producer = LineProducer::new(&config, &topic, Overflow::Drop).unwrap();
    producer.write_all(&lines(0, 5_000)).unwrap();
    let counts = producer.counts();
    assert_eq!(counts.dropped(), 4_900);
    cluster.up().unwrap();
    let error = producer.finish().unwrap_err();
    assert!(matches!(error, KafkaError::NotDelivered { lines: 4_900, .. }), "{error}");
    assert_eq!(counts.delivered(), 100);
}

#[test]
fn the_end_does_not_wait_for_brokers_longer_than_it_is_told() {
    let config = KafkaConfig::new("127.0.0.1:1");
    let mut producer = LineProducer::new(&config, "nowhere", Overflow::Drop).unwrap();
    producer.write_all(&lines(0, 3)).unwrap();
    let error = producer.finish_within(Duration::from_millis(200)).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("3 lines were not taken by the topic nowhere"), "{text}");
}

#[test]
fn a_writer_that_waits_gives_up_when_no_line_is_taken() {
    let mut config = KafkaConfig::new("127.0.0.1:1").with_patience(Duration::from_millis(300));
    config.set("queue.buffering.max.messages=10").unwrap();
    let mut producer = LineProducer::new(&config, "nowhere", Overflow::Wait).unwrap();
    let error = producer.write_all(&lines(0, 100)).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("10 lines were not taken by the topic nowhere"), "{text}");
}
