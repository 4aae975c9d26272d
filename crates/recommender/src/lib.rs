//! What a recommendation model is, and how its answers are ranked.
//!
//! [`Recommender`] is the trait every model implements: give it a [`Request`], get back at most `k`
//! [`ScoredItem`]s, best first. A request's [`Filter`] says which items may be in the answer, by
//! [`ItemSet`]s of banned ones and of candidates, and its [`Recent`] items what the user did since the
//! training. [`TopK`] keeps the best `k` of a stream of scores under the one
//! ranking rule of this workspace: higher score first, and of equal scores the lower row first.
//! [`SeenItems`] holds what each user has already watched, so that it can be left out.
//! [`conformance`] is the suite every implementation runs in its tests.
//!
//! Compute only: no files, no threads, no identifiers. Users and items are dense rows
//! ([`UserRow`], [`ItemRow`]); a model translates at its edge through
//! [`Recommender::user_row`], [`Recommender::item_row`] and [`Recommender::movie_id`].
//!
//! ```
//! use marquee_recommender::{ItemRow, TopK};
//!
//! let mut top = TopK::new(2);
//! for (row, score) in [0.5, 0.9, 0.9, 0.1].into_iter().enumerate() {
//!     top.push(ItemRow(row as u32), score);
//! }
//! let rows: Vec<u32> = top.into_sorted().iter().map(|scored| scored.item.0).collect();
//! assert_eq!(rows, [1, 2]);
//! ```

pub mod conformance;
mod filter;
mod item_set;
mod recent;
mod rows;
mod seen;
mod top_k;
mod traits;

pub use filter::Filter;
pub use item_set::ItemSet;
pub use recent::Recent;
pub use rows::{ItemRow, UserRow};
pub use seen::{SeenItems, SeenItemsError};
pub use top_k::{ScoredItem, TopK, ranks_before};
pub use traits::{Recommender, Request};
