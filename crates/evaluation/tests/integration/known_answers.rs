use marquee_evaluation::{
    Metric, PerMetric, RankingMetrics, hit_at_k, map_at_k, mrr_at_k, ndcg_at_k, precision_at_k,
    recall_at_k,
};
use marquee_recommender::ItemRow;

fn rows(rows: &[u32]) -> Vec<ItemRow> {
    rows.iter().map(|&row| ItemRow(row)).collect()
}

fn assert_close(actual: f64, expected: f64) {
    assert!((actual - expected).abs() < 1e-12, "{actual} instead of {expected}");
}

#[test]
fn one_held_out_film_at_rank_three() {
    let (ranked, relevant) = (rows(&[7, 5, 9, 2]), rows(&[9]));
    assert_eq!(hit_at_k(&ranked, &relevant, 2), 0.0);
    assert_eq!(hit_at_k(&ranked, &relevant, 3), 1.0);
    assert_close(precision_at_k(&ranked, &relevant, 4), 0.25);
    assert_close(recall_at_k(&ranked, &relevant, 4), 1.0);
    assert_close(ndcg_at_k(&ranked, &relevant, 2), 0.0);
    // 1 / log2(3 + 1) over 1 / log2(1 + 1).
    assert_close(ndcg_at_k(&ranked, &relevant, 4), 0.5);
}

#[test]
fn two_held_out_films_at_ranks_one_and_three() {
    let (ranked, relevant) = (rows(&[4, 8, 6, 1]), rows(&[6, 4]));
    let metrics = RankingMetrics::of(&ranked, &relevant, 3);
    assert_eq!(metrics.k, 3);
    assert_eq!(metrics.hit, 1.0);
    assert_close(metrics.precision, 2.0 / 3.0);
    assert_close(metrics.recall, 1.0);
    // (1 + 0.5) / (1 + 1 / log2(3)) = 1.5 / 1.6309297535714573.
    assert_close(metrics.ndcg, 0.919_720_789_148_187_6);
}

#[test]
fn the_ideal_is_limited_to_k() {
    let (ranked, relevant) = (rows(&[1, 2, 3]), rows(&[3, 2, 1]));
    assert_close(ndcg_at_k(&ranked, &relevant, 1), 1.0);
    assert_close(ndcg_at_k(&ranked, &relevant, 2), 1.0);
    assert_close(recall_at_k(&ranked, &relevant, 2), 2.0 / 3.0);
}

#[test]
fn k_past_the_end_of_the_ranking() {
    let (ranked, relevant) = (rows(&[1, 2]), rows(&[2]));
    let metrics = RankingMetrics::of(&ranked, &relevant, 10);
    assert_eq!(metrics.hit, 1.0);
    assert_close(metrics.precision, 0.1);
    assert_close(metrics.recall, 1.0);
    assert_close(metrics.ndcg, 1.0 / 3_f64.log2());
}

#[test]
fn empty_lists_and_a_cut_off_of_zero_score_nothing() {
    let some = rows(&[1]);
    for (ranked, relevant, k) in [(&[][..], &some[..], 5), (&some, &[], 5), (&some, &some, 0)] {
        let metrics = RankingMetrics::of(ranked, relevant, k);
        assert_eq!(metrics, RankingMetrics::zero(k), "{ranked:?} {relevant:?}");
    }
}

#[test]
fn reciprocal_rank_is_that_of_the_first_hit() {
    let (ranked, relevant) = (rows(&[4, 8, 6, 1]), rows(&[1, 6, 99]));
    assert_close(mrr_at_k(&ranked, &relevant, 2), 0.0);
    assert_close(mrr_at_k(&ranked, &relevant, 3), 1.0 / 3.0);
    assert_close(mrr_at_k(&ranked, &relevant, 4), 1.0 / 3.0);
}

#[test]
fn average_precision_by_hand() {
    let (ranked, relevant) = (rows(&[4, 8, 6, 1]), rows(&[4, 6, 99]));
    // Precision 1 at rank 1 and 2/3 at rank 3, over three relevant films.
    assert_close(map_at_k(&ranked, &relevant, 4), (1.0 + 2.0 / 3.0) / 3.0);
    // At most two of them fit into the first two places.
    assert_close(map_at_k(&ranked, &relevant, 2), 0.5);
    assert_close(map_at_k(&ranked, &relevant, 1), 1.0);
}

#[test]
fn ranks_score_as_the_lists_they_come_from() {
    let (ranked, relevant) = (rows(&[4, 8, 6, 1]), rows(&[8, 1, 99]));
    for k in 0..6 {
        let of_lists = RankingMetrics::of(&ranked, &relevant, k);
        assert_eq!(RankingMetrics::of_ranks(&[2, 4], 3, k), of_lists);
        assert_eq!(of_lists.mrr, mrr_at_k(&ranked, &relevant, k));
        assert_eq!(of_lists.map, map_at_k(&ranked, &relevant, k));
        assert_eq!(of_lists.ndcg, ndcg_at_k(&ranked, &relevant, k));
        let by_name = PerMetric::from_fn(|metric| of_lists.get(metric));
        for metric in Metric::ALL {
            assert_eq!(*by_name.get(metric), of_lists.get(metric), "{}", metric.as_str());
        }
    }
}
