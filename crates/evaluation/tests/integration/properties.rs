use marquee_evaluation::{
    Bootstrap, Metric, RankingMetrics, coverage, genre_distance, intra_list_diversity, novelty,
};
use proptest::prelude::*;

/// A ranking without repeats and some of 0..40 as the relevant items.
fn lists() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
    let everything: Vec<u32> = (0..40).collect();
    let ranked = Just(everything.clone())
        .prop_shuffle()
        .prop_flat_map(|order| (0..=order.len()).prop_map(move |length| order[..length].to_vec()));
    (ranked, proptest::sample::subsequence(everything, 0..12))
}

fn values(metrics: &RankingMetrics) -> [f64; 6] {
    Metric::ALL.map(|metric| metrics.get(metric))
}

proptest! {
    #[test]
    fn every_metric_lies_in_zero_to_one((ranked, relevant) in lists(), k in 0_usize..60) {
        for value in values(&RankingMetrics::of(&ranked, &relevant, k)) {
            prop_assert!((0.0..=1.0).contains(&value), "{value}");
        }
    }

    #[test]
    fn a_further_hit_never_lowers_a_metric(
        (ranked, relevant) in lists(),
        place in 0_usize..40,
        k in 0_usize..60,
    ) {
        prop_assume!(place < ranked.len() && !relevant.contains(&ranked[place]));
        let missed = relevant.iter().find(|item| !ranked.contains(item));
        prop_assume!(missed.is_some());
        let mut better = ranked.clone();
        better[place] = *missed.unwrap();
        let before = values(&RankingMetrics::of(&ranked, &relevant, k));
        let after = values(&RankingMetrics::of(&better, &relevant, k));
        for (metric, (before, after)) in Metric::ALL.iter().zip(before.into_iter().zip(after)) {
            prop_assert!(after >= before, "{}: {before} then {after}", metric.as_str());
        }
    }

    #[test]
    fn list_qualities_lie_in_zero_to_one(
        exposures in proptest::collection::vec(0_u64..1000, 0..30),
        popularities in proptest::collection::vec(0.0_f64..=1.0, 0..30),
        genres in proptest::collection::vec(proptest::collection::btree_set(0_u32..6, 0..4), 0..8),
    ) {
        let genres: Vec<Vec<u32>> =
            genres.into_iter().map(|set| set.into_iter().collect()).collect();
        let found = [
            coverage(&exposures, exposures.len()),
            novelty(&popularities),
            intra_list_diversity(&genres, |a, b| genre_distance(a, b)),
        ];
        for value in found.into_iter().flatten() {
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&value), "{value}");
        }
    }

    #[test]
    fn an_interval_holds_its_mean_between_the_extremes(
        values in proptest::collection::vec(0.0_f64..=1.0, 1..40),
        seed in 0_u64..100,
    ) {
        let bootstrap = Bootstrap { draws: 200, seed, ..Bootstrap::default() };
        let interval = bootstrap.interval(&values);
        let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(least - 1e-12 <= low && low <= high && high <= most + 1e-12);
        prop_assert!((least - 1e-12..=most + 1e-12).contains(&interval.mean.unwrap()));
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
