use marquee_evaluation::{FilmGenres, coverage, genre_distance, intra_list_diversity, novelty};

fn assert_close(actual: Option<f64>, expected: f64) {
    let actual = actual.unwrap();
    assert!((actual - expected).abs() < 1e-12, "{actual} instead of {expected}");
}

#[test]
fn coverage_is_the_shown_part() {
    assert_close(coverage(&[3, 0, 1, 0], 4), 0.5);
    assert_close(coverage(&[], 4), 0.0);
    assert_eq!(coverage(&[], 0), None);
}

#[test]
fn novelty_is_the_mean_share_who_have_not_seen_it() {
    assert_close(novelty(&[0.9, 0.5, 0.1]), 0.5);
    assert_close(novelty(&[1.0]), 0.0);
    assert_eq!(novelty(&[]), None);
}

#[test]
fn diversity_is_the_mean_over_pairs() {
    // Pairs (1, 3), (1, 7), (3, 7) of distances 0.2, 0.6, 0.4.
    let distance = |a: &u32, b: &u32| Some(f64::from(a.abs_diff(*b)) / 10.0);
    assert_close(intra_list_diversity(&[1, 3, 7], distance), 0.4);
    assert_eq!(intra_list_diversity(&[1], distance), None);
    // What nothing is known about is left out: of (1, 3), (1, 7), (3, 7) only the first is under 4.
    let unknown = |a: &u32, b: &u32| if *b < 4 { distance(a, b) } else { None };
    assert_close(intra_list_diversity(&[1, 3, 7], unknown), 0.2);
}

#[test]
fn genre_distance_is_what_is_not_shared() {
    assert_close(genre_distance(&[1, 2], &[2, 3]), 1.0 - 1.0 / 3.0);
    assert_close(genre_distance(&[1, 2], &[1, 2]), 0.0);
    assert_close(genre_distance(&[1], &[0, 2, 9]), 1.0);
    assert_eq!(genre_distance(&[], &[1]), None);
    let genres = FilmGenres::new([
        ("a", vec!["Drama", "Comedy", "Drama"]),
        ("b", vec!["Comedy"]),
        ("c", vec![]),
    ]);
    assert_close(genre_distance(genres.of("a"), genres.of("b")), 0.5);
    assert_eq!((genres.of("c").len(), genres.of("unknown").len()), (0, 0));
}
