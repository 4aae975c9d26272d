use marquee_dataset::NoProgress;
use marquee_drift::{DriftConfig, DriftReport, Genres, Keep, TableSummary, compare, inspect};
use serde_json::Value;

use crate::fixture;

fn read(name: &str) -> TableSummary {
    TableSummary::read(&fixture(name), Keep::Counts, &mut NoProgress).unwrap()
}

fn reports() -> [DriftReport; 2] {
    let (reference, current) = (read("drift_ref.csv"), read("drift_cur.csv"));
    let catalog = serde_json::from_value(serde_json::json!({
        "the+blue+river+of+river+1961": {"title": "x", "genres": ["Drama", "Comedy"]},
    }));
    let genres = Genres::new(&catalog.unwrap(), &[&reference, &current]);
    let config = DriftConfig::default();
    [
        compare(&reference, &current, Some(&genres), &config).unwrap().0,
        inspect(&current, &config).unwrap().0,
    ]
}

#[test]
fn a_report_reads_back_and_unknown_fields_are_refused() {
    for report in reports() {
        let value = serde_json::to_value(&report).unwrap();
        assert_eq!(serde_json::from_value::<DriftReport>(value.clone()).unwrap(), report);
        for place in objects(&value, String::new()) {
            let mut odd = value.clone();
            odd.pointer_mut(&place).unwrap()["surprise"] = Value::from(1);
            let reason_map = place == "/not_computed";
            assert!(reason_map || serde_json::from_value::<DriftReport>(odd).is_err(), "{place}");
        }
    }
}

/// The places of all objects in a value.
fn objects(value: &Value, place: String) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let inside = object
                .iter()
                .flat_map(|(key, value)| objects(value, format!("{place}/{key}")))
                .collect::<Vec<_>>();
            [place].into_iter().chain(inside).collect()
        }
        Value::Array(array) => array
            .iter()
            .enumerate()
            .flat_map(|(index, value)| objects(value, format!("{place}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}

/// All keys of a report, in their order, those of lists once.
fn keys(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(format!("{place}.{key}"));
                keys(value, &format!("{place}.{key}"), found);
            }
        }
        Value::Array(array) => {
            if let Some(first) = array.first() {
                keys(first, &format!("{place}[]"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_field_of_a_report_is_lost() {
    let listed = [include_str!("comparison_keys.txt"), include_str!("snapshot_keys.txt")];
    for (report, listed) in reports().iter().zip(listed) {
        let mut found = Vec::new();
        keys(&serde_json::to_value(report).unwrap(), "", &mut found);
        found.sort();
        let mut listed: Vec<&str> = listed.lines().collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}
