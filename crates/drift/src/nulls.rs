use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

/// The places of all nulls in `value` as JSON, such as `rating_psi.psi`; those of a list's items
/// under the list's name and `[]`.
pub(crate) fn nulls(value: &impl Serialize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Metrics are plain data, which always has a JSON form.
    if let Ok(json) = serde_json::to_value(value) {
        collect("", &json, &mut found);
    }
    found
}

fn collect(place: &str, json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Null => {
            found.insert(place.to_owned());
        }
        Json::Object(fields) => {
            for (name, field) in fields {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                collect(&inner, field, found);
            }
        }
        Json::Array(items) => {
            let inner = format!("{place}[]");
            items.iter().for_each(|item| collect(&inner, item, found));
        }
        Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
