//! Every number and flag of the report, under the names they have there.

use std::collections::BTreeMap;

use marquee_pages::{Block, Cell, Flag, Tone, Value};
use serde::Serialize;
use serde_json::Value as Json;

use super::listing;
use crate::DriftReport;

/// Numbers, flags and names of a report by their places in it, such as `rating_psi.psi`.
pub(super) struct Numbers {
    metrics: BTreeMap<String, Json>,
}

impl Numbers {
    pub(super) fn of(report: &DriftReport) -> Self {
        Self { metrics: leaves(&report.metrics) }
    }

    /// The number at a place under `metrics`.
    pub(super) fn get(&self, place: &str) -> Option<f64> {
        self.metrics.get(place)?.as_f64()
    }

    /// The tables of all numbers, thresholds and what is known of the calibration.
    pub(super) fn blocks(&self, report: &DriftReport) -> Vec<Block> {
        let rows = |leaves: &BTreeMap<String, Json>| {
            leaves.iter().map(|(place, leaf)| (place.clone(), cell(place, leaf, report))).collect()
        };
        let mut blocks = vec![
            listing("Metrics and flags", "", rows(&self.metrics)),
            listing("Thresholds", "", rows(&leaves(&report.thresholds))),
        ];
        if report.reference_path.is_some() {
            blocks.push(listing(
                "Thresholds beyond the fourteen",
                "One that sets no drift only warns.",
                rows(&leaves(&report.additional_thresholds)),
            ));
        }
        if let Some(flags) = &report.degeneracy_flags {
            blocks.push(listing("Degeneracy", "", rows(&leaves(flags))));
        }
        if let Some(calibration) = &report.calibration {
            blocks.push(listing(
                "Calibration",
                "How the thresholds were set.",
                rows(&leaves(calibration)),
            ));
        }
        blocks
    }
}

/// The ends of `value` as JSON by their places. Lists of objects are left out: charts show them.
fn leaves(value: &impl Serialize) -> BTreeMap<String, Json> {
    let mut leaves = BTreeMap::new();
    // Reports are plain data, which always has a JSON form.
    if let Ok(json) = serde_json::to_value(value) {
        collect(String::new(), json, &mut leaves);
    }
    leaves
}

fn collect(place: String, json: Json, leaves: &mut BTreeMap<String, Json>) {
    match json {
        Json::Object(fields) => {
            for (name, field) in fields {
                let place = if place.is_empty() { name } else { format!("{place}.{name}") };
                collect(place, field, leaves);
            }
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {}
        leaf => {
            leaves.insert(place, leaf);
        }
    }
}

/// How the leaf at `place` is shown.
fn cell(place: &str, leaf: &Json, report: &DriftReport) -> Cell {
    match leaf {
        Json::Bool(true) => Cell::Flag(Flag::new(Tone::Warning, "yes")),
        Json::Bool(false) => Cell::Flag(Flag::new(Tone::Neutral, "no")),
        Json::Null => {
            let reason = report.not_computed.get(place).map_or("", String::as_str);
            Cell::Value(Value::Missing(reason.to_owned()))
        }
        Json::Number(number) => Cell::Value(match (number.as_u64(), number.as_f64()) {
            (Some(count), _) => Value::Count(count),
            (None, Some(number)) => in_unit_of(place, number),
            (None, None) => Value::Text(number.to_string()),
        }),
        Json::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item.as_f64() {
                    Some(number) => in_unit_of(place, number).to_string(),
                    None => item.to_string(),
                })
                .collect();
            Cell::Value(Value::Text(items.join(", ")))
        }
        Json::String(text) => Cell::Value(Value::Text(text.clone())),
        Json::Object(_) => Cell::Value(Value::Text(leaf.to_string())),
    }
}

/// A number in the unit that the name of its place tells.
fn in_unit_of(place: &str, number: f64) -> Value {
    let name = place.rsplit('.').next().unwrap_or(place);
    let share = name.contains("share") || name == "overlap";
    match (share, name.ends_with("_delta")) {
        (true, true) => Value::ShareChange(number),
        (true, false) => Value::Share(number),
        (false, true) => Value::Change(number),
        (false, false) if name.ends_with("_change") => Value::Share(number),
        (false, false) => Value::Real(number),
    }
}
