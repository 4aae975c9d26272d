use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroUsize,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, UserRow};
use marquee_serving::{Rung, Rungs, Running, ServerConfig, ServingError, Telemetry, serve};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Fake, Log, PATIENCE, experiment, provenance, rungs, service};

/// Set in the process that a test starts to be sent signals.
const CHILD: &str = "SERVING_TEST_CHILD";

fn config(bind: &str) -> ServerConfig {
    ServerConfig {
        bind: String::from(bind),
        workers: NonZeroUsize::new(2),
        ..ServerConfig::default()
    }
}

fn start(rungs: Rungs, log: &Log) -> (Running, JoinHandle<Result<(), ServingError>>) {
    let telemetry = Telemetry::start(log.clone(), None, 64).expect("a telemetry thread");
    let service = service(rungs, experiment(1.0, 0.0));
    let (ready, is_ready) = channel();
    let server = thread::spawn(move || {
        serve(&config("127.0.0.1:0"), service, telemetry, |running| {
            ready.send(running).expect("the test waits");
        })
    });
    (is_ready.recv_timeout(PATIENCE).expect("a server that starts"), server)
}

fn fetch(address: SocketAddr, path: &str) -> String {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(connection, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        .expect("a request sent");
    let mut reply = String::new();
    connection.read_to_string(&mut reply).expect("a reply");
    reply
}

#[test]
fn answers_over_a_real_connection_and_writes_the_log_before_it_ends() {
    let log = Log::default();
    let (running, server) = start(rungs(), &log);
    let reply = fetch(running.address, "/recommend/7");
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // Letter by letter, for scripts that look for the documented names.
    for header in [
        "X-Experiment-Id: als_vs_popgen",
        "X-Experiment-Variant: als_model",
        "X-Model-Version: als-version",
        "X-Pipeline-Commit: als-commit",
        "X-Data-Version: als-data",
        "X-Model-Manifest: als-manifest",
        "X-Recommendation-Source: als",
    ] {
        assert!(head.lines().any(|line| line == header), "{header} is not in\n{head}");
    }
    assert_eq!(body, Fake::list("als", 7, 20));
    running.stopper.stop();
    server.join().unwrap().unwrap();
    assert_eq!(log.text().lines().count(), 1);
    assert!(TcpStream::connect(running.address).is_err(), "still listening");
}

/// A model that tells when it is asked and answers when it is let.
struct Slow {
    asked: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
}

impl Recommender for Slow {
    fn name(&self) -> &'static str {
        "popularity"
    }

    fn items(&self) -> usize {
        1
    }

    fn movie_id(&self, _item: ItemRow) -> &str {
        "slow+film"
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        (movie_id == "slow+film").then_some(ItemRow(0))
    }

    fn user_row(&self, _user_id: u64) -> Option<UserRow> {
        None
    }

    fn recommend(&self, _request: &Request) -> Option<Vec<ScoredItem>> {
        self.asked.lock().expect("not poisoned").send(()).expect("the test waits");
        self.go.lock().expect("not poisoned").recv_timeout(PATIENCE).expect("let on");
        Some(vec![ScoredItem { item: ItemRow(0), score: 1.0 }])
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_server_ends() {
    let (asked, is_asked) = channel();
    let (open, go) = channel();
    let slow = Slow { asked: Mutex::new(asked), go: Mutex::new(go) };
    let rung = Rung { model: Arc::new(slow), provenance: provenance("popularity") };
    let log = Log::default();
    let (running, server) = start(Rungs { popularity: Some(rung), ..Rungs::default() }, &log);
    let address = running.address;
    let client = thread::spawn(move || fetch(address, "/recommend/1"));
    is_asked.recv_timeout(PATIENCE).unwrap();
    running.stopper.stop();
    open.send(()).unwrap();
    assert!(client.join().unwrap().ends_with("slow+film"));
    server.join().unwrap().unwrap();
    assert_eq!(log.text().lines().count(), 1);
}

#[test]
fn a_port_in_use_is_named_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let telemetry = Telemetry::start(Log::default(), None, 4).unwrap();
    let error = serve(&config(&address), service(rungs(), None), telemetry, |_| {
        panic!("listening on a port that is taken");
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&address) && text.contains("--bind"), "{text}");
    assert!(text.contains("another program listens there"), "{text}");
}

#[test]
fn an_address_that_is_none_is_named() {
    let telemetry = Telemetry::start(Log::default(), None, 4).unwrap();
    let result = serve(&config("no address"), service(rungs(), None), telemetry, |_| {});
    let error = result.unwrap_err();
    assert!(matches!(error, ServingError::Bind { .. }));
    assert!(error.to_string().contains("no address"), "{error}");
}

/// Serves until a signal comes, in the process the test below starts; else does nothing.
#[test]
fn child_process() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let telemetry = Telemetry::start(Log::default(), None, 4).unwrap();
    serve(&config("127.0.0.1:0"), service(rungs(), None), telemetry, |running| {
        println!("listening {}", running.address);
    })
    .unwrap();
    println!("ended in order");
}

/// A process that does not outlive the test, whatever becomes of it.
struct Guarded(Child);

impl Guarded {
    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            match self.0.try_wait().expect("a child to wait for") {
                Some(status) => return status,
                None => assert!(start.elapsed() < PATIENCE, "the server does not end"),
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn signals_end_the_server_in_order() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::child_process", "--nocapture", "--test-threads=1"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut child = Guarded(child);
        let mut output = BufReader::new(child.0.stdout.take().unwrap());
        let mut line = String::new();
        // The test harness may have begun the line.
        let address = loop {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "ended before it listened");
            if let Some((_, address)) = line.trim_end().split_once("listening ") {
                break address.parse().unwrap();
            }
        };
        assert!(fetch(address, "/health/live").contains("alive"));
        kill(Pid::from_raw(child.0.id() as i32), signal).unwrap();
        let status = child.wait();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert!(status.success(), "{signal}: {status}");
        assert!(rest.contains("ended in order"), "{signal}: {rest}");
    }
}
