use marquee_dataset::parse_integer;
use serde_json::{Number, Value as Json};

use crate::schema::Exact;

/// A value of a row, as the schema sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    /// There is none: an empty field, or a key that is not there.
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit 64 bits with a sign, rounded.
    Huge(f64),
    /// Finite.
    Float(f64),
    Text(&'a str),
    /// Bytes that are no text.
    Bytes(&'a [u8]),
    /// A list or an object.
    Nested(&'a Json),
    /// A value of Parquet that JSON has no type for.
    Foreign(&'static str),
}

/// The types of JSON as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(1 << 1);
    pub(crate) const INTEGER: Self = Self(1 << 2);
    pub(crate) const NUMBER: Self = Self(1 << 3);
    pub(crate) const STRING: Self = Self(1 << 4);
    pub(crate) const OBJECT: Self = Self(1 << 5);
    pub(crate) const ARRAY: Self = Self(1 << 6);
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ANY: Self = Self(0x7f);

    /// The type of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            _ => return None,
        })
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl<'a> Value<'a> {
    /// The number it is, if it is one.
    pub(crate) fn number(self) -> Option<Exact> {
        match self {
            Self::Int(int) => Some(Exact::Int(i128::from(int))),
            Self::Huge(float) | Self::Float(float) => Some(Exact::Float(float)),
            _ => None,
        }
    }

    /// The types it is of; a whole number is of two.
    pub(crate) fn types(self) -> Types {
        match self {
            Self::Absent => Types::NONE,
            Self::Null => Types::NULL,
            Self::Bool(_) => Types::BOOLEAN,
            Self::Int(_) | Self::Huge(_) => Types::INTEGER.union(Types::NUMBER),
            Self::Float(float) if float.fract() == 0.0 => Types::INTEGER.union(Types::NUMBER),
            Self::Float(_) => Types::NUMBER,
            Self::Text(_) => Types::STRING,
            Self::Bytes(_) | Self::Foreign(_) => Types::NONE,
            Self::Nested(Json::Array(_)) => Types::ARRAY,
            Self::Nested(_) => Types::OBJECT,
        }
    }

    /// The value of a JSON document.
    pub(crate) fn of_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(*bool),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(float)) if number.is_u64() => Self::Huge(float),
                (None, float) => Self::Float(float.unwrap_or_default()),
            },
            Json::String(text) => Self::Text(text),
            nested => Self::Nested(nested),
        }
    }

    /// The value as JSON; bytes that are no text with replacement characters.
    pub(crate) fn to_json(self) -> Option<Json> {
        Some(match self {
            Self::Absent => return None,
            Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(bool),
            Self::Int(int) => Json::from(int),
            Self::Huge(float) | Self::Float(float) => {
                Number::from_f64(float).map_or(Json::Null, Json::Number)
            }
            Self::Text(text) => Json::from(text),
            Self::Bytes(bytes) => Json::from(String::from_utf8_lossy(bytes)),
            Self::Nested(json) => json.clone(),
            Self::Foreign(name) => Json::from(format!("<{name}>")),
        })
    }
}

/// The value of a csv field: typed by what its column may hold, else text.
///
/// An empty field is no value. Integers are digits with an optional `-`; other numbers are those
/// of JSON, read only where a column may hold them.
#[inline]
pub(crate) fn of_field(field: &[u8], types: Types) -> Value<'_> {
    if field.is_empty() {
        return Value::Absent;
    }
    if types.meets(Types::INTEGER.union(Types::NUMBER)) {
        if let Some(int) = parse_integer(field) {
            return Value::Int(int);
        }
        if is_integer(field) {
            let beyond = if field.starts_with(b"-") { f64::MIN } else { f64::MAX };
            return Value::Huge(decimal(field).unwrap_or(beyond));
        }
        if types.meets(Types::NUMBER)
            && let Some(float) = decimal(field)
        {
            return Value::Float(float);
        }
    }
    match field {
        b"true" if types.meets(Types::BOOLEAN) => Value::Bool(true),
        b"false" if types.meets(Types::BOOLEAN) => Value::Bool(false),
        _ => str::from_utf8(field).map_or(Value::Bytes(field), Value::Text),
    }
}

fn is_integer(field: &[u8]) -> bool {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// A decimal number, with point or exponent or without, if it is finite.
pub(crate) fn decimal(field: &[u8]) -> Option<f64> {
    let plain = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    if !field.iter().all(plain) {
        return None;
    }
    str::from_utf8(field).ok()?.parse().ok().filter(|float: &f64| float.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_typed_by_what_their_column_may_hold() {
        let integers = |field: &'static str| of_field(field.as_bytes(), Types::INTEGER);
        assert!(matches!(integers("12"), Value::Int(12)));
        assert!(matches!(integers("-9223372036854775808"), Value::Int(i64::MIN)));
        assert!(matches!(integers("9223372036854775808"), Value::Huge(_)));
        for text in ["12.0", "1e3", "+5", " 5", "5 ", "-", "nan", "five", "0x10", "١"] {
            assert!(matches!(integers(text), Value::Text(_)), "{text}");
        }
        assert!(matches!(integers(""), Value::Absent));
        assert!(matches!(of_field(b"12.5", Types::NUMBER), Value::Float(12.5)));
        assert!(matches!(of_field(b"true", Types::BOOLEAN), Value::Bool(true)));
        assert!(matches!(of_field(b"true", Types::STRING), Value::Text("true")));
        assert!(matches!(of_field(b"12", Types::STRING), Value::Text("12")));
        assert!(matches!(of_field(b"\xff", Types::STRING), Value::Bytes(_)));
    }

    #[test]
    fn decimals_are_finite_and_spelt_with_digits() {
        assert_eq!(decimal(b"1e9"), Some(1e9));
        assert_eq!(decimal(b"1700000000.9"), Some(1_700_000_000.9));
        for text in ["nan", "inf", "1e999", "", "infinity", "1_0", "0x1"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }
}
