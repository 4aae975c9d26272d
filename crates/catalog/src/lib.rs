//! Movie metadata: titles and genres by movie id.
//!
//! A [`Catalog`] is read from and written to `movie_catalog.json`; [`build`] makes one for the
//! movies of a data set from [`MovieRecord`]s, the movie API's answers one a line. A movie without
//! a record is no error: the build says which are missing, and everything that uses a catalog
//! works without.
//!
//! Does not hold: interaction tables, HTTP.
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
mod error;
mod movie;

pub use build::{BuildSummary, RecordProblem, build, read_records};
pub use error::CatalogError;
pub use movie::{Catalog, Genre, Movie, MovieRecord};
