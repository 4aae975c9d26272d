//! A table with a few bad rows of every kind.

use marquee_pages::{
    BarChart, Block, Cell, Column, Fact, Flag, Gauge, Gauges, Limit, Page, RawLine, RawLines,
    Section, Side, Table, Tone, Unit, Value, Verdict,
};

use super::{names, series};

/// The page of a validation that let most rows pass.
pub(crate) fn validation() -> Page {
    Page {
        title: "Validation of data/interactions.csv".to_owned(),
        verdict: Verdict {
            tone: Tone::Warning,
            word: "Accepted, with rejects".to_owned(),
            sentence: "412 of 16,512,004 rows were rejected, fewer than the limit of 5%; 1,204 \
                       rows were repaired."
                .to_owned(),
        },
        facts: vec![
            Fact::new("Rows read", Value::Count(16_512_004)),
            Fact::new("Clean rows", Value::Count(16_511_592)),
            Fact::new("Rejected rows", Value::Count(412)),
            Fact::new("Repaired rows", Value::Count(1_204)),
            Fact::new("Duplicate rows", Value::Count(90_233)),
            Fact::new("Rows in the future", Value::Count(3)),
            Fact::new("Schema", Value::Text("schemas/interactions.schema.json".to_owned())),
            Fact::new("Seconds", Value::Real(11.42)),
        ],
        sections: vec![rejects(), rows(), columns()],
        footer: "Written by dq-validate.".to_owned(),
    }
}

fn rejects() -> Section {
    Section {
        heading: "What was rejected, and why".to_owned(),
        blocks: vec![
            Block::Gauges(Gauges {
                title: "Reject rate".to_owned(),
                caption: String::new(),
                gauges: vec![Gauge {
                    name: "Rejected rows".to_owned(),
                    note: "Past the limit the table is refused.".to_owned(),
                    unit: Unit::Share,
                    value: Ok(412.0 / 16_512_004.0),
                    before: None,
                    limits: vec![Limit {
                        name: "refused".to_owned(),
                        value: 0.05,
                        side: Side::Above,
                    }],
                    range: None,
                    flag: Flag::new(Tone::Good, "within the limit"),
                }],
            }),
            Block::Bars(BarChart {
                title: "Rejected rows by reason".to_owned(),
                caption: "A row with two faults counts under both.".to_owned(),
                category: "Reason".to_owned(),
                categories: names(&[
                    "movie_id: does not match the pattern",
                    "user_id: is not an integer",
                    "timestamp: is missing",
                    "the row has 5 fields where the header has 4",
                    "bytes that are not UTF-8",
                ]),
                ordered: false,
                unit: Unit::Count,
                series: vec![series("rows", &[211.0, 104.0, 60.0, 33.0, 12.0])],
            }),
            examples(),
        ],
    }
}

fn examples() -> Block {
    let line = |place: &str, reasons: &[&str], raw: &[u8]| RawLine {
        place: place.to_owned(),
        reasons: names(reasons),
        raw: raw.to_vec(),
    };
    Block::RawLines(RawLines {
        title: "Examples".to_owned(),
        caption: "Characters that cannot be seen are spelt out.".to_owned(),
        lines: vec![
            line(
                "line 1,204, byte 56,011",
                &["movie_id: pattern"],
                b"12,city +of+god+2002,4,1728912702",
            ),
            line(
                "line 88,120, byte 4,410,995",
                &["user_id: type", "encoding"],
                b"1e3,am\xe9lie+2001,5,1728912702",
            ),
            line(
                "line 90,001, byte 4,505,120",
                &["movie_id: pattern"],
                "7,<img src=x onerror=\"alert('1')\">,\0\u{202e}3,17\t28".as_bytes(),
            ),
            line("line 90,002, byte 4,505,190", &["cut line"], b""),
        ],
    })
}

fn rows() -> Section {
    let days: Vec<String> = (1..=30).map(|day| format!("{day} Oct")).collect();
    let volume: Vec<f64> = (0..30_u32)
        .map(|day| 520_000.0 + 90_000.0 * f64::from(day % 7 / 5) - 3_000.0 * f64::from(day))
        .collect();
    Section {
        heading: "What the clean rows look like".to_owned(),
        blocks: vec![
            Block::Bars(BarChart {
                title: "Ratings".to_owned(),
                caption: "A watch counts as 1.".to_owned(),
                category: "Rating".to_owned(),
                categories: names(&["1", "2", "3", "4", "5"]),
                ordered: true,
                unit: Unit::Count,
                series: vec![series(
                    "rows",
                    &[14_901_233.0, 120_004.0, 401_202.0, 700_041.0, 389_112.0],
                )],
            }),
            Block::Bars(BarChart {
                title: "Rows per day".to_owned(),
                caption: String::new(),
                category: "Day".to_owned(),
                categories: days,
                ordered: true,
                unit: Unit::Count,
                series: vec![series("rows", &volume)],
            }),
        ],
    }
}

fn columns() -> Section {
    let row = |name: &str, counts: [u64; 4]| {
        let mut cells = vec![Cell::Value(Value::Text(name.to_owned()))];
        cells.extend(counts.map(|count| Cell::Value(Value::Count(count))));
        cells
    };
    Section {
        heading: "All numbers".to_owned(),
        blocks: vec![Block::Table(Table {
            title: "Columns".to_owned(),
            caption: "Rows in which the column has a fault.".to_owned(),
            columns: vec![
                Column::text("Column"),
                Column::number("Missing"),
                Column::number("Wrong type"),
                Column::number("Out of range"),
                Column::number("Repaired"),
            ],
            rows: vec![
                row("user_id", [0, 104, 0, 0]),
                row("movie_id", [12, 0, 0, 0]),
                row("rating", [4, 0, 0, 1_204]),
                row("timestamp", [60, 0, 0, 0]),
            ],
        })],
    }
}
