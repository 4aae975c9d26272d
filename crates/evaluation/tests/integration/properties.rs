use marquee_evaluation::RankingMetrics;
use proptest::prelude::*;

/// A ranking without repeats and some of 0..40 as the relevant items.
fn lists() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
    let everything: Vec<u32> = (0..40).collect();
    let ranked = Just(everything.clone())
        .prop_shuffle()
        .prop_flat_map(|order| (0..=order.len()).prop_map(move |length| order[..length].to_vec()));
    (ranked, proptest::sample::subsequence(everything, 0..12))
}

fn values(metrics: &RankingMetrics) -> [f64; 4] {
    [metrics.hit, metrics.precision, metrics.recall, metrics.ndcg]
}

proptest! {
    #[test]
    fn every_metric_lies_in_zero_to_one((ranked, relevant) in lists(), k in 0_usize..60) {
        for value in values(&RankingMetrics::of(&ranked, &relevant, k)) {
            prop_assert!((0.0..=1.0).contains(&value), "{value}");
        }
    }

    #[test]
    fn hit_and_recall_never_fall_as_k_grows((ranked, relevant) in lists(), k in 0_usize..60) {
        let narrow = RankingMetrics::of(&ranked, &relevant, k);
        let wide = RankingMetrics::of(&ranked, &relevant, k + 1);
        prop_assert!(wide.hit >= narrow.hit);
        prop_assert!(wide.recall >= narrow.recall);
    }

    #[test]
    fn a_hit_and_only_a_hit_scores((ranked, relevant) in lists(), k in 0_usize..60) {
        let metrics = RankingMetrics::of(&ranked, &relevant, k);
        let hit = ranked.iter().take(k).any(|item| relevant.contains(item));
        for value in values(&metrics) {
            prop_assert_eq!(value > 0.0, hit);
        }
    }

    #[test]
    fn the_relevant_items_first_is_perfect((_, relevant) in lists(), k in 1_usize..60) {
        prop_assume!(!relevant.is_empty());
        let mut ranked = relevant.clone();
        ranked.extend(100..120);
        let metrics = RankingMetrics::of(&ranked, &relevant, k);
        prop_assert!((metrics.ndcg - 1.0).abs() < 1e-12);
        prop_assert_eq!(metrics.hit, 1.0);
    }

    #[test]
    fn the_order_of_the_relevant_items_does_not_matter((ranked, relevant) in lists()) {
        let mut reversed = relevant.clone();
        reversed.reverse();
        prop_assert_eq!(
            RankingMetrics::of(&ranked, &relevant, 20),
            RankingMetrics::of(&ranked, &reversed, 20)
        );
    }
}
