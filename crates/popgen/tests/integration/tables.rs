use std::path::Path;

use marquee_dataset::{NoProgress, read_interactions};
use marquee_popgen::popularity;
use marquee_recommender::UserRow;

use crate::{Parts, table};

#[test]
fn popularity_is_the_references_with_ties_in_order() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run");
    let rows = read_interactions(&fixtures.join("interactions.csv"), &mut NoProgress).unwrap();
    let ours = popularity(&rows);
    let text = fs_err::read_to_string(fixtures.join("popularity.csv")).unwrap();
    let mut theirs: Vec<(&str, f64)> = text
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(movie, pop)| (movie, pop.parse().unwrap()))
        .collect();
    theirs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let films: Vec<(&str, f64)> =
        ours.movie_ids().iter().map(AsRef::as_ref).zip(ours.pop().iter().copied()).collect();
    assert_eq!(films, theirs);
}

#[test]
fn a_watch_weighs_one_and_a_rating_one_more_than_its_stars() {
    let rows = table(&[(1, "a", 1), (2, "a", 1), (2, "a", 5), (1, "b", 2), (3, "c", 2)]);
    let table = popularity(&rows);
    let ids: Vec<&str> = table.movie_ids().iter().map(AsRef::as_ref).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(table.pop(), [8.0, 3.0, 3.0]);
    assert_eq!(table.viewers(), [2, 1, 1], "viewers are distinct users");
}

#[test]
fn genres_are_summed_by_user_and_sorted_by_weight_then_name() {
    let rows = table(&[
        (1, "d1", 1),
        (1, "both", 1),
        (1, "none", 5),
        (2, "c1", 4),
        (2, "d1", 1),
        (3, "none", 1),
        (4, "both", 1),
    ]);
    let parts = Parts::of(&rows);
    let of = |user: u64| {
        let row = parts.audience.users().row(user).unwrap();
        parts.preferences.of(row).collect::<Vec<_>>()
    };
    assert_eq!(of(1), [("Drama", 2.0), ("Comedy", 1.0)]);
    assert_eq!(of(2), [("Comedy", 5.0), ("Drama", 1.0)]);
    assert_eq!(of(3), []);
    assert_eq!(of(4), [("Comedy", 1.0), ("Drama", 1.0)], "equal weights go by name");
    assert_eq!(parts.preferences.of(UserRow(99)).len(), 0);
}

#[test]
fn only_the_ten_heaviest_genres_are_kept() {
    let genres: Vec<String> = (0..14).map(|genre| format!("\"G{genre:02}\"")).collect();
    let json = format!(
        r#"{{"a": {{"title": "A", "genres": [{}]}}, "b": {{"title": "B", "genres": ["G13"]}}}}"#,
        genres.join(",")
    );
    let catalog = serde_json::from_str(&json).unwrap();
    let rows = table(&[(1, "a", 1), (1, "b", 1)]);
    let audience = marquee_popgen::Audience::new(&rows, &popularity(&rows));
    let preferences = marquee_popgen::genre_preferences(&rows, audience.users(), &catalog);
    let names: Vec<&str> = preferences.of(UserRow(0)).map(|(name, _)| name).collect();
    assert_eq!(names.len(), 10);
    assert_eq!(&names[..2], ["G13", "G00"]);
}
