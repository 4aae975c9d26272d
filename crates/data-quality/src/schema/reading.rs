//! What a field of text may be read as.

use serde_json::{Map, Value as Json};

use crate::{
    pattern::Pattern,
    value::{Types, Value},
};

/// Keywords that speak of numbers, and those that speak of text.
const OF_NUMBERS: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const OF_TEXTS: [&str; 3] = ["minLength", "maxLength", "pattern"];

/// The types of all that a schema says of a column, wherever it says it; text where it says
/// nothing.
pub(super) fn field_types(schema: &Json, column: &str) -> Types {
    let mut walk = Walk { root: schema, seen: Vec::new(), named: Types::NONE, hinted: Types::NONE };
    walk.row(schema, column);
    // A limit of an integer does not make it any number.
    let is_integer = walk.named.meets(Types::INTEGER) && !walk.named.meets(Types::NUMBER);
    let number = Types::INTEGER.union(Types::NUMBER);
    let hinted_number = walk.hinted.meets(number) && !is_integer;
    let mut types = walk.named;
    if hinted_number {
        types = types.union(number);
    }
    if walk.hinted.meets(Types::STRING) || types == Types::NONE {
        types = types.union(Types::STRING);
    }
    types
}

/// A way through a schema, each reference followed once.
struct Walk<'a> {
    root: &'a Json,
    /// References that were followed from rows and from values.
    seen: Vec<(bool, &'a str)>,
    /// By `type`, `enum` and `const`.
    named: Types,
    /// By keywords that a value of another type does not heed.
    hinted: Types,
}

impl<'a> Walk<'a> {
    /// What the schema of a row says of a column.
    fn row(&mut self, schema: &'a Json, column: &str) {
        let Some(keywords) = schema.as_object() else { return };
        let mut described = false;
        if let Some(schema) = keywords.get("properties").and_then(|columns| columns.get(column)) {
            described = true;
            self.value(schema);
        }
        let patterns = keywords.get("patternProperties").and_then(Json::as_object);
        for (pattern, schema) in patterns.into_iter().flatten() {
            if Pattern::new(pattern).is_ok_and(|pattern| pattern.is_match(column)) {
                described = true;
                self.value(schema);
            }
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(schema) = keywords.get(keyword).filter(|_| !described) {
                self.value(schema);
            }
        }
        for part in self.parts(keywords, true) {
            self.row(part, column);
        }
    }

    /// What the schema of a value says of its type.
    fn value(&mut self, schema: &'a Json) {
        let Some(keywords) = schema.as_object() else { return };
        let has = |names: &[&str]| names.iter().any(|&name| keywords.contains_key(name));
        match keywords.get("type") {
            Some(Json::String(name)) => self.name(name),
            Some(Json::Array(names)) => {
                names.iter().filter_map(Json::as_str).for_each(|name| self.name(name));
            }
            _ => {
                let number = Types::INTEGER.union(Types::NUMBER);
                self.hinted =
                    self.hinted.union(if has(&OF_NUMBERS) { number } else { Types::NONE });
                let text = if has(&OF_TEXTS) { Types::STRING } else { Types::NONE };
                self.hinted = self.hinted.union(text);
            }
        }
        let listed = keywords.get("enum").and_then(Json::as_array).into_iter().flatten();
        for option in listed.chain(keywords.get("const")) {
            self.named = self.named.union(Value::of_json(option).types());
        }
        for part in self.parts(keywords, false) {
            self.value(part);
        }
    }

    fn name(&mut self, name: &str) {
        self.named = self.named.union(Types::named(name).unwrap_or(Types::NONE));
    }

    /// The schemas that speak of the same row or value.
    fn parts(&mut self, keywords: &'a Map<String, Json>, of_row: bool) -> Vec<&'a Json> {
        let mut parts = Vec::new();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            parts.extend(keywords.get(keyword).and_then(Json::as_array).into_iter().flatten());
        }
        parts.extend(["not", "if", "then", "else"].iter().filter_map(|&name| keywords.get(name)));
        if let Some(reference) = keywords.get("$ref").and_then(Json::as_str)
            && let Some(place) = reference.strip_prefix('#')
            && !self.seen.contains(&(of_row, reference))
        {
            self.seen.push((of_row, reference));
            parts.extend(self.root.pointer(place));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_found_wherever_they_are_said() {
        let number = Types::INTEGER.union(Types::NUMBER);
        for (column, expected) in [
            (json!({}), Types::STRING),
            (json!(true), Types::STRING),
            (json!({"type": "integer", "minimum": 0}), Types::INTEGER),
            (json!({"$ref": "#/$defs/i"}), Types::INTEGER),
            (json!({"allOf": [{"$ref": "#/$defs/i"}, {"minimum": 0}]}), Types::INTEGER),
            (json!({"oneOf": [{"type": "null"}, {"minimum": 0}]}), Types::NULL.union(number)),
            (json!({"enum": [12, "x"]}), Types::INTEGER.union(Types::NUMBER).union(Types::STRING)),
            (json!({"const": 1.5}), Types::NUMBER),
            (json!({"multipleOf": 2}), number),
            (json!({"maxLength": 2}), Types::STRING),
            (json!({"$ref": "#/$defs/loop"}), Types::BOOLEAN),
        ] {
            let schema = json!({"properties": {"x": column}, "$defs": {
                "i": {"type": "integer"},
                "loop": {"type": "boolean", "anyOf": [{"$ref": "#/$defs/loop"}]},
            }});
            assert_eq!(field_types(&schema, "x"), expected, "{schema}");
        }
        for row in [
            json!({"additionalProperties": {"type": "integer"}}),
            json!({"patternProperties": {"^x": {"type": "integer"}}}),
            json!({"$ref": "#/$defs/row", "$defs": {"row": {"properties": {"x": {"const": 3}}}}}),
        ] {
            assert!(field_types(&row, "x").meets(Types::INTEGER), "{row}");
        }
    }
}
