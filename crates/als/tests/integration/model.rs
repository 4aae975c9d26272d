use marquee_als::{AlsConfig, AlsError, AlsModel, Factors, Matrix, Silent, train};
use marquee_dataset::{Csr, MovieVocabulary, UserVocabulary};
use marquee_recommender::{Filter, ItemRow, Recommender, Request, SeenItems, UserRow, conformance};

use crate::{matrix, random_ratings, vocabularies};

fn seen_of(ratings: &Csr) -> SeenItems {
    let (indptr, indices) = ratings.pattern();
    SeenItems::new(indptr.to_vec(), indices.to_vec(), ratings.columns()).expect("a valid pattern")
}

fn trained(ratings: &Csr, seen: Option<SeenItems>) -> AlsModel {
    let config = AlsConfig { factors: 12, iterations: 3, ..AlsConfig::reference() };
    let factors = train(ratings, &config, &mut Silent).expect("a training");
    let (users, movies) = vocabularies(ratings.rows(), ratings.columns());
    AlsModel::new(factors, users, movies, seen).expect("parts that belong together")
}

/// Forty users, of whom the last has no ratings.
fn ratings() -> Csr {
    let full = random_ratings(39, 90, 0.1, 60);
    let triplets = (0..39)
        .flat_map(|user| {
            let (items, values) = full.row(user);
            items.iter().zip(values).map(move |(&item, &value)| (user as u32, item, value))
        })
        .collect();
    Csr::from_triplets(40, 90, triplets).0
}

const IDS: [u64; 6] = [1000, 1001, 1020, 1038, 1039, 7];

#[test]
fn conforms_with_seen_items() {
    let ratings = ratings();
    let seen = seen_of(&ratings);
    let model = trained(&ratings, Some(seen.clone()));
    conformance::check(&model, &IDS, |user| {
        user.map_or_else(Vec::new, |user| seen.of(user).iter().copied().map(ItemRow).collect())
    });
}

#[test]
fn conforms_without_seen_items() {
    conformance::check(&trained(&ratings(), None), &IDS, |_| Vec::new());
}

#[test]
fn says_nothing_about_users_it_knows_nothing_of() {
    let ratings = ratings();
    let model = trained(&ratings, Some(seen_of(&ratings)));
    assert_eq!(model.user_row(7), None);
    let without_ratings = model.user_row(1039);
    assert_eq!(without_ratings, Some(UserRow(39)));
    for user in [None, without_ratings, Some(UserRow(40)), Some(UserRow(u32::MAX))] {
        assert_eq!(model.recommend(&Request::unseen(user, 20)), None, "{user:?}");
    }
    assert_eq!(model.name(), "als");
}

#[test]
fn a_user_who_has_seen_everything_gets_an_empty_list() {
    let ratings = Csr::from_triplets(1, 3, vec![(0, 0, 1.0), (0, 1, 2.0), (0, 2, 5.0)]).0;
    let model = trained(&ratings, Some(seen_of(&ratings)));
    assert_eq!(model.recommend(&Request::unseen(Some(UserRow(0)), 20)), Some(Vec::new()));
}

#[test]
fn parts_that_do_not_belong_together_are_refused_by_name() {
    let factors =
        || Factors { users: matrix(2, 2, vec![0.5; 4]), items: matrix(3, 2, vec![0.5; 6]) };
    let fail = |factors, users, items, seen| {
        let (users, movies): (UserVocabulary, MovieVocabulary) = vocabularies(users, items);
        AlsModel::new(factors, users, movies, seen).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(fail(factors(), 3, 3, None), "user_factors has 2 rows but user_map has 3");
    assert_eq!(fail(factors(), 2, 4, None), "item_factors has 3 rows but movie_map has 4");
    let seen = SeenItems::new(vec![0, 1], vec![2], 3).unwrap();
    assert_eq!(fail(factors(), 2, 3, Some(seen)), "user_factors has 2 rows but seen (users) has 1");
    let seen = SeenItems::new(vec![0, 0, 1], vec![7], 8).unwrap();
    assert_eq!(
        fail(factors(), 2, 3, Some(seen)),
        "item_factors has 3 rows but seen (highest item row + 1) has 8"
    );
    let uneven = Factors { items: matrix(3, 1, vec![0.5; 3]), ..factors() };
    assert_eq!(fail(uneven, 2, 3, None), "user_factors has 2 columns but item_factors has 1");
    for bad in [f32::NAN, f32::INFINITY] {
        let broken =
            Factors { items: matrix(3, 2, vec![0.5, 0.5, 0.5, bad, 0.5, 0.5]), ..factors() };
        assert_eq!(fail(broken, 2, 3, None), "item_factors row 1 holds a value that is not finite");
    }
}

#[test]
fn a_matrix_has_as_many_values_as_its_shape_says() {
    let error = Matrix::new(2, 3, vec![0.0; 5]).unwrap_err();
    assert!(matches!(error, AlsError::Mismatch { left_size: 5, right_size: 6, .. }), "{error}");
}

#[test]
fn factors_that_cannot_score_are_refused() {
    let model = |columns: usize, value: f32| {
        let side = |rows: usize| Matrix::new(rows, columns, vec![value; rows * columns]).unwrap();
        let factors = Factors { users: side(2), items: side(3) };
        let movies = MovieVocabulary::new(["a", "b", "c"]);
        AlsModel::new(factors, UserVocabulary::new([1, 2]), movies, None)
    };
    assert!(matches!(model(0, 0.0), Err(AlsError::Factors { factors: 0 })));
    assert!(matches!(model(1, 1e20), Err(AlsError::ScoreNotFinite)));
    assert!(model(1, 1e18).is_ok());
}

#[test]
fn factors_from_elsewhere_are_checked() {
    let factors = Factors { users: matrix(1, 2, vec![0.5; 2]), items: matrix(3, 2, vec![1e18; 6]) };
    let (users, movies) = vocabularies(1, 3);
    let model = AlsModel::new(factors, users, movies, None).unwrap();
    let ask = |factors: &[f32]| model.recommend_for(factors, &[1], 9, &Filter::default());
    let fail = |factors: &[f32]| ask(factors).unwrap_err().to_string();
    assert_eq!(fail(&[0.5]), "the user has 1 factors but item_factors has 2");
    assert_eq!(fail(&[0.5; 3]), "the user has 3 factors but item_factors has 2");
    assert_eq!(fail(&[]), "the user has 0 factors but item_factors has 2");
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(fail(&[0.5, bad]), "the user's factors hold a value that is not finite");
    }
    assert!(matches!(ask(&[1e21, 0.0]), Err(AlsError::ScoreNotFinite)));
    assert_eq!(ask(&[0.0, -0.0]).unwrap(), None, "nothing is known of them");
    let rows: Vec<u32> = ask(&[1.0, 0.0]).unwrap().unwrap().iter().map(|s| s.item.0).collect();
    assert_eq!(rows, [0, 2], "film 1 was seen");
}
