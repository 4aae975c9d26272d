//! Ids and lines that try to be markup.

use marquee_pages::{
    BarChart, BarSeries, Block, Cell, Column, Estimate, EstimateGroup, Estimates, Fact, Flag,
    Gauge, Gauges, Limit, Line, LineChart, Mover, Movers, RawLine, RawLines, Side, Table, Tone,
    Unit, Value,
};

use crate::content::page_of;
use crate::markup::Markup;

const HOSTILE: &str =
    "</title></style><script>alert(\"1\"+'2')</script><!-- & &lt; ]]> \0\u{202e}\u{200f}\u{fffd}";
/// The same as a reader of the page sees it.
const SEEN: &str = "</title></style><script>alert(\"1\"+'2')</script><!-- & &lt; ]]> [NUL][U+202E][U+200F]\u{fffd}";

fn hostile() -> String {
    HOSTILE.to_owned()
}

/// A page with hostile text in every place that takes text.
fn hostile_page() -> marquee_pages::Page {
    let flag = || Flag::new(Tone::Bad, HOSTILE);
    let value = || Value::Text(hostile());
    let mut page = page_of(vec![
        Block::Paragraph(hostile()),
        Block::Table(Table {
            title: hostile(),
            caption: hostile(),
            columns: vec![Column::text(HOSTILE), Column::number(HOSTILE)],
            rows: vec![vec![Cell::Value(value()), Cell::Flag(flag())]],
        }),
        Block::Bars(BarChart {
            title: hostile(),
            caption: hostile(),
            category: hostile(),
            categories: vec![hostile()],
            ordered: true,
            unit: Unit::Count,
            series: ["a", HOSTILE]
                .map(|name| BarSeries { name: name.to_owned(), values: vec![Some(1.0)] })
                .to_vec(),
        }),
        Block::Lines(LineChart {
            title: hostile(),
            caption: hostile(),
            x_name: hostile(),
            x_marks: vec![(0.0, hostile())],
            y_name: hostile(),
            lines: vec![Line { name: hostile(), points: vec![(0.0, 1.0), (1.0, 2.0)] }],
            diagonal: Some(hostile()),
            ..LineChart::default()
        }),
        Block::Estimates(Estimates {
            title: hostile(),
            caption: hostile(),
            category: hostile(),
            series: vec![hostile(), hostile()],
            groups: vec![EstimateGroup {
                name: hostile(),
                estimates: vec![Estimate { value: Some(1.0), interval: None }],
            }],
            ..Estimates::default()
        }),
        Block::Gauges(Gauges {
            title: hostile(),
            caption: hostile(),
            gauges: vec![Gauge {
                name: hostile(),
                note: hostile(),
                unit: Unit::Real,
                value: Err(hostile()),
                before: Some(1.0),
                limits: vec![Limit { name: hostile(), value: 1.0, side: Side::Above }],
                range: None,
                flag: flag(),
            }],
        }),
        Block::Movers(Movers {
            title: hostile(),
            caption: hostile(),
            name: hostile(),
            heads: [hostile(), hostile(), hostile()],
            rows: vec![Mover {
                name: hostile(),
                before: value(),
                after: value(),
                change: value(),
                weight: 1.0,
            }],
        }),
        Block::RawLines(RawLines {
            title: hostile(),
            caption: hostile(),
            lines: vec![RawLine {
                place: hostile(),
                reasons: vec![hostile()],
                raw: HOSTILE.into(),
            }],
        }),
    ]);
    page.title = hostile();
    page.verdict.word = hostile();
    page.verdict.sentence = hostile();
    page.facts = vec![Fact::new(HOSTILE, value())];
    page.sections[0].heading = hostile();
    page.footer = hostile();
    page
}

#[test]
fn hostile_text_is_shown_and_never_interpreted() {
    let html = hostile_page().render();
    let markup = Markup::read(&html);
    assert_eq!(markup.count("script"), 0);
    assert_eq!(markup.count("title"), 1 + markup.count("desc"));
    assert_eq!(markup.count("style"), 1);
    assert!(!html.contains("<!--"));
    // Once for each place above, some of which a page shows twice or more.
    assert!(markup.text.matches(SEEN).count() >= 36, "{}", markup.text.matches(SEEN).count());
    assert!(markup.values("aria-label").all(|label| label == SEEN));
    let unseen = |c: char| {
        c.is_control() && c != '\n'
            || ('\u{200b}'..='\u{200f}').contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
    };
    assert!(!html.contains(unseen));
}

#[test]
fn bytes_that_are_no_text_are_spelt_out() {
    let page = page_of(vec![Block::RawLines(RawLines {
        lines: vec![
            RawLine { raw: b"7,am\xe9lie,\xff\xfe\x00\x1b[31m\t4".to_vec(), ..RawLine::default() },
            RawLine::default(),
            RawLine { raw: "é".repeat(1_000).into_bytes(), ..RawLine::default() },
        ],
        ..RawLines::default()
    })]);
    let markup = Markup::read(&page.render());
    let line = markup.text.replace('\n', "");
    assert!(line.contains("7,am[xE9]lie,[xFF][xFE][NUL][ESC][31m[TAB]4"), "{line}");
    assert!(line.contains("[empty line]"));
    assert!(line.contains("… and 800 more bytes"));
    assert!(markup.values("title").any(|title| title == "U+001B"));
}
