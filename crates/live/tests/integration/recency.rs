use marquee_live::{Applied, LiveConfig, LiveFilms};

use crate::{Line, apply, apply_all, film, ids, recent, store};

#[test]
fn minutes_add_up_and_the_last_rating_counts() {
    let live = store(4, 100, 100);
    assert_eq!(apply(&live, (7, "heat+1995", 0, 100)), Applied::Watched);
    assert_eq!(apply(&live, (7, "heat+1995", 0, 160)), Applied::Watched);
    assert_eq!(apply(&live, (7, "alien+1979", 0, 170)), Applied::Watched);
    assert_eq!(apply(&live, (7, "heat+1995", 5, 180)), Applied::Rated);
    assert_eq!(apply(&live, (7, "heat+1995", 2, 190)), Applied::Rated);
    assert_eq!(apply(&live, (8, "up+2009", 4, 200)), Applied::Rated);
    let films = [film("heat+1995", Some(2), 2, 190), film("alien+1979", None, 1, 170)];
    assert_eq!(recent(&live, 7), films);
    assert_eq!(recent(&live, 8), [film("up+2009", Some(4), 0, 200)]);
    assert_eq!((live.users(), live.films(), live.movie_ids()), (2, 3, 3));
}

#[test]
fn a_user_without_films_has_none_and_what_stood_in_the_list_goes() {
    let live = LiveFilms::new(LiveConfig::default()).unwrap();
    let mut films = vec![film("heat+1995", None, 1, 1)];
    live.recent(u64::MAX, &mut films);
    assert_eq!(films, []);
}

#[test]
fn recency_is_order_of_arrival_whatever_times_say() {
    let live = store(2, 100, 100);
    let lines: [Line<'_>; 4] = [
        (7, "future+2999", 0, 32_000_000_000),
        (7, "past+0001", 3, -62_000_000_000),
        (7, "now+2024", 0, 1_725_957_544),
        (7, "past+0001", 4, -62_100_000_000),
    ];
    apply_all(&live, &lines[..3]);
    assert_eq!(*ids(&live, 7), ["now+2024".into(), "past+0001".into()]);
    apply(&live, lines[3]);
    let films =
        [film("past+0001", Some(4), 0, -62_100_000_000), film("now+2024", None, 1, 1_725_957_544)];
    assert_eq!(recent(&live, 7), films);
}

#[test]
fn minutes_stop_at_the_highest_they_can_hold() {
    let live = store(2, 100, 100);
    for _ in 0..70_000 {
        apply(&live, (7, "heat+1995", 0, 100));
    }
    assert_eq!(recent(&live, 7), [film("heat+1995", None, u16::MAX, 100)]);
}

#[test]
fn recommendations_are_ignored_and_keep_nobody_from_going() {
    let live = store(1, 2, 100);
    apply_all(&live, &[(1, "a+1", 0, 1), (2, "b+1", 0, 2)]);
    let line =
        b"2024-09-10T08:39:04,1,recommendation request h:8082, status 200, result: c+1, 9 ms";
    assert_eq!(live.apply(&marquee_events::parse(line).unwrap()), Applied::Ignored);
    apply(&live, (3, "d+1", 0, 3));
    assert_eq!((ids(&live, 1).len(), ids(&live, 2).len(), ids(&live, 3).len()), (0, 1, 1));
    assert_eq!((live.movie_ids(), live.evicted_users()), (2, 1));
}

#[test]
fn reading_keeps_nobody_from_going() {
    let live = store(1, 2, 100);
    apply_all(&live, &[(1, "a+1", 0, 1), (2, "b+1", 0, 2)]);
    assert_eq!(recent(&live, 1).len(), 1);
    apply(&live, (3, "d+1", 0, 3));
    assert_eq!(recent(&live, 1), []);
}
