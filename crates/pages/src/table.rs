//! Tables: rows and columns of values and flags.

use crate::figure;
use crate::html::Html;
use crate::number::Value;
use crate::page::Tone;

/// Rows under named columns. The first cell of a row names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub title: String,
    /// A sentence on how to read it; empty for none.
    pub caption: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows, top to bottom, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What its cells are.
    pub name: String,
    /// How they are lined up.
    pub align: Align,
}

impl Column {
    /// A column of text.
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), align: Align::Text }
    }

    /// A column of numbers.
    pub fn number(name: &str) -> Self {
        Self { name: name.to_owned(), align: Align::Number }
    }
}

/// How the cells of a column are lined up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// To the left.
    #[default]
    Text,
    /// To the right, in figures of equal width.
    Number,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number or text.
    Value(Value),
    /// A judgement.
    Flag(Flag),
}

/// A judgement on one thing, in a word or two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flag {
    /// How good the news is.
    pub tone: Tone,
    /// The judgement: `strong`, `within limits`.
    pub text: String,
}

impl Flag {
    /// The judgement `text`, which is news of this `tone`.
    pub fn new(tone: Tone, text: &str) -> Self {
        Self { tone, text: text.to_owned() }
    }

    pub(crate) fn write(&self, html: &mut Html) {
        figure::flag(html, self.tone, &self.text);
    }
}

impl Table {
    pub(crate) fn write(&self, html: &mut Html) {
        figure::open(html, "wide", &self.title, &self.caption);
        if self.rows.is_empty() {
            figure::nothing(html);
            html.close();
            return;
        }
        figure::open_scroll(html, &self.title);
        html.open("table").open("thead").open("tr");
        for column in &self.columns {
            html.open("th")
                .attr("scope", "col")
                .class(column.align.class())
                .text(&column.name)
                .close();
        }
        html.close().close().open("tbody");
        for row in &self.rows {
            html.open("tr");
            for (index, cell) in row.iter().enumerate() {
                let align = self.columns.get(index).map_or(Align::Text, |c| c.align);
                cell.write(html, index == 0, align);
            }
            html.close();
        }
        html.close().close().close().close();
    }
}

impl Cell {
    fn write(&self, html: &mut Html, names_row: bool, align: Align) {
        if names_row {
            html.open("th").attr("scope", "row");
        } else {
            html.open("td");
        }
        html.class(align.class());
        match self {
            Self::Value(value) => value.write(html),
            Self::Flag(flag) => flag.write(html),
        }
        html.close();
    }
}

impl Align {
    fn class(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Number => "number",
        }
    }
}
