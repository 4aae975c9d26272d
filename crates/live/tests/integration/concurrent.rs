use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use marquee_live::LiveFilms;

use crate::{apply, config, position};

const USERS: u64 = 200;
const EVENTS: u64 = 60_000;

/// Films are named after their users, and the rows of their ids change hands all the time: a reader
/// who sees a film of somebody else has read a row that was given away.
#[test]
fn readers_see_whole_lists_of_the_right_user_while_one_writes() {
    let live = LiveFilms::new(config(8, 400, 500)).unwrap();
    let done = AtomicBool::new(false);
    let (read, found) = thread::scope(|scope| {
        let reader = || {
            let (mut films, mut read, mut found) = (Vec::new(), 0_u64, 0_u64);
            while !done.load(Ordering::Acquire) || read < USERS {
                let user = read % USERS;
                live.recent(user, &mut films);
                check(user, &films);
                assert!(live.films() <= 400 && live.movie_ids() <= 500);
                read += 1;
                found += u64::from(!films.is_empty());
            }
            (read, found)
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        let saver = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let saved = live.snapshot(&position(0)).unwrap();
                assert!(saved.films() <= 400 && saved.users() <= saved.films());
                assert!(live.memory_bytes() > 0);
                thread::yield_now();
            }
        });
        for event in 0..EVENTS {
            let user = event.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            let user = user % USERS;
            apply(&live, (user, &format!("u{user}+{}", event % 23), 0, event as i64));
        }
        done.store(true, Ordering::Release);
        saver.join().unwrap();
        let [first, second] = readers.map(|reader| reader.join().unwrap());
        (first.0 + second.0, first.1 + second.1)
    });
    assert!(read >= 2 * USERS && found > 0, "{read} lists read, {found} not empty");
}

fn check(user: u64, films: &[marquee_live::RecentFilm]) {
    assert!(films.len() <= 8);
    for (place, film) in films.iter().enumerate() {
        assert!(film.movie_id.starts_with(&format!("u{user}+")), "{user} has {film:?}");
        let twice = films[..place].iter().any(|other| other.movie_id == film.movie_id);
        assert!(!twice, "{user} has {film:?} twice");
        // Times rise with arrival here.
        assert!(place == 0 || films[place - 1].last_seen > film.last_seen);
    }
}
