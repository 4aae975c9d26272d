use marquee_als::{AlsConfig, AlsError, AlsModel, Factors, FoldIn, Matrix, Silent, train};
use marquee_dataset::Csr;
use marquee_recommender::{
    Filter, ItemRow, Recent, Recommender, Request, ScoredItem, SeenItems, UserRow, conformance,
};

use crate::{
    matrix, random_ratings,
    support::{Slow, wide},
    vocabularies,
};

const USERS: usize = 40;
const ITEMS: usize = 90;

/// Users with ratings of 1 to 5, but the last, who has none.
fn ratings() -> Csr {
    let full = random_ratings(USERS - 1, ITEMS, 0.1, 61);
    let triplets = (0..USERS - 1)
        .flat_map(|user| {
            let (items, values) = full.row(user);
            items.iter().zip(values).map(move |(&item, &value)| (user as u32, item, value))
        })
        .collect();
    Csr::from_triplets(USERS, ITEMS, triplets).0
}

fn config() -> AlsConfig {
    AlsConfig { factors: 12, iterations: 3, regularization: 1.0, ..AlsConfig::reference() }
}

fn seen_of(ratings: &Csr) -> SeenItems {
    let (indptr, indices) = ratings.pattern();
    SeenItems::new(indptr.to_vec(), indices.to_vec(), ratings.columns()).expect("a valid pattern")
}

fn stored(ratings: &Csr, seen: Option<SeenItems>) -> AlsModel {
    let factors = train(ratings, &config(), &mut Silent).expect("a training");
    let (users, movies) = vocabularies(ratings.rows(), ratings.columns());
    AlsModel::new(factors, users, movies, seen).expect("parts that belong together")
}

fn folding(ratings: &Csr) -> AlsModel {
    let model = stored(ratings, Some(seen_of(ratings)));
    model.with_fold_in(&config(), Some(ratings.values().to_vec())).expect("its own ratings")
}

fn entries(ratings: &Csr, user: UserRow) -> Vec<(u32, f32)> {
    let (rows, values) = ratings.row(user.index());
    rows.iter().copied().zip(values.iter().copied()).collect()
}

fn watched(row: u32) -> Recent {
    Recent { item: ItemRow(row), rating: None }
}

fn rated(row: u32, stars: f32) -> Recent {
    Recent { item: ItemRow(row), rating: Some(stars) }
}

/// The whole ranking of a user with these recent items.
fn ask(model: &AlsModel, user: Option<UserRow>, recent: &[Recent]) -> Option<Vec<ScoredItem>> {
    model.recommend(&Request { recent, ..Request::unseen(user, ITEMS) })
}

/// The whole ranking for the factors that a fold-in of its own finds from these entries.
fn solved(model: &AlsModel, entries: &[(u32, f32)]) -> Option<Vec<ScoredItem>> {
    let fold_in = FoldIn::new(&model.factors().items, &config()).expect("sound settings");
    let factors = fold_in.solve(entries).expect("sound entries");
    let seen: Vec<u32> = entries.iter().map(|&(row, _)| row).collect();
    model.recommend_for(&factors, &seen, ITEMS, &Filter::default()).expect("sound factors")
}

#[test]
fn conforms_with_and_without_ratings_and_seen_items() {
    let ratings = ratings();
    let seen = seen_of(&ratings);
    let of = |user: Option<UserRow>| -> Vec<ItemRow> {
        let rows = user.map_or(&[][..], |user| seen.of(user));
        rows.iter().map(|&row| ItemRow(row)).collect()
    };
    let users = [1000, 1001, 1020, 1038, 1039, 7];
    conformance::check(&folding(&ratings), &users, of);
    let unrated = stored(&ratings, Some(seen.clone())).with_fold_in(&config(), None).unwrap();
    conformance::check(&unrated, &users, of);
    let unseen = stored(&ratings, None).with_fold_in(&config(), None).unwrap();
    conformance::check(&unseen, &users, |_| Vec::new());
    assert!(unseen.learns_recent() && unseen.folds_in());
}

#[test]
fn a_user_with_nothing_new_is_the_exact_solution_of_their_row() {
    let ratings = ratings();
    let model = folding(&ratings);
    for user in (0..USERS as u32 - 1).map(UserRow) {
        let entries = entries(&ratings, user);
        let again = watched(entries[entries.len() / 2].0);
        assert_eq!(ask(&model, Some(user), &[again]), solved(&model, &entries), "{user:?}");
    }
    let fold_in = model.fold_in().expect("it was prepared");
    let rows = (0..USERS as u32)
        .flat_map(|user| fold_in.solve(&entries(&ratings, UserRow(user))).unwrap())
        .collect();
    let found = matrix(USERS, config().factors, rows);
    let items = &model.factors().items;
    Slow::new(wide(items), &config()).check("folded in", &ratings, &found, &found);
}

#[test]
fn a_stranger_is_solved_for_by_what_is_recent_alone() {
    let ratings = ratings();
    let model = folding(&ratings);
    let recent = [watched(17), rated(3, 5.0), rated(60, 0.0)];
    let expected = solved(&model, &[(17, 1.0), (3, 5.0), (60, 0.0)]);
    assert!(expected.as_ref().is_some_and(|list| list.len() == ITEMS - 3));
    // As is somebody there is no row of, and somebody without ratings in training.
    for user in [None, Some(UserRow(USERS as u32)), Some(UserRow(USERS as u32 - 1))] {
        assert_eq!(ask(&model, user, &recent), expected, "{user:?}");
        assert_eq!(ask(&model, user, &[]), None, "{user:?}");
    }
}

#[test]
fn a_film_just_watched_changes_the_list_and_leaves_it() {
    let ratings = ratings();
    let model = folding(&ratings);
    let user = UserRow(5);
    let before = ask(&model, Some(user), &[]).unwrap();
    let last = before.last().unwrap().item;
    let after = ask(&model, Some(user), &[rated(last.0, 5.0)]).unwrap();
    let mut entries = entries(&ratings, user);
    entries.push((last.0, 5.0));
    assert_eq!(Some(&after), solved(&model, &entries).as_ref());
    let order = |list: &[ScoredItem]| -> Vec<ItemRow> {
        list.iter().map(|scored| scored.item).filter(|&item| item != last).collect()
    };
    assert_eq!(after.len(), before.len() - 1);
    assert_ne!(order(&after), order(&before));
    let recent = [rated(last.0, 5.0)];
    let request = Request { recent: &recent, ..Request::unseen(Some(user), ITEMS) };
    let all = model.recommend(&Request { filter: Filter::EVERYTHING, ..request }).unwrap();
    assert_eq!(all.len(), ITEMS);
    let place = all.iter().position(|scored| scored.item == last).unwrap();
    assert!(place < entries.len(), "five stars rank {place}");
}

#[test]
fn stars_replace_those_of_the_training_and_a_watch_does_not() {
    let ratings = ratings();
    let model = folding(&ratings);
    let user = UserRow(8);
    let trained = entries(&ratings, user);
    let place = trained.iter().position(|&(_, rating)| rating > 2.0).expect("somebody liked");
    let film = trained[place].0;
    let with = |rating: f32| {
        let mut entries = trained.clone();
        entries[place].1 = rating;
        solved(&model, &entries)
    };
    assert_eq!(ask(&model, Some(user), &[watched(film)]), with(trained[place].1));
    assert_eq!(ask(&model, Some(user), &[rated(film, 1.0)]), with(1.0));
    assert_ne!(with(1.0), with(trained[place].1));
    // What is no number of stars says that it was watched.
    for nonsense in [f32::NAN, f32::INFINITY, -1.0] {
        assert_eq!(ask(&model, Some(user), &[rated(film, nonsense)]), with(trained[place].1));
    }
    // Without the ratings of the training every film counts as watched.
    let unrated = stored(&ratings, Some(seen_of(&ratings))).with_fold_in(&config(), None).unwrap();
    let ones: Vec<(u32, f32)> = trained.iter().map(|&(row, _)| (row, 1.0)).collect();
    assert_eq!(ask(&unrated, Some(user), &[watched(film)]), solved(&unrated, &ones));
}

#[test]
fn the_order_of_what_is_recent_does_not_matter() {
    let ratings = ratings();
    let model = folding(&ratings);
    let mut recent: Vec<Recent> = (0..12).map(|n| rated(n * 37 % 90, n as f32 / 3.0)).collect();
    recent.push(watched(1));
    for user in [None, Some(UserRow(3)), Some(UserRow(21))] {
        let expected = ask(&model, user, &recent);
        for turn in 1..recent.len() {
            let mut turned = recent.clone();
            turned.rotate_left(turn);
            assert_eq!(ask(&model, user, &turned), expected, "{user:?}, {turn}");
        }
    }
}

#[test]
fn without_preparation_recent_films_are_only_left_out() {
    let ratings = ratings();
    let (plain, folding) = (stored(&ratings, Some(seen_of(&ratings))), folding(&ratings));
    assert!(!plain.folds_in() && !plain.learns_recent() && plain.fold_in().is_none());
    let user = Some(UserRow(2));
    let list = ask(&plain, user, &[]).unwrap();
    assert_eq!(ask(&folding, user, &[]).unwrap(), list, "nothing is recent");
    assert_eq!(ask(&plain, user, &[rated(list[0].item.0, 5.0)]).unwrap(), list[1..]);
    assert_eq!(ask(&plain, None, &[rated(4, 5.0)]), None);
}

#[test]
fn where_a_solve_is_not_possible_the_stored_factors_answer() {
    let model = |item: f32, seen: Option<SeenItems>, regularization: f64| {
        let factors =
            Factors { users: matrix(2, 1, vec![0.5; 2]), items: matrix(3, 1, vec![item; 3]) };
        let (users, movies) = vocabularies(2, 3);
        let config = AlsConfig { factors: 1, regularization, ..AlsConfig::reference() };
        let model = AlsModel::new(factors, users, movies, seen).unwrap();
        model.with_fold_in(&config, None).unwrap()
    };
    let seen = || Some(SeenItems::new(vec![0, 1, 1], vec![1], 3).unwrap());
    let rows = |list: Option<Vec<ScoredItem>>| -> Option<Vec<(u32, f32)>> {
        Some(list?.iter().map(|scored| (scored.item.0, scored.score)).collect())
    };
    // The factors would have to be 10³⁹.
    let unsolvable = model(1e-39, seen(), 1e-80);
    let user = Some(UserRow(0));
    assert_eq!(rows(ask(&unsolvable, user, &[watched(2)])), Some(vec![(0, 0.5 * 1e-39)]));
    assert_eq!(ask(&unsolvable, None, &[watched(2)]), None);
    // Nor is one made of what is recent alone, where nobody knows what the user had seen.
    let unknown = model(0.5, None, 1.0);
    assert_eq!(rows(ask(&unknown, user, &[watched(2)])), Some(vec![(0, 0.25), (1, 0.25)]));
    assert!(ask(&unknown, None, &[watched(2)]).is_some());
    // A confidence that is not finite.
    let sound = model(0.5, seen(), 1.0);
    assert_eq!(rows(ask(&sound, user, &[rated(2, f32::MAX)])), Some(vec![(0, 0.25)]));
}

#[test]
fn settings_and_ratings_of_another_training_are_refused() {
    let seen = || SeenItems::new(vec![0, 0, 1, 3], vec![1, 0, 2], 3).unwrap();
    let fail = |seen: Option<SeenItems>, config: &AlsConfig, ratings: Option<Vec<f32>>| {
        let side = |rows: usize| Matrix::new(rows, 2, vec![0.5; 2 * rows]).unwrap();
        let factors = Factors { users: side(3), items: side(3) };
        let (users, movies) = vocabularies(3, 3);
        let model = AlsModel::new(factors, users, movies, seen).unwrap();
        model.with_fold_in(config, ratings).map(|_| ()).unwrap_err()
    };
    let config = AlsConfig { factors: 2, ..AlsConfig::reference() };
    let error = fail(Some(seen()), &AlsConfig { factors: 3, ..config.clone() }, None);
    assert_eq!(error.to_string(), "the configuration has 3 factors but the fixed side has 2");
    let refused = AlsConfig { regularization: -1.0, ..config.clone() };
    let error = fail(Some(seen()), &refused, None);
    assert!(matches!(error, AlsError::Regularization { .. }), "{error}");
    let error = fail(Some(seen()), &config, Some(vec![1.0; 4]));
    assert_eq!(error.to_string(), "ratings has 4 pairs but seen has 3");
    assert!(matches!(fail(None, &config, Some(vec![1.0])), AlsError::Mismatch { .. }));
    for (ratings, place) in [
        (vec![f32::NAN, 1.0, 1.0], (1, 1)),
        (vec![1.0, f32::NEG_INFINITY, 1.0], (2, 0)),
        (vec![1.0, 1.0, f32::MAX], (2, 2)),
    ] {
        let error = fail(Some(seen()), &config, Some(ratings));
        let AlsError::Rating { user, item, .. } = error else { panic!("{error}") };
        assert_eq!((user, item), place);
    }
}
