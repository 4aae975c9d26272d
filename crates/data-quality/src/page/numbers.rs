//! Every number of the report, under the name it has there.

use marquee_pages::{Block, Cell, Column, Flag, Table, Tone, Value};
use serde_json::Value as Json;

use crate::{Reason, ValidationReport};

/// Parts of the report that are drawn or shown elsewhere on the page.
const ELSEWHERE: [&str; 3] = ["columns", "examples", "volume"];

/// Rejected rows by column and reason, with what the reason means.
pub(super) fn faults(report: &ValidationReport) -> Block {
    let text = |text: &str| Cell::Value(Value::Text(text.to_owned()));
    let by_column = report.columns.iter().flat_map(|(column, reasons)| {
        reasons.iter().map(move |(reason, rows)| {
            vec![
                text(column),
                Cell::Flag(Flag::new(Tone::Bad, reason)),
                Cell::Value(Value::Count(*rows)),
                text(meaning(reason)),
            ]
        })
    });
    Block::Table(Table {
        title: "Faults by column".to_owned(),
        caption: "A row counts for each of its faults.".to_owned(),
        columns: vec![
            Column::text("Column"),
            Column::text("Fault"),
            Column::number("Rows"),
            Column::text("What it is"),
        ],
        rows: by_column.collect(),
    })
}

/// The numbers, names and flags of the report.
pub(super) fn listing(report: &ValidationReport) -> Block {
    let mut rows = Vec::new();
    // Reports are plain data, which always has a JSON form.
    if let Ok(Json::Object(fields)) = serde_json::to_value(report) {
        for (name, field) in fields.iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str())) {
            match field {
                Json::Object(inner) => rows.extend(inner.iter().map(|(key, field)| {
                    let name = format!("{name}.{key}");
                    let cell = cell(&name, field, report);
                    (name, cell)
                })),
                field => rows.push((name.clone(), cell(name, field, report))),
            }
        }
    }
    Block::Table(Table {
        title: "Report".to_owned(),
        caption: String::new(),
        columns: vec![Column::text("Name"), Column::number("Value")],
        rows: rows
            .into_iter()
            .map(|(name, cell)| vec![Cell::Value(Value::Text(name)), cell])
            .collect(),
    })
}

fn cell(name: &str, field: &Json, report: &ValidationReport) -> Cell {
    let value = match field {
        Json::Bool(true) => return Cell::Flag(Flag::new(Tone::Neutral, "yes")),
        Json::Bool(false) => return Cell::Flag(Flag::new(Tone::Neutral, "no")),
        Json::Null if name == "rejects_path" => Value::Text("not wanted".to_owned()),
        Json::Null => Value::Missing(report.not_computed.get(name).cloned().unwrap_or_default()),
        Json::Number(number) => match (number.as_u64(), number.as_f64()) {
            // A time without separators can be copied into other programs.
            _ if name.ends_with("_timestamp") => Value::Text(number.to_string()),
            (Some(count), _) if !name.ends_with("_rate") => Value::Count(count),
            (_, Some(share)) if name.ends_with("_rate") || name.ends_with("_fraction") => {
                Value::Share(share)
            }
            (_, Some(number)) => Value::Real(number),
            (_, None) => Value::Text(number.to_string()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            let items =
                items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned));
            Value::Text(items.collect::<Vec<_>>().join(", "))
        }
        Json::Object(_) => Value::Text(field.to_string()),
    };
    Cell::Value(value)
}

/// What a reason means, for people; empty for one of no known name.
pub(super) fn meaning(reason: &str) -> &'static str {
    let known = Reason::ALL.into_iter().find(|known| known.as_str() == reason);
    match known {
        Some(Reason::Missing) => "a required value is empty or not there",
        Some(Reason::Type) => "the value is of another type",
        Some(Reason::Range) => "the number is outside of its limits",
        Some(Reason::Length) => "the text is too short or too long",
        Some(Reason::Pattern) => "the text does not match its pattern",
        Some(Reason::Enum) => "the value is none of those listed",
        Some(Reason::ExtraColumn) => "a value that no column allows",
        Some(Reason::Schema) => "another rule of the schema is broken",
        Some(Reason::Form) => "no table of interactions can hold the value",
        Some(Reason::Overflow) => "the number does not fit 64 bits with a sign",
        Some(Reason::Encoding) => "the value is not UTF-8",
        Some(Reason::CutLine) => "fewer values than the header has names",
        Some(Reason::WrongDelimiter) => "the line is divided by another character",
        Some(Reason::QuotedNewline) => "a value holds a line end",
        Some(Reason::Quotes) => "quotation marks that nothing closes, or too early",
        Some(Reason::LineTooLong) => "the record is longer than 64 KiB",
        Some(Reason::NotJson) => "the line is no JSON object",
        Some(Reason::DuplicateKey) => "an object has a key twice",
        None => "",
    }
}
