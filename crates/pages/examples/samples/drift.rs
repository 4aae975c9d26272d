//! A week in which a few films took over.

use marquee_pages::{
    BarChart, Block, Cell, Column, Fact, Flag, Gauge, Gauges, Limit, Line, LineChart, Mover,
    Movers, Page, Section, Shape, Side, Table, Tone, Unit, Value, Verdict,
};

use super::{names, series};

const GENRES: [&str; 6] = ["Drama", "Comedy", "Science Fiction", "Documentary", "Horror", "Family"];

/// The page of a comparison that found drift.
pub(crate) fn drift() -> Page {
    Page {
        title: "Drift of data/interactions_dedup.csv against data/reference.parquet".to_owned(),
        verdict: Verdict {
            tone: Tone::Bad,
            word: "Drift detected".to_owned(),
            sentence: "2 of 9 metrics are past a strong limit: ratings (PSI 1.22) and the share \
                       of the ten most watched films (+9.31 pp)."
                .to_owned(),
        },
        facts: vec![
            Fact::new("Rows, reference", Value::Count(2_450_118)),
            Fact::new("Rows, current", Value::Count(501_733)),
            Fact::new("Active users", Value::Count(61_204)),
            Fact::new("Change of active users", Value::ShareChange(-0.204)),
            Fact::new("Films in common, top 100", Value::Share(0.64)),
            Fact::new("Missing", Value::Missing("the table holds one film".to_owned())),
        ],
        sections: vec![why(), gauges(), distributions(), numbers()],
        footer: "Written by drift-check from drift_report.json.".to_owned(),
    }
}

fn why() -> Section {
    let films = [
        ("the+silent+harbor+1987", 0.0121, 0.0684),
        ("a+winter+in+lisbon+2004", 0.0098, 0.0412),
        ("<script>alert(1)</script>", 0.0, 0.0151),
        ("paper+moons+1999", 0.0311, 0.0202),
        ("\u{202e}gnp.exe+2001", 0.0124, 0.0031),
        (
            "a+very+long+title+about+the+men+who+went+up+a+hill+and+came+down+a+mountain+1995",
            0.01,
            0.006,
        ),
    ];
    let film = |&(name, before, after): &(&str, f64, f64)| Mover {
        name: name.to_owned(),
        before: Value::Share(before),
        after: Value::Share(after),
        change: Value::ShareChange(after - before),
        weight: after - before,
    };
    let user = |&(name, before, after): &(&str, u64, u64)| Mover {
        name: name.to_owned(),
        before: Value::Count(before),
        after: Value::Count(after),
        change: Value::Change(after as f64 - before as f64),
        weight: after as f64 - before as f64,
    };
    Section {
        heading: "What moved, and why".to_owned(),
        blocks: vec![
            Block::Paragraph(
                "Three films gained 10.2 pp of all rows between them; without them the share of \
                 the ten most watched films would have fallen."
                    .to_owned(),
            ),
            Block::Movers(Movers {
                title: "Films that moved the top-10 share most".to_owned(),
                caption: "Share of all rows.".to_owned(),
                name: "Film".to_owned(),
                heads: ["Reference", "Current", "Change"].map(str::to_owned),
                rows: films.iter().map(film).collect(),
            }),
            Block::Movers(Movers {
                title: "Users that moved events per user most".to_owned(),
                caption: "Rows of each user.".to_owned(),
                name: "User".to_owned(),
                heads: ["Reference", "Current", "Change"].map(str::to_owned),
                rows: [("712204", 31, 4_102), ("9", 12, 866), ("551000", 1_204, 0)]
                    .iter()
                    .map(user)
                    .collect(),
            }),
        ],
    }
}

fn limit(name: &str, value: f64, side: Side) -> Limit {
    Limit { name: name.to_owned(), value, side }
}

fn gauges() -> Section {
    Section {
        heading: "Every metric against its limits".to_owned(),
        blocks: vec![Block::Gauges(Gauges {
            title: "Metrics".to_owned(),
            caption: "Each bar has a scale of its own; dashed lines are limits, the tinted part \
                      lies beyond them, circles are the reference."
                .to_owned(),
            gauges: changes().into_iter().chain(levels()).collect(),
        })],
    }
}

fn good() -> Flag {
    Flag::new(Tone::Good, "within limits")
}

fn changes() -> Vec<Gauge> {
    let delta = |name: &str, value: f64, limits: [f64; 2], flag: Flag| Gauge {
        name: name.to_owned(),
        note: "Size of the change of the share.".to_owned(),
        unit: Unit::Points,
        value: Ok(value),
        before: None,
        limits: vec![
            limit("moderate", limits[0], Side::AtLeast),
            limit("strong", limits[1], Side::AtLeast),
        ],
        range: None,
        flag,
    };
    vec![
        Gauge {
            unit: Unit::Real,
            note: "Population stability index of the ratings.".to_owned(),
            ..delta("Rating PSI", 1.2197, [0.1, 0.25], Flag::new(Tone::Bad, "strong"))
        },
        delta("Share of the top 10, change", 0.0931, [0.05, 0.08], Flag::new(Tone::Bad, "strong")),
        delta("Gini of films, change", 0.0687, [0.06, 0.1], Flag::new(Tone::Warning, "moderate")),
        delta("Share of the top 100, change", 0.0102, [0.1, 0.15], good()),
    ]
}

fn levels() -> Vec<Gauge> {
    let level = |name: &str, value: Result<f64, String>, before, bound, flag| Gauge {
        name: name.to_owned(),
        note: String::new(),
        unit: Unit::Share,
        value,
        before,
        limits: vec![bound],
        range: Some((0.0, 1.0)),
        flag,
    };
    vec![
        level("Top-100 overlap", Ok(0.64), None, limit("low", 0.4, Side::Below), good()),
        level(
            "Share of the top 10",
            Ok(0.373),
            Some(0.2798),
            limit("concentrated", 0.5, Side::AtLeast),
            good(),
        ),
        level("Gini of films", Ok(0.4624), Some(0.4356), limit("high", 0.9, Side::AtLeast), good()),
        level(
            "One-and-done users",
            Ok(0.132),
            Some(0.0825),
            limit("too many", 0.9999, Side::AtLeast),
            good(),
        ),
        level(
            "Genre distance",
            Err("no catalog was given (--catalog)".to_owned()),
            None,
            limit("moderate", 0.05, Side::AtLeast),
            Flag::new(Tone::Neutral, "not judged"),
        ),
    ]
}

fn distributions() -> Section {
    let both =
        |title: &str, category: &str, categories: &[&str], unit, values: [&[f64]; 2]| BarChart {
            title: title.to_owned(),
            caption: String::new(),
            category: category.to_owned(),
            categories: names(categories),
            ordered: categories != GENRES,
            unit,
            series: vec![series("reference", values[0]), series("current", values[1])],
        };
    Section {
        heading: "Distributions side by side".to_owned(),
        blocks: vec![
            Block::Bars(BarChart {
                caption: "Share of all rows; a watch counts as 1.".to_owned(),
                ..both(
                    "Ratings",
                    "Rating",
                    &["1", "2", "3", "4", "5"],
                    Unit::Share,
                    [&[0.412, 0.08, 0.19, 0.21, 0.108], &[0.21, 0.04, 0.22, 0.31, 0.22]],
                )
            }),
            Block::Bars(both(
                "Events per user",
                "Events",
                &["1", "2", "3–4", "5–8", "9–16", "17–32", "33–64", "65+"],
                Unit::Count,
                [
                    &[3_100.0, 5_204.0, 9_811.0, 14_020.0, 16_610.0, 9_204.0, 2_100.0, 1_155.0],
                    &[8_104.0, 7_205.0, 9_110.0, 9_920.0, 8_300.0, 4_220.0, 1_004.0, 341.0],
                ],
            )),
            concentration(),
            Block::Bars(both(
                "Genres",
                "Genre",
                &GENRES,
                Unit::Share,
                [&[0.31, 0.24, 0.16, 0.12, 0.1, 0.07], &[0.27, 0.21, 0.24, 0.11, 0.12, 0.05]],
            )),
            volume(),
        ],
    }
}

fn concentration() -> Block {
    let lorenz = |name: &str, power: f64| Line {
        name: name.to_owned(),
        points: (0..=100).map(|i| f64::from(i) / 100.0).map(|x| (x, x.powf(power))).collect(),
    };
    Block::Lines(LineChart {
        title: "Concentration on few films (Lorenz curve)".to_owned(),
        caption: "The further a curve sags below the diagonal, the fewer films hold the \
                          rows."
            .to_owned(),
        x_name: "Share of films, least watched first".to_owned(),
        x_unit: Unit::Share,
        y_name: "Share of rows".to_owned(),
        y_unit: Unit::Share,
        lines: vec![lorenz("reference", 2.4), lorenz("current", 3.3)],
        diagonal: Some("all films equal".to_owned()),
        shape: Shape::Square,
        ..LineChart::default()
    })
}

fn volume() -> Block {
    let week = |name: &str, scale: f64, dip: usize| Line {
        name: name.to_owned(),
        points: (0..168_u32)
            .map(|hour| {
                let day = f64::from(hour % 24) / 24.0 * std::f64::consts::TAU;
                let weekend = if hour >= 120 { 1.35 } else { 1.0 };
                let fault = if (dip..dip + 9).contains(&(hour as usize)) { 0.1 } else { 1.0 };
                (
                    f64::from(hour),
                    scale * weekend * fault * (1.3 - day.cos() - 0.25 * (2.0 * day).sin()),
                )
            })
            .collect(),
    };
    Block::Lines(LineChart {
        title: "Events by hour of the week".to_owned(),
        caption: "Hours in UTC; the reference's own week.".to_owned(),
        x_name: "Hour of the week".to_owned(),
        x_unit: Unit::Count,
        x_marks: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
            .iter()
            .enumerate()
            .map(|(day, name)| (24.0 * day as f64, (*name).to_owned()))
            .collect(),
        y_name: "Events per hour".to_owned(),
        y_unit: Unit::Count,
        lines: vec![week("reference", 1_480.0, 1_000), week("current", 1_390.0, 66)],
        ..LineChart::default()
    })
}

fn numbers() -> Section {
    let row = |name: &str, before, after, change, flag: Flag| {
        vec![
            Cell::Value(Value::Text(name.to_owned())),
            Cell::Value(before),
            Cell::Value(after),
            Cell::Value(change),
            Cell::Flag(flag),
        ]
    };
    let good = || Flag::new(Tone::Good, "no flag");
    Section {
        heading: "All numbers".to_owned(),
        blocks: vec![Block::Table(Table {
            title: "Metrics".to_owned(),
            caption: String::new(),
            columns: columns(),
            rows: vec![
                row(
                    "Rows",
                    Value::Count(2_450_118),
                    Value::Count(501_733),
                    Value::Change(-1_948_385.0),
                    good(),
                ),
                row(
                    "top10_share",
                    Value::Share(0.2798),
                    Value::Share(0.373),
                    Value::ShareChange(0.0931),
                    Flag::new(Tone::Bad, "top10_delta_strong"),
                ),
                row(
                    "gini_movies",
                    Value::Real(0.4356),
                    Value::Real(0.5043),
                    Value::Change(0.0687),
                    Flag::new(Tone::Warning, "gini_delta_moderate"),
                ),
                row(
                    "p95_events_per_user",
                    Value::Real(32.05),
                    Value::Real(26.0),
                    Value::Change(-6.05),
                    good(),
                ),
                row(
                    "overlap",
                    Value::Missing("fewer than 100 films".to_owned()),
                    Value::Real(f64::NAN),
                    Value::Missing(String::new()),
                    Flag::new(Tone::Neutral, "overlap_not_computable"),
                ),
            ],
        })],
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::text("Metric"),
        Column::number("Reference"),
        Column::number("Current"),
        Column::number("Change"),
        Column::text("Flag"),
    ]
}
