//! JSON whose objects must not have a key twice, which parsers leave open.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// The value of a JSON text, and the first key that one of its objects has twice.
pub(crate) fn parse_json(text: &[u8]) -> Result<(Json, Option<String>), serde_json::Error> {
    let twice = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let json = Reading(&twice).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((json, twice.into_inner()))
}

/// Reads a value, and notes the first key that is there twice.
#[derive(Clone, Copy)]
struct Reading<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        let number = Number::from_f64(value);
        number.map(Json::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if object.contains_key(&key) {
                self.0.borrow_mut().get_or_insert_with(|| key.clone());
            }
            object.insert(key, fields.next_value_seed(self)?);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_usual_parser() {
        let text =
            r#"{"a": [1, -2, 2.5, 18446744073709551615, 1e300, null, true], "b": {"c": "\u00e9"}}"#;
        let (json, twice) = parse_json(text.as_bytes()).unwrap();
        assert_eq!((json, twice), (serde_json::from_str(text).unwrap(), None));
        for bad in ["", "{", "1 2", "nul", "1e999", "{\"a\"}"] {
            assert!(parse_json(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_key_that_is_there_twice_is_named() {
        let twice = |text: &str| parse_json(text.as_bytes()).unwrap().1;
        assert_eq!(twice(r#"{"a": 1, "b": 2, "b": 3, "a": 4}"#).as_deref(), Some("b"));
        assert_eq!(twice(r#"{"a": [{"c": 1, "c": 1}]}"#).as_deref(), Some("c"));
        assert_eq!(twice(r#"{"a": {"a": 1}, "b": {"a": 1}}"#), None);
    }
}
