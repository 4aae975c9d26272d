//! Estimates with their intervals: a dot and how far the truth may lie from it.

use std::fmt::Write;

use crate::figure;
use crate::html::Html;
use crate::number::{Unit, Value};
use crate::scale::{Coordinate, Percent, Scale};
use crate::visible::shortened;

/// Height of the text above a group, of an estimate below it, and of the marks at the end, in
/// pixels.
const NAME: f64 = 18.0;
const ROW: f64 = 18.0;
const MARKS: f64 = 20.0;
/// The scale takes this much of the width, in per cent; numbers stand in the rest.
const SCALE: f64 = 62.0;
/// Characters of a name above estimates, which a phone has room for.
const LONGEST_NAME: usize = 44;

/// Estimates of the same things in one or more series, each with its interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimates {
    /// What the chart shows.
    pub title: String,
    /// A sentence on how to read it; empty for none.
    pub caption: String,
    /// What the groups are: `Metric`.
    pub category: String,
    /// What is measured.
    pub unit: Unit,
    /// Whether the estimates are differences, which are written with their sign.
    pub signed: bool,
    /// What is compared: `als`, `popularity`.
    pub series: Vec<String>,
    /// What is estimated, top to bottom.
    pub groups: Vec<EstimateGroup>,
}

/// What the series have for one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EstimateGroup {
    /// What it is: `hit`.
    pub name: String,
    /// An estimate for each series; missing ones at the end count as without a value.
    pub estimates: Vec<Estimate>,
}

/// A number that was estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The number; `None` where it could not be computed.
    pub value: Option<f64>,
    /// The ends of its interval, lower first; `None` where there is none.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    fn ends(self) -> Option<(f64, f64)> {
        self.interval.filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    fn number(self) -> Option<f64> {
        self.value.filter(|value| value.is_finite())
    }
}

/// The class of series `index`.
fn series_class(index: usize) -> &'static str {
    ["now", "third", "fourth", "then"][index % 4]
}

impl Estimates {
    pub(crate) fn write(&self, html: &mut Html) {
        figure::open(html, "", &self.title, &self.caption);
        if self.groups.is_empty() || self.series.is_empty() {
            figure::nothing(html);
            html.close();
            return;
        }
        if self.series.len() > 1 {
            let names = self.series.iter().enumerate();
            figure::legend(
                html,
                "bar",
                names.map(|(index, name)| (series_class(index), name.as_str())),
            );
        }
        self.write_drawing(html);
        self.write_numbers(html);
        html.close();
    }

    fn estimate(&self, group: usize, series: usize) -> Estimate {
        self.groups[group].estimates.get(series).copied().unwrap_or_default()
    }

    fn shown(&self, number: Option<f64>) -> Value {
        match (number, self.unit) {
            (Some(number), Unit::Share | Unit::Points) if self.signed => Value::ShareChange(number),
            (Some(number), _) if self.signed => Value::Change(number),
            (number, unit) => Value::in_unit(unit, number, ""),
        }
    }

    /// A number beside its dot, with so many decimals that two that can be told apart on the scale
    /// are written apart, and its unit.
    fn written(&self, number: f64, scale: Scale) -> (String, &'static str) {
        let sign = if self.signed && number > 0.0 { "+" } else { "" };
        let text = self.unit.mark(number, scale.step(4) / 100.0);
        match text.strip_suffix('%') {
            Some(digits) if self.signed => (format!("{sign}{digits}"), " pp"),
            Some(digits) => (digits.to_owned(), "%"),
            None => (format!("{sign}{text}"), ""),
        }
    }

    fn scale(&self) -> Scale {
        let estimates = self.groups.iter().flat_map(|group| &group.estimates);
        Scale::around(estimates.flat_map(|estimate| {
            let (low, high) = estimate.ends().unwrap_or_default();
            [low, estimate.number().unwrap_or_default(), high]
        }))
    }

    fn description(&self) -> String {
        let mut text = format!(
            "Estimates with intervals of {} by {}",
            self.series.join(" and "),
            self.category.to_lowercase()
        );
        for (index, group) in self.groups.iter().enumerate() {
            for (which, series) in self.series.iter().enumerate() {
                let value = self.shown(self.estimate(index, which).number());
                // Writing to a string does not fail.
                let _ = write!(text, "; {} {series} {value}", group.name);
            }
        }
        text + ". The numbers follow as a table."
    }

    fn write_drawing(&self, html: &mut Html) {
        let scale = self.scale();
        let group = NAME + ROW * self.series.len() as f64 + 6.0;
        let base = group * self.groups.len() as f64;
        figure::open_drawing(html, "lying", base + MARKS, &self.title, self.description());
        self.write_marks(html, scale, base);
        for (index, name) in self.groups.iter().map(|group| &group.name).enumerate() {
            let top = group * index as f64;
            html.open("g");
            html.open("text")
                .class("name")
                .attr("x", 0)
                .attr("y", Coordinate(top + 13.0))
                .text(shortened(name, LONGEST_NAME))
                .close();
            for which in 0..self.series.len() {
                let middle = top + NAME + ROW * (which as f64 + 0.5);
                self.write_estimate(html, self.estimate(index, which), which, scale, middle);
            }
            html.close();
        }
        html.close();
    }

    fn write_marks(&self, html: &mut Html, scale: Scale, base: f64) {
        let step = scale.step(4);
        for mark in scale.marks(step) {
            let x = SCALE * scale.place(mark);
            html.open("line")
                .class(if mark == 0.0 { "axis" } else { "grid" })
                .attr("x1", Percent(x))
                .attr("x2", Percent(x))
                .attr("y1", 0)
                .attr("y2", Coordinate(base))
                .close();
            html.open("text")
                .attr("x", Percent(x))
                .attr("y", Coordinate(base + 15.0))
                .attr("text-anchor", if x == 0.0 { "start" } else { "middle" })
                .text(self.unit.mark(mark, step))
                .close();
        }
    }

    fn write_estimate(
        &self,
        html: &mut Html,
        estimate: Estimate,
        series: usize,
        scale: Scale,
        middle: f64,
    ) {
        let class = series_class(series);
        let place = |value: f64| Percent(SCALE * scale.place(value));
        if let Some((low, high)) = estimate.ends() {
            html.open("line")
                .attr("class", format_args!("{class} curve"))
                .attr("x1", place(low))
                .attr("x2", place(high))
                .attr("y1", Coordinate(middle))
                .attr("y2", Coordinate(middle))
                .close();
        }
        if let Some(value) = estimate.number() {
            html.open("circle")
                .class(class)
                .attr("cx", place(value))
                .attr("cy", Coordinate(middle))
                .attr("r", 4.5)
                .close();
        }
        html.open("text")
            .class("value")
            .attr("x", Percent(SCALE))
            .attr("dx", 12)
            .attr("y", Coordinate(middle + 4.0))
            .text(match estimate.number().map(|number| self.written(number, scale)) {
                Some((number, unit)) => number + unit,
                None => self.shown(None).to_string(),
            })
            .close();
        if let Some((low, high)) = estimate.ends() {
            // The unit once, so that the ends fit beside the estimate.
            let ((low, _), (high, unit)) = (self.written(low, scale), self.written(high, scale));
            html.open("text")
                .class("roomy")
                .attr("x", "100%")
                .attr("y", Coordinate(middle + 4.0))
                .attr("text-anchor", "end")
                .text(format_args!("{low} to {high}{unit}"))
                .close();
        }
    }

    fn write_numbers(&self, html: &mut Html) {
        let heads = [self.category.as_str(), "Estimate", "From", "To"];
        let groups = self.groups.iter().enumerate();
        let rows: Vec<(String, Vec<Value>)> = groups
            .flat_map(|(index, group)| {
                self.series.iter().enumerate().map(move |(which, series)| {
                    let estimate = self.estimate(index, which);
                    let name = match self.series.len() {
                        1 => group.name.clone(),
                        _ => format!("{}, {series}", group.name),
                    };
                    let ends = estimate.ends();
                    let numbers =
                        [estimate.number(), ends.map(|ends| ends.0), ends.map(|ends| ends.1)];
                    (name, numbers.map(|number| self.shown(number)).to_vec())
                })
            })
            .collect();
        figure::numbers(html, &self.title, &heads, rows.into_iter());
    }
}
