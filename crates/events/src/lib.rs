//! The movie event log's wire format: one event a line, over byte slices.
//!
//! [`parse`] turns a line into an [`Event`] that borrows from it, or names the one [`Refusal`] that
//! applies; [`write()`] appends the line of an event. The two agree: parsing what was written gives
//! the same event, and writing what was parsed gives the same bytes, save for leading zeros in
//! numbers and a trailing carriage return. An event is a film watched for a minute, a rating
//! ([`Action::Watch`], [`Action::Rate`]), or a [`Recommendation`] in either of its two forms: as the
//! platform logs it and as this project's server does, with [`Assignment`] and [`Provenance`].
//!
//! Every value is checked when it is made ([`UserId`], [`MovieId`], [`Stars`], [`Timestamp`],
//! [`Token`], …), so an event in hand is one that can be written.
//!
//! Compute only: no files, no splitting of files into lines, no threads, and no allocation while
//! parsing. Counting refusals and keeping refused lines is the caller's work.
//!
//! ```
//! use marquee_events::{Action, Refusal, parse, write};
//!
//! let line = b"2024-09-10T08:39:04,123672,GET /data/m/21+grams+2003/57.mpg";
//! let event = parse(line)?;
//! assert_eq!(event.time.unix_seconds(), 1_725_957_544);
//! assert_eq!(event.user.get(), 123_672);
//! assert!(matches!(event.action, Action::Watch { movie, minute: 57 } if movie.as_str() == "21+grams+2003"));
//!
//! let mut written = Vec::new();
//! write(&event, &mut written);
//! assert_eq!(written, line);
//!
//! assert_eq!(parse(b"2024-09-10T08:39:04,7,GET /rate/heat+1995=15"), Err(Refusal::BadRating));
//! # Ok::<(), Refusal>(())
//! ```

mod calendar;
mod decimal;
mod event;
mod ids;
mod movie_list;
mod parse;
mod parse_recommendation;
mod recommendation;
mod refusal;
mod timestamp;
mod token;
mod write;

pub use event::{Action, Event};
pub use ids::{MovieId, Stars, UserId};
pub use movie_list::MovieList;
pub use parse::{MAX_LINE_BYTES, parse, parse_str};
pub use recommendation::{Assignment, Bucket, Outcome, Provenance, Recommendation};
pub use refusal::Refusal;
pub use timestamp::{Precision, Timestamp, Zone};
pub use token::{FailureText, Token};
pub use write::write;
