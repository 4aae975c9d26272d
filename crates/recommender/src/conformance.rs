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

use crate::{
    Filter, ItemRow, ItemSet, Recent, Recommender, Request, ScoredItem, UserRow, ranks_before,
};

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
    check_ids(model);
    for &user_id in user_ids {
        let user = model.user_row(user_id);
        let watched: HashSet<ItemRow> = seen(user).into_iter().collect();
        Asked { model, user, watched: &watched, recent: &[] }.check();
        for recent in &recents(model, user) {
            let asked = Asked { model, user, watched: &watched, recent };
            asked.check();
            asked.check_recent();
        }
    }
}

fn check_ids(model: &dyn Recommender) {
    for row in (0..model.items() as u32).map(ItemRow) {
        let id = model.movie_id(row);
        assert!(!id.is_empty(), "{row:?} has no id");
        assert_eq!(model.item_row(id), Some(row), "item_row does not invert movie_id for {id:?}");
    }
    // No id is empty or holds white space.
    for id in ["", "no such film", "\u{10ffff} "] {
        assert_eq!(model.item_row(id), None, "there is no film {id:?}");
    }
}

/// What `user` may have done since the training: one item, and more of all kinds.
fn recents(model: &dyn Recommender, user: Option<UserRow>) -> [Vec<Recent>; 2] {
    let items = model.items() as u32;
    let list = model.recommend(&Request { filter: Filter::EVERYTHING, ..Request::unseen(user, 2) });
    let best = list.into_iter().flatten().map(|scored| scored.item);
    let mut distinct = HashSet::new();
    let rows = best.chain((0..items).step_by(3).map(ItemRow)).filter(|&item| distinct.insert(item));
    let ratings = [Some(5.0), None, Some(1.0), None];
    let mixed = rows.zip(ratings.into_iter().cycle());
    let mixed = mixed.map(|(item, rating)| Recent { item, rating }).take(7).collect();
    let one = (0..items.min(1)).map(|_| Recent { item: ItemRow(items - 1), rating: None });
    [one.collect(), mixed]
}

/// One user, what the suite knows they have seen, and what they are said to have done since.
struct Asked<'a> {
    model: &'a dyn Recommender,
    user: Option<UserRow>,
    watched: &'a HashSet<ItemRow>,
    recent: &'a [Recent],
}

impl Asked<'_> {
    fn ask(&self, k: usize, filter: Filter<'_>) -> Option<Vec<ScoredItem>> {
        self.ask_with(self.recent, k, filter)
    }

    fn ask_with(&self, recent: &[Recent], k: usize, filter: Filter<'_>) -> Option<Vec<ScoredItem>> {
        self.model.recommend(&Request { user: self.user, k, filter, recent })
    }

    /// The user, for messages.
    fn who(&self) -> String {
        match self.recent {
            [] => format!("{:?}", self.user),
            recent => format!("{:?} with {recent:?}", self.user),
        }
    }

    fn is_hidden(&self, item: ItemRow) -> bool {
        self.watched.contains(&item) || self.recent.iter().any(|recent| recent.item == item)
    }

    fn check(&self) {
        let (items, who) = (self.model.items(), self.who());
        let unseen = |k| self.ask(k, Filter::default());
        let nothing = ItemSet::default();
        let Some(everything) = unseen(items + 10) else {
            let no_candidates = Filter { candidates: Some(&nothing), ..Filter::default() };
            for filter in [Filter::EVERYTHING, Filter::default(), no_candidates] {
                for k in [0, 1, items] {
                    assert_eq!(
                        self.ask(k, filter),
                        None,
                        "{who}: whether a user is known depends on k = {k} or {filter:?}"
                    );
                }
            }
            return;
        };
        self.check_list(&everything, items + 10);
        for scored in &everything {
            assert!(!self.is_hidden(scored.item), "{who}: {:?} was seen already", scored.item);
        }
        assert_eq!(unseen(0), Some(Vec::new()), "{who}: k = 0 gives an empty list");
        for k in [1, 2, 7, 20, items] {
            let list = unseen(k);
            assert_eq!(list, unseen(k), "{who}: the same request gave two answers");
            let prefix = &everything[..k.min(everything.len())];
            assert_eq!(
                list.as_deref(),
                Some(prefix),
                "{who}: the best {k} are not the start of the whole ranking"
            );
        }
        let with_seen = self
            .ask(items, Filter::EVERYTHING)
            .expect("known without the filter of seen items too");
        self.check_list(&with_seen, items);
        self.check_sets(&with_seen, true);
        self.check_sets(&everything, false);
        let filtered: Vec<ScoredItem> =
            with_seen.into_iter().filter(|scored| !self.is_hidden(scored.item)).collect();
        for (a, b) in filtered.iter().zip(&everything) {
            assert_eq!(a, b, "{who}: the seen filter changes the order or the scores");
        }
    }

    /// Checks that recent items mean what they should, whatever their order, and rows the model
    /// does not have nothing.
    fn check_recent(&self) {
        let (items, who) = (self.model.items(), self.who());
        let beyond = [items as u32, items as u32 + 700, u32::MAX];
        let beyond = beyond.map(|row| Recent { item: ItemRow(row), rating: Some(5.0) });
        let backwards: Vec<Recent> = self.recent.iter().rev().copied().collect();
        let among: Vec<Recent> =
            beyond[..1].iter().chain(self.recent).chain(&beyond[1..]).copied().collect();
        for filter in [Filter::default(), Filter::EVERYTHING] {
            let without = self.ask_with(&[], items, filter);
            let with = self.ask(items, filter);
            assert!(
                with.is_some() || without.is_none(),
                "{who}: there is an answer without recent items and none with them"
            );
            assert_eq!(
                self.ask_with(&backwards, items, filter),
                with,
                "{who}: the order of recent items matters"
            );
            assert_eq!(
                self.ask_with(&among, items, filter),
                with,
                "{who}: recent items that do not exist matter"
            );
            assert_eq!(
                self.ask_with(&beyond, items, filter),
                without,
                "{who}: recent items that do not exist matter where there are no others"
            );
            if !self.model.learns_recent() {
                let mut left = without;
                if !filter.include_seen {
                    left.iter_mut().for_each(|list| list.retain(|it| !self.is_hidden(it.item)));
                }
                assert_eq!(with, left, "{who}: the model learns from recent items and denies it");
            }
        }
    }

    /// Checks that banned items and candidates do nothing but leave items out of `ranking`, which
    /// is the whole ranking without either.
    fn check_sets(&self, ranking: &[ScoredItem], include_seen: bool) {
        let items = self.model.items();
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
                        self.ask(k, filter).as_deref(),
                        Some(&left[..k.min(left.len())]),
                        "{}: the best {k} under {filter:?} are not the ranking without the others",
                        self.who()
                    );
                }
            }
        }
    }

    fn check_list(&self, list: &[ScoredItem], k: usize) {
        let who = self.who();
        assert!(list.len() <= k, "{who}: {} items for k = {k}", list.len());
        for scored in list {
            let exists = scored.item.index() < self.model.items();
            assert!(exists, "{who}: {:?} does not exist", scored.item);
            assert!(!scored.score.is_nan(), "{who}: {:?} has no score", scored.item);
        }
        for pair in list.windows(2) {
            assert_eq!(
                ranks_before(&pair[0], &pair[1]),
                Ordering::Less,
                "{who}: {:?} stands before {:?}",
                pair[0],
                pair[1]
            );
        }
        let distinct: HashSet<ItemRow> = list.iter().map(|scored| scored.item).collect();
        assert_eq!(distinct.len(), list.len(), "{who}: an item stands in the list twice");
    }
}
