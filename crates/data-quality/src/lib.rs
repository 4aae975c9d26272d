//! Tables of interactions checked row by row against a JSON Schema.
//!
//! [`validate`] reads a table (csv, JSON Lines, Parquet), repairs what may be repaired, writes the
//! good rows and the rejected ones with every [`Reason`], and reports both ([`ValidationReport`]).
//! A [`RowSchema`] is compiled once into checks of columns; what it cannot express is left to the
//! `jsonschema` crate. Patterns take time in proportion to the text, whatever they are.
//!
//! A row is good when the schema allows it and a table of interactions can hold it, so that every
//! program that reads tables can read what comes out.
//!
//! [`page`] puts the report on a page for people.
//!
//! Does not hold: drift between tables, how pages are drawn (`marquee-pages`), terminals. Nothing is printed.
//!
//! ```
//! use marquee_data_quality::{Reason, RowSchema};
//! use serde_json::json;
//!
//! let schema = json!({"properties": {"rating": {"type": "integer", "minimum": 1, "maximum": 5}}});
//! let schema = RowSchema::new("rows.schema.json".as_ref(), &schema)?;
//! let row = json!({"user_id": 1, "rating": 6});
//! let found = schema.check(row.as_object().unwrap());
//! assert_eq!(found, [(Some("rating".to_owned()), Reason::Range)]);
//! # Ok::<(), marquee_data_quality::QualityError>(())
//! ```

mod checker;
mod error;
mod input;
mod outcome;
mod page;
mod pattern;
mod reason;
mod repair;
mod repeats;
mod schema;
mod unique;
mod validate;
mod value;
mod volume;

pub use error::{PatternFault, QualityError};
pub use outcome::{RejectExample, RejectReason, RejectRecord, ValidationReport};
pub use page::page;
pub use reason::Reason;
pub use repair::Repair;
pub use schema::RowSchema;
pub use validate::{DedupeJob, ValidationJob, validate};
pub use volume::Volume;
