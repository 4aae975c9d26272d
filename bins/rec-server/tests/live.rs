//! The program on Kafka topics, from events to the answers they change. Runs against librdkafka's
//! mock cluster, or the brokers of `MARQUEE_TEST_BROKERS`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use marquee_als::AlsConfig;
use marquee_dataset::{
    AcceptedCounts, IngestOutputs, IngestReport, InteractionsWriter, Keys, NoProgress, Strategy,
    dedup, ingest, read_interactions,
};
use marquee_events::{Action, parse};
use marquee_kafka::{Follower, LineProducer, Overflow, Snapshot, Start, TestCluster};
use marquee_live::{LiveConfig, LiveFilms};
use marquee_pipeline::{AlsJob, train_als};
use marquee_serving::LiveStatus;
use marquee_synth::{Synth, SynthConfig};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
struct Server {
    child: Child,
    address: String,
}

struct Answer {
    source: String,
    films: Vec<String>,
}

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rec-server"))
            .current_dir(folder)
            .env_remove("EXPERIMENT_CONFIG_PATH")
            .args(["--artifact-dir", ".", "--bind", "127.0.0.1:0", "--workers", "1"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on http://") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended before it listened");
        }
        // What it says later must not fill the pipe.
        thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let address = &self.address;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }

    fn recommend(&self, user: u64) -> Answer {
        let answer = self.get(&format!("/recommend/{user}"));
        let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
        let source =
            headers.lines().find_map(|line| line.strip_prefix("X-Recommendation-Source: "));
        let films = body.split(',').map(str::to_owned).collect();
        Answer { source: source.unwrap().to_owned(), films }
    }

    fn live(&self) -> LiveStatus {
        let answer = self.get("/health");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        serde_json::from_value(body["live"].clone()).unwrap()
    }

    fn until(&self, what: &str, reached: impl Fn(&LiveStatus) -> bool) {
        let started = Instant::now();
        while !reached(&self.live()) {
            assert!(started.elapsed() < PATIENCE, "waited for {what}: {:?}", self.live());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks until the answer is as it should be.
    fn answer_until(&self, user: u64, reached: impl Fn(&Answer) -> bool) -> Answer {
        let started = Instant::now();
        loop {
            let answer = self.recommend(user);
            if reached(&answer) {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "{}: {:?}", answer.source, answer.films);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it in order; what it wrote to stdout.
    fn stop(mut self) -> String {
        let mut stdout = self.child.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut log = String::new();
            stdout.read_to_string(&mut log).unwrap();
            log
        });
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        reader.join().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn produce(cluster: &TestCluster, topic: &str, lines: &str) {
    let mut producer = LineProducer::new(&cluster.config(), topic, Overflow::Wait).unwrap();
    producer.write_all(lines.as_bytes()).unwrap();
    producer.finish().unwrap();
}

fn watch(user: u64, film: &str) -> String {
    format!("2025-10-17T01:33:45,{user},GET /data/m/{film}/0.mpg\n")
}

/// Everything between the topic and the artifacts.
fn train(cluster: &TestCluster, topic: &str, folder: &Path) -> IngestReport {
    let outputs =
        IngestOutputs { interactions: folder.join("rows.parquet"), ..IngestOutputs::default() };
    let snapshot = Snapshot::plan(&cluster.config(), topic, &Start::Beginning).unwrap();
    let report = ingest(snapshot.sources().unwrap(), &outputs, &mut NoProgress).unwrap();
    let rows = read_interactions(&folder.join("rows.parquet"), &mut NoProgress).unwrap();
    let rows = dedup(rows, Strategy::LatestByTimestamp, Keys::default());
    let mut file = InteractionsWriter::create(&folder.join("dedup.csv")).unwrap();
    file.append(&rows).unwrap();
    file.finish().unwrap().commit().unwrap();
    let job = AlsJob {
        data_path: folder.join("dedup.csv"),
        artifact_dir: folder.to_owned(),
        data_version: report.dataset_version.clone(),
        settings: AlsConfig { factors: 8, iterations: 5, ..AlsConfig::reference() }.into(),
        ..AlsJob::default()
    };
    train_als(&job, &mut NoProgress).unwrap();
    report
}

/// A topic of three partitions with a log, and the artifacts of a model of it.
fn prepared(cluster: &TestCluster, folder: &Path) -> (String, IngestReport) {
    let topic = cluster.topic("log", 3).unwrap();
    let config = SynthConfig {
        users: 150,
        movies: 80,
        sessions: 1_000,
        dirty: true,
        ..SynthConfig::default()
    };
    let mut producer = LineProducer::new(&cluster.config(), &topic, Overflow::Wait).unwrap();
    Synth::new(config).unwrap().write_log(&mut producer).unwrap();
    producer.finish().unwrap();
    let report = train(cluster, &topic, folder);
    assert!(report.rows > 1_000 && report.quarantined > 0);
    (topic, report)
}

/// A user of the model, as the log names them.
fn known_user(folder: &Path) -> u64 {
    let map = fs_err::read_to_string(folder.join("user_map.json")).unwrap();
    let map: serde_json::Map<String, Value> = serde_json::from_str(&map).unwrap();
    map.keys().next().unwrap().parse().unwrap()
}

#[test]
fn what_a_user_does_changes_the_next_answer_and_outlives_restarts() {
    let cluster = TestCluster::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (topic, _) = prepared(&cluster, folder.path());
    let telemetry = cluster.topic("answers", 1).unwrap();
    let arguments = [
        "--brokers",
        cluster.brokers(),
        "--topic",
        &topic,
        "--telemetry-topic",
        &telemetry,
        "--kafka-property",
        TestCluster::PROPERTY,
    ];
    let server = Server::start(folder.path(), &arguments);
    // It starts where the model's data end: nothing of the log counts as new.
    server.until("the end of the topic", |live| live.connected && live.lag == Some(0));
    assert_eq!((server.live().users, server.live().events["watch"]), (0, 0));

    let user = known_user(folder.path());
    let before = server.recommend(user);
    assert_eq!(before.source, "als");
    let film = before.films[0].clone();
    produce(&cluster, &topic, &watch(user, &film));
    let after = server.answer_until(user, |answer| answer.source == "als_live");
    assert!(!after.films.contains(&film));

    // Somebody nobody knows gets answers of their own after three events.
    let stranger = 77_777_777;
    let popular = server.recommend(stranger);
    assert_eq!(popular.source, "popularity");
    let watched = &popular.films[10..13];
    let events: String = watched.iter().map(|film| watch(stranger, film)).collect();
    let rating = format!("2025-10-17T01:33:46,{stranger},GET /rate/{}=5\n", watched[2]);
    produce(&cluster, &topic, &(events + "rubbish\n" + &rating));
    server.until("all events", |live| live.events["rate"] == 1);
    let personal = server.recommend(stranger);
    assert_eq!(personal.source, "als_live");
    assert!(watched.iter().all(|film| !personal.films.contains(film)));
    let rest: Vec<&String> = popular.films.iter().filter(|film| !watched.contains(film)).collect();
    assert!(personal.films.iter().zip(rest).any(|(own, all)| own != all), "it is popularity");
    let live = server.live();
    assert_eq!((live.events["watch"], live.users, live.films), (4, 2, 4));
    assert_eq!(live.rejected["missing_field"], 1);
    let metrics = server.get("/metrics");
    for line in [
        "live_connected 1",
        "live_lag_events 0",
        "live_events_total{kind=\"watch\"} 4",
        "live_rejected_total{reason=\"missing_field\"} 1",
        "recommendation_copy_dropped_total 0",
    ] {
        assert!(metrics.lines().any(|held| held == line), "{line} in {metrics}");
    }
    let log = server.stop();

    // Every answer is in the topic too, as the line it is on stdout.
    let lines = log.lines().count();
    let mut copied = Vec::new();
    let mut reader = Follower::new(&cluster.config(), &telemetry, [(0, 0)].into()).unwrap();
    let started = Instant::now();
    while copied.len() < lines && started.elapsed() < PATIENCE {
        reader.poll(Duration::from_millis(100), 1_000, |record| {
            copied.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
        });
    }
    assert_eq!(copied, log.lines().collect::<Vec<_>>());
    let is_answer =
        |line: &String| matches!(parse(line.as_bytes()).unwrap().action, Action::Recommendation(_));
    assert!(copied.iter().all(is_answer));

    // What it knew is there again at once, also after it was killed.
    for ending in ["stop", "kill"] {
        let server = Server::start(folder.path(), &arguments);
        let answer = server.recommend(stranger);
        assert_eq!((answer.source.as_str(), &answer.films), ("als_live", &personal.films));
        assert_eq!(server.recommend(user).films, after.films);
        let film = &answer.films[0];
        produce(&cluster, &topic, &watch(77, film));
        server.answer_until(77, |answer| answer.source == "als_live");
        if ending == "stop" {
            server.stop();
        } else {
            server.kill();
        }
    }
    // The event before the kill was not saved, and is read again: once, not twice.
    let server = Server::start(folder.path(), &arguments);
    server.answer_until(77, |answer| answer.source == "als_live");
    server.until("the end of the topic", |live| live.lag == Some(0));
    assert!(server.live().users == 3, "{:?}", server.live());
    server.stop();
    // Every event counts once: the films of the users who were there through all of it.
    let state = folder.path().join("live_state.npz");
    let (films, position) = LiveFilms::load(&state, LiveConfig::default()).unwrap();
    assert_eq!(position.topic, topic);
    let mut recent = Vec::new();
    for (user, minutes) in [(user, 1), (stranger, 3), (77, 2)] {
        films.recent(user, &mut recent);
        let watched: u16 = recent.iter().map(|film| film.minutes).sum();
        assert_eq!(watched, minutes, "of user {user}: {recent:?}");
    }
}

#[test]
fn answers_come_with_or_without_brokers_and_events_when_they_are_back() {
    let cluster = TestCluster::mock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (topic, _) = prepared(&cluster, folder.path());
    let user = known_user(folder.path());
    cluster.down().unwrap();
    let server = Server::start(
        folder.path(),
        &["--brokers", cluster.brokers(), "--topic", &topic, "--telemetry-topic", "answers"],
    );
    let before = server.recommend(user);
    assert_eq!(before.source, "als");
    server.until("the trouble to be told", |live| !live.connected && live.problem.is_some());
    assert!(server.get("/health/ready").ends_with("{\"status\":\"ready\"}"));
    cluster.up().unwrap();
    produce(&cluster, &topic, &watch(user, &before.films[0]));
    server.answer_until(user, |answer| answer.source == "als_live");
    cluster.down().unwrap();
    assert_eq!(server.recommend(user).source, "als_live");
    cluster.up().unwrap();
    produce(&cluster, &topic, &watch(78, &before.films[0]));
    server.answer_until(78, |answer| answer.source == "als_live");
    server.stop();
}

#[test]
fn an_empty_topic_trains_nothing() {
    let cluster = TestCluster::start().unwrap();
    let topic = cluster.topic("empty", 2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outputs =
        IngestOutputs { interactions: folder.path().join("rows.csv"), ..IngestOutputs::default() };
    let snapshot = Snapshot::plan(&cluster.config(), &topic, &Start::Beginning).unwrap();
    let report = ingest(snapshot.sources().unwrap(), &outputs, &mut NoProgress).unwrap();
    assert_eq!((report.lines, report.accepted), (0, AcceptedCounts::default()));
    let job = AlsJob {
        data_path: outputs.interactions,
        artifact_dir: folder.path().join("artifacts"),
        ..AlsJob::default()
    };
    let error = train_als(&job, &mut NoProgress).unwrap_err().to_string();
    assert!(error.contains("rows.csv: the data set holds no rows"), "{error}");
    let left = fs_err::read_dir(folder.path().join("artifacts")).map(Iterator::count);
    assert_eq!(left.unwrap_or(0), 0);
}

#[test]
fn reasons_not_to_follow_exit_with_two() {
    let cluster = TestCluster::mock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (topic, _) = prepared(&cluster, folder.path());
    let brokers = cluster.brokers();
    let refused = |arguments: &[&str], message: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_rec-server"))
            .current_dir(folder.path())
            .args(["--artifact-dir", ".", "--bind", "127.0.0.1:0"])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    };
    refused(&["--brokers", brokers], "--topic");
    refused(&["--topic", "log"], "--brokers");
    refused(&["--brokers", brokers, "--topic", "not a topic"], "cannot name a topic");
    refused(&["--brokers", brokers, "--topic", "log", "--live-films", "0"], "0");
    refused(&["--brokers", brokers, "--topic", "log", "--kafka-property", "no.such=1"], "no.such");
    let server = Server::start(folder.path(), &["--brokers", brokers, "--topic", &topic]);
    server.until("the end of the topic", |live| live.lag == Some(0));
    server.stop();
    refused(&["--brokers", brokers, "--topic", "log"], "is of the topic");
    fs_err::write(folder.path().join("live_state.npz"), "rubbish").unwrap();
    refused(&["--brokers", brokers, "--topic", &topic], "live_state.npz");
}
