//! Gauges: numbers against their limits, each on a scale of its own.

use std::fmt::Write;

use crate::figure;
use crate::html::Html;
use crate::number::{Unit, Value};
use crate::scale::{Coordinate, Percent, Scale};
use crate::table::Flag;

/// Where the bar of a gauge begins, how high it is, and where its limits are written, in pixels.
const TOP: f64 = 6.0;
const BAR: f64 = 12.0;
const FIRST_LINE: f64 = 36.0;
const SECOND_LINE: f64 = 49.0;
/// Width of a character of a limit on a phone, in per cent of the scale.
const CHARACTER: f64 = 2.5;
/// A value further out than this many times its outermost limit is cut, so that the limits stay
/// apart.
const LONGEST: f64 = 2.5;

/// Numbers against their limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// What the numbers have in common.
    pub title: String,
    /// A sentence on how to read them; empty for none.
    pub caption: String,
    /// The numbers, most telling first.
    pub gauges: Vec<Gauge>,
}

/// A number, its limits and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// What is measured.
    pub name: String,
    /// What that means, in a sentence; empty for nothing.
    pub note: String,
    /// How it is written.
    pub unit: Unit,
    /// The number, or why there is none. A number that is not finite counts as none; it is drawn as
    /// a bar from zero.
    pub value: Result<f64, String>,
    /// What the number was before, where that can be compared.
    pub before: Option<f64>,
    /// The limits, drawn in and written out.
    pub limits: Vec<Limit>,
    /// The ends of the scale; chosen from the numbers if there are none.
    pub range: Option<(f64, f64)>,
    /// What follows from the number and its limits.
    pub flag: Flag,
}

/// A limit of a gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// What lies beyond it: `moderate`.
    pub name: String,
    /// Where it is.
    pub value: f64,
    /// Which side of it is beyond.
    pub side: Side,
}

/// The side of a limit that calls for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Numbers above the limit.
    #[default]
    Above,
    /// The limit and numbers above it.
    AtLeast,
    /// Numbers below the limit.
    Below,
    /// The limit and numbers further from zero, to both sides.
    EitherWay,
}

impl Side {
    /// The side of a `limit`, in words.
    fn of(self, limit: &str) -> String {
        match self {
            Self::Above => format!("above {limit}"),
            Self::AtLeast => format!("at {limit} or more"),
            Self::Below => format!("below {limit}"),
            Self::EitherWay => format!("at ±{limit} or beyond"),
        }
    }
}

impl Limit {
    /// Where the limit is drawn, and which end of the scale (0 or 1) lies beyond it.
    fn places(&self) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (first, second) = match self.side {
            Side::Above | Side::AtLeast => ((self.value, 1.0), None),
            Side::Below => ((self.value, 0.0), None),
            Side::EitherWay => ((self.value.abs(), 1.0), Some((-self.value.abs(), 0.0))),
        };
        [first].into_iter().chain(second)
    }

    /// What is written at a place of the limit: of two nothing at the first.
    fn label(&self, place: f64, unit: Unit) -> String {
        let value = unit.exactly(self.value);
        match self.side {
            Side::EitherWay if place < 0.0 => String::new(),
            Side::EitherWay => format!("{} ±{value}", self.name),
            _ => format!("{} {value}", self.name),
        }
    }

    /// What lies beyond the limit and where, in words.
    fn in_words(&self, unit: Unit) -> String {
        format!("{} {}", self.name, self.side.of(&unit.exactly(self.value)))
    }
}

impl Gauges {
    pub(crate) fn write(&self, html: &mut Html) {
        figure::open(html, "wide", &self.title, &self.caption);
        if self.gauges.is_empty() {
            figure::nothing(html);
        } else {
            html.open("ul").class("gauges");
            for gauge in &self.gauges {
                gauge.write(html);
            }
            html.close();
        }
        html.close();
    }
}

impl Gauge {
    fn number(&self) -> Option<f64> {
        let number = self.value.as_ref().ok().copied();
        number.filter(|number| number.is_finite())
    }

    fn shown(&self) -> Value {
        match &self.value {
            Ok(number) => Value::in_unit(self.unit, Some(*number), ""),
            Err(reason) => Value::Missing(reason.clone()),
        }
    }

    fn finite_limits(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(|limit| limit.value.is_finite())
    }

    /// The scale of the gauge: that given, or one that holds zero, the limits, and the value up to
    /// a multiple of the outermost limit.
    fn scale(&self) -> Scale {
        if let Some((low, high)) = self.range {
            return Scale::new(low, high);
        }
        let limits = || self.finite_limits().flat_map(Limit::places).map(|(value, _)| value);
        let numbers = || self.number().into_iter().chain(self.before);
        let reach = |limit: f64, number: f64| match limit {
            limit if limit > 0.0 => (number * 1.08).clamp(limit * 1.25, limit * LONGEST),
            _ => number * 1.08,
        };
        let high = reach(
            limits().fold(0.0, f64::max),
            numbers().filter(|n| n.is_finite()).fold(0.0, f64::max),
        );
        let low = -reach(
            -limits().fold(0.0, f64::min),
            -numbers().filter(|n| n.is_finite()).fold(0.0, f64::min),
        );
        Scale::new(low, high)
    }

    fn write(&self, html: &mut Html) {
        html.open("li").attr("data-tone", self.flag.tone.name());
        html.open("div").class("reading");
        html.open("strong").element("bdi", "", &self.name).close();
        html.open("span").class("amount");
        self.shown().write(html);
        html.close();
        if !self.flag.text.is_empty() {
            self.flag.write(html);
        }
        html.close();
        let scale = self.scale();
        if self.number().is_some() || self.finite_limits().next().is_some() {
            self.write_drawing(html, scale);
        }
        html.open("p").class("soft").text(self.in_words(scale));
        html.close().close();
    }

    /// The note, what was before, the limits, and where the scale ends if it cuts the bar.
    fn in_words(&self, scale: Scale) -> String {
        let mut parts = Vec::new();
        if !self.note.is_empty() {
            parts.push(self.note.clone());
        }
        if let Some(before) = self.before {
            let before = Value::in_unit(self.unit, Some(before), "");
            parts.push(format!("Reference (○): {before}."));
        }
        let limits: Vec<String> =
            self.limits.iter().map(|limit| limit.in_words(self.unit)).collect();
        if !limits.is_empty() {
            parts.push(format!("Flagged: {}.", limits.join(", ")));
        }
        let cut = |number: &f64| *number < scale.low || *number > scale.high;
        if let Some(number) = self.number().filter(cut) {
            let end = if number > scale.high { scale.high } else { scale.low };
            let end = Value::in_unit(self.unit, Some(end), "");
            parts.push(format!("The bar is cut at {end}."));
        }
        parts.join(" ")
    }

    fn write_drawing(&self, html: &mut Html, scale: Scale) {
        let labels = self.labels(scale);
        let two_lines = labels.iter().any(|label| label.y == SECOND_LINE);
        let height = if two_lines { SECOND_LINE } else { FIRST_LINE } + 5.0;
        let mut description = format!("{}: {}", self.name, self.shown());
        for limit in &self.limits {
            // Writing to a string does not fail.
            let _ = write!(description, "; {}", limit.in_words(self.unit));
        }
        figure::open_drawing(html, "gauge", height, &self.name, description);
        let across = |html: &mut Html, class: &str, from: f64, to: f64, top: f64, height: f64| {
            html.open("rect")
                .class(class)
                .attr("x", Percent(100.0 * from.min(to)))
                .attr("width", Percent(100.0 * (to - from).abs()))
                .attr("y", Coordinate(top))
                .attr("height", Coordinate(height))
                .close();
        };
        across(html, "track", 0.0, 1.0, TOP, BAR);
        for limit in self.finite_limits() {
            for (value, end) in limit.places() {
                across(html, "beyond", scale.place(value), end, TOP, BAR);
            }
        }
        if let Some(number) = self.number() {
            let zero = scale.place(0.0);
            across(html, "bar", zero, scale.place(number), TOP + 2.0, BAR - 4.0);
            if number > scale.high || number < scale.low {
                write_cut(html, number > scale.high);
            }
        }
        for label in &labels {
            label.write(html);
        }
        if let Some(before) = self.before.filter(|before| before.is_finite()) {
            html.open("circle")
                .class("before")
                .attr("cx", Percent(100.0 * scale.place(before)))
                .attr("cy", Coordinate(TOP + BAR / 2.0))
                .attr("r", 4.5)
                .close();
        }
        html.close();
    }

    /// The limits with the places they are written at, in the order they stand on the scale.
    fn labels(&self, scale: Scale) -> Vec<Label> {
        let mut limits: Vec<(f64, &Limit)> = self
            .finite_limits()
            .flat_map(|limit| limit.places().map(move |(value, _)| (value, limit)))
            .collect();
        limits.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut labels: Vec<Label> = Vec::with_capacity(limits.len());
        for (value, limit) in limits {
            let text = limit.label(value, self.unit);
            let mut label = Label::new(100.0 * scale.place(value), text);
            if labels.iter().any(|other| other.y == FIRST_LINE && other.touches(&label)) {
                label.y = SECOND_LINE;
            }
            labels.push(label);
        }
        labels
    }
}

/// A limit as it is drawn.
struct Label {
    place: f64,
    y: f64,
    text: String,
    /// How the text stands to its place.
    anchor: &'static str,
    /// Where the text begins and ends on a narrow page, in per cent of the scale.
    span: (f64, f64),
}

impl Label {
    /// `text` at `place` per cent of the scale; near an end of the scale it grows away from it.
    fn new(place: f64, text: String) -> Self {
        let width = CHARACTER * text.chars().count() as f64;
        let (anchor, span) = if place - width / 2.0 < 0.0 {
            ("start", (place, place + width))
        } else if place + width / 2.0 > 100.0 {
            ("end", (place - width, place))
        } else {
            ("middle", (place - width / 2.0, place + width / 2.0))
        };
        Self { place, y: FIRST_LINE, text, anchor, span }
    }

    fn touches(&self, other: &Self) -> bool {
        self.span.0 < other.span.1 && other.span.0 < self.span.1
    }

    fn write(&self, html: &mut Html) {
        html.open("line")
            .class("limit")
            .attr("x1", Percent(self.place))
            .attr("x2", Percent(self.place))
            .attr("y1", 1)
            .attr("y2", Coordinate(self.y - 11.0))
            .close();
        html.open("text")
            .attr("x", Percent(self.place))
            .attr("y", Coordinate(self.y))
            .attr("text-anchor", self.anchor)
            .text(&self.text)
            .close();
    }
}

/// Marks a bar that goes on beyond the end of the scale.
fn write_cut(html: &mut Html, right: bool) {
    html.open("text")
        .class("cut")
        .attr("x", if right { "100%" } else { "0%" })
        .attr("dx", if right { -2 } else { 2 })
        .attr("y", Coordinate(TOP + BAR - 2.5))
        .attr("text-anchor", if right { "end" } else { "start" })
        .text(if right { "▶" } else { "◀" })
        .close();
}
