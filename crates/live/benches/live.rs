//! Events applied and lists read a second, on one thread.
//!
//! Data model: a million events of 100,000 users on 27,000 films, made from a fixed seed, three of
//! four minutes watched and one a rating; users and films alike are drawn as the square of an even
//! draw, so that few have many. `apply/growing` counts all events into an empty store with the default
//! bounds, `apply/evicting` into one that holds 100,000 films, so that users keep going. `recent/hit`
//! reads the list of a user who has one, `recent/miss` asks for one who has none.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use marquee_events::{Action, Event, MovieId, Stars, Timestamp, UserId};
use marquee_live::{LiveConfig, LiveFilms};

const EVENTS: usize = 1_000_000;
const USERS: u64 = 100_000;
const MOVIES: u64 = 27_000;
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

    fn squared_below(&mut self, bound: u64) -> u64 {
        let even = self.next() >> 32;
        (((even * even) >> 32) * bound) >> 32
    }
}

fn events(ids: &[String]) -> Vec<Event<'_>> {
    let mut random = Random(SEED);
    let event = |second| {
        let user = UserId::new(random.squared_below(USERS)).expect("in range");
        let movie = MovieId::new(&ids[random.squared_below(MOVIES) as usize]).expect("an id");
        let time = Timestamp::from_unix_seconds(1_725_957_544 + second as i64).expect("in range");
        let action = match random.next() % 20 {
            stars @ 1..=5 => {
                Action::Rate { movie, stars: Stars::new(stars as u8).expect("in range") }
            }
            _ => Action::Watch { movie, minute: 0 },
        };
        Event { time, user, action }
    };
    (0..EVENTS).map(event).collect()
}

fn apply_all(live: &LiveFilms, events: &[Event<'_>]) -> usize {
    for event in black_box(events) {
        live.apply(event);
    }
    live.films()
}

fn bench(criterion: &mut Criterion) {
    let ids: Vec<String> = (0..MOVIES).map(|n| format!("a+film+of+some+name+{n}")).collect();
    let events = events(&ids);
    let store = |films| {
        LiveFilms::new(LiveConfig { films, ..LiveConfig::default() }).expect("valid settings")
    };

    let mut group = criterion.benchmark_group("apply");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    for (name, films) in [("growing", LiveConfig::DEFAULT_FILMS), ("evicting", 100_000)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || store(films),
                |live| apply_all(live, &events),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();

    let live = store(LiveConfig::DEFAULT_FILMS);
    apply_all(&live, &events);
    let users: Vec<u64> = events.iter().take(10_000).map(|event| event.user.get()).collect();
    let mut out = Vec::new();
    let mut group = criterion.benchmark_group("recent");
    for (name, offset) in [("hit", 0), ("miss", USERS)] {
        let mut turn = users.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let user = turn.next().copied().unwrap_or_default() + offset;
                live.recent(black_box(user), &mut out);
                out.len()
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(5));
    targets = bench
}
criterion_main!(benches);
