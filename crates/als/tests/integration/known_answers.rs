use marquee_als::{AlsConfig, AlsError, AlsModel, Factors, Silent, loss, train};
use marquee_dataset::Csr;
use marquee_recommender::{ItemRow, Recommender, Request, SeenItems, UserRow};

use crate::{matrix, vocabularies};

#[test]
fn a_loss_worked_out_by_hand() {
    // Scores: 0.5 and 1 for the first user, 1 and 2 for the second; confidences 3 and 2.
    let factors =
        Factors { users: matrix(2, 1, vec![1.0, 2.0]), items: matrix(2, 1, vec![0.5, 1.0]) };
    let (ratings, _) = Csr::from_triplets(2, 2, vec![(0, 0, 1.0), (1, 1, 0.5)]);
    let config =
        AlsConfig { factors: 1, alpha: 2.0, regularization: 0.1, ..AlsConfig::reference() };
    // 3 (1 − 0.5)² + 1² + 1² + 2 (1 − 2)² + 0.1 (1 + 4 + 0.25 + 1)
    let expected = 0.75 + 1.0 + 1.0 + 2.0 + 0.625;
    let found = loss(&ratings, &factors, &config).unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn a_loss_asks_for_factors_of_its_ratings() {
    let (ratings, _) = Csr::from_triplets(2, 3, vec![(0, 0, 1.0)]);
    let of = |users, items, columns| Factors {
        users: matrix(users, 2, vec![0.0; users * 2]),
        items: matrix(items, columns, vec![0.0; items * columns]),
    };
    for (wrong, named) in [
        (of(1, 3, 2), "user_factors has 1 rows but ratings (rows) has 2"),
        (of(2, 2, 2), "item_factors has 2 rows but ratings (columns) has 3"),
        (of(2, 3, 1), "user_factors has 2 columns but item_factors has 1"),
    ] {
        let error = loss(&ratings, &wrong, &AlsConfig::reference()).unwrap_err();
        assert_eq!(error.to_string(), named);
    }
}

/// Even users watch even films and odd users odd ones, but each misses one of theirs.
#[test]
fn a_checkerboard_is_completed() {
    let (users, items) = (20_u32, 12_u32);
    let missed = |user: u32| (user * 2 + user % 2) % items;
    let triplets: Vec<(u32, u32, f32)> = (0..users)
        .flat_map(|user| (0..items).map(move |item| (user, item)))
        .filter(|&(user, item)| user % 2 == item % 2 && item != missed(user))
        .map(|(user, item)| (user, item, 1.0))
        .collect();
    let (ratings, _) = Csr::from_triplets(users as usize, items as usize, triplets);
    let config = AlsConfig { factors: 2, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let (ids, movies) = vocabularies(users as usize, items as usize);
    let (indptr, indices) = ratings.pattern();
    let seen = SeenItems::new(indptr.to_vec(), indices.to_vec(), items as usize).unwrap();
    let model = AlsModel::new(factors, ids, movies, Some(seen)).unwrap();
    for user in 0..users {
        let list = model.recommend(&Request::unseen(Some(UserRow(user)), 1)).unwrap();
        assert_eq!(list[0].item, ItemRow(missed(user)), "user {user}");
        assert!(list[0].score > 0.8, "user {user}: {}", list[0].score);
    }
}

/// Confidence computed in a byte turns negative for four and five stars.
#[test]
fn films_rated_five_stars_train_as_loved() {
    let stars = |user: u32, item: u32| match (user % 2, item % 2) {
        (0, 0) => Some(5.0),
        (1, 1) => Some(1.0),
        _ => None,
    };
    let triplets = (0..16_u32)
        .flat_map(|user| (0..10_u32).map(move |item| (user, item)))
        .filter_map(|(user, item)| Some((user, item, stars(user, item)?)))
        .collect();
    let (ratings, _) = Csr::from_triplets(16, 10, triplets);
    let config = AlsConfig { factors: 4, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let (users, movies) = vocabularies(16, 10);
    let model = AlsModel::new(factors, users, movies, None).unwrap();
    for user in (0..16).step_by(2) {
        for item in 0..10 {
            let score = model.score(UserRow(user), ItemRow(item));
            match stars(user, item) {
                Some(_) => assert!(score > 0.9, "loved film {item} scores {score}"),
                None => assert!(score < 0.1, "unloved film {item} scores {score}"),
            }
        }
    }
}

#[test]
fn a_system_that_rounding_makes_indefinite_names_row_and_remedy() {
    // One item and many factors: without regularization every user's matrix has rank 1. Users
    // enough for several threads; the first without ratings needs no system.
    let (ratings, _) = Csr::from_triplets(900, 1, (1..900).map(|user| (user, 0, 5.0)).collect());
    let config = AlsConfig { regularization: 1e-300, ..AlsConfig::reference() };
    for _ in 0..10 {
        let error = train(&ratings, &config, &mut Silent).unwrap_err();
        assert!(matches!(error, AlsError::NotPositiveDefinite { row: 1, .. }), "{error}");
        assert!(error.to_string().contains("user row 1 "), "{error}");
        assert!(error.to_string().contains("raise the regularization"), "{error}");
    }
}
