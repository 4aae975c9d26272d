//! Axes: ranges, marks, and places on them.

use std::fmt;

/// A place along an axis, in per cent of its length, so that a drawing is as wide as the page
/// lets it be while its text keeps its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", Coordinate(self.0))
    }
}

/// A number of a drawing, with two decimals at most; 0 for what is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coordinate(pub(crate) f64);

impl fmt::Display for Coordinate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Adding zero turns -0 into 0.
        let shown = if rounded.is_finite() { rounded + 0.0 } else { 0.0 };
        write!(formatter, "{shown}")
    }
}

/// The range of an axis, never empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Scale {
    /// From `low` to `high`; from 0 to 1 if that is no range.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        // A length outside these bounds has no step that doubles can count in.
        if (1e-250..1e250).contains(&(high - low)) {
            Self { low, high }
        } else {
            Self { low: 0.0, high: 1.0 }
        }
    }

    /// The range that holds every finite number of `values`, zero too, up to a round number.
    pub(crate) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let scale = Self::new(low, high);
        let step = scale.step(4);
        Self { low: (scale.low / step).floor() * step, high: (scale.high / step).ceil() * step }
    }

    /// Where `value` stands, from 0 to 1, held to the ends.
    pub(crate) fn place(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// A round step (1, 2, 2.5 or 5 times a power of ten) that makes about `count` parts.
    pub(crate) fn step(self, count: u32) -> f64 {
        let rough = (self.high - self.low) / f64::from(count.max(1));
        let power = 10_f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .find(|factor| factor * power >= rough * (1.0 - 1e-9))
            .unwrap_or(10.0);
        factor * power
    }

    /// The multiples of `step` in the range, lowest first; at most 100 of them.
    pub(crate) fn marks(self, step: f64) -> Vec<f64> {
        let first = (self.low / step - 1e-9).ceil();
        (0_u32..100)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|mark| *mark <= self.high + step * 1e-9)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_finite() {
        assert_eq!(Percent(100.0 / 3.0).to_string(), "33.33%");
        assert_eq!(Coordinate(-0.001).to_string(), "0");
        assert_eq!(Coordinate(f64::NAN).to_string(), "0");
        assert_eq!(Coordinate(f64::INFINITY).to_string(), "0");
    }

    #[test]
    fn ranges_end_on_round_numbers() {
        let scale = Scale::around([0.07, 0.39, f64::NAN].into_iter());
        assert_eq!(scale.marks(scale.step(4)).len(), 5);
        assert!((scale.high - 0.4).abs() < 1e-12, "{scale:?}");
        let scale = Scale::around([-3.0, 8.0].into_iter());
        assert_eq!((scale.low, scale.high), (-5.0, 10.0));
    }

    #[test]
    fn an_empty_range_is_from_zero_to_one() {
        for scale in [
            Scale::new(f64::NAN, 1.0),
            Scale::new(2.0, 2.0),
            Scale::around([].into_iter()),
            Scale::around([0.0].into_iter()),
        ] {
            assert_eq!((scale.low, scale.high), (0.0, 1.0));
        }
    }

    #[test]
    fn places_are_held_to_the_ends() {
        let scale = Scale::new(0.0, 4.0);
        assert_eq!(scale.place(1.0), 0.25);
        assert_eq!(scale.place(9.0), 1.0);
        assert_eq!(scale.place(-9.0), 0.0);
    }
}
