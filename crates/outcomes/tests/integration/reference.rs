use marquee_outcomes::{FeedbackConfig, FeedbackLoop, LogBlock, Rule, WatchThroughConfig};
use serde_json::Value;

use crate::{by, evaluate, fixture, hours};

fn expected(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

#[test]
fn totals_conversions_and_rates_are_the_references() {
    for (name, config) in [
        ("online_evaluation.json", by(Rule::Reference)),
        (
            "online_evaluation_2h.json",
            WatchThroughConfig { window: hours(2), alpha: 0.1, ..by(Rule::Reference) },
        ),
    ] {
        let expected = expected(name);
        let report = serde_json::to_value(evaluate(config, fixture("clean.log"))).unwrap();
        for key in [
            "metric",
            "total_log_lines",
            "attribution_window_hours",
            "total_recommendation_events",
            "converted_recommendation_events",
            "watch_through_rate",
        ] {
            assert_eq!(report[key], expected[key], "{name} {key}");
        }
        let variants = expected["variant_breakdown"].as_object().unwrap();
        let (mut total, mut converted) = (0, 0);
        for (variant, counts) in variants {
            let ours = &report["variant_breakdown"][variant];
            // The reference leaves out users without a watch, who convert nothing.
            let key = "converted_recommendation_events";
            assert_eq!(ours[key], counts[key], "{name} {variant}");
            let key = "total_recommendation_events";
            assert!(ours[key].as_u64() >= counts[key].as_u64(), "{name} {variant}");
            total += ours[key].as_u64().unwrap();
            converted += ours["converted_recommendation_events"].as_u64().unwrap();
        }
        assert_eq!(total, report["total_recommendation_events"]);
        assert_eq!(converted, report["converted_recommendation_events"]);
        for key in ["alpha", "variant_a", "variant_b"] {
            assert_eq!(report["z_test"][key], expected["z_test"][key], "{name} {key}");
        }
        assert_eq!(report["late_events"], 0);
        assert_eq!(report["refused_lines"], 0);
    }
}

/// By the rule `start` fewer lists are converted, as what was playing and what was counted twice is
/// left out.
#[test]
fn the_rule_start_counts_less() {
    let [start, reference] =
        [Rule::Start, Rule::Reference].map(|rule| evaluate(by(rule), fixture("clean.log")));
    assert!(start.converted_recommendation_events < reference.converted_recommendation_events);
    assert_eq!(
        start.total_recommendation_events + start.censored_recommendation_events,
        reference.total_recommendation_events
    );
    assert!(start.censored_recommendation_events > 0);
}

fn assert_near(ours: &Value, theirs: &Value, place: &str) {
    match theirs {
        Value::Object(members) => {
            for (key, member) in members {
                assert_near(&ours[key], member, &format!("{place}.{key}"));
            }
        }
        Value::Array(items) => {
            assert_eq!(ours.as_array().unwrap().len(), items.len(), "{place}");
            for (at, item) in items.iter().enumerate() {
                assert_near(&ours[at], item, &format!("{place}[{at}]"));
            }
        }
        Value::Number(number) => {
            let (ours, theirs) = (ours.as_f64().unwrap(), number.as_f64().unwrap());
            assert!((ours - theirs).abs() <= 1e-9, "{place}: {ours} is not {theirs}");
        }
        _ => assert_eq!(ours, theirs, "{place}"),
    }
}

/// Every key of the reference's report, texts alike and numbers to 1e-9.
#[test]
fn the_feedback_report_is_the_references() {
    let config = FeedbackConfig { window: hours(48), ..FeedbackConfig::default() };
    let mut analysis = FeedbackLoop::new(config).unwrap();
    analysis.take(LogBlock::read(&fixture("clean.log")));
    let report = serde_json::to_value(analysis.finish("clean.log").unwrap()).unwrap();
    assert_near(&report, &expected("feedback_loop.json"), "report");
}
