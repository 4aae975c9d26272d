//! What a half-step and an answer cost.
//!
//! - `iteration`: both half-steps over 20,000 users × 2,000 items with about 100,000 ratings and 50
//!   factors; items by a power law, so a few have most of the ratings.
//! - `recommend`: the best 20 unseen of 26,000 items × 50 factors for one user, one thread.
//!   `trained` are factors of a training on users with three of 48 tastes, `falling norms` are
//!   random directions, where little can be pruned.
//!
//! All data is made from fixed seeds.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marquee_als::{AlsConfig, AlsModel, Factors, Matrix, Silent, train};
use marquee_dataset::{Csr, MovieVocabulary, UserVocabulary};
use marquee_recommender::{Recommender, Request, SeenItems, UserRow};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TASTES: u32 = 48;

/// Ratings of users with three tastes each: three of four films are of one of them.
fn ratings(users: u32, items: u32, seed: u64) -> Csr {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut triplets = Vec::new();
    for user in 0..users {
        let tastes = [0; 3].map(|_: u32| random.random_range(0..TASTES));
        let count = (1.0 / (random.random::<f32>() + 0.03)) as usize + 1;
        for _ in 0..count {
            // Squared twice, so that low rows are by far the most popular.
            let popular = (random.random::<f32>().powi(4) * items as f32) as u32;
            let taste = tastes[random.random_range(0..3)];
            let item = match random.random::<f32>() < 0.25 {
                true => popular,
                false => popular / TASTES * TASTES + taste,
            };
            let rating = if random.random::<f32>() < 0.85 { 1 } else { random.random_range(1..=5) };
            triplets.push((user, item.min(items - 1), rating as f32));
        }
    }
    Csr::from_triplets(users as usize, items as usize, triplets).0
}

fn model(factors: Factors, ratings: &Csr) -> AlsModel {
    let users = UserVocabulary::new(0..ratings.rows() as u64);
    let films: Vec<String> = (0..ratings.columns()).map(|item| format!("{item:06}")).collect();
    let movies = MovieVocabulary::new(films.iter().map(String::as_str));
    let (indptr, indices) = ratings.pattern();
    let seen = SeenItems::new(indptr.to_vec(), indices.to_vec(), ratings.columns());
    AlsModel::new(factors, users, movies, seen.ok()).expect("shapes agree")
}

fn falling_norms(users: usize, items: usize, factors: usize) -> Factors {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut matrix = |rows: usize, norm: fn(usize) -> f32| {
        let values = (0..rows * factors)
            .map(|i| norm(i / factors) * (random.random::<f32>() - 0.5))
            .collect();
        Matrix::new(rows, factors, values).expect("as many values as rows × columns")
    };
    Factors { users: matrix(users, |_| 1.0), items: matrix(items, |i| (1.0 + i as f32).powf(-0.4)) }
}

fn iteration(criterion: &mut Criterion) {
    let ratings = ratings(20_000, 2_000, 1);
    let config = AlsConfig { iterations: 1, ..AlsConfig::reference() };
    let mut group = criterion.benchmark_group("train");
    group.sample_size(10);
    group.bench_function("iteration", |bencher| {
        bencher.iter(|| train(black_box(&ratings), &config, &mut Silent).expect("a training"));
    });
    group.finish();
}

fn recommend(criterion: &mut Criterion) {
    let ratings = ratings(30_000, 26_000, 2);
    let config = AlsConfig { iterations: 5, ..AlsConfig::reference() };
    let trained = train(&ratings, &config, &mut Silent).expect("a training");
    let random = falling_norms(ratings.rows(), ratings.columns(), config.factors);
    for (name, factors) in [("trained", trained), ("falling norms", random)] {
        let model = model(factors, &ratings);
        let mut user = 0;
        criterion.bench_function(&format!("recommend/{name}"), |bencher| {
            bencher.iter(|| {
                user = (user + 7919) % 30_000;
                model.recommend(&Request::unseen(Some(UserRow(user)), 20))
            });
        });
    }
}

criterion_group!(benches, iteration, recommend);
criterion_main!(benches);
