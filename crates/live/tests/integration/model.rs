//! The same rules on plain lists, least recent first.

use marquee_live::{Applied, LiveConfig, LiveFilms, RecentFilm, Refused};

use crate::Line;

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) config: LiveConfig,
    pub(crate) users: Vec<(u64, Vec<RecentFilm>)>,
    pub(crate) evicted: u64,
}

impl Model {
    pub(crate) fn new(config: LiveConfig) -> Self {
        Self { config, users: Vec::new(), evicted: 0 }
    }

    pub(crate) fn apply(&mut self, (user, movie, stars, time): Line<'_>) -> Applied {
        let movies = self.movie_ids();
        if movies.len() == self.config.movie_ids && !movies.iter().any(|id| id == movie) {
            return Applied::Refused(Refused::TooManyMovieIds);
        }
        let mut films = match self.users.iter().position(|(id, _)| *id == user) {
            Some(at) => self.users.remove(at).1,
            None => Vec::new(),
        };
        let mut film = match films.iter().position(|film| &*film.movie_id == movie) {
            Some(at) => films.remove(at),
            None => crate::film(movie, None, 0, 0),
        };
        film.last_seen = time;
        match stars {
            0 => film.minutes = film.minutes.saturating_add(1),
            stars => film.stars = Some(stars),
        }
        films.push(film);
        if films.len() > self.config.films_per_user {
            films.remove(0);
        }
        self.users.push((user, films));
        while self.films() > self.config.films {
            self.users.remove(0);
            self.evicted += 1;
        }
        if stars == 0 { Applied::Watched } else { Applied::Rated }
    }

    /// Distinct ids, in byte order.
    pub(crate) fn movie_ids(&self) -> Vec<String> {
        let films = self.users.iter().flat_map(|(_, films)| films);
        let mut ids: Vec<String> = films.map(|film| film.movie_id.to_string()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    pub(crate) fn films(&self) -> usize {
        self.users.iter().map(|(_, films)| films.len()).sum()
    }

    /// Asserts that a store holds the same, for users from 0 below `users`.
    pub(crate) fn check(&self, live: &LiveFilms, users: u64) {
        let held = (live.users(), live.films(), live.movie_ids());
        assert_eq!(held, (self.users.len(), self.films(), self.movie_ids().len()));
        let mut recent = Vec::new();
        for user in 0..users {
            live.recent(user, &mut recent);
            recent.reverse();
            let films = self.users.iter().find(|(id, _)| *id == user);
            assert_eq!(&recent, films.map_or(&vec![], |(_, films)| films), "user {user}");
        }
    }
}
