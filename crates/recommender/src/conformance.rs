//! Checks every [`Recommender`] must pass, for use in the tests of its implementation.
//!
//! ```
//! use marquee_recommender::{Recommender, conformance};
//!
//! fn conforms(model: &dyn Recommender) {
//!     conformance::check(model, &[1, 2, 3], |_user| Vec::new());
//! }
//! ```

use std::{cmp::Ordering, collections::HashSet};

use crate::{ItemRow, Recommender, Request, ScoredItem, UserRow, ranks_before};

/// Runs every check for each of `user_ids`, among which should be known and unknown users.
/// `seen` gives the items a user has seen, by an account independent of the model's own.
///
/// # Panics
/// On the first violation, with the user and what was broken.
pub fn check(
    model: &dyn Recommender,
    user_ids: &[u64],
    seen: impl Fn(Option<UserRow>) -> Vec<ItemRow>,
) {
    assert!(!model.name().is_empty(), "a model has a name");
    for row in 0..model.items() {
        assert!(!model.movie_id(ItemRow(row as u32)).is_empty(), "item row {row} has no id");
    }
    for &user_id in user_ids {
        let user = model.user_row(user_id);
        let watched: HashSet<ItemRow> = seen(user).into_iter().collect();
        check_user(model, user, &watched);
    }
}

fn check_user(model: &dyn Recommender, user: Option<UserRow>, watched: &HashSet<ItemRow>) {
    let items = model.items();
    let ask = |k, include_seen| model.recommend(&Request { user, k, include_seen });
    let Some(everything) = ask(items + 10, false) else {
        for k in [0, 1, items] {
            assert_eq!(ask(k, true), None, "{user:?}: whether a user is known depends on k = {k}");
        }
        return;
    };
    check_list(model, user, &everything, items + 10);
    for scored in &everything {
        assert!(!watched.contains(&scored.item), "{user:?}: {:?} was seen already", scored.item);
    }
    assert_eq!(ask(0, false), Some(Vec::new()), "{user:?}: k = 0 gives an empty list");
    for k in [1, 2, 7, 20, items] {
        let list = ask(k, false);
        assert_eq!(list, ask(k, false), "{user:?}: the same request gave two answers");
        let prefix = &everything[..k.min(everything.len())];
        assert_eq!(
            list.as_deref(),
            Some(prefix),
            "{user:?}: the best {k} are not the start of the whole ranking"
        );
    }
    let with_seen = ask(items, true).expect("known without the seen filter too");
    check_list(model, user, &with_seen, items);
    let filtered: Vec<ScoredItem> =
        with_seen.into_iter().filter(|scored| !watched.contains(&scored.item)).collect();
    for (a, b) in filtered.iter().zip(&everything) {
        assert_eq!(a, b, "{user:?}: the seen filter changes the order or the scores");
    }
}

fn check_list(model: &dyn Recommender, user: Option<UserRow>, list: &[ScoredItem], k: usize) {
    assert!(list.len() <= k, "{user:?}: {} items for k = {k}", list.len());
    for scored in list {
        assert!(scored.item.index() < model.items(), "{user:?}: {:?} does not exist", scored.item);
        assert!(!scored.score.is_nan(), "{user:?}: {:?} has no score", scored.item);
    }
    for pair in list.windows(2) {
        assert_eq!(
            ranks_before(&pair[0], &pair[1]),
            Ordering::Less,
            "{user:?}: {:?} stands before {:?}",
            pair[0],
            pair[1]
        );
    }
    let distinct: HashSet<ItemRow> = list.iter().map(|scored| scored.item).collect();
    assert_eq!(distinct.len(), list.len(), "{user:?}: an item stands in the list twice");
}
