//! Deduplication of a million rows in memory: 100,000 users, 20,000 films, a third of the rows
//! repeating a pair, in order of time as a log gives them. Seeded.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use marquee_dataset::{Interactions, Keys, Strategy, dedup};

const ROWS: u64 = 1_000_000;

fn table() -> Interactions {
    let mut state = 42_u64;
    // A small linear congruential generator: the rows only have to be scattered.
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % limit
    };
    let ids: Vec<String> =
        (0..20_000).map(|movie| format!("the+film+number+{movie}+1999")).collect();
    let mut table = Interactions::default();
    let mut pairs = Vec::new();
    for time in 0..ROWS {
        let (user, movie) = match below(3) {
            0 if !pairs.is_empty() => pairs[below(pairs.len() as u64) as usize],
            _ => (below(100_000), below(20_000)),
        };
        pairs.push((user, movie));
        table.push(user, &ids[movie as usize], 1, time as i64);
    }
    table
}

fn bench(criterion: &mut Criterion) {
    let table = table();
    let mut group = criterion.benchmark_group("dedup_1m_rows");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    for strategy in [Strategy::LatestByTimestamp, Strategy::FirstSeen, Strategy::LastSeen] {
        group.bench_function(strategy.as_str(), |bencher| {
            bencher.iter_batched(
                || table.clone(),
                |table| dedup(black_box(table), strategy, Keys::default()),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
