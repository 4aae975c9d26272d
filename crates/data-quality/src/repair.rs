use std::{fmt, str::FromStr};

use crate::value::Value;

/// What is done to ratings and timestamps before they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repair {
    /// Ratings are cut to integers and moved into 1 to 5, timestamps cut to integers and moved to 0
    /// or later: 4.7 becomes 4, 99 becomes 5, `1e9` a billion.
    #[default]
    Clip,
    /// Nothing: such values are rejected.
    None,
}

impl Repair {
    /// The name used in flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Repair {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "clip" => Ok(Self::Clip),
            "none" => Ok(Self::None),
            _ => Err(format!("{name:?} is neither clip nor none")),
        }
    }
}

/// The number cut to an integer and moved into the range, and whether that made a difference.
///
/// `spelt` says that the value was read from text, where an integer is digits alone: `5.0` is one
/// only by repair.
pub(crate) fn clip<'a>(value: Value<'a>, least: i64, most: i64, spelt: bool) -> (Value<'a>, bool) {
    match value {
        Value::Int(int) => {
            let clipped = int.clamp(least, most);
            (Value::Int(clipped), clipped != int)
        }
        Value::Float(float) | Value::Huge(float) => {
            let whole = float.trunc();
            // 2^63 is the least number past the type.
            let beyond = whole >= 9_223_372_036_854_775_808.0;
            if beyond && most == i64::MAX {
                return (Value::Huge(whole), false);
            }
            let clipped = (whole as i64).clamp(least, most);
            (Value::Int(clipped), spelt || clipped as f64 != float)
        }
        other => (other, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_and_moved() {
        let rating = |value| match clip(value, 1, 5, false) {
            (Value::Int(int), changed) => (int, changed),
            other => panic!("{other:?}"),
        };
        assert_eq!(rating(Value::Int(4)), (4, false));
        assert_eq!(rating(Value::Int(99)), (5, true));
        assert_eq!(rating(Value::Int(-3)), (1, true));
        assert_eq!(rating(Value::Float(4.7)), (4, true));
        assert_eq!(rating(Value::Float(4.0)), (4, false));
        assert_eq!(rating(Value::Huge(1e30)), (5, true));
        assert!(matches!(clip(Value::Float(4.0), 1, 5, true), (Value::Int(4), true)));
        assert!(matches!(clip(Value::Float(-0.5), 0, i64::MAX, false), (Value::Int(0), true)));
        assert!(matches!(clip(Value::Huge(1e30), 0, i64::MAX, false), (Value::Huge(_), false)));
        assert!(matches!(clip(Value::Text("x"), 1, 5, true), (Value::Text("x"), false)));
    }
}
