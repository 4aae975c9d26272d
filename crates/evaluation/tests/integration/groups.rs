use marquee_evaluation::{Grouping, Holdout, TrainingFacts};

/// Films `a` to `d` with 8, 4, 2 and 1 viewers; `a` is the oldest, `d` appeared last.
fn facts() -> TrainingFacts {
    let viewers = [("a", 8, 0), ("b", 4, 40), ("c", 2, 60), ("d", 1, 100)];
    let rows = viewers.into_iter().flat_map(|(film, viewers, first)| {
        (0..viewers).map(move |user| (user, film, first + i64::from(user == 1)))
    });
    TrainingFacts::from_rows(rows)
}

#[test]
fn facts_count_users_films_and_times() {
    let facts = facts();
    assert_eq!((facts.interactions(), facts.users(), facts.films()), (15, 8, 4));
    assert_eq!(facts.period(), Some((0, 100)));
    assert_eq!((facts.films_of(0), facts.films_of(7), facts.films_of(99)), (4, 1, 0));
    assert_eq!(facts.popularity("b"), 0.5);
    assert_eq!((facts.popularity("z"), facts.film("z")), (0.0, None));
    assert_eq!(facts.film("c").map(|film| (film.viewers, film.first_seen)), Some((2, 60)));
    assert_eq!(TrainingFacts::default().period(), None);
    let twice = TrainingFacts::from_rows([(1, "a", 9), (1, "a", 3), (2, "a", 5)]);
    assert_eq!((twice.interactions(), twice.users(), twice.films_of(1)), (2, 2, 1));
    assert_eq!(twice.film("a").map(|film| (film.viewers, film.first_seen)), Some((2, 3)));
}

#[test]
fn popularity_goes_by_shares_of_views() {
    let holdout = Holdout::from_pairs([(1, "a"), (1, "b"), (2, "c"), (3, "d"), (3, "z")]);
    let grouping = Grouping::by_popularity(&holdout, &facts());
    // Of 15 views a has 8, more than half; with b 12, which is 80 %.
    assert_eq!(grouping.by(), "popularity");
    assert_eq!(grouping.names(), ["head", "middle", "not in training", "tail"]);
    let only = Grouping::by_popularity(&Holdout::from_pairs([(1, "c"), (2, "d")]), &facts());
    assert_eq!(only.names(), ["tail"]);
    let only = Grouping::by_popularity(&Holdout::from_pairs([(1, "b")]), &facts());
    assert_eq!(only.names(), ["middle"]);
}

#[test]
fn newness_goes_by_the_first_row_of_a_film() {
    let names = |film: &str| {
        let holdout = Holdout::from_pairs([(1, film)]);
        Grouping::by_newness(&holdout, &facts()).names().to_vec()
    };
    assert_eq!(names("a"), ["old"]);
    assert_eq!(names("b"), ["old"]);
    assert_eq!(names("c"), ["recent"]);
    assert_eq!(names("d"), ["new"]);
    assert_eq!(names("z"), ["not in training"]);
}

#[test]
fn activity_is_cut_at_the_thirds() {
    let rows = (1..=9_u64).flat_map(|user| (0..user).map(move |film| (user, film)));
    let ids: Vec<(u64, String)> = rows.map(|(user, film)| (user, format!("film{film}"))).collect();
    let facts = TrainingFacts::from_rows(ids.iter().map(|(user, id)| (*user, id.as_str(), 0)));
    let holdout = Holdout::from_pairs((1..=9).map(|user| (user, "x")));
    let grouping = Grouping::by_activity(&holdout, &facts);
    assert_eq!(
        grouping.names(),
        ["heavy (7 films or more)", "light (under 4 films)", "medium (4 to 6 films)"]
    );
    let alike = Holdout::from_pairs([(5, "x"), (5, "y")]);
    assert_eq!(Grouping::by_activity(&alike, &facts).names(), ["medium (5 films or more)"]);
    assert!(Grouping::by_activity(&Holdout::default(), &facts).names().is_empty());
}
