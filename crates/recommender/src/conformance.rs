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

use crate::{Filter, ItemRow, ItemSet, Recommender, Request, ScoredItem, UserRow, ranks_before};

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
    let ask = |k, filter| model.recommend(&Request { user, k, filter });
    let unseen = |k| ask(k, Filter::default());
    let nothing = ItemSet::default();
    let Some(everything) = unseen(items + 10) else {
        let no_candidates = Filter { candidates: Some(&nothing), ..Filter::default() };
        for filter in [Filter::EVERYTHING, Filter::default(), no_candidates] {
            for k in [0, 1, items] {
                assert_eq!(
                    ask(k, filter),
                    None,
                    "{user:?}: whether a user is known depends on k = {k} or {filter:?}"
                );
            }
        }
        return;
    };
    check_list(model, user, &everything, items + 10);
    for scored in &everything {
        assert!(!watched.contains(&scored.item), "{user:?}: {:?} was seen already", scored.item);
    }
    assert_eq!(unseen(0), Some(Vec::new()), "{user:?}: k = 0 gives an empty list");
    for k in [1, 2, 7, 20, items] {
        let list = unseen(k);
        assert_eq!(list, unseen(k), "{user:?}: the same request gave two answers");
        let prefix = &everything[..k.min(everything.len())];
        assert_eq!(
            list.as_deref(),
            Some(prefix),
            "{user:?}: the best {k} are not the start of the whole ranking"
        );
    }
    let with_seen =
        ask(items, Filter::EVERYTHING).expect("known without the filter of seen items too");
    check_list(model, user, &with_seen, items);
    check_sets(model, user, &with_seen, true);
    check_sets(model, user, &everything, false);
    let filtered: Vec<ScoredItem> =
        with_seen.into_iter().filter(|scored| !watched.contains(&scored.item)).collect();
    for (a, b) in filtered.iter().zip(&everything) {
        assert_eq!(a, b, "{user:?}: the seen filter changes the order or the scores");
    }
}

/// Checks that banned items and candidates do nothing but leave items out of `ranking`, which is
/// the whole ranking without either.
fn check_sets(
    model: &dyn Recommender,
    user: Option<UserRow>,
    ranking: &[ScoredItem],
    include_seen: bool,
) {
    let items = model.items();
    let rows = 0..items as u32;
    let every = |step: usize| -> ItemSet {
        rows.clone().skip(step / 2).step_by(step).map(ItemRow).collect()
    };
    let best: ItemSet = ranking.iter().take(3).map(|scored| scored.item).collect();
    let worst: ItemSet = ranking.iter().rev().take(2).map(|scored| scored.item).collect();
    let beyond = ItemSet::from_rows([ItemRow(items as u32), ItemRow(items as u32 + 700)]);
    let all: ItemSet = rows.clone().map(ItemRow).collect();
    let (nothing, half, third) = (ItemSet::default(), every(2), every(3));
    let worst_and_beyond = worst.union(&beyond);
    let banned = [None, Some(&nothing), Some(&best), Some(&third), Some(&beyond), Some(&all)];
    let candidates =
        [None, Some(&nothing), Some(&worst_and_beyond), Some(&half), Some(&best), Some(&all)];
    for banned in banned {
        for candidates in candidates {
            let filter = Filter { include_seen, banned, candidates };
            let left: Vec<ScoredItem> =
                ranking.iter().filter(|scored| filter.admits(scored.item)).copied().collect();
            for k in [0, 1, 3, items] {
                assert_eq!(
                    model.recommend(&Request { user, k, filter }).as_deref(),
                    Some(&left[..k.min(left.len())]),
                    "{user:?}: the best {k} under {filter:?} are not the ranking without the others"
                );
            }
        }
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
