use std::cmp::Ordering;

use marquee_recommender::{ItemRow, ScoredItem, TopK, ranks_before};
use proptest::prelude::*;

fn top(k: usize, scores: &[f32]) -> Vec<(u32, f32)> {
    let mut top = TopK::new(k);
    for (row, &score) in scores.iter().enumerate() {
        top.push(ItemRow(row as u32), score);
    }
    top.into_sorted().iter().map(|scored| (scored.item.0, scored.score)).collect()
}

#[test]
fn equal_scores_go_by_row() {
    assert_eq!(top(3, &[1.0, 2.0, 2.0, 1.0, 2.0]), [(1, 2.0), (2, 2.0), (4, 2.0)]);
    assert_eq!(top(2, &[0.0, -0.0, 0.0]), [(0, 0.0), (2, 0.0)]);
    assert_eq!(top(9, &[f32::NEG_INFINITY, 1.0]), [(1, 1.0), (0, f32::NEG_INFINITY)]);
}

#[test]
fn nothing_asked_gives_nothing_and_nan_is_never_kept() {
    assert_eq!(top(0, &[1.0, f32::INFINITY]), []);
    assert_eq!(top(3, &[f32::NAN, 1.0, f32::NAN]), [(1, 1.0)]);
    assert_eq!(top(usize::MAX, &[]), []);
}

#[test]
fn the_threshold_admits_what_may_still_enter() {
    let mut top = TopK::new(2);
    assert_eq!(top.threshold(), f32::NEG_INFINITY);
    top.push(ItemRow(5), 1.0);
    assert_eq!(top.threshold(), f32::NEG_INFINITY);
    top.push(ItemRow(6), 3.0);
    assert_eq!(top.threshold(), 1.0);
    top.push(ItemRow(1), 1.0);
    assert_eq!((top.len(), top.is_empty(), top.threshold()), (2, false, 1.0));
    let rows: Vec<u32> = top.into_sorted().iter().map(|scored| scored.item.0).collect();
    assert_eq!(rows, [6, 1], "an equal score with a lower row enters");
}

/// Few distinct scores, so that ties are the rule.
fn score() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => (-3_i8..3).prop_map(f32::from),
        1 => Just(-0.0_f32),
        1 => Just(f32::NAN),
        1 => Just(f32::INFINITY),
        1 => any::<f32>(),
    ]
}

proptest! {
    #[test]
    fn it_is_the_start_of_a_full_sort(
        items in prop::collection::vec((0_u32..60, score()), 0..80),
        k in 0_usize..30,
        seed in any::<u64>(),
    ) {
        let mut distinct: Vec<ScoredItem> = Vec::new();
        for (row, score) in items {
            if distinct.iter().all(|held| held.item.0 != row) {
                distinct.push(ScoredItem { item: ItemRow(row), score });
            }
        }
        // Any order of arrival will do.
        let turn = if distinct.is_empty() { 0 } else { seed as usize % distinct.len() };
        distinct.rotate_left(turn);
        let mut top = TopK::new(k);
        for scored in &distinct {
            top.push(scored.item, scored.score);
        }
        distinct.retain(|scored| !scored.score.is_nan());
        distinct.sort_by(ranks_before);
        distinct.truncate(k);
        prop_assert_eq!(top.into_sorted(), distinct);
    }

    #[test]
    fn the_order_is_total(a in score(), b in score(), rows in (0_u32..3, 0_u32..3)) {
        let one = ScoredItem { item: ItemRow(rows.0), score: a };
        let two = ScoredItem { item: ItemRow(rows.1), score: b };
        prop_assert_eq!(ranks_before(&one, &two), ranks_before(&two, &one).reverse());
        let same = rows.0 == rows.1 && a.to_bits() == b.to_bits();
        prop_assert_eq!(ranks_before(&one, &two) == Ordering::Equal, same);
    }
}
