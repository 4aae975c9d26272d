use crate::{MovieId, Recommendation, Stars, Timestamp, UserId};

/// One event: who did what, when. Borrows from the line it was parsed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event<'a> {
    /// When it happened, as the line says.
    pub time: Timestamp,
    /// Whose request it was.
    pub user: UserId,
    /// What was requested.
    pub action: Action<'a>,
}

/// What an event's request was.
///
/// The last variant is by far the largest: a box would allocate while parsing, and events are looked
/// at one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action<'a> {
    /// `GET /data/m/<movieid>/<minute>.mpg`: one minute of a film was fetched.
    Watch {
        /// The film.
        movie: MovieId<'a>,
        /// Which minute of it, 0 to `i32::MAX`. [`write()`](crate::write()) writes any value, but
        /// [`parse`](crate::parse) refuses more.
        minute: u32,
    },
    /// `GET /rate/<movieid>=<stars>`: a film was rated.
    Rate {
        /// The film.
        movie: MovieId<'a>,
        /// The rating.
        stars: Stars,
    },
    /// `recommendation request …`: a list of films was asked for, and given or not.
    Recommendation(Recommendation<'a>),
}
