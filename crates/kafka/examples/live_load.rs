//! Loads a `rec-server` that follows a topic, and times how soon an event changes an answer.
//!
//! `live_load BROKERS TOPIC ADDRESS EVENTS_PER_SECOND SECONDS [CONNECTIONS]` sends watch events of
//! a million users to the topic at that rate, while as many connections (2) ask for lists as fast
//! as they get them and one more, ten times a second, sends the first event of somebody new and asks
//! until the answer is by factors solved for within the request. The server needs a model that
//! folds in, and films named `ID` in its `movie_map.json` read from standard input, one a line.
//! Prints one JSON object: answers by status, their latency, the freshness, and the lag at the end.
//! With 0 events a second only the freshness is measured.
#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write, stdin},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use marquee_kafka::{KafkaConfig, LineProducer, Overflow};

type Fault = Box<dyn Error + Send + Sync>;

/// A connection that is kept open.
struct Client {
    stream: BufReader<TcpStream>,
}

struct Answer {
    status: u16,
    is_live: bool,
}

impl Client {
    fn connect(address: &str) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    fn get(&mut self, path: &str) -> Result<(Answer, Vec<u8>), Fault> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut is_live) = (0, 0, false);
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            } else if let Some(rest) = header.strip_prefix("http/1.1 ") {
                status = rest[..3].parse()?;
            } else if let Some(rest) = header.strip_prefix("content-length: ") {
                length = rest.parse()?;
            } else if header == "x-recommendation-source: als_live" {
                is_live = true;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((Answer { status, is_live }, body))
    }
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [brokers, topic, address, rate, seconds, rest @ ..] = arguments.as_slice() else {
        return Err("usage: live_load BROKERS TOPIC ADDRESS EVENTS_PER_SECOND SECONDS".into());
    };
    let (rate, seconds): (u64, u64) = (rate.parse()?, seconds.parse()?);
    let connections: u64 = rest.first().map_or(Ok(2), |count| count.parse())?;
    let films: Arc<[String]> = stdin().lines().collect::<Result<_, _>>()?;
    let config = KafkaConfig::new(brokers);
    let stop = Arc::new(AtomicBool::new(false));
    let is_on = |stop: &Arc<AtomicBool>| {
        let stop = Arc::clone(stop);
        move || !stop.load(Ordering::Relaxed)
    };

    let sent = Arc::new(AtomicU64::new(0));
    let events = {
        let (config, topic, films) = (config.clone(), topic.clone(), Arc::clone(&films));
        let (is_on, sent) = (is_on(&stop), Arc::clone(&sent));
        thread::spawn(move || send_events(&config, &topic, &films, rate, is_on, &sent))
    };
    let asking: Vec<_> = (0..if rate > 0 { connections } else { 0 })
        .map(|place| {
            let (address, is_on) = (address.clone(), is_on(&stop));
            thread::spawn(move || ask(&address, place, is_on))
        })
        .collect();
    let until = Instant::now() + Duration::from_secs(seconds);
    let fresh = freshness(&config, topic, address, &films, until)?;
    stop.store(true, Ordering::Relaxed);
    events.join().map_err(|_| "the sender broke off")??;

    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let mut latencies = Vec::new();
    for asking in asking {
        for (status, micros) in asking.join().map_err(|_| "a client broke off")?? {
            *statuses.entry(status).or_default() += 1;
            latencies.push(micros);
        }
    }
    let (_, health) = Client::connect(address)?.get("/health")?;
    let health = String::from_utf8_lossy(&health);
    let live = health.find("\"live\":").map_or("null", |at| &health[at + 7..health.len() - 1]);
    println!(
        "{{\"events_sent\": {}, \"answers\": {}, \"statuses\": {statuses:?}, \"latency_ms\": {}, \
         \"freshness_ms\": {}, \"live\": {live}}}",
        sent.load(Ordering::Relaxed),
        latencies.len(),
        told(&mut latencies),
        told(&mut fresh.clone()),
    );
    Ok(())
}

/// Median, 99th percentile and greatest, in milliseconds.
fn told(micros: &mut [u64]) -> String {
    micros.sort_unstable();
    let at = |share: f64| match micros.len() {
        0 => f64::NAN,
        count => micros[((count - 1) as f64 * share) as usize] as f64 / 1000.0,
    };
    format!("{{\"median\": {}, \"p99\": {}, \"max\": {}}}", at(0.5), at(0.99), at(1.0))
}

fn watch(user: u64, film: &str) -> String {
    format!("2025-10-17T01:33:45,{user},GET /data/m/{film}/0.mpg\n")
}

/// Sends events of users 0 to 999,999, in portions of a hundredth of a second.
fn send_events(
    config: &KafkaConfig,
    topic: &str,
    films: &[String],
    rate: u64,
    is_on: impl Fn() -> bool,
    sent: &AtomicU64,
) -> Result<(), Fault> {
    let mut producer = LineProducer::new(config, topic, Overflow::Wait)?;
    let started = Instant::now();
    let mut number = 0;
    while is_on() && rate > 0 {
        let due = (started.elapsed().as_secs_f64() * rate as f64) as u64;
        let mut lines = String::new();
        while number < due {
            let user = number.wrapping_mul(7_919) % 1_000_003 % 1_000_000;
            lines +=
                &watch(user, &films[(number.wrapping_mul(104_729) % films.len() as u64) as usize]);
            number += 1;
        }
        producer.write_all(lines.as_bytes())?;
        sent.store(number, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
    }
    Ok(producer.finish()?)
}

/// Asks for the lists of one user after the other; status and microseconds of every answer.
fn ask(address: &str, place: u64, is_on: impl Fn() -> bool) -> Result<Vec<(u16, u64)>, Fault> {
    let mut client = Client::connect(address)?;
    let mut answers = Vec::new();
    let mut number = place * 499_979;
    while is_on() {
        number += 1;
        let user = number.wrapping_mul(15_485_863) % 1_000_000;
        let started = Instant::now();
        let (answer, _) = client.get(&format!("/recommend/{user}"))?;
        answers.push((answer.status, started.elapsed().as_micros() as u64));
    }
    Ok(answers)
}

/// Microseconds from handing over somebody's first event to the answer it changed.
fn freshness(
    config: &KafkaConfig,
    topic: &str,
    address: &str,
    films: &[String],
    until: Instant,
) -> Result<Vec<u64>, Fault> {
    let mut producer = LineProducer::new(config, topic, Overflow::Wait)?;
    let mut client = Client::connect(address)?;
    let mut times = Vec::new();
    // Apart from all other users, and from those of an earlier run.
    let first = 1_000_000_000 + u64::from(std::process::id()) * 100_000;
    for user in first.. {
        if Instant::now() >= until {
            break;
        }
        let film = &films[user as usize % films.len()];
        let started = Instant::now();
        producer.write_all(watch(user, film).as_bytes())?;
        while !client.get(&format!("/recommend/{user}"))?.0.is_live {
            if started.elapsed() > Duration::from_secs(30) {
                return Err(format!("the event of user {user} never changed the answer").into());
            }
            thread::sleep(Duration::from_micros(500));
        }
        times.push(started.elapsed().as_micros() as u64);
        thread::sleep(Duration::from_millis(100));
    }
    producer.finish()?;
    Ok(times)
}
