use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use marquee_dataset::{DatasetError, PartitionRange};
use marquee_kafka::{Follower, KafkaConfig, KafkaError, Snapshot, Start, TestCluster};
use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};

use crate::{lines, make, outputs, produce, try_make};

fn plan_error(config: &KafkaConfig, topic: &str, start: &Start) -> String {
    Snapshot::plan(config, topic, start).err().unwrap().to_string()
}

#[test]
fn a_topic_that_does_not_exist_is_named_and_not_made() {
    let cluster = TestCluster::start().unwrap();
    cluster.topic("another", 1).unwrap();
    for _ in 0..2 {
        let text = plan_error(&cluster.config(), "no-such-topic", &Start::Beginning);
        let brokers = cluster.brokers();
        assert_eq!(
            text,
            format!("the topic \"no-such-topic\" does not exist on {brokers}; check --topic")
        );
    }
    let text = plan_error(&cluster.config(), "not a topic", &Start::Beginning);
    assert!(text.starts_with("\"not a topic\" cannot name a topic"), "{text}");
}

#[test]
fn brokers_that_are_not_there_are_named_when_patience_ends() {
    let config = KafkaConfig::new("127.0.0.1:1").with_patience(Duration::from_secs(1));
    let text = plan_error(&config, "watches", &Start::Beginning);
    assert!(text.starts_with("no answer from 127.0.0.1:1 within 1 s; check --brokers"), "{text}");
    assert!(
        text.ends_with("(last: BrokerTransportFailure (Local: Broker transport failure))"),
        "{text}"
    );
}

#[test]
fn properties_that_do_not_exist_or_would_change_what_is_read_are_refused() {
    let mut config = KafkaConfig::new("127.0.0.1:1");
    for (property, name, problem) in [
        ("sasl.password hunter2", "sasl.password", "no name=value"),
        ("sasl.password: hunter2", "sasl.password", "no name=value"),
        ("=hunter2", "", "no name=value"),
        ("auto.offset.reset=hunter2", "auto.offset.reset", "where reading starts"),
        ("isolation.level=hunter2", "isolation.level", "committed"),
        ("bootstrap.servers=hunter2", "bootstrap.servers", "--brokers"),
    ] {
        let text = config.set(property).unwrap_err().to_string();
        assert!(text.contains(&format!("{name:?}")) && text.contains(problem), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    config.set("sasl.pasword=hunter2").unwrap();
    let error = Snapshot::plan(&config, "watches", &Start::Beginning).err().unwrap();
    let told = format!("{error} {error:?} {config:?}");
    assert!(told.contains("sasl.pasword") && !told.contains("hunter2"), "{told}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kafka.properties");
    fs_err::write(&path, "# of the staging cluster\n\nsocket.keepalive.enable = true\nbad\n")
        .unwrap();
    let mut config = KafkaConfig::new("127.0.0.1:1");
    let text = config.set_from_file(&path).unwrap_err().to_string();
    assert!(text.ends_with("kafka.properties, line 4"), "{text}");
}

#[test]
fn starts_outside_of_what_is_held_are_errors_that_name_the_partition() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("bounds", 2).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 10));
    let text = plan_error(&cluster.config(), &topic, &Start::Offsets([(0, 11)].into()));
    assert!(text.starts_with(&format!("{topic}/0: offset 11 lies beyond its end, ")), "{text}");
    let text = plan_error(&cluster.config(), &topic, &Start::Offsets([(2, 0)].into()));
    assert_eq!(text, format!("the topic {topic} has 2 partitions, and 2 is none of them"));
    let backwards = PartitionRange { partition: 0, start: 2, end: 1 };
    let error = Snapshot::exactly(&cluster.config(), &topic, &[backwards]).err().unwrap();
    assert!(matches!(error, KafkaError::Range { start: 2, end: 1, .. }), "{error}");
}

/// The mock cluster keeps 5 MiB of a partition.
#[test]
fn offsets_that_retention_removed_are_an_error_naming_the_first_available() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("retention", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 1_000));
    let early = Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap();
    let ranges = early.ranges().to_vec();
    let overtaken = Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 200_000));

    let now = Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap();
    let first = now.ranges()[0].start;
    assert!(first > 1_000, "{first}");
    let expected =
        format!("{topic}/0: offset 0 is no longer held; the first that is available is {first}");
    let error = Snapshot::exactly(&cluster.config(), &topic, &ranges).err().unwrap();
    assert_eq!(error.to_string(), expected);

    // A snapshot that was planned before, and is overtaken while it is read.
    let error = try_make(overtaken).err().unwrap();
    let DatasetError::Records { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.to_string(), expected);
}

#[test]
fn brokers_that_go_and_come_back_in_the_middle_cost_nothing_but_time() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("outage", 3).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 60_000));
    let undisturbed = make(Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap());

    let mut config = cluster.config();
    // Little is fetched ahead, so that most is still to come when the brokers go.
    config.set("queued.max.messages.kbytes=64").unwrap();
    config.set("queued.min.messages=100").unwrap();
    config.set("max.partition.fetch.bytes=20000").unwrap();
    config.set("reconnect.backoff.max.ms=200").unwrap();
    let snapshot = Snapshot::plan(&config, &topic, &Start::Beginning).unwrap();
    let run = thread::spawn(move || make(snapshot));
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(40));
        cluster.down().unwrap();
        thread::sleep(Duration::from_millis(150));
        cluster.up().unwrap();
    }
    let disturbed = run.join().unwrap();
    assert_eq!(disturbed.report.rows, 60_000);
    assert_eq!(disturbed.report.sha256, undisturbed.report.sha256);
}

#[test]
fn brokers_that_stay_away_end_the_run_with_nothing_written() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("gone", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 100));
    let config = cluster.config().with_patience(Duration::from_secs(1));
    let snapshot = Snapshot::plan(&config, &topic, &Start::Beginning).unwrap();
    cluster.down().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sources = snapshot.sources().unwrap();
    let outputs = outputs(folder.path());
    let error = marquee_dataset::ingest(sources, &outputs, &mut marquee_dataset::NoProgress);
    let error = error.unwrap_err();
    let DatasetError::Records { source, name } = &error else { panic!("{error}") };
    assert_eq!(name, &format!("{topic}/0"));
    let text = source.to_string();
    assert!(
        text.starts_with(&format!(
            "{topic}/0: nothing came from the brokers for 1 s at offset 0 of 100 (last: "
        )),
        "{text}"
    );
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_run_that_waits_for_brokers_can_be_stopped() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("stopped", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 100));
    let config = cluster.config().with_cancel(|| STOP.load(Ordering::Relaxed));
    let snapshot = Snapshot::plan(&config, &topic, &Start::Beginning).unwrap();
    cluster.down().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sources = snapshot.sources().unwrap();
    let stopper = thread::spawn(|| {
        thread::sleep(Duration::from_millis(200));
        STOP.store(true, Ordering::Relaxed);
    });
    let outputs = outputs(folder.path());
    let error = marquee_dataset::ingest(sources, &outputs, &mut marquee_dataset::NoProgress);
    assert!(matches!(error.unwrap_err(), DatasetError::Cancelled));
    stopper.join().unwrap();
    let error = Snapshot::plan(&config, &topic, &Start::Beginning).err().unwrap();
    assert!(matches!(error, KafkaError::Cancelled), "{error}");
}

/// A cluster of two brokers, of which the second follows the first, for readers of rack `away`.
fn with_a_follower(
    topic: &str,
    records: &[u8],
) -> (MockCluster<'static, DefaultProducerContext>, KafkaConfig) {
    let mock = MockCluster::new(2).unwrap();
    mock.create_topic(topic, 1, 2).unwrap();
    mock.partition_leader(topic, 0, Some(1)).unwrap();
    let mut config =
        KafkaConfig::new(mock.bootstrap_servers()).with_patience(Duration::from_secs(20));
    produce(&config, topic, records);
    mock.broker_rack(1, "here").unwrap();
    mock.broker_rack(2, "away").unwrap();
    mock.partition_follower(topic, 0, 2).unwrap();
    config.set("client.rack=away").unwrap();
    config.set("fetch.message.max.bytes=1000").unwrap();
    (mock, config)
}

#[test]
fn a_replica_that_is_behind_does_not_cut_a_snapshot_short() {
    let (mock, config) = with_a_follower("behind", &lines(0, 500));
    // The replica that is read from has 100 records, the leader all.
    mock.follower_watermarks("behind", 0, Some(0), Some(100)).unwrap();
    let snapshot = Snapshot::plan(&config, "behind", &Start::Beginning).unwrap();
    assert_eq!(snapshot.offsets(), 500);
    let run = thread::spawn(move || make(snapshot));
    thread::sleep(Duration::from_millis(900));
    mock.follower_watermarks("behind", 0, Some(0), Some(500)).unwrap();
    assert_eq!(run.join().unwrap().report.rows, 500);
}

#[test]
fn a_partition_that_nobody_leads_is_waited_for() {
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic("leaderless", 2, 1).unwrap();
    let config = KafkaConfig::new(mock.bootstrap_servers()).with_patience(Duration::from_secs(20));
    produce(&config, "leaderless", &lines(0, 100));
    mock.partition_leader("leaderless", 1, None).unwrap();
    let short = config.clone().with_patience(Duration::from_millis(500));
    let text = plan_error(&short, "leaderless", &Start::Beginning);
    assert!(text.starts_with("no answer from ") && text.contains("LeaderNotAvailable"), "{text}");

    // The follower reads what it can.
    let mut follower = Follower::new(&config, "leaderless", BTreeMap::new()).unwrap();
    let mut read = 0;
    let started = Instant::now();
    while read == 0 && started.elapsed() < Duration::from_secs(20) {
        read += follower.poll(Duration::from_millis(50), 1_000, |record| {
            assert_eq!(record.partition, 0);
        });
    }
    assert!(read > 0 && read < 100, "{read}");
    assert_eq!(follower.status().lag, None);

    let run = thread::spawn(move || {
        make(Snapshot::plan(&config, "leaderless", &Start::Beginning).unwrap())
    });
    thread::sleep(Duration::from_millis(300));
    mock.partition_leader("leaderless", 1, Some(1)).unwrap();
    assert_eq!(run.join().unwrap().report.rows, 100);
    while read < 100 && started.elapsed() < Duration::from_secs(40) {
        read += follower.poll(Duration::from_millis(50), 1_000, |_| {});
    }
    assert_eq!(read, 100);
}
