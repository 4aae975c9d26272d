use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use marquee_events::{Action, Event};

use crate::{
    LiveConfig, LiveError, MAX_MOVIE_ID_BYTES, Position, RecentFilm, Saved,
    counts::Counts,
    films::{Deed, Entry, Placed, UserFilms},
    load,
    movie_ids::{MovieRows, Names},
    shard::{NO_EVENT, SHARDS, Shard, Touch, shard_of},
};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applied {
    /// It was a minute watched.
    Watched,
    /// It was a rating.
    Rated,
    /// It was a recommendation, which says nothing of what the user likes. The user does not count
    /// as having had an event.
    Ignored,
    /// It was refused and changed nothing but [`LiveFilms::refused_events`].
    Refused(Refused),
}

/// Why an event was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// Its movie id is another than the [`LiveConfig::movie_ids`] there are. Ids that no user's list
    /// holds any more make room.
    TooManyMovieIds,
    /// Its movie id is longer than [`MAX_MOVIE_ID_BYTES`].
    MovieIdTooLong,
}

impl Refused {
    /// The stable name of the reason, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooManyMovieIds => "too_many_movie_ids",
            Self::MovieIdTooLong => "movie_id_too_long",
        }
    }
}

/// The films users touched lately.
///
/// To be shared between threads: any number read while one writes. Users are spread over 64 parts
/// with a lock each; a reader holds one of them while it copies a user's films, the writer while it
/// changes one user. Several writers take turns.
///
/// Recency is order of arrival, never the time an event states, as clocks jump. The bounds hold for
/// all parts together: the user who goes is the one longest without an event of all users.
#[derive(Debug)]
pub struct LiveFilms {
    config: LiveConfig,
    shards: Box<[Shard]>,
    names: Names,
    writer: Mutex<Writer>,
    counts: Counts,
}

/// What only the writer needs.
#[derive(Debug)]
struct Writer {
    movies: MovieRows,
    /// Events applied, each one's number.
    events: u64,
    /// Of each shard, the last event of the user longest without one.
    oldest: [u64; SHARDS],
    users: usize,
    films: usize,
}

impl LiveFilms {
    /// A store without users.
    ///
    /// # Errors
    /// [`LiveError::Config`] for a setting out of range.
    pub fn new(config: LiveConfig) -> Result<Self, LiveError> {
        config.validate()?;
        let writer = Writer {
            movies: MovieRows::default(),
            events: 0,
            oldest: [NO_EVENT; SHARDS],
            users: 0,
            films: 0,
        };
        Ok(Self {
            config,
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            names: Names::default(),
            writer: Mutex::new(writer),
            counts: Counts::default(),
        })
    }

    /// Reads what [`save`](Self::save) wrote, and the place in the stream to go on from.
    ///
    /// Into smaller bounds than it was saved from, the most recent is kept: from the user of the
    /// last event backwards, each user's last films, until a bound is met; films whose movie ids
    /// find no room are left out. Users left out count as [evicted](Self::evicted_users).
    ///
    /// Cost: reading the file; while it is loaded, its arrays are in memory beside the store.
    ///
    /// # Errors
    /// [`LiveError::Config`] for a setting out of range; [`LiveError::Open`] when the file cannot be
    /// opened ([`LiveError::is_missing`] if there is none); [`LiveError::Damaged`],
    /// [`LiveError::Version`] or [`LiveError::Content`] when it is not what a save writes. Deleting
    /// such a file starts over.
    pub fn load(path: &Path, config: LiveConfig) -> Result<(Self, Position), LiveError> {
        let live = Self::new(config)?;
        let position = load::load(path, &live)?;
        Ok((live, position))
    }

    /// Takes in the next event.
    ///
    /// A minute watched adds one to the film's minutes, a rating replaces the one before, and either
    /// makes the film the user's most recent and the user the most recent of all. Cost: two
    /// look-ups, and a search and a move within the user's list.
    pub fn apply(&self, event: &Event<'_>) -> Applied {
        let (movie, deed, applied) = match event.action {
            Action::Watch { movie, .. } => (movie.as_str(), Deed::Minute, Applied::Watched),
            Action::Rate { movie, stars } => {
                (movie.as_str(), Deed::Stars(stars.get()), Applied::Rated)
            }
            Action::Recommendation(_) => return Applied::Ignored,
        };
        if movie.len() > MAX_MOVIE_ID_BYTES {
            self.counts.add_refused_event();
            return Applied::Refused(Refused::MovieIdTooLong);
        }
        let writer = &mut *self.writer();
        let Some(movie) = writer.movies.row(movie, self.config.movie_ids, &self.names) else {
            self.counts.add_refused_event();
            return Applied::Refused(Refused::TooManyMovieIds);
        };
        writer.events += 1;
        let user_id = event.user.get();
        let time = event.time.unix_seconds();
        self.touch(writer, Touch { event: writer.events, user_id, movie, deed, time });
        self.evict(writer);
        self.counts.set_held(writer.users, writer.films, writer.movies.len());
        applied
    }

    fn touch(&self, writer: &mut Writer, touch: Touch) {
        let shard = shard_of(touch.user_id);
        let mut users = self.shards[shard].write();
        let before = users.len();
        let placed = users.touch(touch, self.config.films_per_user);
        writer.users += users.len() - before;
        writer.oldest[shard] = users.oldest_event();
        // Before a row is given back, so that nobody can read it as another film's.
        drop(users);
        match placed {
            Placed::Touched => {}
            Placed::Added => {
                writer.movies.hold(touch.movie);
                writer.films += 1;
            }
            Placed::InPlaceOf(gone) => {
                writer.movies.hold(touch.movie);
                writer.movies.release(gone, &self.names);
            }
        }
    }

    /// Lets users go until the films are within their bound.
    fn evict(&self, writer: &mut Writer) {
        while writer.films > self.config.films {
            let oldest = writer.oldest.iter().enumerate().min_by_key(|&(_, event)| event);
            let Some((shard, _)) = oldest else { return };
            let mut users = self.shards[shard].write();
            let gone = users.pop_oldest();
            writer.oldest[shard] = users.oldest_event();
            drop(users);
            let Some(films) = gone else { return };
            writer.users -= 1;
            writer.films -= films.len();
            for film in &films {
                writer.movies.release(film.movie, &self.names);
            }
            self.counts.add_evicted_users(1);
        }
    }

    /// Puts the films of a user into `out`, most recent first, in place of what was there.
    ///
    /// Reading is no event: it keeps nobody from being evicted. Cost: one look-up for a user without
    /// films; for others a copy of the list, without allocating where `out` has room.
    pub fn recent(&self, user_id: u64, out: &mut Vec<RecentFilm>) {
        out.clear();
        let users = self.shards[shard_of(user_id)].read();
        let Some(films) = users.films(user_id) else { return };
        out.reserve(films.len());
        let names = self.names.read();
        out.extend(films.iter().rev().filter_map(|film| {
            Some(RecentFilm {
                movie_id: names[film.movie as usize].clone()?,
                stars: (film.stars > 0).then_some(film.stars),
                minutes: film.minutes,
                last_seen: film.last_seen,
            })
        }));
    }

    /// Writes the state and the place in the stream it stands for: [`snapshot`](Self::snapshot) and
    /// [`Saved::write`] in one.
    ///
    /// # Errors
    /// As these two; nothing is written then.
    pub fn save(&self, position: &Position, path: &Path) -> Result<(), LiveError> {
        self.snapshot(position)?.write(path)
    }

    /// Copies the state, to be written later or by another thread.
    ///
    /// To be called by the thread that applies events, between two of them, with the place after the
    /// last one applied. Readers go on meanwhile. Cost: one pass over all users, 16 bytes a film and
    /// 32 a user.
    ///
    /// # Errors
    /// [`LiveError::Position`] for a partition or offset below 0.
    pub fn snapshot(&self, position: &Position) -> Result<Saved, LiveError> {
        position.check()?;
        let writer = self.writer();
        let mut saved = Saved::with_capacity(position.clone(), writer.users, writer.films);
        for shard in &self.shards {
            for (user_id, user) in shard.read().iter() {
                saved.push(user_id, user);
            }
        }
        saved.set_names(self.names.read().clone());
        drop(writer);
        Ok(saved)
    }

    /// The bounds.
    #[must_use]
    pub const fn config(&self) -> &LiveConfig {
        &self.config
    }

    /// Users with films.
    #[must_use]
    pub fn users(&self) -> usize {
        self.counts.users()
    }

    /// Films of all users together, a film of two users twice.
    #[must_use]
    pub fn films(&self) -> usize {
        self.counts.films()
    }

    /// Distinct movie ids among the films.
    #[must_use]
    pub fn movie_ids(&self) -> usize {
        self.counts.movie_ids()
    }

    /// Users let go for [`LiveConfig::films`] since the start, and those a load left out.
    #[must_use]
    pub fn evicted_users(&self) -> u64 {
        self.counts.evicted_users()
    }

    /// Events refused since the start; see [`Refused`].
    #[must_use]
    pub fn refused_events(&self) -> u64 {
        self.counts.refused_events()
    }

    /// An estimate of the memory held, in bytes: users, their lists with the room they have to grow,
    /// movie ids, hash tables at the size they grew to, and an allocator's 8 bytes and rounding for
    /// each piece. Not counted: what an allocator keeps of memory that was given back, and a
    /// [`Saved`].
    ///
    /// Cost: 64 locks; waits while an event is applied or a snapshot taken.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let movies = self.writer().movies.memory_bytes();
        let users: usize = self.shards.iter().map(|shard| shard.read().memory_bytes()).sum();
        size_of::<Self>() + size_of_val(&*self.shards) + movies + users
    }

    /// The row of a movie id that is being loaded, held until [`release_movie`](Self::release_movie);
    /// none if there is no room.
    pub(crate) fn restore_movie(&self, id: &str) -> Option<u32> {
        let movies = &mut self.writer().movies;
        let row = movies.row(id, self.config.movie_ids, &self.names)?;
        movies.hold(row);
        Some(row)
    }

    pub(crate) fn release_movie(&self, row: u32) {
        let writer = &mut *self.writer();
        writer.movies.release(row, &self.names);
        self.counts.set_held(writer.users, writer.films, writer.movies.len());
    }

    /// Puts in a user that is being loaded, as the most recent of all.
    pub(crate) fn restore_user(&self, user_id: u64, films: Vec<Entry>) {
        let writer = &mut *self.writer();
        writer.events += 1;
        writer.users += 1;
        writer.films += films.len();
        for film in &films {
            writer.movies.hold(film.movie);
        }
        let shard = shard_of(user_id);
        let mut users = self.shards[shard].write();
        users.put(user_id, UserFilms { last_event: writer.events, films });
        writer.oldest[shard] = users.oldest_event();
        drop(users);
        self.counts.set_held(writer.users, writer.films, writer.movies.len());
    }

    pub(crate) fn add_evicted_users(&self, users: u64) {
        self.counts.add_evicted_users(users);
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
