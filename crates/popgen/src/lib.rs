//! Recommendations from popularity and genres: the baseline every other model must beat, and the
//! answer for people no other model knows.
//!
//! [`popularity`] counts a data set into a [`PopularityTable`]; [`genre_preferences`] sums what each
//! user watches by genre. [`PopGenModel`] ranks films by popularity, raised by how much of a
//! user's weight lies on a film's genres; [`PopularityModel`] ranks by popularity alone. Both leave
//! out what a user has seen ([`Audience`]) and implement [`Recommender`](marquee_recommender::Recommender).
//!
//! Does not hold: the data set and its files' digests, HTTP. Knows no other model.
//!
//! ```
//! use marquee_dataset::Interactions;
//!
//! let mut rows = Interactions::default();
//! rows.push(1, "heat+1995", 1, 0);
//! rows.push(2, "heat+1995", 5, 0);
//! let table = marquee_popgen::popularity(&rows);
//! assert_eq!((table.movie_ids(), table.pop(), table.viewers()), (&["heat+1995".into()][..], &[7.0][..], &[2][..]));
//! ```

mod audience;
mod config;
mod error;
mod files;
mod model;
mod preferences;
mod table;

pub use audience::Audience;
pub use config::{ConfigError, PopGenConfig};
pub use error::PopGenError;
pub use files::{
    read_audience, read_popularity, read_preferences, write_audience, write_popularity,
    write_preferences,
};
pub use model::{PopGenModel, PopularityModel};
pub use preferences::{GenrePreferences, TOP_GENRES, genre_preferences};
pub use table::{PopularityTable, popularity, row_weight};
