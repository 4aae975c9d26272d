//! The program on a Kafka topic, as scripts call it. Runs against librdkafka's mock cluster, or the
//! brokers of `MARQUEE_TEST_BROKERS`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use marquee_dataset::IngestReport;
use marquee_kafka::{LineProducer, Overflow, TestCluster};
use marquee_synth::{Synth, SynthConfig};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log-ingest"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Puts a log with bad lines into a topic; how many lines it has.
fn fill(cluster: &TestCluster, topic: &str, sessions: u32) -> u64 {
    let config =
        SynthConfig { users: 200, movies: 60, sessions, dirty: true, ..SynthConfig::default() };
    let mut producer = LineProducer::new(&cluster.config(), topic, Overflow::Wait).unwrap();
    let summary = Synth::new(config).unwrap().write_log(&mut producer).unwrap();
    producer.finish().unwrap();
    summary.lines
}

/// All files of a folder, the time in its report apart. A kill between naming a finished file and
/// putting it in its place leaves a hidden one behind, which nobody reads.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with('.') {
            continue;
        }
        let bytes = if name == "report.json" {
            let report = IngestReport::read(&path).unwrap();
            serde_json::to_vec(&IngestReport { seconds: 0.0, ..report }).unwrap()
        } else {
            fs_err::read(&path).unwrap()
        };
        files.insert(name, bytes);
    }
    files
}

const OUTPUTS: [&str; 8] = [
    "--out",
    "rows.csv",
    "--events-out",
    "events.parquet",
    "--quarantine",
    "bad.jsonl",
    "--report",
    "report.json",
];

fn arguments<'a>(cluster: &'a TestCluster, rest: &[&'a str]) -> Vec<&'a str> {
    [&["--brokers", cluster.brokers()], OUTPUTS.as_slice(), rest].concat()
}

#[test]
fn a_report_names_its_offsets_makes_its_data_again_and_says_where_to_go_on() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("ingest", 3).unwrap();
    let lines = fill(&cluster, &topic, 300);
    let folder = tempfile::tempdir().unwrap();

    let first = run(folder.path(), &arguments(&cluster, &["--topic", &topic]));
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let report: IngestReport = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((report.lines, report.partitions.len()), (lines, 3));
    assert_eq!(report.topic.as_deref(), Some(topic.as_str()));
    assert!(report.quarantined > 0);
    let made = files(folder.path());
    assert_eq!(made.len(), 4);

    let more = fill(&cluster, &topic, 40);
    let again_folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let path = path.to_str().unwrap();
    let again = run(again_folder.path(), &arguments(&cluster, &["--offsets", path]));
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("the digest of the run before"), "{}", said(&again));
    assert!(files(again_folder.path()) == made);

    let next_folder = tempfile::tempdir().unwrap();
    let next = run(next_folder.path(), &arguments(&cluster, &["--after", path, "--topic", &topic]));
    assert_eq!(next.status.code(), Some(0), "{}", said(&next));
    let next: IngestReport = serde_json::from_slice(&next.stdout).unwrap();
    assert_eq!(next.lines, more);
    assert_ne!(next.dataset_version, report.dataset_version);

    let ends: Vec<String> = report
        .partitions
        .iter()
        .map(|range| format!("{}:{}", range.partition, range.end))
        .collect();
    let start = ends.join(",");
    let by_hand =
        run(folder.path(), &["--brokers", cluster.brokers(), "--topic", &topic, "--start", &start]);
    let by_hand: IngestReport = serde_json::from_slice(&by_hand.stdout).unwrap();
    assert_eq!((by_hand.lines, by_hand.dataset_version), (more, next.dataset_version));
}

#[test]
fn a_run_that_is_killed_and_run_again_makes_the_same_bytes() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("killed", 3).unwrap();
    fill(&cluster, &topic, 600);
    let expected_folder = tempfile::tempdir().unwrap();
    let first = Instant::now();
    let undisturbed = run(expected_folder.path(), &arguments(&cluster, &["--topic", &topic]));
    assert_eq!(undisturbed.status.code(), Some(0), "{}", said(&undisturbed));
    // The first run may wait for a cold disk or a busy machine: a run that ends before it is killed
    // corrects what a whole run is taken to last.
    let mut whole = first.elapsed();
    let expected = files(expected_folder.path());

    // Killed at fifty points spread over a run and a little beyond.
    let mut killed = 0;
    let mut seen = Vec::new();
    for point in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(folder.path(), &arguments(&cluster, &["--topic", &topic]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let until = whole.mul_f64(f64::from(point) / 45.0);
        while started.elapsed() < until {
            if child.try_wait().unwrap().is_some() {
                whole = whole.min(started.elapsed());
                break;
            }
            thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
        let left = files(folder.path());
        // What is there is whole, and the report only stands with all that it vouches for.
        for (name, bytes) in &left {
            assert!(expected.get(name) == Some(bytes), "{name} killed at point {point}");
        }
        assert!(!left.contains_key("report.json") || left == expected);
        seen.push(left.len());
        let again = run(folder.path(), &arguments(&cluster, &["--topic", &topic]));
        assert_eq!(again.status.code(), Some(0), "{}", said(&again));
        assert!(files(folder.path()) == expected, "killed at point {point}");
    }
    assert!(killed >= 25, "only {killed} of 50 runs were killed before they ended: {seen:?}");
}

#[test]
fn what_cannot_be_read_exits_with_two_says_why_and_writes_nothing() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("refused", 1).unwrap();
    fill(&cluster, &topic, 5);
    let folder = tempfile::tempdir().unwrap();
    let files_report = folder.path().join("files.json");
    fs_err::write(&files_report, serde_json::to_vec(&IngestReport::default()).unwrap()).unwrap();
    let brokers = cluster.brokers();
    let gone = "127.0.0.1:1";
    for (arguments, message) in [
        (vec!["--brokers", brokers], "--topic"),
        (vec!["--topic", &topic], "--brokers"),
        (vec!["--brokers", brokers, "--topic", "no-such"], "\"no-such\" does not exist on"),
        (vec!["--brokers", brokers, "--topic", &topic, "--start", "soon"], "\"soon\" is no start"),
        (vec!["--brokers", brokers, "--topic", &topic, "--start", "0:99999"], "beyond its end"),
        (vec!["--brokers", brokers, "--after", "none.json"], "none.json"),
        (vec!["--brokers", brokers, "--after", "files.json"], "names no offsets"),
        (vec!["--brokers", brokers, "--topic", &topic, "--log", "-"], "cannot be used with"),
        (
            vec!["--brokers", gone, "--topic", &topic, "--broker-timeout", "0.5"],
            "no answer from 127.0.0.1:1",
        ),
        (vec!["--brokers", brokers, "--topic", &topic, "--kafka-property", "no.such=1"], "no.such"),
        (vec!["--brokers", brokers, "--topic", &topic, "--kafka-config", "k.conf"], "k.conf"),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert_eq!(output.stdout, b"");
    }
    let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn an_empty_topic_exits_with_one_and_its_table_is_empty() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("nothing", 2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &arguments(&cluster, &["--topic", &topic]));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let rows = fs_err::read_to_string(folder.path().join("rows.csv")).unwrap();
    assert_eq!(rows, "user_id,movie_id,rating,timestamp\n");
}

#[test]
fn a_run_that_waits_for_brokers_stops_when_it_is_told_to() {
    let cluster = TestCluster::mock().unwrap();
    let topic = cluster.topic("waits", 1).unwrap();
    cluster.down().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let child = command(folder.path(), &["--brokers", cluster.brokers(), "--topic", &topic])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(500));
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    // It would wait for a minute.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("stopped while waiting for brokers"), "{}", said(&output));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn records_that_are_not_those_of_the_report_exit_with_one_and_the_report_stays() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("other", 1).unwrap();
    fill(&cluster, &topic, 20);
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), &arguments(&cluster, &["--topic", &topic]));
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    // As if the topic had been made anew since, with as many lines.
    let path = folder.path().join("report.json");
    let mut report = IngestReport::read(&path).unwrap();
    (report.bytes, report.sha256) = (report.bytes + 1, "0".repeat(64));
    fs_err::write(&path, serde_json::to_vec(&report).unwrap()).unwrap();
    let brokers = ["--brokers", cluster.brokers(), "--offsets", "report.json"];
    let again = run(folder.path(), &[&brokers[..], &["--out", "again.csv"]].concat());
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    assert!(said(&again).contains("no longer holds what the run before read"), "{}", said(&again));
    let refused = run(folder.path(), &[&brokers[..], &["--report", "./report.json"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("named twice"), "{}", said(&refused));
}
