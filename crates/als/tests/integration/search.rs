use marquee_als::{AlsModel, Factors};
use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recommender, Request, ScoredItem, SeenItems, UserRow, ranks_before,
};
use proptest::{collection::vec, prelude::*};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{matrix, vocabularies};

fn model(factors: Factors, seen: Option<SeenItems>) -> AlsModel {
    let (users, movies) = vocabularies(factors.users.rows(), factors.items.rows());
    AlsModel::new(factors, users, movies, seen).expect("shapes agree")
}

/// The answer by scoring everything and sorting.
fn full_sort(model: &AlsModel, user: UserRow, k: usize, filter: &Filter<'_>) -> Vec<ScoredItem> {
    let seen = |item| model.seen().is_some_and(|seen| seen.contains(user, item));
    let mut all: Vec<ScoredItem> = (0..model.items() as u32)
        .map(ItemRow)
        .filter(|&item| filter.admits(item) && (filter.include_seen || !seen(item)))
        .map(|item| ScoredItem { item, score: model.score(user, item) })
        .filter(|scored| !scored.score.is_nan())
        .collect();
    all.sort_by(ranks_before);
    all.truncate(k);
    all
}

fn same_bits(list: &[ScoredItem]) -> Vec<(u32, u32)> {
    list.iter().map(|scored| (scored.item.0, scored.score.to_bits())).collect()
}

fn check(model: &AlsModel, ks: &[usize]) {
    for filter in [Filter::default(), Filter::EVERYTHING] {
        check_filter(model, ks, &filter);
    }
}

fn check_filter(model: &AlsModel, ks: &[usize], filter: &Filter<'_>) {
    let users: Vec<UserRow> = (0..model.factors().users.rows() as u32).map(UserRow).collect();
    for &k in ks {
        let together = model.recommend_many(&users, k, filter);
        assert_eq!(together.len(), users.len());
        for (&user, found) in users.iter().zip(&together) {
            let alone =
                model.recommend(&Request { user: Some(user), k, filter: *filter, recent: &[] });
            assert_eq!(alone.as_deref().map(same_bits), found.as_deref().map(same_bits));
            let Some(found) = found else {
                assert!(model.factors().users.row(user.index()).iter().all(|&v| v == 0.0));
                continue;
            };
            let expected = full_sort(model, user, k, filter);
            assert_eq!(same_bits(found), same_bits(&expected), "{user:?}, k = {k}, {filter:?}");
        }
    }
}

/// Every way of filtering: about `share` of the items are candidates, `banned` of them banned.
fn check_sets(model: &AlsModel, ks: &[usize], share: f32, banned: f32, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut some = |share: f32| -> ItemSet {
        (0..model.items() as u32 + 70)
            .map(ItemRow)
            .filter(|_| random.random::<f32>() < share)
            .collect()
    };
    let (candidates, banned) = (some(share), some(banned));
    for include_seen in [false, true] {
        for (candidates, banned) in
            [(Some(&candidates), None), (None, Some(&banned)), (Some(&candidates), Some(&banned))]
        {
            check_filter(model, ks, &Filter { include_seen, banned, candidates });
        }
    }
}

/// Values from a small set, so that scores tie, products cancel and rows repeat.
fn coarse() -> impl Strategy<Value = f32> + Clone {
    prop::sample::select(vec![0.0_f32, -0.0, 0.5, -0.5, 1.0, -1.0, 0.1, 1.0 / 3.0, 3.0])
}

fn fine() -> impl Strategy<Value = f32> + Clone {
    (-1.0_f32..1.0, -8_i32..8).prop_map(|(value, exponent)| value * (exponent as f32).exp2())
}

fn any_factors(value: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = Factors> {
    (1..5_usize, 1..150_usize, 1..70_usize).prop_flat_map(move |(users, items, factors)| {
        // Each row is drawn from a few, so many are duplicates.
        let distinct = vec(vec(value.clone(), factors), 1..40);
        let rows = vec(any::<prop::sample::Index>(), items);
        (vec(value.clone(), users * factors), distinct, rows).prop_map(
            move |(user_values, distinct, rows)| {
                let item_values =
                    rows.iter().flat_map(|row| row.get(&distinct).iter().copied()).collect();
                Factors {
                    users: matrix(users, factors, user_values),
                    items: matrix(items, factors, item_values),
                }
            },
        )
    })
}

fn with_seen(factors: Factors, seed: u64) -> AlsModel {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut indptr, mut indices) = (vec![0], Vec::new());
    for _ in 0..factors.users.rows() {
        indices.extend((0..factors.items.rows() as u32).filter(|_| random.random::<f32>() < 0.2));
        indptr.push(indices.len() as u64);
    }
    let seen = SeenItems::new(indptr, indices, factors.items.rows()).expect("ascending rows");
    model(factors, Some(seen))
}

proptest! {
    #[test]
    fn ties_and_duplicates_rank_as_in_a_full_sort(factors in any_factors(coarse()), seed: u64) {
        check(&with_seen(factors, seed), &[0, 1, 3, 20, 200]);
    }

    #[test]
    fn any_factors_rank_as_in_a_full_sort(factors in any_factors(fine()), seed: u64) {
        check(&with_seen(factors, seed), &[1, 5, 20]);
    }

    #[test]
    fn filters_leave_out_and_change_nothing(
        factors in any_factors(coarse()),
        seed: u64,
        // Few candidates are scored one by one, many are searched for.
        share in prop::sample::select(vec![0.0_f32, 0.05, 0.2, 0.3, 0.6, 1.0]),
        banned in prop::sample::select(vec![0.0_f32, 0.1, 0.9, 1.0]),
    ) {
        check_sets(&with_seen(factors, seed), &[0, 1, 3, 20, 200], share, banned, seed);
    }

    #[test]
    fn somebody_who_is_not_in_the_model_gets_the_answer_of_somebody_like_them(
        factors in any_factors(fine()),
        seed: u64,
        k in 0_usize..30,
    ) {
        let model = with_seen(factors, seed);
        let banned: ItemSet = [ItemRow(0), ItemRow(2)].into_iter().collect();
        for user in (0..model.factors().users.rows() as u32).map(UserRow) {
            let seen = model.seen().expect("it was given").of(user);
            // Any order will do, and some twice.
            let shuffled: Vec<u32> = seen.iter().rev().flat_map(|&row| [row, row]).collect();
            for filter in
                [Filter::default(), Filter::EVERYTHING, Filter { banned: Some(&banned), ..Filter::default() }]
            {
                let known = model.recommend(&Request { user: Some(user), k, filter, recent: &[] });
                let row = model.factors().users.row(user.index());
                for seen in [seen, &shuffled] {
                    let found = model.recommend_for(row, seen, k, &filter).expect("sound factors");
                    prop_assert_eq!(known.as_deref().map(same_bits), found.as_deref().map(same_bits));
                }
            }
        }
    }
}

/// Factors with falling norms and a taste for some directions, as training gives.
fn trained_like(users: usize, items: usize, factors: usize, scale: f32) -> Factors {
    let mut random = ChaCha8Rng::seed_from_u64(50);
    let mut row = |norm: f32| -> Vec<f32> {
        (0..factors)
            .map(|factor| {
                let spread = 1.0 / (1.0 + factor as f32).sqrt();
                norm * spread * (random.random::<f32>() + random.random::<f32>() - 0.8)
            })
            .collect()
    };
    let users_values = (0..users).flat_map(|_| row(scale)).collect();
    let items_values =
        (0..items).flat_map(|item| row(scale / (1.0 + item as f32).powf(0.3))).collect();
    Factors {
        users: matrix(users, factors, users_values),
        items: matrix(items, factors, items_values),
    }
}

#[test]
fn large_indexes_rank_as_a_full_sort_does() {
    for factors in [1, 8, 20, 23, 24, 50, 64] {
        check(&with_seen(trained_like(12, 3000, factors, 1.0), 7), &[1, 20]);
    }
}

#[test]
fn filters_of_large_indexes_rank_as_a_full_sort_does() {
    let model = with_seen(trained_like(12, 3000, 50, 1.0), 7);
    for (share, banned) in [(0.005, 0.01), (0.1, 0.5), (0.5, 0.99), (0.9, 0.001)] {
        check_sets(&model, &[1, 20], share, banned, 11);
    }
}

#[test]
fn many_answers_are_those_of_one_at_a_time_in_the_order_asked() {
    let model = with_seen(trained_like(40, 500, 20, 1.0), 12);
    // Twice, backwards, and some there are none of.
    let users: Vec<UserRow> = (0..45).rev().chain([7, 7, u32::MAX]).map(UserRow).collect();
    let filter = Filter::default();
    let ask = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| model.recommend_many(&users, 20, &filter))
    };
    let one_by_one: Vec<Option<Vec<ScoredItem>>> =
        users.iter().map(|&user| model.recommend(&Request::unseen(Some(user), 20))).collect();
    assert_eq!(one_by_one.iter().filter(|answer| answer.is_none()).count(), 6);
    for threads in [1, 3] {
        assert_eq!(ask(threads), one_by_one, "{threads} threads");
    }
    assert_eq!(model.recommend_many(&[], 20, &filter), Vec::new());
}

#[test]
fn very_small_and_very_large_factors_rank_as_a_full_sort_does() {
    for scale in [1e-30, 1e-22, 1e-18, 1e9, 1e18] {
        check(&with_seen(trained_like(5, 400, 18, scale), 8), &[1, 20]);
    }
}

#[test]
fn near_ties_rank_as_a_full_sort_does() {
    // All items within a few units in the last place of one another.
    let mut factors = trained_like(8, 600, 50, 1.0);
    let base = factors.items.row(0).to_vec();
    let mut random = ChaCha8Rng::seed_from_u64(51);
    let values = (0..600)
        .flat_map(|_| {
            base.iter()
                .map(|value| value * (1.0 + f32::EPSILON * random.random_range(0..4) as f32))
                .collect::<Vec<_>>()
        })
        .collect();
    factors.items = matrix(600, 50, values);
    check(&with_seen(factors, 9), &[1, 7, 20]);
}

#[test]
fn an_item_as_good_as_its_bound_is_found() {
    // So many factors that coordinates stay as they are. All scores come from the last half of
    // them; items of greater norm score a little less than one that points where the user does.
    let (factors, half) = (300, 150);
    let direction = |coordinate: usize| (1.0 + coordinate as f32 * 0.37).sin();
    let user: Vec<f32> = (0..factors).map(|i| if i < half { 0.0 } else { direction(i) }).collect();
    for (decoys, share) in [(64, 0.99), (640, 0.999)] {
        let mut items: Vec<f32> = Vec::new();
        for decoy in 0..decoys {
            let aside = 3.0 + decoy as f32;
            items
                .extend((0..factors).map(|i| {
                    if i < half { aside * direction(i + decoy) } else { share * user[i] }
                }));
        }
        items.extend(&user);
        let factors = Factors {
            users: matrix(1, factors, user.clone()),
            items: matrix(decoys + 1, factors, items),
        };
        let model = model(factors, None);
        let list = model.recommend(&Request::unseen(Some(UserRow(0)), 1)).expect("a known user");
        assert_eq!(list[0].item, ItemRow(decoys as u32), "{decoys} decoys");
        check(&model, &[1, 20]);
    }
}
