use marquee_evaluation::{Holdout, evaluate};
use serde::Deserialize;

use crate::fake::FakeModel;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    #[serde(rename = "hit@1")]
    hit_1: f64,
    #[serde(rename = "precision@1")]
    precision_1: f64,
    #[serde(rename = "recall@1")]
    recall_1: f64,
    #[serde(rename = "ndcg@1")]
    ndcg_1: f64,
    #[serde(rename = "hit@20")]
    hit_20: f64,
    #[serde(rename = "precision@20")]
    precision_20: f64,
    #[serde(rename = "recall@20")]
    recall_20: f64,
    #[serde(rename = "ndcg@20")]
    ndcg_20: f64,
    evaluated_users: u64,
    holdout_interactions: u64,
    users_without_recommendations: u64,
}

#[test]
fn the_json_object_has_these_keys_and_no_others() {
    let model = FakeModel::new(&["a+2001", "b+2002", "c+2003"], &[(1, &[])]);
    let holdout = Holdout::from_pairs([(1, "c+2003"), (2, "a+2001")]);
    let text = serde_json::to_string(&evaluate(&model, &holdout, &[1, 20])).unwrap();
    let report: Report = serde_json::from_str(&text).unwrap();
    assert_eq!([report.hit_1, report.precision_1, report.recall_1, report.ndcg_1], [0.0; 4]);
    assert_eq!([report.hit_20, report.recall_20], [0.5, 0.5]);
    assert_eq!(report.precision_20, 0.025);
    assert_eq!(report.ndcg_20, 0.25);
    assert_eq!(report.evaluated_users, 2);
    assert_eq!(report.holdout_interactions, 2);
    assert_eq!(report.users_without_recommendations, 1);
}

#[test]
fn cut_offs_stand_in_ascending_order() {
    let model = FakeModel::new(&["a+2001"], &[(1, &[])]);
    let text =
        serde_json::to_string(&evaluate(&model, &Holdout::from_pairs([(1, "a+2001")]), &[20, 3]))
            .unwrap();
    assert!(text.find("\"hit@3\"").unwrap() < text.find("\"hit@20\"").unwrap(), "{text}");
    assert!(text.starts_with("{\"hit@3\":1.0,\"precision@3\":0.3333333333333333,"), "{text}");
}
