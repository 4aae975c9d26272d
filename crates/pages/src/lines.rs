//! Line charts: curves over a common axis.

use std::fmt::Write;

use crate::bars::{named_every, series_class, write_grid};
use crate::figure;
use crate::html::Html;
use crate::number::{Unit, Value};
use crate::scale::{Coordinate, Percent, Scale};

/// Side of the drawing the curves are in, in its own units; it is stretched to the chart's size.
const CANVAS: f64 = 1000.0;

/// Curves over a common axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineChart {
    /// What the chart shows.
    pub title: String,
    /// A sentence on how to read it; empty for none.
    pub caption: String,
    /// What lies along the chart: `Hour of the week`.
    pub x_name: String,
    /// How places along it are written.
    pub x_unit: Unit,
    /// Marks along it, each a place and what is written there; where there are none, round
    /// numbers.
    pub x_marks: Vec<(f64, String)>,
    /// What places along it are called in the table, such as `Mon 13:00`; others are numbers.
    pub x_names: Vec<(f64, String)>,
    /// What stands upright: `Events`.
    pub y_name: String,
    /// How it is written.
    pub y_unit: Unit,
    /// The curves. Of two the first is what was (thin), the second what is (strong).
    pub lines: Vec<Line>,
    /// What the diagonal from corner to corner means, where it is drawn: `everyone equal`.
    pub diagonal: Option<String>,
    /// How much room the chart takes.
    pub shape: Shape,
}

/// How much room a chart takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// The width of the page: time.
    #[default]
    Wide,
    /// As high as it is wide, beside another: shares against shares.
    Square,
}

/// A curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Whose curve it is: `current`.
    pub name: String,
    /// Its points, left to right. A point that is not finite interrupts the curve.
    pub points: Vec<(f64, f64)>,
}

impl LineChart {
    pub(crate) fn write(&self, html: &mut Html) {
        let class = match self.shape {
            Shape::Wide => "wide",
            Shape::Square => "square",
        };
        figure::open(html, class, &self.title, &self.caption);
        if self.finite_points().next().is_none() {
            figure::nothing(html);
            html.close();
            return;
        }
        if self.lines.len() > 1 || self.diagonal.is_some() {
            self.write_legend(html);
        }
        self.write_drawing(html);
        self.write_numbers(html);
        html.close();
    }

    fn finite_points(&self) -> impl Iterator<Item = (f64, f64)> {
        let points = self.lines.iter().flat_map(|line| &line.points);
        points.copied().filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    fn write_legend(&self, html: &mut Html) {
        let count = self.lines.len();
        let lines = self
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| (series_class(index, count), line.name.as_str()));
        let diagonal = self.diagonal.iter().map(|name| ("equal", name.as_str()));
        figure::legend(html, "curve", lines.chain(diagonal));
    }

    /// The ranges along and upright. Shares fill theirs where a diagonal relates the two.
    fn scales(&self) -> (Scale, Scale) {
        if self.diagonal.is_some() {
            return (Scale::new(0.0, 1.0), Scale::new(0.0, 1.0));
        }
        let (low, high) =
            self.finite_points().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| {
                (low.min(x), high.max(x))
            });
        (Scale::new(low, high), Scale::around(self.finite_points().map(|(_, y)| y)))
    }

    fn description(&self) -> String {
        let mut text = format!(
            "Line chart of {} by {}",
            self.y_name.to_lowercase(),
            self.x_name.to_lowercase()
        );
        for line in &self.lines {
            let points = line.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
            let range = points.fold(None, |range: Option<(f64, f64)>, &(_, y)| {
                Some(range.map_or((y, y), |(low, high)| (low.min(y), high.max(y))))
            });
            if let Some((low, high)) = range {
                let [low, high] =
                    [low, high].map(|value| Value::in_unit(self.y_unit, Some(value), ""));
                // Writing to a string does not fail.
                let _ = write!(text, "; {} lies between {low} and {high}", line.name);
            }
        }
        text + ". The numbers follow as a table."
    }

    fn write_drawing(&self, html: &mut Html) {
        let (x, y) = self.scales();
        let top = 10.0;
        let base = top
            + match self.shape {
                Shape::Wide => 200.0,
                Shape::Square => 300.0,
            };
        figure::open_drawing(html, "plot", base + 40.0, &self.title, self.description());
        write_grid(html, y, self.y_unit, top, base);
        self.write_x_axis(html, x, base);
        html.open("svg")
            .attr("x", 0)
            .attr("y", top)
            .attr("width", "100%")
            .attr("height", base - top)
            .attr("viewBox", "0 0 1000 1000")
            .attr("preserveAspectRatio", "none");
        if self.diagonal.is_some() {
            html.open("path").class("equal curve").attr("d", "M0 1000L1000 0").close();
        }
        for (index, line) in self.lines.iter().enumerate() {
            let class = format!("{} curve", series_class(index, self.lines.len()));
            html.open("path").class(&class).attr("d", line.path(x, y)).close();
        }
        html.close().close();
    }

    fn write_x_axis(&self, html: &mut Html, scale: Scale, base: f64) {
        let step = scale.step(5);
        let marks: Vec<(f64, String)> = if self.x_marks.is_empty() {
            let marks = scale.marks(step).into_iter();
            marks.map(|mark| (mark, self.x_unit.mark(mark, step))).collect()
        } else {
            self.x_marks.clone()
        };
        let (_, on_phone) = named_every(marks.iter().map(|(_, name)| name.as_str()));
        for (index, (mark, name)) in marks.iter().enumerate() {
            let place = 100.0 * scale.place(*mark);
            html.open("line")
                .class("grid")
                .attr("x1", Percent(place))
                .attr("x2", Percent(place))
                .attr("y1", Coordinate(base))
                .attr("y2", Coordinate(base + 5.0))
                .close();
            html.open("text")
                .class(if index.is_multiple_of(on_phone) { "" } else { "roomy" })
                .attr("x", Percent(place))
                .attr("y", Coordinate(base + 18.0))
                .attr("text-anchor", anchor(place))
                .text(name)
                .close();
        }
        html.open("text")
            .class("name")
            .attr("x", "50%")
            .attr("y", Coordinate(base + 36.0))
            .attr("text-anchor", "middle")
            .text(&self.x_name)
            .close();
    }

    /// The points of all curves by their place along the chart.
    fn write_numbers(&self, html: &mut Html) {
        let mut heads = vec![self.x_name.as_str()];
        heads.extend(self.lines.iter().map(|line| line.name.as_str()));
        let mut places: Vec<f64> = self.finite_points().map(|(x, _)| x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let columns: Vec<Vec<Option<f64>>> =
            self.lines.iter().map(|line| line.at(&places)).collect();
        let rows = places.iter().enumerate().map(|(row, place)| {
            let values =
                columns.iter().map(|column| Value::in_unit(self.y_unit, column[row], "")).collect();
            (self.x_text(*place), values)
        });
        figure::numbers(html, &self.title, &heads, rows);
    }

    /// How a place along the chart is written in the table.
    fn x_text(&self, place: f64) -> String {
        match self.x_names.iter().find(|(named, _)| *named == place) {
            Some((_, name)) => name.clone(),
            None => Value::in_unit(self.x_unit, Some(place), "").to_string(),
        }
    }
}

impl Line {
    /// The curve on the canvas, whose upright axis points down.
    fn path(&self, x: Scale, y: Scale) -> String {
        let mut path = String::new();
        let mut pen = 'M';
        for &(along, up) in &self.points {
            if !(along.is_finite() && up.is_finite()) {
                pen = 'M';
                continue;
            }
            let along = Coordinate(CANVAS * x.place(along));
            let down = Coordinate(CANVAS * (1.0 - y.place(up)));
            // Writing to a string does not fail.
            let _ = write!(path, "{pen}{along} {down}");
            pen = 'L';
        }
        path
    }

    /// The curve's values at `places`, which are in ascending order; `None` where it has no point.
    fn at(&self, places: &[f64]) -> Vec<Option<f64>> {
        let mut values = vec![None; places.len()];
        for &(x, y) in &self.points {
            if let Ok(row) = places.binary_search_by(|place| place.total_cmp(&x)) {
                values[row] = y.is_finite().then_some(y);
            }
        }
        values
    }
}

/// How text at `place` per cent is set so that it does not leave the drawing.
fn anchor(place: f64) -> &'static str {
    if place < 4.0 {
        "start"
    } else if place > 96.0 {
        "end"
    } else {
        "middle"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_is_not_finite_interrupts_the_curve() {
        let line = Line {
            name: String::new(),
            points: vec![(0.0, 0.0), (0.5, f64::NAN), (0.5, 0.5), (1.0, 1.0)],
        };
        let unit = Scale::new(0.0, 1.0);
        assert_eq!(line.path(unit, unit), "M0 1000M500 500L1000 0");
    }

    #[test]
    fn places_go_by_their_names() {
        let chart = LineChart {
            x_unit: Unit::Count,
            x_names: vec![(0.0, "Mon 00:00".to_owned())],
            ..LineChart::default()
        };
        assert_eq!((chart.x_text(0.0).as_str(), chart.x_text(1.0).as_str()), ("Mon 00:00", "1"));
    }
}
