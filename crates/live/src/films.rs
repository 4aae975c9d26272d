use std::sync::Arc;

/// A film that a user touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentFilm {
    /// The film's id.
    pub movie_id: Arc<str>,
    /// The rating that arrived last, 1 to 5; none if the film was only watched.
    pub stars: Option<u8>,
    /// Watch events, of which there is one for a minute watched; 65,535 stands for any more.
    pub minutes: u16,
    /// Time of the event that arrived last, in seconds since 1970. It is what the event said: it
    /// may be in the future, or before that of a film touched earlier.
    pub last_seen: i64,
}

/// What an event says of a film.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Minute,
    Stars(u8),
}

/// One film of one user. `stars` is 0 if there is no rating.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) last_seen: i64,
    pub(crate) movie: u32,
    pub(crate) minutes: u16,
    pub(crate) stars: u8,
}

const _: () = assert!(size_of::<Entry>() == 16, "the memory estimates count on it");

/// What became of a user's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The film was there.
    Touched,
    /// The film is new.
    Added,
    /// The film took the place of this one.
    InPlaceOf(u32),
}

/// The films of one user.
#[derive(Debug, Default)]
pub(crate) struct UserFilms {
    /// Number of the user's last event, counted over all users.
    pub(crate) last_event: u64,
    /// Most recent last.
    pub(crate) films: Vec<Entry>,
}

impl UserFilms {
    /// Makes a film the most recent, keeping at most `limit`.
    pub(crate) fn touch(&mut self, movie: u32, deed: Deed, time: i64, limit: usize) -> Placed {
        let known = self.films.iter().rposition(|entry| entry.movie == movie);
        let (from, mut entry) = match known {
            Some(at) => (at, self.films[at]),
            None => (0, Entry { last_seen: time, movie, minutes: 0, stars: 0 }),
        };
        entry.last_seen = time;
        match deed {
            Deed::Minute => entry.minutes = entry.minutes.saturating_add(1),
            Deed::Stars(stars) => entry.stars = stars,
        }
        if known.is_none() && self.films.len() < limit {
            self.grow(limit);
            self.films.push(entry);
            return Placed::Added;
        }
        let replaced = self.films[from].movie;
        self.films.copy_within(from + 1.., from);
        if let Some(last) = self.films.last_mut() {
            *last = entry;
        }
        if known.is_some() { Placed::Touched } else { Placed::InPlaceOf(replaced) }
    }

    /// Makes room for one more by half, not by twice as much: most users have few films, and there
    /// are many users.
    fn grow(&mut self, limit: usize) {
        if self.films.len() == self.films.capacity() {
            let more = (self.films.len() / 2).max(1).min(limit - self.films.len());
            self.films.reserve_exact(more);
        }
    }
}
