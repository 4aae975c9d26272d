use marquee_als::{AlsConfig, AlsError, FoldIn, Silent, train};
use marquee_dataset::Csr;
use marquee_recommender::{Filter, ItemRow, Recommender, Request, UserRow};

use crate::vocabularies;

/// Users of two tastes, with ratings of 0 to 5 and rows of different lengths.
fn ratings() -> Csr {
    let triplets = (0..60_u32)
        .flat_map(|user| {
            let films = (0..40_u32).filter(move |film| (film * 7 + user * 3) % (2 + user % 9) == 0);
            films.map(move |film| (user, film, ((user + film) % 6) as f32))
        })
        .collect();
    Csr::from_triplets(60, 40, triplets).0
}

fn entries(ratings: &Csr, row: usize) -> Vec<(u32, f32)> {
    let (columns, values) = ratings.row(row);
    columns.iter().copied().zip(values.iter().copied()).collect()
}

#[test]
fn a_film_folded_in_has_the_factors_its_training_found() {
    let ratings = ratings();
    let config = AlsConfig { factors: 11, iterations: 3, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let items = FoldIn::new(&factors.users, &config).unwrap();
    let by_item = ratings.transpose();
    for item in 0..by_item.rows() {
        let found = items.solve(&entries(&by_item, item)).unwrap();
        let trained = factors.items.row(item);
        let norm = trained.iter().map(|value| value * value).sum::<f32>().sqrt();
        for (a, b) in found.iter().zip(trained) {
            assert!((a - b).abs() <= 1e-3 * norm, "item {item}: {a} instead of {b}");
        }
    }
}

#[test]
fn contributions_add_up_to_the_score_whatever_the_order() {
    let ratings = ratings();
    let config = AlsConfig { factors: 16, iterations: 2, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let users = FoldIn::new(&factors.items, &config).unwrap();
    for user in [0, 7, 31] {
        let mut rated = entries(&ratings, user);
        let solved = users.solve(&rated).unwrap();
        for item in [0, 3, 39] {
            let target = factors.items.row(item);
            let explained = users.explain(&rated, target).unwrap();
            let score: f64 =
                solved.iter().zip(target).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            let sum: f64 = explained.contributions.iter().map(|part| part.contribution).sum();
            assert!((sum - explained.score).abs() <= 1e-12 * sum.abs().max(1.0));
            assert!((score - explained.score).abs() <= 1e-5, "{score} is {}", explained.score);
            let rows: Vec<u32> = explained.contributions.iter().map(|part| part.row).collect();
            assert_eq!(rows, ratings.row(user).0);
        }
        rated.reverse();
        assert_eq!(users.solve(&rated).unwrap(), solved);
    }
}

/// Of two films that are always watched together, one explains the other.
#[test]
fn the_film_that_goes_with_another_is_its_reason() {
    let together = (0..30_u32).flat_map(|user| [(user, 0, 4.0), (user, 1, 4.0)]);
    let apart = (30..60_u32).flat_map(|user| [(user, 2, 4.0), (user, 3, 4.0)]);
    let (ratings, _) = Csr::from_triplets(60, 4, together.chain(apart).collect());
    let config = AlsConfig { factors: 4, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let users = FoldIn::new(&factors.items, &config).unwrap();
    let explained = users.explain(&[(0, 4.0), (2, 4.0)], factors.items.row(1)).unwrap();
    let [first, other] = explained.contributions[..] else { panic!("{explained:?}") };
    assert!(first.contribution > 0.9 * explained.score, "{explained:?}");
    assert!(other.contribution.abs() < 0.05 * explained.score, "{explained:?}");
}

#[test]
fn a_new_user_gets_what_a_known_one_with_the_same_ratings_gets() {
    let ratings = ratings();
    let config = AlsConfig { factors: 8, iterations: 30, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let (ids, movies) = vocabularies(60, 40);
    let folded =
        FoldIn::new(&factors.items, &config).unwrap().solve(&entries(&ratings, 6)).unwrap();
    let model = marquee_als::AlsModel::new(factors.clone(), ids, movies, None).unwrap();
    let (seen, _) = ratings.row(6);
    let found = model.recommend_for(&folded, seen, 5, &Filter::default()).unwrap().unwrap();
    let everything = Filter { include_seen: true, ..Filter::default() };
    let known = model
        .recommend(&Request { user: Some(UserRow(6)), k: 40, filter: everything, recent: &[] })
        .unwrap();
    // Iterations have come to rest, so both are the same row's solution.
    let known = known.iter().filter(|scored| !seen.contains(&scored.item.0)).take(5);
    for (a, b) in found.iter().zip(known) {
        assert!((a.score - b.score).abs() < 0.02, "{a:?} instead of {b:?}");
    }
    assert!(found.iter().all(|scored| !seen.contains(&scored.item.0)));
    assert!(found.iter().all(|scored| scored.item < ItemRow(40)));
}

#[test]
fn what_cannot_be_folded_in_says_why() {
    let ratings = ratings();
    let config = AlsConfig { factors: 3, iterations: 1, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let users = FoldIn::new(&factors.items, &config).unwrap();
    assert_eq!(users.solve(&[]).unwrap(), [0.0; 3]);
    let nothing = users.explain(&[], factors.items.row(0)).unwrap();
    assert_eq!((nothing.score, nothing.contributions.len()), (0.0, 0));
    for (entries, message) in [
        (vec![(40, 1.0)], "rating 1 of row 40 cannot be used: rows are below 40"),
        (vec![(2, 1.0), (1, 1.0), (2, 2.0)], "rating 2 of row 2 cannot be used"),
        (vec![(2, f32::NEG_INFINITY)], "rating -inf of row 2"),
        (vec![(2, f32::NAN)], "rating NaN of row 2"),
        (vec![(2, f32::MAX)], "are finite in single precision"),
    ] {
        let error = users.solve(&entries).unwrap_err();
        assert!(matches!(error, AlsError::Entry { .. }), "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(users.explain(&entries, factors.items.row(0)).is_err());
    }
    let error = users.explain(&[(0, 1.0)], &[1.0, 2.0]).unwrap_err();
    assert_eq!(error.to_string(), "the target has 2 factors but the fixed side has 3");
    let other = AlsConfig { factors: 4, ..config.clone() };
    let error = FoldIn::new(&factors.items, &other).unwrap_err();
    assert_eq!(error.to_string(), "the configuration has 4 factors but the fixed side has 3");
    let refused = AlsConfig { regularization: 0.0, ..config };
    assert!(matches!(FoldIn::new(&factors.items, &refused), Err(AlsError::Regularization { .. })));
}
