use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use marquee_kafka::{Follower, KafkaConfig, TestCluster};

use crate::{lines, produce};

const WAIT: Duration = Duration::from_millis(50);

/// Polls until `count` records have come, and gives their users by arrival.
fn read(follower: &mut Follower, count: usize) -> Vec<u64> {
    let mut users = Vec::new();
    let started = Instant::now();
    while users.len() < count && started.elapsed() < Duration::from_secs(20) {
        follower.poll(WAIT, 1_000, |record| {
            let text = str::from_utf8(record.value.unwrap()).unwrap();
            users.push(text.split(',').nth(1).unwrap().parse().unwrap());
        });
    }
    // No more than there are.
    follower.poll(WAIT, 1_000, |record| panic!("{record:?} came twice"));
    users
}

fn sorted(mut users: Vec<u64>) -> Vec<u64> {
    users.sort_unstable();
    users
}

#[test]
fn records_come_as_they_are_written_and_a_new_follower_goes_on_where_one_left_off() {
    let cluster = TestCluster::start().unwrap();
    let config = cluster.config();
    let topic = cluster.topic("follow", 3).unwrap();
    produce(&config, &topic, &lines(0, 100));
    let mut first = Follower::new(&config, &topic, BTreeMap::new()).unwrap();
    assert_eq!(sorted(read(&mut first, 100)), (0..100).collect::<Vec<_>>());
    produce(&config, &topic, &lines(100, 150));
    assert_eq!(sorted(read(&mut first, 50)), (100..150).collect::<Vec<_>>());

    let positions = first.positions().clone();
    drop(first);
    produce(&config, &topic, &lines(150, 200));
    let mut second = Follower::new(&config, &topic, positions).unwrap();
    assert_eq!(sorted(read(&mut second, 50)), (150..200).collect::<Vec<_>>());
}

#[test]
fn the_status_tells_the_lag_and_whether_brokers_are_there() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("status", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 500));
    let mut follower = Follower::new(&cluster.config(), &topic, BTreeMap::new()).unwrap();
    assert_eq!(follower.status().lag, None);
    let started = Instant::now();
    let until = |follower: &mut Follower, most, reached: &dyn Fn(&Follower) -> bool| {
        while !reached(follower) {
            assert!(started.elapsed() < Duration::from_secs(20), "{:?}", follower.status());
            follower.poll(WAIT, most, |_| {});
        }
    };
    // Read slowly, the records are not all there when the brokers' ends are told.
    until(&mut follower, 1, &|follower| {
        thread::sleep(WAIT);
        follower.status().lag.is_some_and(|lag| lag > 0)
    });
    until(&mut follower, 1_000, &|follower| follower.status().lag == Some(0));
    assert!(follower.status().is_connected);
    cluster.down().unwrap();
    until(&mut follower, 1_000, &|follower| {
        let status = follower.status();
        !status.is_connected && status.problem.is_some()
    });
    assert_eq!(follower.status().lag, None);
    cluster.up().unwrap();
    until(&mut follower, 1_000, &|follower| {
        let status = follower.status();
        status.is_connected && status.problem.is_none()
    });
}

#[test]
fn brokers_and_topics_that_come_later_are_waited_for() {
    let cluster = TestCluster::mock().unwrap();
    let config = KafkaConfig::new(cluster.brokers());
    cluster.down().unwrap();
    // The name the cluster gives to the first topic it makes in this test is not known before.
    let topic = cluster.topic("later", 1).unwrap();
    let mut follower = Follower::new(&config, &topic, BTreeMap::new()).unwrap();
    follower.poll(WAIT, 1, |_| panic!("nothing to read"));
    assert!(follower.status().problem.is_some());
    cluster.up().unwrap();
    produce(&config, &topic, &lines(0, 10));
    assert_eq!(read(&mut follower, 10), (0..10).collect::<Vec<_>>());
}

/// The mock cluster keeps 5 MiB of a partition.
#[test]
fn what_retention_removed_is_counted_and_reading_goes_on() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("overtaken", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 200_000));
    let mut follower = Follower::new(&cluster.config(), &topic, [(0, 10)].into()).unwrap();
    let mut first = None;
    let started = Instant::now();
    while first.is_none() && started.elapsed() < Duration::from_secs(20) {
        follower.poll(WAIT, 1, |record| first = Some(record.offset));
    }
    let first = first.unwrap();
    assert!(first > 10, "{first}");
    assert_eq!(follower.status().lost, first as u64 - 10);
}

#[test]
fn no_offset_is_handed_on_twice_where_a_partition_ends_before_the_position() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("shorter", 1).unwrap();
    produce(&cluster.config(), &topic, &lines(0, 5));
    let mut follower = Follower::new(&cluster.config(), &topic, [(0, 1_000)].into()).unwrap();
    let started = Instant::now();
    while follower.positions()[&0] != 5 {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", follower.status());
        follower.poll(WAIT, 1_000, |record| panic!("{record:?} came again"));
    }
    produce(&cluster.config(), &topic, &lines(5, 8));
    assert_eq!(read(&mut follower, 3), [5, 6, 7]);
    assert_eq!(follower.status().lost, 0);
}
