//! Movie and user metadata: titles and genres by movie id, demographics by user id.
//!
//! A [`Catalog`] is read from and written to `movie_catalog.json`, [`Users`] to `users.jsonl`. Two
//! ways fill them: [`build`] takes the movies of a data set from [`MovieRecord`]s, the movie API's
//! answers one a line; [`fetch`] asks the API itself, within a rate limit, through faults, and
//! resumable, since the [`Cache`] it fills is what it need not ask for again. A movie without a
//! record is no error: it is named as missing, and everything that uses a catalog works without.
//!
//! Does not hold: interaction tables, models, terminals; of HTTP only the client's side.
//!
//! ```
//! use marquee_catalog::Catalog;
//!
//! let json = r#"{"heat+1995": {"title": "Heat", "genres": [{"id": 1, "name": "Crime"}, "Drama"]}}"#;
//! let catalog: Catalog = serde_json::from_str(json)?;
//! assert_eq!(catalog.title("heat+1995"), Some("Heat"));
//! assert_eq!(catalog.genres("heat+1995").collect::<Vec<_>>(), ["Crime", "Drama"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod build;
mod cache;
mod error;
mod fetch;
mod lock;
mod missing;
mod movie;
mod records;
mod user;

pub use build::{BuildSummary, RecordProblem, build, read_records};
pub use cache::Cache;
pub use error::CatalogError;
pub use fetch::{ApiUrl, FailedId, FaultReason, FetchConfig, FetchSummary, fetch};
pub use lock::OutLock;
pub use missing::MissingIds;
pub use movie::{Catalog, Genre, Movie, MovieRecord};
pub use records::{RecordFault, Records};
pub use user::{User, UserRecord, Users, read_users};
