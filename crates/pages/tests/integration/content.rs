//! What a page holds: every value, limit and flag, for eyes and for screen readers.

use marquee_pages::{
    BarChart, BarSeries, Block, Estimate, EstimateGroup, Estimates, Flag, Gauge, Gauges, Limit,
    Line, LineChart, Mover, Movers, Page, RawLines, Section, Side, Table, Tone, Unit, Value,
    Verdict,
};

use crate::markup::Markup;
use crate::samples;

/// A page that holds nothing but `blocks`.
pub(crate) fn page_of(blocks: Vec<Block>) -> Page {
    Page {
        title: "A report".to_owned(),
        verdict: Verdict {
            tone: Tone::Good,
            word: "Good".to_owned(),
            sentence: "Nothing to say.".to_owned(),
        },
        facts: Vec::new(),
        sections: vec![Section { heading: "Part".to_owned(), blocks }],
        footer: String::new(),
    }
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    for page in [samples::drift, samples::validation] {
        assert_eq!(page().render(), page().render());
    }
}

#[test]
fn a_page_is_one_file_without_scripts_or_references() {
    for page in [samples::drift(), samples::validation()] {
        let html = page.render();
        let markup = Markup::read(&html);
        for tag in ["script", "img", "iframe", "object", "embed", "base", "form", "a", "use"] {
            assert_eq!(markup.count(tag), 0, "<{tag}>");
        }
        assert!(markup.values("href").eq(["data:,"]));
        assert_eq!(markup.values("src").count(), 0);
        assert!(!html.contains("//"), "a reference by scheme");
        let style = html.split("<style>").nth(1).expect("a style sheet");
        for outside in ["@import", "url(", "expression("] {
            assert!(!style.contains(outside), "{outside}");
        }
        assert!(!markup.attributes.iter().any(|(_, name, _)| name.starts_with("on")));
    }
}

#[test]
fn the_verdict_comes_first_then_what_moved_then_the_numbers() {
    let text = Markup::read(&samples::drift().render()).text;
    let places: Vec<usize> = [
        "2 of 9 metrics",
        "What moved, and why",
        "Every metric against its limits",
        "Distributions side by side",
        "All numbers",
    ]
    .iter()
    .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is not there")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn every_limit_is_drawn_and_written_and_every_flag_is_in_words() {
    let page = samples::drift();
    let markup = Markup::read(&page.render());
    let mut limits = 0;
    for block in page.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Gauges(gauges) => {
                for gauge in &gauges.gauges {
                    assert!(
                        markup.text.contains(&format!("\n {}\n", gauge.flag.text)),
                        "{gauge:?}"
                    );
                    limits += gauge.limits.len();
                }
            }
            Block::Table(table) => {
                for cell in table.rows.iter().flatten() {
                    if let marquee_pages::Cell::Flag(flag) = cell {
                        assert!(markup.text.contains(&format!("\n {}\n", flag.text)), "{flag:?}");
                    }
                }
            }
            _ => {}
        }
    }
    let drawn = markup.values("class").filter(|class| *class == "limit").count();
    assert_eq!(drawn, limits);
    for words in [
        "moderate at 0.1 or more, strong at 0.25 or more",
        "moderate at 5 pp or more, strong at 8 pp or more",
        "moderate at 6 pp or more, strong at 10 pp or more",
        "moderate at 10 pp or more, strong at 15 pp or more",
        "low below 40%",
        "concentrated at 50% or more",
        "high at 90% or more",
        "too many at 99.99% or more",
    ] {
        assert!(markup.text.contains(words), "{words}");
    }
}

#[test]
fn drawings_are_announced_and_their_numbers_are_tables() {
    let page = samples::drift();
    let markup = Markup::read(&page.render());
    let announced = markup.values("role").filter(|role| *role == "img").count();
    let hidden = markup.values("aria-hidden").count();
    // A chart's canvas lies within the drawing that is announced.
    let canvases = markup.values("preserveAspectRatio").count();
    assert!(announced > 0);
    assert_eq!(markup.count("desc"), announced);
    assert_eq!(markup.values("aria-describedby").count(), announced);
    assert!(markup.count("svg") <= announced + hidden + canvases);
    let charts = page
        .sections
        .iter()
        .flat_map(|section| &section.blocks)
        .filter(|block| matches!(block, Block::Bars(_) | Block::Lines(_)))
        .count();
    assert_eq!(markup.count("details"), charts);
    // The exact number is kept beside the rounded one.
    assert!(markup.values("value").any(|value| value == "0.412"));
}

#[test]
fn what_cannot_be_computed_says_why_and_is_never_a_number() {
    let gauge = |value| Gauge {
        name: "Overlap".to_owned(),
        note: String::new(),
        unit: Unit::Share,
        value,
        before: Some(f64::NAN),
        limits: vec![Limit { name: "low".to_owned(), value: f64::NAN, side: Side::Below }],
        range: Some((f64::NAN, f64::INFINITY)),
        flag: Flag::default(),
    };
    let wild = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0];
    let page = page_of(vec![
        Block::Gauges(Gauges {
            gauges: vec![
                gauge(Err("fewer than 100 films".to_owned())),
                gauge(Ok(f64::NAN)),
                gauge(Ok(f64::INFINITY)),
            ],
            ..Gauges::default()
        }),
        Block::Bars(BarChart {
            categories: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
            ordered: true,
            series: vec![BarSeries { name: "rows".to_owned(), values: wild.map(Some).to_vec() }],
            ..BarChart::default()
        }),
        Block::Lines(LineChart {
            lines: vec![Line {
                name: "rows".to_owned(),
                points: wild.iter().map(|y| (*y, 1.0)).chain(wild.map(|y| (2.0, y))).collect(),
            }],
            ..LineChart::default()
        }),
        Block::Estimates(Estimates {
            series: vec!["rows".to_owned()],
            groups: wild
                .iter()
                .map(|&value| EstimateGroup {
                    name: "a".to_owned(),
                    estimates: vec![Estimate { value: Some(value), interval: Some((value, 2.0)) }],
                })
                .collect(),
            ..Estimates::default()
        }),
        Block::Movers(Movers {
            rows: wild
                .iter()
                .map(|weight| Mover {
                    name: "7".to_owned(),
                    before: Value::Real(*weight),
                    after: Value::Share(*weight),
                    change: Value::Change(*weight),
                    weight: *weight,
                })
                .collect(),
            ..Movers::default()
        }),
    ]);
    let html = page.render();
    let markup = Markup::read(&html);
    assert!(markup.text.contains("not computable: fewer than 100 films"));
    let body = html.split("</style>").nth(1).expect("a body");
    for word in ["NaN", "inf", "null", "None"] {
        assert!(!body.contains(word), "{word}");
    }
}

#[test]
fn a_page_without_anything_is_whole_and_says_so() {
    let page = page_of(vec![
        Block::Paragraph(String::new()),
        Block::Table(Table::default()),
        Block::Bars(BarChart::default()),
        Block::Lines(LineChart::default()),
        Block::Estimates(Estimates::default()),
        Block::Gauges(Gauges::default()),
        Block::Movers(Movers::default()),
        Block::RawLines(RawLines::default()),
    ]);
    let markup = Markup::read(&page.render());
    assert_eq!(markup.text.matches("Nothing to show").count(), 7);
    let mut empty = page_of(Vec::new());
    empty.title = String::new();
    assert_eq!(Markup::read(&empty.render()).text.matches("Nothing to show").count(), 1);
    empty.sections.clear();
    Markup::read(&empty.render());
}

#[test]
fn bars_are_as_long_as_their_values() {
    let page = page_of(vec![Block::Bars(BarChart {
        categories: vec!["a".to_owned(), "b".to_owned()],
        series: vec![BarSeries { name: "rows".to_owned(), values: vec![Some(40.0), Some(10.0)] }],
        unit: Unit::Count,
        ..BarChart::default()
    })]);
    let markup = Markup::read(&page.render());
    let widths: Vec<&str> = markup.values("width").collect();
    assert_eq!(widths, ["82%", "20.5%"]);
}

#[test]
fn estimates_stand_between_the_ends_of_their_intervals() {
    let page = page_of(vec![Block::Estimates(Estimates {
        category: "Metric".to_owned(),
        signed: true,
        series: vec!["a minus b".to_owned()],
        groups: vec![EstimateGroup {
            name: "hit".to_owned(),
            estimates: vec![Estimate { value: Some(0.1), interval: Some((-0.1, 0.3)) }],
        }],
        ..Estimates::default()
    })]);
    let markup = Markup::read(&page.render());
    // From −0.1 to 0.3 the scale is 62 % of the width.
    assert!(markup.values("cx").eq(["31%"]));
    assert_eq!(markup.values("x2").filter(|x| *x == "62%").count(), 2, "the mark and the interval");
    for shown in ["+0.100", "−0.100 to +0.300"] {
        assert!(markup.text.contains(shown), "{shown}: {}", markup.text);
    }
}

#[test]
fn names_that_do_not_fit_are_left_out_of_an_ordered_chart_alone() {
    let categories: Vec<String> = (1..=30).map(|day| format!("day {day}")).collect();
    let chart = |ordered| {
        let page = page_of(vec![Block::Bars(BarChart {
            categories: categories.clone(),
            ordered,
            series: vec![BarSeries { name: "rows".to_owned(), values: vec![Some(1.0); 30] }],
            ..BarChart::default()
        })]);
        let text = Markup::read(&page.render()).text;
        let named = |day: &&String| text.lines().filter(|line| line == day).count() == 2;
        categories.iter().filter(named).count()
    };
    // In the table below it every category is named once.
    assert_eq!((chart(false), chart(true)), (30, 8));
}

/// A page with one gauge of this value and limit.
fn gauge_page(value: f64, limit: f64, side: Side) -> Markup {
    let page = page_of(vec![Block::Gauges(Gauges {
        gauges: vec![Gauge {
            name: "PSI".to_owned(),
            note: String::new(),
            unit: Unit::Real,
            value: Ok(value),
            before: None,
            limits: vec![Limit { name: "strong".to_owned(), value: limit, side }],
            range: None,
            flag: Flag::default(),
        }],
        ..Gauges::default()
    })]);
    Markup::read(&page.render())
}

#[test]
fn a_bar_past_its_scale_is_cut_and_says_so() {
    let text = |value, limit, side| gauge_page(value, limit, side).text;
    assert!(text(1.22, 0.25, Side::AtLeast).contains("The bar is cut at 0.625."));
    assert!(!text(0.3, 0.25, Side::AtLeast).contains("The bar is cut"));
    assert!(text(-3.0, 0.1, Side::EitherWay).contains("The bar is cut at −0.250."));
    // Without a limit below zero the scale reaches as far as the value.
    assert!(!text(-3.0, 0.25, Side::AtLeast).contains("The bar is cut"));
}

#[test]
fn a_limit_to_both_sides_is_drawn_on_both() {
    let markup = gauge_page(0.02, 0.08, Side::EitherWay);
    assert_eq!(markup.values("class").filter(|class| *class == "limit").count(), 2);
    // The scale is from -0.1 to 0.1, zero in its middle.
    assert!(markup.values("x1").eq(["10%", "90%"]));
    assert!(markup.text.contains("strong ±0.08\n"));
    assert!(markup.text.contains("strong at ±0.08 or beyond"));
}
