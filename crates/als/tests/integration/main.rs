//! One binary for all integration tests.

// The formats of the configuration and the refusal of values out of range.
mod config;
// Same input, same bytes: threads, seeds, users without ratings.
mod determinism;
// Rows that were not in the training, and where a score comes from.
mod fold_in;
// Answers that can be worked out by hand.
mod known_answers;
// Answers that know what a user did since the training.
mod live;
// The model: shapes, unknown users, the conformance suite.
mod model;
// The model file: round trip, NumPy's files, every fault.
mod npz;
// Progress, loss on request, cancellation.
mod observer;
// Whole trainings and losses beside those of the slow solver.
mod reference;
// The default objective gives the bytes it always gave.
mod plain;
// Exactness of the pruned search against a full sort, under filters and for many users too.
mod search;
// Similar items and users against a full sort.
mod similar;
// Trainings that are taken up again.
mod resumption;
// Every solver, row by row, against the slow ones: lengths, shapes, weights.
mod solvers;
// The slow, obvious solvers and how far from them the fast ones may be.
mod support;
// Frequency scaling, the weight of unobserved cells, dislikes, the scaled start.
mod tricks;

use marquee_als::Matrix;
use marquee_dataset::{Csr, MovieVocabulary, UserVocabulary};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded matrix of ratings 1 to 5 with about `share` of its cells filled, popular items first.
fn random_ratings(users: usize, items: usize, share: f32, seed: u64) -> Csr {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut triplets = Vec::new();
    for user in 0..users {
        for item in 0..items {
            let popularity = 2.0 * (items - item) as f32 / items as f32;
            if random.random::<f32>() < share * popularity {
                let stars = random.random_range(1..=5_u8);
                triplets.push((user as u32, item as u32, f32::from(stars)));
            }
        }
    }
    Csr::from_triplets(users, items, triplets).0
}

/// The same ratings, but every fifth below zero.
fn with_dislikes(ratings: &Csr) -> Csr {
    let mut triplets = Vec::new();
    for row in 0..ratings.rows() {
        let (columns, values) = ratings.row(row);
        triplets.extend(columns.iter().zip(values).map(|(&column, &value)| {
            let sign = if (row + column as usize).is_multiple_of(5) { -1.0 } else { 1.0 };
            (row as u32, column, sign * value)
        }));
    }
    Csr::from_triplets(ratings.rows(), ratings.columns(), triplets).0
}

fn matrix(rows: usize, columns: usize, values: Vec<f32>) -> Matrix {
    Matrix::new(rows, columns, values).expect("as many values as rows × columns")
}

fn bits(matrix: &Matrix) -> Vec<u32> {
    matrix.as_slice().iter().map(|value| value.to_bits()).collect()
}

/// Vocabularies of users `1000..` and films whose byte order is their row order.
fn vocabularies(users: usize, items: usize) -> (UserVocabulary, MovieVocabulary) {
    let films: Vec<String> = (0..items).map(|item| format!("film+{item:06}+2000")).collect();
    let movies = MovieVocabulary::new(films.iter().map(String::as_str));
    (UserVocabulary::new((0..users).map(|user| 1000 + user as u64)), movies)
}
