use marquee_live::{Applied, LiveConfig, LiveFilms, MAX_MOVIE_ID_BYTES, Position, Refused};

use crate::{apply, apply_all, config, ids, load, position, recent, saved, store};

#[test]
fn settings_out_of_range_are_refused_by_name() {
    assert_eq!(LiveConfig::default().validate(), Ok(()));
    for (config, word) in [
        (config(0, 10, 10), "0 films per user"),
        (config(LiveConfig::MAX_FILMS_PER_USER + 1, 10_000, 10), "4097 films per user"),
        (config(5, 4, 10), "4 films in all"),
        (config(5, usize::MAX, 10), "films in all"),
        (config(5, 5, 0), "0 movie ids"),
        (config(5, 5, usize::MAX), "movie ids"),
    ] {
        let error = LiveFilms::new(config).unwrap_err().to_string();
        assert!(error.contains(word), "{config:?}: {error}");
    }
}

#[test]
fn of_too_many_films_of_a_user_the_one_longest_untouched_goes() {
    let live = store(3, 100, 100);
    apply_all(&live, &[(1, "a", 0, 1), (1, "b", 0, 2), (1, "c", 0, 3), (1, "a", 5, 4)]);
    apply(&live, (1, "d", 0, 5));
    assert_eq!(*ids(&live, 1), ["d".into(), "a".into(), "c".into()]);
    assert_eq!((live.films(), live.movie_ids(), live.evicted_users()), (3, 3, 0));
}

#[test]
fn of_too_many_films_the_users_longest_without_an_event_go_whole() {
    let live = store(3, 5, 100);
    apply_all(&live, &[(1, "a", 0, 1), (1, "b", 0, 2), (1, "c", 0, 3), (2, "a", 0, 4)]);
    apply(&live, (3, "a", 0, 5));
    assert_eq!((live.users(), live.films(), live.evicted_users()), (3, 5, 0));
    apply(&live, (4, "z", 0, 6));
    assert_eq!((live.users(), live.films(), live.evicted_users()), (3, 3, 1));
    assert_eq!(recent(&live, 1), []);
    // Films of user 1 alone are forgotten with him.
    assert_eq!(live.movie_ids(), 2);
    apply_all(&live, &[(2, "b", 0, 7), (2, "c", 0, 8), (2, "d", 0, 9)]);
    assert_eq!((live.users(), live.films(), live.evicted_users()), (3, 5, 1));
    apply(&live, (4, "y", 0, 10));
    assert_eq!((live.users(), live.films(), live.evicted_users()), (2, 5, 2));
    assert_eq!(recent(&live, 3), []);
}

#[test]
fn the_bound_is_shared_by_users_wherever_they_are_kept() {
    let live = store(1, 1_000, 10);
    for user in 0..5_000 {
        apply(&live, (user, "a", 0, 1));
        assert_eq!(live.users() as u64, (user + 1).min(1_000));
    }
    for user in 0..5_000 {
        assert_eq!(recent(&live, user).is_empty(), user < 4_000, "{user}");
    }
}

#[test]
fn of_too_many_movie_ids_the_event_is_refused_until_one_is_free() {
    let live = store(2, 100, 3);
    apply_all(&live, &[(1, "a", 0, 1), (1, "b", 0, 2), (2, "c", 0, 3)]);
    let before = saved(&live, &position(0));
    let refused = Applied::Refused(Refused::TooManyMovieIds);
    assert_eq!(apply(&live, (3, "d", 0, 4)), refused);
    assert_eq!(apply(&live, (1, "d", 5, 4)), refused);
    assert_eq!((live.refused_events(), live.movie_ids(), live.users()), (2, 3, 2));
    assert!(before == saved(&live, &position(0)), "a refused event changed something");
    assert_eq!(apply(&live, (1, "c", 0, 5)), Applied::Watched);
    assert_eq!(live.movie_ids(), 2, "nobody has film a any more");
    assert_eq!(apply(&live, (3, "d", 0, 6)), Applied::Watched);
    assert_eq!(*ids(&live, 3), ["d".into()]);
    assert_eq!(*ids(&live, 1), ["c".into(), "b".into()]);
}

#[test]
fn a_movie_id_beyond_all_reason_is_refused() {
    let live = store(2, 100, 3);
    let longest = "a".repeat(MAX_MOVIE_ID_BYTES);
    assert_eq!(apply(&live, (1, &longest, 0, 1)), Applied::Watched);
    let longer = "a".repeat(MAX_MOVIE_ID_BYTES + 1);
    assert_eq!(apply(&live, (1, &longer, 0, 1)), Applied::Refused(Refused::MovieIdTooLong));
    assert_eq!((live.refused_events(), live.films()), (1, 1));
    assert_eq!(Refused::MovieIdTooLong.as_str(), "movie_id_too_long");
    let (live, _) = load(&saved(&live, &position(0)), *live.config()).unwrap();
    assert_eq!(*ids(&live, 1), [longest.into()]);
}

#[test]
fn loaded_into_smaller_bounds_the_most_recent_stays() {
    let live = store(4, 100, 100);
    apply_all(&live, &[(1, "a", 0, 1), (2, "b", 0, 2), (2, "c", 0, 3), (3, "d", 4, 4)]);
    apply_all(&live, &[(3, "e", 0, 5), (3, "f", 0, 6), (1, "g", 0, 7)]);
    let bytes = saved(&live, &position(0));

    let (fewer, _) = load(&bytes, config(2, 4, 100)).unwrap();
    assert_eq!(*ids(&fewer, 1), ["g".into(), "a".into()]);
    assert_eq!(*ids(&fewer, 3), ["f".into(), "e".into()]);
    assert_eq!((fewer.users(), fewer.films(), fewer.movie_ids()), (2, 4, 4));
    assert_eq!(fewer.evicted_users(), 1);

    // User 3 has three films and finds no room; user 2, who is older, is not taken instead.
    let (fewer, _) = load(&bytes, config(4, 4, 100)).unwrap();
    assert_eq!((fewer.users(), fewer.films(), fewer.movie_ids()), (1, 2, 2));
    assert_eq!(fewer.evicted_users(), 2);

    let (fewer, _) = load(&bytes, config(4, 4, 3)).unwrap();
    assert_eq!(*ids(&fewer, 1), ["g".into(), "a".into()]);
    assert_eq!(*ids(&fewer, 3), ["f".into()]);
    assert_eq!((fewer.users(), fewer.films(), fewer.movie_ids()), (2, 3, 3));

    // What was left out leaves nothing behind: all rows of movie ids are of use.
    assert_eq!(apply(&fewer, (1, "z", 0, 8)), Applied::Refused(Refused::TooManyMovieIds));
    apply_all(&fewer, &[(3, "a", 0, 9), (3, "g", 0, 9), (1, "f", 0, 10)]);
    assert_eq!(fewer.movie_ids(), 3);
}

#[test]
fn memory_is_estimated_and_given_back() {
    let live = store(16, 16_000, 1_000);
    let empty = live.memory_bytes();
    let fill = |from: u64, movies: u64| {
        for event in 0..16_000 {
            apply(&live, (from + event / 16, &format!("film+{}", event % movies), 0, 1));
        }
    };
    fill(0, 1_000);
    let full = live.memory_bytes();
    assert!((16_000 * 16..16_000 * 40).contains(&(full - empty)), "{empty} to {full}");
    fill(1_000_000, 1_000);
    assert_eq!(live.films(), 16_000);
    let again = live.memory_bytes();
    assert!(again.abs_diff(full) < full / 10, "{full} to {again}");
}

#[test]
fn a_position_that_is_no_place_is_refused_and_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live_state.npz");
    let live = store(1, 1, 1);
    for (partition, offset) in [(0, -1), (-1, 0)] {
        let position = Position { topic: "t".to_owned(), next: [(partition, offset)].into() };
        let error = live.save(&position, &path).unwrap_err().to_string();
        assert!(error.contains("no place in topic \"t\""), "{error}");
    }
    assert!(!path.exists());
    assert!(LiveFilms::load(&path, *live.config()).unwrap_err().is_missing());
    assert!(!LiveFilms::load(folder.path(), *live.config()).unwrap_err().is_missing());
}
