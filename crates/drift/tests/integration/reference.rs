use marquee_dataset::NoProgress;
use marquee_drift::{DriftConfig, DriftReport, Keep, PsiBins, TableSummary, compare, inspect};
use serde_json::Value;

use crate::fixture;

fn read(name: &str) -> TableSummary {
    TableSummary::read(&fixture(name), Keep::Counts, &mut NoProgress).unwrap()
}

/// Everything the reference's report holds is in ours: keys in their order, numbers to 1e-9.
fn check_holds(expected: &Value, ours: &Value, place: &str) {
    match (expected, ours) {
        (Value::Object(expected), Value::Object(ours)) => {
            let places: Vec<_> =
                expected.keys().map(|key| ours.keys().position(|known| known == key)).collect();
            assert!(places.iter().all(Option::is_some), "{place}: {expected:?} in {ours:?}");
            for (key, value) in expected {
                check_holds(value, &ours[key], &format!("{place}/{key}"));
            }
        }
        (Value::Array(expected), Value::Array(ours)) => {
            assert_eq!(expected.len(), ours.len(), "{place}");
            for (index, (expected, ours)) in expected.iter().zip(ours).enumerate() {
                check_holds(expected, ours, &format!("{place}/{index}"));
            }
        }
        (Value::Number(expected), Value::Number(ours)) => {
            let (expected, ours) = (expected.as_f64().unwrap(), ours.as_f64().unwrap());
            assert!((expected - ours).abs() <= 1e-9, "{place}: {ours} is not {expected}");
        }
        _ => assert_eq!(expected, ours, "{place}"),
    }
}

fn check_report(mut report: DriftReport, expected: &str, additions: &[&str]) {
    report.current_path = "drift_cur.csv".to_owned();
    if report.reference_path.is_none() && expected.contains("ref_vs_cur") {
        report.reference_path = Some("drift_ref.csv".to_owned());
    }
    let expected: Value =
        serde_json::from_slice(&fs_err::read(fixture(expected)).unwrap()).unwrap();
    let ours = serde_json::to_value(&report).unwrap();
    check_holds(&expected, &ours, "");
    // What is added stands beside what there was, never inside of it.
    let metrics = ours["metrics"].as_object().unwrap();
    for (name, value) in metrics {
        match expected["metrics"].get(name) {
            Some(known) => {
                let keys = |value: &Value| value.as_object().unwrap().len();
                assert_eq!(keys(known), keys(value), "{name}");
            }
            None => assert!(additions.contains(&name.as_str()), "{name} is not documented"),
        }
    }
    assert_eq!(metrics.len(), expected["metrics"].as_object().unwrap().len() + additions.len());
}

#[test]
fn two_tables_give_the_numbers_of_the_reference() {
    for psi_bins in [PsiBins::Open, PsiBins::Reference] {
        let config = DriftConfig { psi_bins, ..DriftConfig::default() };
        let (report, _) =
            compare(&read("drift_ref.csv"), &read("drift_cur.csv"), None, &config).unwrap();
        let additions = [
            "rating_distribution",
            "film_distribution",
            "genre_distribution",
            "hourly_volume",
            "film_turnover",
            "activity_collapse",
        ];
        check_report(report, "drift_ref_vs_cur.json", &additions);
    }
}

#[test]
fn one_table_gives_the_numbers_of_the_reference() {
    let (report, _) = inspect(&read("drift_cur.csv"), &DriftConfig::default()).unwrap();
    check_report(report, "drift_single.json", &[]);
}
