use marquee_popgen::{PopGenConfig, PopGenError, PopGenModel};
use marquee_recommender::{
    Filter, ItemRow, Recent, Recommender, Request, ScoredItem, UserRow, conformance,
};
use proptest::prelude::*;

use crate::{Parts, catalog, table};

const ROWS: [(u64, &str, u8); 12] = [
    (1, "d1", 5),
    (1, "none", 1),
    (2, "c1", 5),
    (2, "none", 1),
    (3, "d1", 1),
    (3, "d2", 1),
    (3, "c1", 1),
    (3, "c2", 1),
    (4, "d2", 1),
    (4, "c2", 1),
    (5, "none", 1),
    (5, "both", 1),
];

fn ids(model: &dyn Recommender, user_id: u64, k: usize) -> Option<Vec<String>> {
    let request = Request::unseen(model.user_row(user_id), k);
    let ranked = model.recommend(&request)?;
    Some(ranked.iter().map(|scored| model.movie_id(scored.item).to_owned()).collect())
}

#[test]
fn two_users_get_different_lists() {
    // The reference stores genre lists and reads columns, so no user ever gets a genre boost.
    let model = Parts::of(&table(&ROWS)).popgen(PopGenConfig::default());
    // c2 and d2 are equally popular and nothing but genres tells them apart.
    assert_eq!(ids(&model, 1, 2).unwrap(), ["c1", "d2"]);
    assert_eq!(ids(&model, 2, 2).unwrap(), ["d1", "c2"]);
}

#[test]
fn the_score_is_popularity_raised_by_the_shared_weight() {
    let parts = Parts::of(&table(&ROWS));
    let config = PopGenConfig { alpha: 0.5, pool: 100 };
    let model = parts.popgen(config);
    let request =
        Request { user: model.user_row(5), k: 100, filter: Filter::EVERYTHING, recent: &[] };
    let ranked = model.recommend(&request).unwrap();
    let score =
        |id: &str| ranked.iter().find(|scored| model.movie_id(scored.item) == id).unwrap().score;
    // User 5 watched only "both": half of the weight lies on each genre.
    assert_eq!(score("both"), 1.0 * (1.0 + 0.5 * 1.0));
    assert_eq!(score("d1"), 7.0 * (1.0 + 0.5 * 0.5));
    assert_eq!(score("none"), 3.0);
}

#[test]
fn only_the_pool_is_ranked() {
    let model = Parts::of(&table(&ROWS)).popgen(PopGenConfig { alpha: 0.3, pool: 2 });
    assert_eq!(ids(&model, 4, 100).unwrap(), ["c1", "d1"]);
}

#[test]
fn strangers_are_left_to_plain_popularity() {
    let parts = Parts::of(&table(&[(1, "none", 1), (2, "d1", 1), (2, "c1", 1), (3, "c1", 1)]));
    let popgen = parts.popgen(PopGenConfig::default());
    assert_eq!(ids(&popgen, 99, 5), None, "somebody unknown");
    assert_eq!(ids(&popgen, 1, 5), None, "somebody without genres");
    let popularity = parts.popularity();
    assert_eq!(ids(&popularity, 99, 5).unwrap(), ["c1", "d1", "none"]);
    assert_eq!(ids(&popularity, 2, 5).unwrap(), ["none"], "what was watched is left out");
}

#[test]
fn settings_out_of_range_are_refused() {
    let parts = Parts::of(&table(&ROWS));
    for config in [
        PopGenConfig { alpha: f64::NAN, pool: 10 },
        PopGenConfig { alpha: -0.1, pool: 10 },
        PopGenConfig { alpha: 0.3, pool: 0 },
    ] {
        let (table, audience) = (parts.table.clone(), parts.audience.clone());
        let refused =
            PopGenModel::new(config, table, audience, parts.preferences.clone(), &catalog());
        assert!(matches!(refused, Err(PopGenError::Config(_))), "{config:?}");
    }
}

fn recent(model: &dyn Recommender, films: &[(&str, Option<f32>)]) -> Vec<Recent> {
    let item = |id| model.item_row(id).unwrap();
    films.iter().map(|&(id, rating)| Recent { item: item(id), rating }).collect()
}

fn live_ids(model: &dyn Recommender, user_id: u64, recent: &[Recent]) -> Option<Vec<String>> {
    let request = Request { recent, ..Request::unseen(model.user_row(user_id), 100) };
    let ranked = model.recommend(&request)?;
    Some(ranked.iter().map(|scored| model.movie_id(scored.item).to_owned()).collect())
}

#[test]
fn a_stranger_gets_the_genres_of_what_they_just_watched() {
    // The table is trained with and without what happens later to be user 7's history.
    let later = [(7, "d1", 5), (7, "both", 1), (7, "none", 4)];
    let model = Parts::of(&table(&ROWS)).popgen(PopGenConfig::default());
    let trained = Parts::of(&table(&[&ROWS[..], &later].concat()));
    let recent = recent(&model, &[("both", None), ("none", Some(4.0)), ("d1", Some(5.0))]);
    let shares: Vec<(&str, f32)> =
        trained.preferences.of(trained.audience.users().row(7).unwrap()).collect();
    assert_eq!(shares, [("Drama", 7.0), ("Comedy", 1.0)]);
    let request =
        Request { filter: Filter::EVERYTHING, recent: &recent, ..Request::unseen(None, 100) };
    let ranked = model.recommend(&request).unwrap();
    let score =
        |id: &str| ranked.iter().find(|scored| model.movie_id(scored.item) == id).unwrap().score;
    assert_eq!(score("d2"), (2.0 * (1.0 + 0.3 * 7.0 / 8.0)) as f32);
    assert_eq!(score("c2"), (2.0 * (1.0 + 0.3 * 1.0 / 8.0)) as f32);
    assert_eq!(live_ids(&model, 7, &recent).unwrap(), ["c1", "d2", "c2"]);
}

#[test]
fn recent_films_add_to_what_is_stored_once() {
    let model = Parts::of(&table(&ROWS)).popgen(PopGenConfig::default());
    let score = |user_id, recent: &[Recent], id: &str| {
        let user = model.user_row(user_id);
        let request = Request { recent, filter: Filter::EVERYTHING, ..Request::unseen(user, 100) };
        let ranked: Vec<ScoredItem> = model.recommend(&request).unwrap();
        ranked.iter().find(|scored| model.movie_id(scored.item) == id).unwrap().score
    };
    // User 5 watched "both", so half of the weight lies on each genre; c1 with two stars adds 3.
    let comedy = recent(&model, &[("c1", Some(2.0))]);
    assert_eq!(score(5, &comedy, "c2"), (2.0 * (1.0 + 0.3 * 4.0 / 5.0)) as f32);
    assert_eq!(score(5, &comedy, "d2"), (2.0 * (1.0 + 0.3 * 1.0 / 5.0)) as f32);
    // What was seen in training counts already, and no stars are those of a watch.
    let again = recent(&model, &[("both", Some(5.0)), ("none", None)]);
    assert_eq!(score(5, &again, "c2"), score(5, &[], "c2"));
    let nonsense = recent(&model, &[("c1", Some(f32::NAN))]);
    let watched = recent(&model, &[("c1", None)]);
    assert_eq!(score(5, &nonsense, "d2"), score(5, &watched, "d2"));
}

#[test]
fn films_without_genres_say_nothing_of_a_stranger() {
    let parts = Parts::of(&table(&ROWS));
    let model = parts.popgen(PopGenConfig { alpha: 0.3, pool: 2 });
    assert_eq!(live_ids(&model, 99, &recent(&model, &[("none", None)])), None);
    // Of a film outside the pool the genres count all the same.
    assert!(live_ids(&model, 99, &recent(&model, &[("both", None)])).is_some());
    let popularity = parts.popularity();
    let seen = recent(&popularity, &[("none", None), ("c1", Some(5.0))]);
    assert_eq!(live_ids(&popularity, 99, &seen).unwrap(), ["d1", "c2", "d2", "both"]);
    assert!(model.learns_recent() && !popularity.learns_recent());
}

fn seen(parts: &Parts) -> impl Fn(Option<UserRow>) -> Vec<ItemRow> {
    |user| {
        let rows = user.map_or(&[][..], |user| parts.audience.seen().of(user));
        rows.iter().map(|&row| ItemRow(row)).collect()
    }
}

proptest! {
    #[test]
    fn both_models_conform(
        given in prop::collection::vec((0_u64..6, 0_usize..6, 1_u8..6), 1..40),
        alpha in 0.0..2.0_f64,
        pool in 1_usize..8,
    ) {
        let movies = ["d1", "d2", "c1", "c2", "both", "none"];
        let rows: Vec<_> = given.iter().map(|&(u, m, r)| (u, movies[m], r)).collect();
        let parts = Parts::of(&table(&rows));
        let users = [0, 1, 2, 3, 4, 5, 6, u64::MAX];
        conformance::check(&parts.popgen(PopGenConfig { alpha, pool }), &users, seen(&parts));
        conformance::check(&parts.popularity(), &users, seen(&parts));
    }

    #[test]
    fn the_early_end_of_the_scan_changes_nothing(
        given in prop::collection::vec((0_u64..4, 0_usize..6, 1_u8..6), 1..60),
        alpha in 0.0..3.0_f64,
        k in 1_usize..4,
    ) {
        let movies = ["d1", "d2", "c1", "c2", "both", "none"];
        let rows: Vec<_> = given.iter().map(|&(u, m, r)| (u, movies[m], r)).collect();
        let model = Parts::of(&table(&rows)).popgen(PopGenConfig { alpha, pool: 100 });
        for user in 0..4 {
            let user = model.user_row(user);
            let ask = |k| model.recommend(&Request { user, k, filter: Filter::EVERYTHING, recent: &[] });
            let (some, all) = (ask(k), ask(100));
            prop_assert_eq!(some.as_deref(), all.as_deref().map(|all| &all[..k.min(all.len())]));
        }
    }
}
