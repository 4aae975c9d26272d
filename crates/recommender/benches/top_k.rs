//! Keeping the best 20 of 26,000 scores, the number of films of the production shape.
//!
//! Scores are seeded and uniform: the list fills early and then almost every push is one
//! comparison. `sorted` is the same answer by sorting all scores.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marquee_recommender::{ItemRow, ScoredItem, TopK, ranks_before};

const ITEMS: usize = 26_000;

fn scores() -> Vec<f32> {
    // A small linear congruential generator: the numbers only have to be scattered.
    let mut state = 42_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32
    };
    (0..ITEMS).map(|_| next()).collect()
}

fn bench(criterion: &mut Criterion) {
    let scores = scores();
    let mut group = criterion.benchmark_group("top_20_of_26000");
    group.bench_function("top_k", |bencher| {
        bencher.iter(|| {
            let mut top = TopK::new(20);
            for (row, &score) in black_box(&scores).iter().enumerate() {
                top.push(ItemRow(row as u32), score);
            }
            top.into_sorted()
        });
    });
    group.bench_function("sorted", |bencher| {
        bencher.iter(|| {
            let scored = black_box(&scores).iter().enumerate();
            let mut all: Vec<ScoredItem> = scored
                .map(|(row, &score)| ScoredItem { item: ItemRow(row as u32), score })
                .collect();
            all.sort_unstable_by(ranks_before);
            all.truncate(20);
            all
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
