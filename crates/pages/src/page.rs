//! The page: what is in it, and the order it is read in.

use crate::bars::BarChart;
use crate::estimates::Estimates;
use crate::figure;
use crate::gauges::Gauges;
use crate::html::Html;
use crate::lines::LineChart;
use crate::movers::Movers;
use crate::number::Value;
use crate::raw_lines::RawLines;
use crate::table::Table;

/// Light and dark by the reader's preference, phone to paper, all of it inline.
const STYLE: &str = include_str!("page.css");

/// What a browser may do with the page: apply the style it carries, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A report as a person looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What was looked at, in a few words; the title of the window too.
    pub title: String,
    /// The answer, first of all.
    pub verdict: Verdict,
    /// The few numbers and names that say what the answer is about.
    pub facts: Vec<Fact>,
    /// The rest, most telling first.
    pub sections: Vec<Section>,
    /// What wrote the page, at its end; empty for nothing.
    pub footer: String,
}

/// The answer of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How good the news is.
    pub tone: Tone,
    /// The answer in a word or two: `Drift detected`.
    pub word: String,
    /// Why, in a sentence.
    pub sentence: String,
}

/// How good news is. Shown by a mark, a word and a colour together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// To be acted on.
    Bad,
}

impl Tone {
    /// The name the style knows it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    /// The mark beside the word, of another shape for each tone.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Neutral => "–",
            Self::Good => "✓",
            Self::Warning => "▲",
            Self::Bad => "✕",
        }
    }
}

/// A named value near the top of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it amounts to.
    pub value: Value,
}

impl Fact {
    /// The fact that `name` is `value`.
    pub fn new(name: &str, value: Value) -> Self {
        Self { name: name.to_owned(), value }
    }
}

/// A part of the page with a heading of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// What the part is about.
    pub heading: String,
    /// What it holds, in reading order; charts stand side by side where there is room.
    pub blocks: Vec<Block>,
}

/// One thing in a section.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block {
    /// Running text.
    Paragraph(String),
    /// Rows and columns.
    Table(Table),
    /// Distributions side by side.
    Bars(BarChart),
    /// Curves over a common axis.
    Lines(LineChart),
    /// Numbers with their intervals.
    Estimates(Estimates),
    /// Numbers against their limits, each on a scale of its own.
    Gauges(Gauges),
    /// What changed most, before and after.
    Movers(Movers),
    /// Examples of input lines, byte for byte.
    RawLines(RawLines),
}

impl Page {
    /// The page as one HTML file, UTF-8, in which every element is closed and nothing refers to
    /// another file. Equal pages give equal bytes. The cost is that of the text produced: about 200
    /// bytes for each bar, point of a table or cell.
    pub fn render(&self) -> String {
        let mut html = Html::document();
        html.open("html").attr("lang", "en");
        self.write_head(&mut html);
        html.open("body");
        self.write_header(&mut html);
        html.open("main");
        for section in &self.sections {
            section.write(&mut html);
        }
        html.close();
        if !self.footer.is_empty() {
            html.element("footer", "soft", &self.footer);
        }
        html.finish()
    }

    fn write_head(&self, html: &mut Html) {
        html.open("head");
        html.open("meta").attr("charset", "utf-8").close();
        html.open("meta")
            .attr("http-equiv", "Content-Security-Policy")
            .attr("content", POLICY)
            .close();
        html.open("meta")
            .attr("name", "viewport")
            .attr("content", "width=device-width, initial-scale=1")
            .close();
        html.open("meta").attr("name", "color-scheme").attr("content", "light dark").close();
        // An empty icon keeps browsers from asking the server for one.
        html.open("link").attr("rel", "icon").attr("href", "data:,").close();
        html.open("title").text(&self.verdict.word).text(": ").text(&self.title).close();
        html.open("style").verbatim(STYLE).close().close();
    }

    fn write_header(&self, html: &mut Html) {
        html.open("header").element("h1", "", &self.title);
        html.open("div").class("verdict").attr("data-tone", self.verdict.tone.name());
        html.open("span")
            .class("mark")
            .attr("aria-hidden", "true")
            .text(self.verdict.tone.mark())
            .close();
        html.open("p")
            .element("strong", "", &self.verdict.word)
            .text(" ")
            .element("span", "", &self.verdict.sentence)
            .close()
            .close();
        if !self.facts.is_empty() {
            html.open("dl").class("facts");
            for fact in &self.facts {
                html.open("div").element("dt", "", &fact.name).open("dd");
                fact.value.write(html);
                html.close().close();
            }
            html.close();
        }
        html.close();
    }
}

impl Section {
    fn write(&self, html: &mut Html) {
        let id = html.fresh_id("s");
        html.open("section").attr("aria-labelledby", &id);
        html.open("h2").attr("id", &id).text(&self.heading).close();
        html.open("div").class("blocks");
        if self.blocks.is_empty() {
            figure::nothing(html);
        }
        for block in &self.blocks {
            match block {
                Block::Paragraph(text) => {
                    html.element("p", "wide", text);
                }
                Block::Table(table) => table.write(html),
                Block::Bars(chart) => chart.write(html),
                Block::Lines(chart) => chart.write(html),
                Block::Estimates(estimates) => estimates.write(html),
                Block::Gauges(gauges) => gauges.write(html),
                Block::Movers(movers) => movers.write(html),
                Block::RawLines(lines) => lines.write(html),
            }
        }
        html.close().close();
    }
}
