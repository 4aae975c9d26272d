//! Movers: the films or users that changed a number most.

use crate::figure;
use crate::html::Html;
use crate::number::Value;
use crate::scale::{Percent, Scale};

/// The films or users that changed a number most, before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Movers {
    /// Which number they moved.
    pub title: String,
    /// A sentence on how to read the list; empty for none.
    pub caption: String,
    /// What the movers are: `Film`.
    pub name: String,
    /// The heads of the columns before, after and change, in this order.
    pub heads: [String; 3],
    /// The movers, greatest first.
    pub rows: Vec<Mover>,
}

/// One mover.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// Its id, as it is in the data.
    pub name: String,
    /// Its number before.
    pub before: Value,
    /// Its number after.
    pub after: Value,
    /// The difference, or its part of the whole.
    pub change: Value,
    /// How far its bar goes, in any unit the rows share; to the left if negative.
    pub weight: f64,
}

impl Movers {
    /// A phone lays the rows out as blocks, which would take their meaning as a table away if it
    /// were not spelt out.
    pub(crate) fn write(&self, html: &mut Html) {
        figure::open(html, "movers", &self.title, &self.caption);
        if self.rows.is_empty() {
            figure::nothing(html);
            html.close();
            return;
        }
        figure::open_scroll(html, &self.title);
        html.open("table").attr("role", "table");
        html.open("thead").attr("role", "rowgroup");
        html.open("tr").attr("role", "row");
        html.open("th").attr("role", "columnheader").attr("scope", "col").text(&self.name).close();
        for head in &self.heads {
            html.open("th")
                .attr("role", "columnheader")
                .attr("scope", "col")
                .class("number")
                .text(head)
                .close();
        }
        html.close().close();
        html.open("tbody").attr("role", "rowgroup");
        let scale = self.scale();
        for row in &self.rows {
            row.write(html, scale);
        }
        html.close().close().close().close();
    }

    /// A scale that holds zero and every bar.
    fn scale(&self) -> Scale {
        let weights = || self.rows.iter().map(|row| row.weight);
        let finite = |weight: &f64| weight.is_finite();
        Scale::new(
            weights().filter(finite).fold(0.0, f64::min),
            weights().filter(finite).fold(0.0, f64::max),
        )
    }
}

impl Mover {
    fn write(&self, html: &mut Html, scale: Scale) {
        html.open("tr").attr("role", "row");
        html.open("th").attr("role", "rowheader").attr("scope", "row");
        html.element("bdi", "id", &self.name);
        self.write_bar(html, scale);
        html.close();
        for value in [&self.before, &self.after, &self.change] {
            html.open("td").attr("role", "cell").class(if value.is_number() {
                "number"
            } else {
                ""
            });
            value.write(html);
            html.close();
        }
        html.close();
    }

    /// The bar repeats what the row says, so that it is not announced.
    fn write_bar(&self, html: &mut Html, scale: Scale) {
        let [zero, end] = [0.0, self.weight].map(|weight| {
            let weight = if weight.is_finite() { weight } else { 0.0 };
            100.0 * scale.place(weight)
        });
        html.open("svg").class("share").attr("aria-hidden", "true").attr("height", 8);
        html.open("rect")
            .class(if end < zero { "less" } else { "now" })
            .attr("x", Percent(zero.min(end)))
            .attr("width", Percent((end - zero).abs()))
            .attr("height", 6)
            .attr("y", 1)
            .close();
        html.open("line")
            .class("axis")
            .attr("x1", Percent(zero))
            .attr("x2", Percent(zero))
            .attr("y1", 0)
            .attr("y2", 8)
            .close();
        html.close();
    }
}
