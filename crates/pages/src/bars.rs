//! Bar charts: distributions side by side.

use crate::figure;
use crate::html::Html;
use crate::number::{Unit, Value};
use crate::scale::{Coordinate, Percent, Scale};
use crate::visible::shortened;

/// Height of the columns, in pixels.
const COLUMNS: f64 = 190.0;
/// Height of a lying bar and of the text above a group of them, in pixels.
const BAR: f64 = 11.0;
const NAME: f64 = 18.0;
/// A lying bar of the greatest value takes this much of the width, in per cent; its number stands
/// in the rest.
const LONGEST: f64 = 82.0;
/// Characters of a name above lying bars, which a phone has room for.
const LONGEST_NAME: usize = 44;
/// Characters that fit below the columns of a chart beside another, and on a phone.
const WIDE: usize = 72;
const NARROW: usize = 40;

/// Values of the same categories in one or more series, drawn as bars beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarChart {
    /// What the chart shows.
    pub title: String,
    /// A sentence on how to read it; empty for none.
    pub caption: String,
    /// What the categories are: `Stars`.
    pub category: String,
    /// The categories, in order.
    pub categories: Vec<String>,
    /// Whether each category follows from the one before (stars, days). Such bars stand upright,
    /// and where there is no room some go unnamed; others lie, each under its name.
    pub ordered: bool,
    /// What is measured.
    pub unit: Unit,
    /// What is compared. Of two series the first is what was (drawn as an outline), the second
    /// what is (drawn solid).
    pub series: Vec<BarSeries>,
}

/// One series of a bar chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarSeries {
    /// Whose values they are: `reference`.
    pub name: String,
    /// A value for each category; `None` where it could not be computed. Missing values at the end
    /// count as `None`, and a negative one is drawn as 0.
    pub values: Vec<Option<f64>>,
}

impl BarSeries {
    fn at(&self, index: usize) -> Option<f64> {
        let value = self.values.get(index).copied().flatten();
        value.filter(|value| value.is_finite())
    }
}

/// The class of series `index` of `count`: what was is drawn as an outline, what is as a body.
pub(crate) fn series_class(index: usize, count: usize) -> &'static str {
    match (index, count) {
        (_, 1) => "now",
        (0, _) => "then",
        (1, _) => "now",
        (index, _) if index % 2 == 0 => "third",
        _ => "fourth",
    }
}

impl BarChart {
    pub(crate) fn write(&self, html: &mut Html) {
        let wide = self.ordered && self.categories.len() > 14;
        figure::open(html, if wide { "wide" } else { "" }, &self.title, &self.caption);
        if self.categories.is_empty() || self.series.is_empty() {
            figure::nothing(html);
            html.close();
            return;
        }
        if self.series.len() > 1 {
            let count = self.series.len();
            figure::legend(
                html,
                "bar",
                self.series
                    .iter()
                    .enumerate()
                    .map(|(index, series)| (series_class(index, count), series.name.as_str())),
            );
        }
        if self.ordered {
            self.write_columns(html);
        } else {
            self.write_rows(html);
        }
        self.write_numbers(html);
        html.close();
    }

    fn description(&self) -> String {
        let names: Vec<&str> = self.series.iter().map(|s| s.name.as_str()).collect();
        let mut text =
            format!("Bar chart of {} by {}", names.join(" and "), self.category.to_lowercase());
        for series in &self.series {
            let greatest = (0..self.categories.len())
                .filter_map(|index| series.at(index).map(|value| (index, value)))
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((index, value)) = greatest {
                let value = Value::in_unit(self.unit, Some(value), "");
                text += &format!(
                    "; {} is highest at {} with {value}",
                    series.name, self.categories[index]
                );
            }
        }
        text + ". The numbers follow as a table."
    }

    fn scale(&self) -> Scale {
        let values = self.series.iter().flat_map(|series| &series.values);
        Scale::around(values.flatten().copied().map(|value| value.max(0.0)))
    }

    fn write_columns(&self, html: &mut Html) {
        let scale = self.scale();
        let count = self.categories.len();
        // Room above the highest column for its number.
        let top = 16.0;
        let base = top + COLUMNS;
        figure::open_drawing(html, "plot", base + 24.0, &self.title, self.description());
        write_grid(html, scale, self.unit, top, base);
        for index in 0..count {
            html.open("g");
            self.write_column(html, index, scale, base);
            html.close();
        }
        html.close();
    }

    /// Draws the columns of one category, standing on `base`, and its name below them.
    fn write_column(&self, html: &mut Html, index: usize, scale: Scale, base: f64) {
        let bars = self.categories.len() * self.series.len();
        let group = 100.0 / self.categories.len() as f64;
        let width = group * 0.82 / self.series.len() as f64;
        let left = group * index as f64;
        for (which, series) in self.series.iter().enumerate() {
            let x = left + group * 0.09 + width * which as f64;
            let Some(value) = series.at(index) else {
                continue;
            };
            let height = COLUMNS * scale.place(value);
            html.open("rect")
                .class(series_class(which, self.series.len()))
                .attr("x", Percent(x + width * 0.04))
                .attr("width", Percent(width * 0.92))
                .attr("y", Coordinate(base - height))
                .attr("height", Coordinate(height))
                .close();
            if bars <= 14 {
                html.open("text")
                    .class(if bars > 6 { "value roomy" } else { "value" })
                    .attr("x", Percent(x + width / 2.0))
                    .attr("y", Coordinate(base - height - 5.0))
                    .attr("text-anchor", "middle")
                    .text(Value::in_unit(self.unit, Some(value), ""))
                    .close();
            }
        }
        let (every, on_phone) = named_every(self.categories.iter().map(String::as_str));
        if index.is_multiple_of(every) {
            let narrow = index.is_multiple_of(on_phone);
            html.open("text")
                .class(if narrow { "" } else { "roomy" })
                .attr("x", Percent(left + group / 2.0))
                .attr("y", Coordinate(base + 17.0))
                .attr("text-anchor", "middle")
                .text(&self.categories[index])
                .close();
        }
    }

    fn write_rows(&self, html: &mut Html) {
        let scale = self.scale();
        let group = NAME + (BAR + 2.0) * self.series.len() as f64 + 8.0;
        let height = group * self.categories.len() as f64;
        figure::open_drawing(html, "lying", height, &self.title, self.description());
        for (index, name) in self.categories.iter().enumerate() {
            let top = group * index as f64;
            html.open("g");
            html.open("text")
                .class("name")
                .attr("x", 0)
                .attr("y", Coordinate(top + 13.0))
                .text(shortened(name, LONGEST_NAME))
                .close();
            for (which, series) in self.series.iter().enumerate() {
                let y = top + NAME + (BAR + 2.0) * which as f64;
                let value = series.at(index);
                let length = value.map_or(0.0, |value| LONGEST * scale.place(value));
                html.open("rect")
                    .class(series_class(which, self.series.len()))
                    .attr("x", 0)
                    .attr("width", Percent(length))
                    .attr("y", Coordinate(y))
                    .attr("height", BAR)
                    .close();
                html.open("text")
                    .attr("x", Percent(length))
                    .attr("dx", 6)
                    .attr("y", Coordinate(y + BAR - 1.5))
                    .text(Value::in_unit(self.unit, value, ""))
                    .close();
            }
            html.close();
        }
        html.close();
    }

    fn write_numbers(&self, html: &mut Html) {
        let mut heads = vec![self.category.as_str()];
        heads.extend(self.series.iter().map(|series| series.name.as_str()));
        let rows = self.categories.iter().enumerate().map(|(index, name)| {
            let values = self
                .series
                .iter()
                .map(|series| Value::in_unit(self.unit, series.at(index), ""))
                .collect();
            (name.clone(), values)
        });
        figure::numbers(html, &self.title, &heads, rows);
    }
}

/// Of how many marks along a chart one is named, in a chart beside another and on a phone, so that
/// the names fit beside each other. Powers of two, so that a phone only leaves names out.
pub(crate) fn named_every<'a>(names: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let (count, longest) = names
        .fold((0, 0), |(count, longest), name| (count + 1, longest.max(name.chars().count() + 1)));
    let every = |room: usize| (count * longest).div_ceil(room).max(1).next_power_of_two();
    (every(WIDE), every(NARROW))
}

/// Draws the marks of an upright axis between `top` and `base`, with a line across for each.
pub(crate) fn write_grid(html: &mut Html, scale: Scale, unit: Unit, top: f64, base: f64) {
    let step = scale.step(4);
    for mark in scale.marks(step) {
        let y = base - (base - top) * scale.place(mark);
        html.open("line")
            .class(if mark == 0.0 { "axis" } else { "grid" })
            .attr("x1", 0)
            .attr("x2", "100%")
            .attr("y1", Coordinate(y))
            .attr("y2", Coordinate(y))
            .close();
        html.open("text")
            .attr("x", -8)
            .attr("y", Coordinate(y + 4.0))
            .attr("text-anchor", "end")
            .text(unit.mark(mark, step))
            .close();
    }
}
