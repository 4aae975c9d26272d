//! Numbers for people.

use std::fmt;

use crate::html::Html;

/// A value as it is shown. Numbers get thousands separators and three significant digits, more
/// where a share lies so close to 1 that three would hide the difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, shown as it is.
    Text(String),
    /// How many of something: `16,512,004`.
    Count(u64),
    /// A number without a unit: `0.312`, `12.4`, `1,235`.
    Real(f64),
    /// A part of a whole, from 0 to 1, shown in per cent: `28.0%`.
    Share(f64),
    /// The difference of two numbers, with its sign: `+0.0269`.
    Change(f64),
    /// The difference of two shares, as a part of the whole, shown in percentage points:
    /// `+2.69 pp`.
    ShareChange(f64),
    /// The size of a difference of shares, without a sign: `2.69 pp`.
    Points(f64),
    /// A number that could not be computed, and why.
    Missing(String),
}

impl Value {
    /// `number` in `unit`, or that it could not be computed and why.
    pub fn in_unit(unit: Unit, number: Option<f64>, reason: &str) -> Self {
        match number.filter(|number| number.is_finite()) {
            None => Self::Missing(reason.to_owned()),
            Some(number) => match unit {
                // Saturating: a count past 2^64 does not occur, and a negative one shows as 0.
                Unit::Count => Self::Count(number.round() as u64),
                Unit::Real => Self::Real(number),
                Unit::Share => Self::Share(number),
                Unit::Points => Self::Points(number),
            },
        }
    }

    /// Writes the value; of a number its exact form is kept for programs.
    pub(crate) fn write(&self, html: &mut Html) {
        let exact = match *self {
            Self::Count(count) => Some(count.to_string()),
            // Adding zero turns −0 into 0.
            Self::Real(x)
            | Self::Share(x)
            | Self::Change(x)
            | Self::ShareChange(x)
            | Self::Points(x) => x.is_finite().then(|| (x + 0.0).to_string()),
            Self::Text(_) | Self::Missing(_) => None,
        };
        match (exact, self) {
            (Some(exact), _) => {
                html.open("data").attr("value", exact).text(self).close();
            }
            (None, Self::Text(_)) => {
                html.element("bdi", "", self);
            }
            (None, _) => {
                html.element("span", "missing", self);
            }
        }
    }

    /// Whether the value is shown as a number and stands to the right in a table.
    pub(crate) fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Missing(_))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Count(count) => formatter.write_str(&grouped(&count.to_string())),
            Self::Missing(reason) if reason.is_empty() => formatter.write_str("not computable"),
            Self::Missing(reason) => write!(formatter, "not computable: {reason}"),
            Self::Real(x)
            | Self::Share(x)
            | Self::Change(x)
            | Self::ShareChange(x)
            | Self::Points(x)
                if !x.is_finite() =>
            {
                formatter.write_str("not computable")
            }
            Self::Real(x) => formatter.write_str(&real(*x)),
            Self::Share(x) => formatter.write_str(&per_cent(*x)),
            Self::Change(x) => formatter.write_str(&signed(*x, &real(*x))),
            Self::Points(x) => write!(formatter, "{} pp", real(100.0 * x)),
            Self::ShareChange(x) => {
                let points = 100.0 * x;
                write!(formatter, "{} pp", signed(points, &real(points)))
            }
        }
    }
}

/// What a chart measures, which decides how its numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// How many of something.
    Count,
    /// A number without a unit.
    #[default]
    Real,
    /// A part of a whole, from 0 to 1.
    Share,
    /// The size of a difference of shares, as a part of the whole; shown in percentage points.
    Points,
}

impl Unit {
    /// `number` as a limit is written: with the digits it was given, to five of them, because
    /// rounding 0.9999 to three would make it 1.
    pub fn exactly(self, number: f64) -> String {
        match self {
            Self::Count => grouped(&trimmed(number, 5)),
            Self::Real => trimmed(number, 5),
            Self::Share => format!("{}%", trimmed(100.0 * number, 5)),
            Self::Points => format!("{} pp", trimmed(100.0 * number, 5)),
        }
    }

    /// `number` as the mark of an axis whose marks are `step` apart: short, and with as many
    /// decimals as the step has.
    pub(crate) fn mark(self, number: f64, step: f64) -> String {
        match self {
            Self::Share | Self::Points => {
                format!("{}%", fixed(100.0 * number, decimals_of(100.0 * step)))
            }
            Self::Count | Self::Real => {
                let (scale, suffix) = match number.abs() {
                    x if x >= 1e9 => (1e9, "G"),
                    x if x >= 1e6 => (1e6, "M"),
                    x if x >= 1e4 => (1e3, "k"),
                    _ => (1.0, ""),
                };
                format!("{}{suffix}", grouped(&fixed(number / scale, decimals_of(step / scale))))
            }
        }
    }
}

/// Three significant digits, all digits before the point, and powers of ten below 0.0001.
fn real(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let magnitude = x.abs();
    if magnitude < 1e-4 {
        return format!("{x:.2e}").replace('-', "−");
    }
    if magnitude >= 1e15 {
        return format!("{x:.2e}").replace('-', "−");
    }
    let decimals = (2 - magnitude_of(magnitude)).max(0);
    let text = fixed(x, decimals.unsigned_abs());
    // Whole numbers stay whole: 12, not 12.0.
    match text.split_once('.') {
        Some((whole, fraction)) if x.fract() == 0.0 && fraction.bytes().all(|b| b == b'0') => {
            grouped(whole)
        }
        _ => grouped(&text),
    }
}

/// Per cent with three significant digits, and at least two of the distance to 100 %.
fn per_cent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent == 100.0 {
        return format!("{}%", fixed(percent, 0));
    }
    if percent.abs() < 1e-3 {
        return format!("{percent:.1e}%").replace('-', "−");
    }
    let least = i32::from(percent.abs() < 100.0);
    let mut decimals = (2 - magnitude_of(percent.abs())).max(least);
    let rest = (100.0 - percent).abs();
    if rest > 1e-9 {
        decimals = decimals.max(1 - magnitude_of(rest));
    }
    format!("{}%", grouped(&fixed(percent, decimals.unsigned_abs())))
}

/// The power of ten of the first digit of a positive number.
fn magnitude_of(x: f64) -> i32 {
    // Every finite double lies within ±324, so the cast is exact.
    x.log10().floor() as i32
}

/// `x` with at most `digits` significant digits and no trailing zeros.
fn trimmed(x: f64, digits: i32) -> String {
    if !x.is_finite() {
        return "not computable".to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    let decimals = (digits - 1 - magnitude_of(x.abs())).clamp(0, 12);
    let text = fixed(x, decimals.unsigned_abs());
    match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => grouped(whole),
            fraction => format!("{}.{fraction}", grouped(whole)),
        },
        None => grouped(&text),
    }
}

/// How many decimals numbers need that are `step` apart.
fn decimals_of(step: f64) -> u32 {
    if step > 0.0 && step.is_finite() {
        // The added margin takes 0.1 as 10^-1 although its logarithm may fall short of it.
        let places = -(step.log10() + 1e-9).floor() as i32;
        let fits = |places: i32| {
            let scaled = step * 10_f64.powi(places);
            (scaled - scaled.round()).abs() < 1e-6
        };
        let places = places.clamp(0, 8);
        if places < 8 && !fits(places) {
            return places.unsigned_abs() + 1;
        }
        return places.unsigned_abs();
    }
    0
}

/// `x` with `decimals` digits after the point and a true minus sign; never "−0".
fn fixed(x: f64, decimals: u32) -> String {
    let text = format!("{x:.*}", decimals as usize);
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// `text`, the form of `x`, with a plus sign if `x` is above zero.
fn signed(x: f64, text: &str) -> String {
    if x > 0.0 { format!("+{text}") } else { text.to_owned() }
}

/// `text`, a decimal number, with a comma between thousands.
fn grouped(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('−') {
        Some(rest) => ("−", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let cases = [
            (Value::Count(0), "0"),
            (Value::Count(999), "999"),
            (Value::Count(16_512_004), "16,512,004"),
            (Value::Count(u64::MAX), "18,446,744,073,709,551,615"),
            (Value::Real(1.219_663_171), "1.22"),
            (Value::Real(0.031_249), "0.0312"),
            (Value::Real(32.05), "32.0"),
            (Value::Real(26.0), "26"),
            (Value::Real(1_234.56), "1,235"),
            (Value::Real(-1_234_567.0), "−1,234,567"),
            (Value::Real(0.000_002_34), "2.34e−6"),
            (Value::Real(-0.0), "0"),
            (Value::Share(0.279_823), "28.0%"),
            (Value::Share(0.999_87), "99.987%"),
            (Value::Share(0.000_5), "0.0500%"),
            (Value::Share(1.0), "100%"),
            (Value::Share(0.0), "0%"),
            (Value::Share(-0.0), "0%"),
            (Value::ShareChange(-0.0), "0 pp"),
            (Value::Share(12.5), "1,250%"),
            (Value::Change(0.026_870_4), "+0.0269"),
            (Value::Change(-6.05), "−6.05"),
            (Value::Change(0.0), "0"),
            (Value::ShareChange(-0.011_193), "−1.12 pp"),
            (Value::ShareChange(0.1), "+10 pp"),
            (Value::Points(0.093_1), "9.31 pp"),
        ];
        for (value, expected) in cases {
            assert_eq!(value.to_string(), expected, "{value:?}");
        }
    }

    #[test]
    fn what_is_not_finite_is_never_printed_as_a_number() {
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for value in [Value::Real(x), Value::Share(x), Value::Change(x), Value::ShareChange(x)]
            {
                assert_eq!(value.to_string(), "not computable");
            }
            assert_eq!(
                Value::in_unit(Unit::Real, Some(x), "no rows").to_string(),
                "not computable: no rows"
            );
        }
        assert_eq!(Value::Missing(String::new()).to_string(), "not computable");
    }

    #[test]
    fn limits_keep_the_digits_they_were_given() {
        assert_eq!(Unit::Share.exactly(0.9999), "99.99%");
        assert_eq!(Unit::Share.exactly(0.4), "40%");
        assert_eq!(Unit::Real.exactly(0.1), "0.1");
        assert_eq!(Unit::Points.exactly(0.05), "5 pp");
        assert_eq!(Unit::Real.exactly(0.083_217_49), "0.083217");
        assert_eq!(Unit::Count.exactly(250_000.0), "250,000");
        assert_eq!(Unit::Share.exactly(0.0), "0%");
    }

    #[test]
    fn marks_of_an_axis_are_short_and_alike() {
        assert_eq!(Unit::Share.mark(0.2, 0.2), "20%");
        assert_eq!(Unit::Share.mark(0.025, 0.005), "2.5%");
        assert_eq!(Unit::Count.mark(25_000.0, 5_000.0), "25k");
        assert_eq!(Unit::Count.mark(1_500_000.0, 500_000.0), "1.5M");
        assert_eq!(Unit::Real.mark(0.3, 0.1), "0.3");
        assert_eq!(Unit::Real.mark(2.0, 2.5), "2.0");
        assert_eq!(Unit::Count.mark(5_000.0, 5_000.0), "5,000");
    }
}
