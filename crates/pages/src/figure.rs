//! What every drawing has around it: a caption, a legend, its description and its numbers.

use std::fmt::Display;

use crate::html::Html;
use crate::number::Value;
use crate::page::Tone;

/// Opens a figure headed by `title` and, below it, `caption`; the caller closes it.
pub(crate) fn open(html: &mut Html, class: &str, title: &str, caption: &str) {
    html.open("figure").class(class);
    html.open("figcaption").element("h3", "", title);
    if !caption.is_empty() {
        html.element("p", "soft", caption);
    }
    html.close();
}

/// Says that there is nothing to draw.
pub(crate) fn nothing(html: &mut Html) {
    html.element("p", "missing", "Nothing to show: there are no rows.");
}

/// Names the series of a drawing beside the colour each has: a class and a name for each, shown
/// as a `kind` of mark (`curve`, or the body of a bar).
pub(crate) fn legend<'a>(
    html: &mut Html,
    kind: &str,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) {
    html.open("ul").class("legend");
    for (class, name) in entries {
        html.open("li");
        html.open("svg").class("swatch").attr("aria-hidden", "true");
        if kind == "curve" {
            html.open("line")
                .attr("class", format_args!("{class} curve"))
                .attr("x2", "100%")
                .attr("y1", "50%")
                .attr("y2", "50%");
        } else {
            html.open("rect")
                .class(class)
                .attr("width", "100%")
                .attr("height", "100%")
                .attr("rx", 2);
        }
        html.close().close();
        html.element("bdi", "", name).close();
    }
    html.close();
}

/// Opens a drawing `height` pixels high and as wide as its place, announced as one image called
/// `title` and described by `description`; the caller closes it.
pub(crate) fn open_drawing(
    html: &mut Html,
    class: &str,
    height: f64,
    title: &str,
    description: impl Display,
) {
    let title_id = html.fresh_id("t");
    let description_id = html.fresh_id("d");
    html.open("svg")
        .class(class)
        .attr("role", "img")
        .attr("height", height)
        .attr("aria-labelledby", &title_id)
        .attr("aria-describedby", &description_id);
    html.open("title").attr("id", &title_id).text(title).close();
    html.open("desc").attr("id", &description_id).text(description).close();
}

/// The numbers of a drawing as a table that opens on demand. Tables of up to 30 rows are printed.
pub(crate) fn numbers(
    html: &mut Html,
    title: &str,
    heads: &[&str],
    rows: impl ExactSizeIterator<Item = (String, Vec<Value>)>,
) {
    let class = if rows.len() > 30 { "numbers long" } else { "numbers" };
    html.open("details").class(class);
    html.element("summary", "", "The numbers as a table");
    open_scroll(html, title);
    html.open("table").open("thead").open("tr");
    for (index, head) in heads.iter().enumerate() {
        html.open("th")
            .attr("scope", "col")
            .class(if index == 0 { "" } else { "number" })
            .text(head)
            .close();
    }
    html.close().close().open("tbody");
    for (name, values) in rows {
        html.open("tr");
        html.open("th").attr("scope", "row");
        html.element("bdi", "", name).close();
        for value in values {
            html.open("td").class("number");
            value.write(html);
            html.close();
        }
        html.close();
    }
    html.close().close().close().close();
}

/// Opens a place that scrolls sideways when its table is wider than the page, reachable by
/// keyboard and named for screen readers; the caller closes it.
pub(crate) fn open_scroll(html: &mut Html, name: &str) {
    html.open("div")
        .class("scroll")
        .attr("role", "region")
        .attr("tabindex", 0)
        .attr("aria-label", name);
}

/// A verdict on one thing: a mark, a word and a colour, so that none of them is needed alone.
pub(crate) fn flag(html: &mut Html, tone: Tone, text: &str) {
    html.open("span").class("flag").attr("data-tone", tone.name());
    html.open("span").attr("aria-hidden", "true").text(tone.mark()).close();
    html.text(" ").text(text).close();
}
