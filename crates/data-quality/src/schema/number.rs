use std::cmp::Ordering;

use serde_json::Number;

/// A number of JSON, compared by its value whatever its form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Exact {
    Int(i128),
    /// Never NaN.
    Float(f64),
}

impl Exact {
    pub(crate) fn of(number: &Number) -> Option<Self> {
        let int = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
        match int {
            Some(int) => Some(Self::Int(int)),
            None => number.as_f64().filter(|float| !float.is_nan()).map(Self::Float),
        }
    }

    pub(crate) fn cmp(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Self::Int(a), Self::Float(b)) => int_to_float(a, b),
            (Self::Float(a), Self::Int(b)) => int_to_float(b, a).reverse(),
        }
    }

    /// The least integer that is not below the number, as far as 64 bits go.
    pub(crate) fn ceil(self) -> i128 {
        match self {
            Self::Int(int) => int,
            // The cast stops at the ends of the type.
            Self::Float(float) => float.ceil() as i128,
        }
    }

    /// The greatest integer that is not above the number, as far as 64 bits go.
    pub(crate) fn floor(self) -> i128 {
        match self {
            Self::Int(int) => int,
            Self::Float(float) => float.floor() as i128,
        }
    }

    pub(crate) fn is_integer(self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }
}

/// Compares without rounding the integer.
fn int_to_float(int: i128, float: f64) -> Ordering {
    // Past 2^127 the cast stops at the ends of the type, which are beyond every integer here.
    let whole = float.trunc();
    int.cmp(&(whole as i128)).then_with(|| {
        if float > whole {
            Ordering::Less
        } else if float < whole {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_without_rounding() {
        let big = Exact::Int(9_007_199_254_740_993);
        assert_eq!(big.cmp(Exact::Float(9_007_199_254_740_992.0)), Ordering::Greater);
        assert_eq!(Exact::Float(-0.5).cmp(Exact::Int(0)), Ordering::Less);
        assert_eq!(Exact::Int(0).cmp(Exact::Float(-0.5)), Ordering::Greater);
        assert_eq!(Exact::Int(5).cmp(Exact::Float(5.0)), Ordering::Equal);
        assert_eq!(Exact::Float(1e300).cmp(Exact::Int(i128::from(i64::MAX))), Ordering::Greater);
        assert_eq!((Exact::Float(-1.5).ceil(), Exact::Float(-1.5).floor()), (-1, -2));
    }
}
