//! Tests of the live films, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bounds; // settings, and what happens at each bound
mod concurrent; // readers while one writes
mod fixture; // the frozen file of version 1
mod hostile; // files that are cut, changed or lie
mod model; // the same rules in the plainest way
mod properties; // random events against the model; saving and going on
mod recency; // single events, their order and their times

use std::{path::Path, sync::Arc};

use marquee_events::{Action, Event, MovieId, Stars, Timestamp, UserId};
use marquee_live::{Applied, LiveConfig, LiveFilms, Position, RecentFilm};

/// An event: user, film, stars (0 for a minute watched), time.
type Line<'a> = (u64, &'a str, u8, i64);

fn apply(live: &LiveFilms, (user, movie, stars, time): Line<'_>) -> Applied {
    let movie = MovieId::new(movie).unwrap();
    let action = match stars {
        0 => Action::Watch { movie, minute: 3 },
        _ => Action::Rate { movie, stars: Stars::new(stars).unwrap() },
    };
    let time = Timestamp::from_unix_seconds(time).unwrap();
    live.apply(&Event { time, user: UserId::new(user).unwrap(), action })
}

fn apply_all(live: &LiveFilms, lines: &[Line<'_>]) {
    for &line in lines {
        apply(live, line);
    }
}

fn recent(live: &LiveFilms, user: u64) -> Vec<RecentFilm> {
    let mut films = Vec::new();
    live.recent(user, &mut films);
    films
}

/// Ids of a user's films, most recent first.
fn ids(live: &LiveFilms, user: u64) -> Vec<Arc<str>> {
    recent(live, user).into_iter().map(|film| film.movie_id).collect()
}

fn film(movie: &str, stars: Option<u8>, minutes: u16, last_seen: i64) -> RecentFilm {
    RecentFilm { movie_id: movie.into(), stars, minutes, last_seen }
}

fn config(films_per_user: usize, films: usize, movie_ids: usize) -> LiveConfig {
    LiveConfig { films_per_user, films, movie_ids }
}

fn store(films_per_user: usize, films: usize, movie_ids: usize) -> LiveFilms {
    LiveFilms::new(config(films_per_user, films, movie_ids)).unwrap()
}

fn position(offset: i64) -> Position {
    Position { topic: "movielog".to_owned(), next: [(0, offset), (3, 7)].into() }
}

/// The bytes of the file a store is saved to.
fn saved(live: &LiveFilms, position: &Position) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live_state.npz");
    live.save(position, &path).unwrap();
    fs_err::read(path).unwrap()
}

fn load(bytes: &[u8], config: LiveConfig) -> Result<(LiveFilms, Position), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live_state.npz");
    fs_err::write(&path, bytes).unwrap();
    LiveFilms::load(&path, config).map_err(|error| chain(&error, &path))
}

/// An error and its causes; all of a load name the file and the way out.
fn chain(error: &(dyn std::error::Error + 'static), path: &Path) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(text.contains("delete it to start over"), "{text}");
    text
}
