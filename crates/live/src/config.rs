use thiserror::Error;

/// How much [`LiveFilms`](crate::LiveFilms) keeps.
///
/// A film of a user takes 16 bytes, and each user 120 to 150 beside them, so with the defaults a
/// million users with 16 films each take about 400 MB. The dearest case is one film for every user:
/// [`films`](Self::films) times 135 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveConfig {
    /// Films kept of one user, 1 to [`MAX_FILMS_PER_USER`](Self::MAX_FILMS_PER_USER); of more, the
    /// one longest untouched goes. Default 64.
    pub films_per_user: usize,
    /// Films kept of all users together, from `films_per_user` to 2^31 − 1; of more, the users
    /// longest without an event go, with all their films. Default 16,000,000.
    pub films: usize,
    /// Distinct movie ids among the films kept, 1 to 2^32 − 1. While there are so many, events with
    /// another id are refused. Default 1,048,576.
    pub movie_ids: usize,
}

impl LiveConfig {
    /// Default of [`films_per_user`](Self::films_per_user).
    pub const DEFAULT_FILMS_PER_USER: usize = 64;
    /// Default of [`films`](Self::films).
    pub const DEFAULT_FILMS: usize = 16_000_000;
    /// Default of [`movie_ids`](Self::movie_ids).
    pub const DEFAULT_MOVIE_IDS: usize = 1 << 20;
    /// Highest [`films_per_user`](Self::films_per_user): a reader copies as many at once.
    pub const MAX_FILMS_PER_USER: usize = 4096;

    /// Checks every field.
    ///
    /// # Errors
    /// [`ConfigError`] for the first field out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        const MOST_FILMS: usize = i32::MAX as usize;
        const MOST_IDS: usize = u32::MAX as usize;
        if !(1..=Self::MAX_FILMS_PER_USER).contains(&self.films_per_user) {
            return Err(ConfigError::FilmsPerUser(self.films_per_user));
        }
        if !(self.films_per_user..=MOST_FILMS).contains(&self.films) {
            let films_per_user = self.films_per_user;
            return Err(ConfigError::Films { films: self.films, films_per_user });
        }
        if !(1..=MOST_IDS).contains(&self.movie_ids) {
            return Err(ConfigError::MovieIds(self.movie_ids));
        }
        Ok(())
    }
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            films_per_user: Self::DEFAULT_FILMS_PER_USER,
            films: Self::DEFAULT_FILMS,
            movie_ids: Self::DEFAULT_MOVIE_IDS,
        }
    }
}

/// A setting out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `films_per_user` is 0 or too high.
    #[error("{0} films per user must be from 1 to 4096")]
    FilmsPerUser(usize),
    /// `films` is below `films_per_user` or too high.
    #[error("{films} films in all must be from {films_per_user}, those of one user, to 2147483647")]
    Films {
        /// Films in all.
        films: usize,
        /// Films of one user.
        films_per_user: usize,
    },
    /// `movie_ids` is 0 or too high.
    #[error("{0} movie ids must be from 1 to 4294967295")]
    MovieIds(usize),
}
