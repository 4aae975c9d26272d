use crate::{Filter, ItemRow, ScoredItem, UserRow};

/// What is asked of a model for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The user, by row; `None` for someone the model has never seen.
    pub user: Option<UserRow>,
    /// How many items at most.
    pub k: usize,
    /// Which items may be in the answer.
    pub filter: Filter<'a>,
}

impl Request<'_> {
    /// The best `k` items `user` has not seen.
    #[must_use]
    pub fn unseen(user: Option<UserRow>, k: usize) -> Self {
        Self { user, k, filter: Filter::default() }
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

    /// The row of a user, by the id the event log uses; `None` for a user the model does not know.
    fn user_row(&self, user_id: u64) -> Option<UserRow>;

    /// At most `request.k` distinct items that `request.filter` lets through, under
    /// [`ranks_before`](crate::ranks_before), best first.
    ///
    /// `None` when the model has nothing to say about this user (a factor model and an unknown
    /// user, for one), so that a caller can turn to another model; whether it has does not depend
    /// on `k` or the filter. Fewer than `k` items when fewer are eligible.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>>;
}
