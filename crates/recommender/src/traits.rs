use std::borrow::Cow;

use crate::{Filter, ItemRow, Recent, ScoredItem, UserRow};

/// What is asked of a model for one user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request<'a> {
    /// The user, by row; `None` for someone the model has never seen.
    pub user: Option<UserRow>,
    /// How many items at most.
    pub k: usize,
    /// Which items may be in the answer.
    pub filter: Filter<'a>,
    /// What the user did since the training: distinct items in any order, in rows of the model that
    /// is asked; a row it does not have says nothing. Empty where nothing is known of that.
    ///
    /// These items count as seen, so they are left out unless the filter includes seen ones. A
    /// model that [learns from them](Recommender::learns_recent) ranks by them too.
    pub recent: &'a [Recent],
}

impl Request<'_> {
    /// The best `k` items `user` has not seen, by what was known at the training.
    #[must_use]
    pub fn unseen(user: Option<UserRow>, k: usize) -> Self {
        Self { user, k, filter: Filter::default(), recent: &[] }
    }

    /// The item rows to be left out, ascending, where `seen` (ascending too) are those the model
    /// knows the user has seen: none if the filter includes seen items, otherwise these and the
    /// recent ones. For models to use.
    ///
    /// Rows the model does not have may be among them. Without recent items nothing is copied.
    #[must_use]
    pub fn hidden<'s>(&self, seen: &'s [u32]) -> Cow<'s, [u32]> {
        if self.filter.include_seen {
            return Cow::Borrowed(&[]);
        }
        if self.recent.is_empty() {
            return Cow::Borrowed(seen);
        }
        let mut rows = Vec::with_capacity(seen.len() + self.recent.len());
        rows.extend_from_slice(seen);
        rows.extend(self.recent.iter().map(|recent| recent.item.0));
        rows.sort_unstable();
        rows.dedup();
        Cow::Owned(rows)
    }
}

/// A trained model that ranks items for users.
///
/// An answer is a function of the model and the request alone: the same request gives the same
/// answer, on any thread. Every implementation runs [`conformance::check`](crate::conformance::check)
/// in its tests.
pub trait Recommender: Send + Sync {
    /// A short lower-case name of the model family, such as `als`; it labels answers.
    fn name(&self) -> &'static str;

    /// Number of items; rows `0..items()` exist.
    fn items(&self) -> usize;

    /// The movie id of a row.
    ///
    /// # Panics
    /// When `item` is not below [`items`](Self::items).
    fn movie_id(&self, item: ItemRow) -> &str;

    /// The row of a movie, the inverse of [`movie_id`](Self::movie_id); `None` for a movie the
    /// model does not have.
    fn item_row(&self, movie_id: &str) -> Option<ItemRow>;

    /// The row of a user, by the id the event log uses; `None` for a user the model does not know.
    fn user_row(&self, user_id: u64) -> Option<UserRow>;

    /// Whether recent items change more than what is left out: the order and the scores of the
    /// others, and whether there is an answer at all. `false` unless a model says otherwise.
    fn learns_recent(&self) -> bool {
        false
    }

    /// At most `request.k` distinct items that `request.filter` lets through, under
    /// [`ranks_before`](crate::ranks_before), best first.
    ///
    /// `None` when the model has nothing to say about this user (a factor model and an unknown
    /// user, for one), so that a caller can turn to another model; whether it has does not depend
    /// on `k` or the filter. A model that learns from recent items may answer a user it does not
    /// know by them; one that answers without them answers with them too. Fewer than `k` items when
    /// fewer are eligible.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>>;
}
