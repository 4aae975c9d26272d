use marquee_live::{LiveConfig, LiveFilms};
use proptest::{collection::vec, prelude::*};

use crate::{Line, apply, config, load, model::Model, position, saved};

const USERS: u64 = 12;

/// Events of few users on few films, at times that jump.
fn events() -> impl Strategy<Value = Vec<(u64, String, u8, i64)>> {
    let movie = prop_oneof![4 => "[a-f]", 1 => "[é*+.]{1,3}"];
    let stars = prop_oneof![3 => Just(0_u8), 1 => 1_u8..=5];
    let time = -62_000_000_000..250_000_000_000_i64;
    vec((0..USERS, movie, stars, time), 0..150)
}

fn bounds() -> impl Strategy<Value = LiveConfig> {
    (1..6_usize, 0..20_usize, 1..12_usize)
        .prop_map(|(of_user, more, ids)| config(of_user, of_user + more, ids))
}

fn line((user, movie, stars, time): &(u64, String, u8, i64)) -> Line<'_> {
    (*user, movie, *stars, *time)
}

proptest! {
    #[test]
    fn the_store_follows_the_model_and_keeps_its_bounds(events in events(), bounds in bounds()) {
        let live = LiveFilms::new(bounds).unwrap();
        let mut model = Model::new(bounds);
        for event in &events {
            prop_assert_eq!(apply(&live, line(event)), model.apply(line(event)));
            prop_assert!(live.films() <= bounds.films && live.movie_ids() <= bounds.movie_ids);
            model.check(&live, USERS);
        }
        prop_assert_eq!(live.evicted_users(), model.evicted);
    }

    #[test]
    fn saved_and_loaded_it_is_the_same_and_goes_on_the_same(
        events in events(), bounds in bounds(), cut in 0.0..=1.0,
    ) {
        let (before, after) = events.split_at((events.len() as f64 * cut) as usize);
        let undisturbed = LiveFilms::new(bounds).unwrap();
        for event in before {
            apply(&undisturbed, line(event));
        }
        let place = position(before.len() as i64);
        let bytes = saved(&undisturbed, &place);

        let (loaded, place_loaded) = load(&bytes, bounds).unwrap();
        prop_assert_eq!(&place_loaded, &place);
        prop_assert!(saved(&loaded, &place) == bytes, "another file of the same state");
        prop_assert_eq!(loaded.evicted_users(), 0);
        for event in after {
            prop_assert_eq!(apply(&loaded, line(event)), apply(&undisturbed, line(event)));
        }
        let end = position(events.len() as i64);
        prop_assert!(saved(&loaded, &end) == saved(&undisturbed, &end), "the two have parted");
    }

    #[test]
    fn loaded_into_other_bounds_it_keeps_them_and_the_most_recent(
        events in events(), bounds in bounds(), others in bounds(),
    ) {
        let mut model = Model::new(bounds);
        let live = LiveFilms::new(bounds).unwrap();
        for event in &events {
            apply(&live, line(event));
            model.apply(line(event));
        }
        let others = LiveConfig { movie_ids: others.movie_ids.max(bounds.movie_ids), ..others };
        let (loaded, _) = load(&saved(&live, &position(0)), others).unwrap();
        model.config = others;
        for (_, films) in &mut model.users {
            films.drain(..films.len().saturating_sub(others.films_per_user));
        }
        while model.films() > others.films {
            model.users.remove(0);
        }
        model.check(&loaded, USERS);
        let left_out = live.users() - loaded.users();
        prop_assert_eq!(loaded.evicted_users(), left_out as u64);
        // And goes on in them.
        for event in &events {
            prop_assert_eq!(apply(&loaded, line(event)), model.apply(line(event)));
        }
        model.check(&loaded, USERS);
    }

    #[test]
    fn fewer_movie_ids_are_a_bound_of_a_load_too(events in events(), ids in 1..4_usize) {
        let live = LiveFilms::new(config(5, 40, 40)).unwrap();
        for event in &events {
            apply(&live, line(event));
        }
        let (loaded, _) = load(&saved(&live, &position(0)), config(5, 40, ids)).unwrap();
        prop_assert_eq!(loaded.movie_ids(), live.movie_ids().min(ids));
        if let Some(last) = events.last() {
            prop_assert_eq!(crate::recent(&loaded, last.0)[0].last_seen, last.3);
        }
    }
}
