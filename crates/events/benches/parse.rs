//! Parsing and writing throughput, in bytes of log a second on one thread.
//!
//! Data model: lines made from a fixed seed until 4 MiB are full. `parse/mix` is 80 % watch lines,
//! 15 % ratings and 5 % recommendations (half in the platform's form, half in the service's with
//! provenance, 20 films each); `parse/watch` is watch lines alone, the bulk of a real stream. Both
//! count the search for line ends, as every reader of a log has to make it. `write/mix` writes the
//! events of the mix. Sizes are of the lines with their line feeds.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use marquee_events::{Action, Event, parse, write};

const LOG_BYTES: usize = 4 << 20;
const SEED: u64 = 42;

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

const WORDS: [&str; 16] = [
    "the",
    "of",
    "night",
    "river",
    "godfather",
    "matrix",
    "city",
    "a",
    "lord",
    "rings",
    "return",
    "king",
    "star",
    "m*a*s*h",
    "blue",
    "seventh",
];

fn movie(random: &mut Random) -> String {
    let mut id = String::new();
    // One film in a hundred has a letter beyond ASCII, which is more than real streams hold.
    if random.below(100) == 0 {
        id.push_str("amélie+");
    }
    for _ in 0..2 + random.below(4) {
        id.push_str(WORDS[random.below(16) as usize]);
        id.push('+');
    }
    let _ = write!(id, "{}", 1920 + random.below(100));
    id
}

fn recommendation(random: &mut Random, user: u64, log: &mut String) {
    let movies: Vec<String> = (0..20).map(|_| movie(random)).collect();
    let latency = 1 + random.below(200);
    let _ = if random.below(2) == 0 {
        let list = movies.join(", ");
        writeln!(
            log,
            "recommendation request host13.example.org:8082, status 200, result: {list}, {latency} ms"
        )
    } else {
        let (list, bucket) = (movies.join(","), random.below(1_000_000));
        writeln!(
            log,
            "recommendation request /recommend/{user}, status 200, variant=als_model, \
             bucket=0.{bucket:06}, result: {list}, {latency} ms, model_version=als-20251017013345, \
             model_family=als, pipeline_commit=1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c, \
             pipeline_branch=main, pipeline_dirty=false, data_version=week-43, \
             data_sha256={list_sha:064x}, manifest_sha256={list_sha:064x}",
            list_sha = random.next()
        )
    };
}

/// A log whose lines are `watches` % watch lines, `ratings` % ratings and recommendations else.
fn log(watches: u64, ratings: u64) -> String {
    let mut random = Random(SEED);
    let mut log = String::with_capacity(LOG_BYTES + 4_096);
    let mut second = 0;
    while log.len() < LOG_BYTES {
        second = (second + random.below(2)) % 86_400;
        let user = 1 + random.below(1_000_000);
        let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60);
        let _ = write!(log, "2024-09-10T{hour:02}:{minute:02}:{rest:02},{user},");
        let kind = random.below(100);
        if kind < watches {
            let minute = random.below(180);
            let _ = writeln!(log, "GET /data/m/{}/{minute}.mpg", movie(&mut random));
        } else if kind < watches + ratings {
            let stars = 1 + random.below(5);
            let _ = writeln!(log, "GET /rate/{}={stars}", movie(&mut random));
        } else {
            recommendation(&mut random, user, &mut log);
        }
    }
    log
}

/// Parses every line; the sums keep the work from being left out.
fn parse_all(log: &[u8]) -> (u64, u64) {
    let mut users = 0_u64;
    let mut films = 0_u64;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', log) {
        if let Ok(event) = parse(black_box(&log[start..end])) {
            users = users.wrapping_add(event.user.get());
            films += match event.action {
                Action::Watch { movie, .. } | Action::Rate { movie, .. } => {
                    movie.as_str().len() as u64
                }
                Action::Recommendation(recommendation) => recommendation.latency_ms,
            };
        }
        start = end + 1;
    }
    (users, films)
}

fn bench(criterion: &mut Criterion) {
    let mix = log(80, 15);
    let watch = log(100, 0);
    let mut group = criterion.benchmark_group("parse");
    for (name, log) in [("mix", &mix), ("watch", &watch)] {
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| parse_all(black_box(log.as_bytes()))));
    }
    group.finish();

    let events: Vec<Event<'_>> =
        mix.lines().filter_map(|line| parse(line.as_bytes()).ok()).collect();
    let mut out = Vec::with_capacity(mix.len());
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Bytes(mix.len() as u64));
    group.bench_function("mix", |bencher| {
        bencher.iter(|| {
            out.clear();
            for event in black_box(&events) {
                write(event, &mut out);
                out.push(b'\n');
            }
            out.len()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(5));
    targets = bench
}
criterion_main!(benches);
