use std::collections::BTreeSet;

use marquee_recommender::{Filter, ItemRow, ItemSet};
use proptest::{collection::btree_set, prelude::*};

fn set(rows: &BTreeSet<u32>) -> ItemSet {
    rows.iter().copied().map(ItemRow).collect()
}

fn rows(set: &ItemSet) -> Vec<u32> {
    set.iter().map(|item| item.0).collect()
}

#[test]
fn the_empty_set_holds_nothing() {
    let empty = ItemSet::default();
    assert!(empty.is_empty() && empty.iter().next().is_none());
    assert!(!empty.contains(ItemRow(0)) && !empty.contains(ItemRow(u32::MAX)));
    assert_eq!(ItemSet::from_rows([ItemRow(900)]).intersection(&empty), empty);
}

#[test]
fn a_filter_admits_candidates_that_are_not_banned() {
    let (low, even) = (set(&(0..10).collect()), set(&(0..20).step_by(2).collect()));
    let admitted = |filter: Filter<'_>| -> Vec<u32> {
        (0..30).filter(|&row| filter.admits(ItemRow(row))).collect()
    };
    assert_eq!(admitted(Filter::default()).len(), 30);
    assert_eq!(admitted(Filter::EVERYTHING).len(), 30);
    let banned = Filter { banned: Some(&even), ..Filter::default() };
    assert_eq!(admitted(banned).len(), 20);
    let candidates = Filter { candidates: Some(&low), ..Filter::default() };
    assert_eq!(admitted(candidates), (0..10).collect::<Vec<_>>());
    assert_eq!(admitted(Filter { banned: Some(&even), ..candidates }), [1, 3, 5, 7, 9]);
    let none = ItemSet::default();
    assert_eq!(admitted(Filter { candidates: Some(&none), ..Filter::default() }), []);
}

proptest! {
    #[test]
    fn it_is_a_set(a in btree_set(0_u32..300, 0..40), b in btree_set(0_u32..300, 0..40)) {
        let (one, other) = (set(&a), set(&b));
        prop_assert_eq!(rows(&one), a.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!((one.len(), one.is_empty()), (a.len(), a.is_empty()));
        for row in 0..400 {
            prop_assert_eq!(one.contains(ItemRow(row)), a.contains(&row));
        }
        let both: BTreeSet<u32> = a.intersection(&b).copied().collect();
        prop_assert_eq!(one.intersection(&other), set(&both));
        let either: BTreeSet<u32> = a.union(&b).copied().collect();
        prop_assert_eq!(one.union(&other), set(&either));
        prop_assert_eq!(one == other, a == b);
        // Any order, and twice.
        let again = a.iter().rev().chain(&a).copied().map(ItemRow);
        prop_assert_eq!(ItemSet::from_rows(again), one);
    }
}
