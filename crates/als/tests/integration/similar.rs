use marquee_als::{AlsModel, Factors, Matrix, SimilarUser};
use marquee_recommender::{Filter, ItemRow, ItemSet, ScoredItem, UserRow, ranks_before};
use proptest::{collection::vec, prelude::*};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{matrix, vocabularies};

fn model(users: Matrix, items: Matrix) -> AlsModel {
    let (user_ids, movie_ids) = vocabularies(users.rows(), items.rows());
    AlsModel::new(Factors { users, items }, user_ids, movie_ids, None).expect("shapes agree")
}

/// A model whose users and items have the same factors.
fn mirrored(factors: Matrix) -> AlsModel {
    model(factors.clone(), factors)
}

/// Users as if they were items, to be compared with those.
fn as_items(users: &[SimilarUser]) -> Vec<ScoredItem> {
    users.iter().map(|s| ScoredItem { item: ItemRow(s.user.0), score: s.score }).collect()
}

/// The cosine by its definition; `None` where a row has no direction.
fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
    (norms > 0.0).then(|| dot(a, b) / norms)
}

/// Checks every answer about every row against a full sort.
fn check(factors: Matrix, ks: &[usize], sets: &[ItemSet]) {
    let (rows, factors) = (factors.rows(), factors);
    let model = mirrored(factors.clone());
    for row in 0..rows {
        let whole = model.similar_items(ItemRow(row as u32), rows, &Filter::default());
        let Some(whole) = whole else {
            assert!(factors.row(row).iter().all(|&value| value == 0.0), "row {row}");
            assert_eq!(model.similar_users(UserRow(row as u32), rows), None);
            continue;
        };
        assert!(whole.is_sorted_by(|a, b| ranks_before(a, b).is_lt()), "row {row}: {whole:?}");
        for scored in &whole {
            let expected = cosine(factors.row(row), factors.row(scored.item.index()));
            let expected = expected.expect("a row without a direction is similar to nothing");
            assert!((f64::from(scored.score) - expected).abs() < 1e-6, "{scored:?}: {expected}");
            assert!((-1.0..=1.0).contains(&scored.score), "{scored:?}");
        }
        let mut found: Vec<usize> = whole.iter().map(|scored| scored.item.index()).collect();
        found.sort_unstable();
        let others = (0..rows).filter(|&other| other != row);
        let expected: Vec<usize> =
            others.filter(|&other| factors.row(other).iter().any(|&v| v != 0.0)).collect();
        assert_eq!(found, expected, "row {row}");
        for &k in ks {
            let start = &whole[..k.min(whole.len())];
            let items = model.similar_items(ItemRow(row as u32), k, &Filter::default());
            assert_eq!(items.as_deref(), Some(start), "row {row}, k = {k}");
            let users = model.similar_users(UserRow(row as u32), k).expect("a direction");
            assert_eq!(as_items(&users), start, "row {row}, k = {k}");
        }
        for (banned, candidates) in
            sets.iter().flat_map(|set| [(Some(set), None), (None, Some(set))])
        {
            let filter = Filter { banned, candidates, ..Filter::default() };
            let mut left = whole.clone();
            left.retain(|scored| filter.admits(scored.item));
            left.truncate(5);
            let found = model.similar_items(ItemRow(row as u32), 5, &filter);
            assert_eq!(found, Some(left), "row {row}, {filter:?}");
        }
    }
}

#[test]
fn directions_count_and_lengths_do_not() {
    let factors = matrix(6, 2, vec![1.0, 0.0, 30.0, 0.0, 0.0, 2.0, -5.0, 0.0, 0.0, 0.0, 3.0, 3.0]);
    let model = mirrored(factors);
    let similar = model.similar_items(ItemRow(0), 10, &Filter::default()).expect("a direction");
    let found: Vec<(u32, f32)> = similar.iter().map(|s| (s.item.0, s.score)).collect();
    let diagonal = std::f64::consts::FRAC_1_SQRT_2 as f32;
    assert_eq!(found, [(1, 1.0), (5, diagonal), (2, 0.0), (3, -1.0)]);
    assert_eq!(as_items(&model.similar_users(UserRow(0), 10).expect("a direction")), similar);
    for nothing in [4, 6, u32::MAX] {
        assert_eq!(model.similar_items(ItemRow(nothing), 10, &Filter::default()), None);
        assert_eq!(model.similar_users(UserRow(nothing), 10), None);
    }
}

#[test]
fn very_small_and_very_large_factors_have_directions() {
    for scale in [f32::from_bits(1), 1e-38, 1e-20, 1e18] {
        let values = [3.0, 4.0, 4.0, 3.0, 0.0, 7.0].map(|value: f32| value * scale);
        let model = mirrored(matrix(3, 2, values.to_vec()));
        let similar = model.similar_items(ItemRow(0), 5, &Filter::default()).expect("a direction");
        let found: Vec<(u32, f32)> = similar.iter().map(|s| (s.item.0, s.score)).collect();
        assert_eq!(found, [(1, 0.96), (2, 0.8)], "{scale:e}");
    }
}

#[test]
fn many_users_are_compared_the_same_on_any_number_of_threads() {
    // More than one thread takes at a time, each direction several times.
    let mut random = ChaCha8Rng::seed_from_u64(70);
    let values = (0..20_000 * 3).map(|_| f32::from(random.random_range(-3_i8..4))).collect();
    let users: Matrix = matrix(20_000, 3, values);
    let model = model(users.clone(), matrix(1, 3, vec![1.0; 3]));
    let ask = |threads: usize, k| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| model.similar_users(UserRow(17), k)).expect("a direction")
    };
    let whole = as_items(&ask(1, 20_000));
    assert!(whole.is_sorted_by(|a, b| ranks_before(a, b).is_lt()));
    let zeros = (0..20_000).filter(|&row| users.row(row).iter().all(|&v| v == 0.0)).count();
    assert_eq!(whole.len(), 20_000 - 1 - zeros);
    for k in [1, 20, 9000] {
        assert_eq!(as_items(&ask(3, k)), whole[..k], "k = {k}");
    }
}

fn factors() -> impl Strategy<Value = Matrix> {
    // Few values, so that rows repeat, point the same way, or nowhere.
    let value = prop::sample::select(vec![0.0_f32, -0.0, 0.5, -0.5, 1.0, 2.0, 1.0 / 3.0]);
    (1..40_usize, 1..20_usize).prop_flat_map(move |(rows, columns)| {
        let zeroed = vec(prop::bool::weighted(0.1), rows);
        (vec(value.clone(), rows * columns), zeroed).prop_map(move |(mut values, zeroed)| {
            for (row, _) in zeroed.iter().enumerate().filter(|&(_, &zero)| zero) {
                values[row * columns..][..columns].fill(0.0);
            }
            matrix(rows, columns, values)
        })
    })
}

proptest! {
    #[test]
    fn similar_rows_are_the_start_of_a_full_sort(
        factors in factors(),
        rows in vec(0_u32..50, 0..12),
    ) {
        let set: ItemSet = rows.into_iter().map(ItemRow).collect();
        check(factors, &[0, 1, 3, 20], &[set, ItemSet::default()]);
    }
}
