use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Numbers that any thread may read at any time; only the writer sets them.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    users: AtomicUsize,
    films: AtomicUsize,
    movie_ids: AtomicUsize,
    evicted_users: AtomicU64,
    refused_events: AtomicU64,
}

impl Counts {
    pub(crate) fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }

    pub(crate) fn films(&self) -> usize {
        self.films.load(Ordering::Relaxed)
    }

    pub(crate) fn movie_ids(&self) -> usize {
        self.movie_ids.load(Ordering::Relaxed)
    }

    pub(crate) fn evicted_users(&self) -> u64 {
        self.evicted_users.load(Ordering::Relaxed)
    }

    pub(crate) fn refused_events(&self) -> u64 {
        self.refused_events.load(Ordering::Relaxed)
    }

    pub(crate) fn set_held(&self, users: usize, films: usize, movie_ids: usize) {
        self.users.store(users, Ordering::Relaxed);
        self.films.store(films, Ordering::Relaxed);
        self.movie_ids.store(movie_ids, Ordering::Relaxed);
    }

    pub(crate) fn add_evicted_users(&self, users: u64) {
        self.evicted_users.fetch_add(users, Ordering::Relaxed);
    }

    pub(crate) fn add_refused_event(&self) {
        self.refused_events.fetch_add(1, Ordering::Relaxed);
    }
}
