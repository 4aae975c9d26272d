//! Prints random rankings with all metrics of this crate as JSON, for a check by another program.
//!
//! Rankings are of 0 to 60 of 80 items, relevant are 0 to 15 of them; the seed is fixed.

#![expect(clippy::print_stdout, reason = "the output of the example")]

use marquee_evaluation::{
    Metric, RankingMetrics, coverage, genre_distance, intra_list_diversity, novelty,
};
use marquee_stats::gini;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

const ITEMS: u32 = 80;
const RANKINGS: usize = 2_000;

fn main() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let popularities: Vec<f64> = (0..ITEMS).map(|_| rng.random_range(0.0..1.0)).collect();
    let genres: Vec<Vec<u32>> =
        (0..ITEMS).map(|_| (0..6).filter(|_| rng.random_bool(0.3)).collect()).collect();
    let mut exposures = vec![0_u64; ITEMS as usize];
    let mut cases = Vec::with_capacity(RANKINGS);
    for _ in 0..RANKINGS {
        let ranked = drawn(&mut rng, 60);
        let relevant = drawn(&mut rng, 15);
        for &item in &ranked {
            exposures[item as usize] += 1;
        }
        let k = rng.random_range(1..=40);
        let metrics = RankingMetrics::of(&ranked, &relevant, k);
        let values: Map<String, Value> = Metric::ALL
            .iter()
            .map(|&metric| (metric.as_str().to_owned(), json!(metrics.get(metric))))
            .collect();
        let seen: Vec<f64> = ranked.iter().map(|&item| popularities[item as usize]).collect();
        let distance =
            |a: &u32, b: &u32| genre_distance(&genres[*a as usize], &genres[*b as usize]);
        cases.push(json!({
            "ranked": ranked,
            "relevant": relevant,
            "k": k,
            "metrics": values,
            "novelty": novelty(&seen),
            "diversity": intra_list_diversity(&ranked, distance),
        }));
    }
    let report = json!({
        "popularities": popularities,
        "genres": genres,
        "cases": cases,
        "exposures": exposures,
        "coverage": coverage(&exposures, exposures.len()),
        "gini": gini(exposures.iter().map(|&times| times as f64)),
    });
    println!("{report}");
}

/// At most `most` distinct items in random order.
fn drawn(rng: &mut ChaCha8Rng, most: usize) -> Vec<u32> {
    let mut items: Vec<u32> = (0..ITEMS).collect();
    let count = rng.random_range(0..=most);
    for place in 0..count {
        let other = rng.random_range(place..items.len());
        items.swap(place, other);
    }
    items.truncate(count);
    items
}
