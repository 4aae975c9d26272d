use std::collections::BTreeMap;

use marquee_outcomes::{FeedbackConfig, FeedbackLoop, LogBlock, Rule};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{by, evaluate, fixture, hours};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Online {
    metric: String,
    log_file_processed: String,
    total_log_lines: u64,
    attribution_window_hours: u64,
    total_recommendation_events: u64,
    converted_recommendation_events: u64,
    watch_through_rate: Option<f64>,
    variant_breakdown: BTreeMap<String, Breakdown>,
    calculation_timestamp: String,
    z_test: Option<ZTest>,
    clustered_z_test: Option<ClusteredZTest>,
    rule: String,
    confidence: f64,
    watch_through_interval: Option<[f64; 2]>,
    users: u64,
    censored_recommendation_events: u64,
    empty_recommendation_events: u64,
    attributed_starts: u64,
    positions: Vec<Position>,
    seconds_to_start: Distribution,
    variants: BTreeMap<String, Arm>,
    service: Service,
    contradicted_variants: u64,
    play_gap_hours: u64,
    late_bound_seconds: u64,
    late_events: u64,
    refused_lines: u64,
    refused: BTreeMap<String, u64>,
    first_event: Option<String>,
    last_event: Option<String>,
    verdict: String,
    notes: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Breakdown {
    total_recommendation_events: u64,
    converted_recommendation_events: u64,
    watch_through_rate: Option<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ZTest {
    z_score: Option<f64>,
    p_value: Option<f64>,
    effect_size: f64,
    confidence_interval: [f64; 2],
    alpha: f64,
    variant_a: String,
    variant_b: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ClusteredZTest {
    z_score: Option<f64>,
    p_value: Option<f64>,
    effect_size: f64,
    confidence_interval: [f64; 2],
    alpha: f64,
    variant_a: String,
    variant_b: String,
    users: u64,
    users_in_both: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Position {
    position: u64,
    converted: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    count: u64,
    mean: Option<f64>,
    p50: Option<u64>,
    p90: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
    max: Option<u64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Arm {
    users: u64,
    watch_through_interval_by_list: Option<[f64; 2]>,
    watch_through_interval: Option<[f64; 2]>,
    design_effect: Option<f64>,
    censored_recommendation_events: u64,
    empty_recommendation_events: u64,
    attributed_starts: u64,
    mean_position: Option<f64>,
    seconds_to_start: Distribution,
    requests: u64,
    availability: Option<f64>,
    latency_ms: Distribution,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Service {
    requests: u64,
    statuses: BTreeMap<u16, u64>,
    availability: Option<f64>,
    availability_interval: Option<[f64; 2]>,
    latency_ms: Distribution,
    personalised_share: Option<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Feedback {
    log_file: String,
    window_hours: f64,
    top_k: usize,
    num_windows: u64,
    mean_unique_recs: Option<f64>,
    mean_gini_recs: Option<f64>,
    popularity_reinforcement: Reinforcement,
    window_summaries: Vec<Summary>,
    delta_interval: Option<[f64; 2]>,
    control: Control,
    concentration: Vec<Concentration>,
    concentration_trend: Trend,
    verdict: String,
    confidence: f64,
    total_log_lines: u64,
    refused_lines: u64,
    refused: BTreeMap<String, u64>,
    late_events: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Reinforcement {
    avg_delta_watch_share: Option<f64>,
    window_results: Vec<Result>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Result {
    window_index: u64,
    window_start: String,
    prev_watch_share_topk: Option<f64>,
    next_watch_share_topk: Option<f64>,
    delta_watch_share: Option<f64>,
    topk: usize,
    unique_recs: usize,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    start: String,
    end: String,
    coverage: usize,
    gini: f64,
    rec_count: u64,
    watch_count: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Control {
    avg_effect: Option<f64>,
    effect_interval: Option<[f64; 2]>,
    windows: Vec<ControlWindow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ControlWindow {
    window_index: u64,
    pairs: usize,
    shown_prev_share: f64,
    shown_next_share: f64,
    control_prev_share: f64,
    control_next_share: f64,
    effect: f64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Concentration {
    start: String,
    gini_shown: Option<f64>,
    gini_watched: Option<f64>,
    top10_share_shown: Option<f64>,
    top10_share_watched: Option<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Trend {
    gini_shown_per_day: Option<f64>,
    gini_watched_per_day: Option<f64>,
    top10_share_shown_per_day: Option<f64>,
    top10_share_watched_per_day: Option<f64>,
}

/// The report in the form that is stated here. Written again it has to be the same: a key that is
/// missing would be null then.
fn same_keys<T: DeserializeOwned + Serialize>(report: &impl Serialize) -> T {
    let json = serde_json::to_value(report).unwrap();
    assert!(json.is_object());
    let stated: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&stated).unwrap(), json);
    stated
}

/// Names of members, but for those of objects whose names are data.
fn names<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                found.push(name);
                match (name.as_str(), member) {
                    ("statuses" | "refused", _) => {}
                    ("variants" | "variant_breakdown", Value::Object(arms)) => {
                        arms.values().for_each(|arm| names(arm, found));
                    }
                    _ => names(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_documented() {
    let formats = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let formats = fs_err::read_to_string(formats).unwrap();
    let log = fixture("clean.log");
    let mut analysis =
        FeedbackLoop::new(FeedbackConfig { window: hours(48), ..FeedbackConfig::default() })
            .unwrap();
    analysis.take(LogBlock::read(&log));
    for (heading, report) in [
        ("Online evaluation", serde_json::to_value(evaluate(by(Rule::Start), &log))),
        ("Feedback loop", serde_json::to_value(analysis.finish("a.log").unwrap())),
    ] {
        let (_, section) = formats.split_once(&format!("\n## {heading} (JSON)\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let report = report.unwrap();
        let mut found = Vec::new();
        names(&report, &mut found);
        for name in found {
            assert!(section.contains(&format!("`{name}`")), "{heading}: {name}");
        }
    }
}

#[test]
fn the_online_report_has_these_keys_and_no_others() {
    for log in [fixture("clean.log"), Vec::new()] {
        for rule in [Rule::Start, Rule::Reference] {
            let report: Online = same_keys(&evaluate(by(rule), &log));
            assert_eq!(report.rule, rule.to_string());
            assert_eq!(report.clustered_z_test.is_some(), !log.is_empty());
        }
    }
}

#[test]
fn the_feedback_report_has_these_keys_and_no_others() {
    for log in [fixture("clean.log"), Vec::new()] {
        let config = FeedbackConfig { window: hours(48), ..FeedbackConfig::default() };
        let mut analysis = FeedbackLoop::new(config).unwrap();
        analysis.take(LogBlock::read(&log));
        let report: Feedback = same_keys(&analysis.finish("a.log").unwrap());
        assert_eq!(report.control.effect_interval.is_some(), !log.is_empty());
        assert_eq!(report.verdict.starts_with("too little"), log.is_empty(), "{}", report.verdict);
    }
}
