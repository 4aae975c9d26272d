use crate::{ItemRow, ItemSet};

/// Which items may be in an answer. The default leaves out what the user has seen, and nothing
/// else.
///
/// An answer under a filter is the whole ranking without it, those left out that the filter does
/// not admit, cut to `k`: neither the order nor a score changes. Rows a model does not have may be
/// in the sets; they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter<'a> {
    /// Whether items the user has seen may be in the answer.
    pub include_seen: bool,
    /// Items that must not be in the answer; `None` bans nothing.
    pub banned: Option<&'a ItemSet>,
    /// The only items that may be in the answer; `None` are all, an empty set is none.
    pub candidates: Option<&'a ItemSet>,
}

impl Filter<'_> {
    /// Everything there is, also what the user has seen.
    pub const EVERYTHING: Self = Self { include_seen: true, banned: None, candidates: None };

    /// Whether the two sets let `item` be in an answer. What the user has seen is not asked here:
    /// a model knows it, the filter does not.
    ///
    /// A model that is asked millions of times decides once for a request whether there are sets,
    /// and calls this only where there are.
    #[inline]
    #[must_use]
    pub fn admits(&self, item: ItemRow) -> bool {
        self.candidates.is_none_or(|candidates| candidates.contains(item))
            && !self.banned.is_some_and(|banned| banned.contains(item))
    }
}
