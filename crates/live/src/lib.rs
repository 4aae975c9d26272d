//! What users watched and rated lately, in memory.
//!
//! [`LiveFilms`] takes the events of a stream in the order they arrive ([`LiveFilms::apply`]) and
//! tells the films a user touched last ([`LiveFilms::recent`]), while any number of threads read.
//! It is bounded by a [`LiveConfig`]: films of one user, films in all, distinct movie ids. Its state
//! and the [`Position`] in the stream it stands for go into one file ([`LiveFilms::save`]), from
//! which a program that was restarted goes on ([`LiveFilms::load`]) as if it had never stopped.
//!
//! Does not hold: where events come from, what an event line means (`marquee-events`), models. It
//! starts no thread and reads no clock.
//!
//! ```
//! use marquee_live::{Applied, LiveConfig, LiveFilms};
//!
//! let live = LiveFilms::new(LiveConfig::default())?;
//! for line in [
//!     "2024-09-10T08:39:04,7,GET /data/m/heat+1995/0.mpg",
//!     "2024-09-10T08:39:09,7,GET /data/m/21+grams+2003/57.mpg",
//!     "2024-09-10T08:40:04,7,GET /data/m/heat+1995/1.mpg",
//! ] {
//!     assert_eq!(live.apply(&marquee_events::parse(line.as_bytes())?), Applied::Watched);
//! }
//! let mut films = Vec::new();
//! live.recent(7, &mut films);
//! assert_eq!(films.len(), 2);
//! assert_eq!(&*films[0].movie_id, "heat+1995");
//! assert_eq!((films[0].minutes, films[0].stars), (2, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod counts;
mod error;
mod films;
mod load;
mod movie_ids;
mod position;
mod saved;
mod shard;
mod sizes;
mod store;

pub use config::{ConfigError, LiveConfig};
pub use error::LiveError;
pub use films::RecentFilm;
pub use movie_ids::MAX_MOVIE_ID_BYTES;
pub use position::Position;
pub use saved::{FORMAT_VERSION, Saved};
pub use store::{Applied, LiveFilms, Refused};
