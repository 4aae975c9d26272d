use std::path::Path;

use marquee_dataset::{BatchSize, Block, LineBlocks, Piece, Progress, StoredFile, run_stages};
use marquee_events::MAX_LINE_BYTES;
use serde_json::{Map, Value as Json};

use super::{report_progress, unreadable};
use crate::{
    QualityError,
    checker::{COLUMNS, Checker, Further, Row},
    outcome::{Checked, Fault, Sink},
    reason::Reason,
    unique::parse_json,
    value::Value,
};

/// Checks the rows of a file of JSON Lines.
pub(crate) fn read(
    path: &Path,
    checker: &Checker<'_>,
    sink: &mut Sink<'_>,
    progress: &mut dyn Progress,
) -> Result<(), QualityError> {
    let file = StoredFile::open(path)?;
    progress.begin("checking rows", file.length());
    let position = file.position();
    let mut blocks = LineBlocks::new(file, MAX_LINE_BYTES);
    run_stages(
        BatchSize::FewBlocks,
        || {
            let offset = blocks.offset();
            blocks.next().map_err(|source| unreadable(path, offset, source))
        },
        |block| check_block(checker, &block),
        |checked| sink.take(checked),
        report_progress(progress, &position),
    )
}

fn check_block(checker: &Checker<'_>, block: &Block) -> Checked {
    let mut checked = checker.begin();
    match &block.piece {
        Piece::LongLine(line) => {
            let whole = (line.length, line.sha256.clone());
            checked.rejects.push_long(checked.lines, Some(block.offset), &line.head, whole);
            checked.lines += 1;
        }
        Piece::Lines(buffer) => {
            let mut bytes = buffer.as_ref();
            let mut offset = block.offset;
            if offset == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
                (bytes, offset) = (&bytes[3..], 3);
            }
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                check_line(checker, line.trim_ascii_end(), offset, &mut checked);
                checked.lines += 1;
                offset += line.len() as u64;
            }
        }
    }
    checker.end(checked)
}

fn check_line(checker: &Checker<'_>, line: &[u8], offset: u64, checked: &mut Checked) {
    if line.is_empty() {
        return;
    }
    let faults = if line.len() > MAX_LINE_BYTES {
        vec![Fault::of_line(Reason::LineTooLong)]
    } else if str::from_utf8(line).is_err() {
        vec![Fault::of_line(Reason::Encoding)]
    } else {
        match parse_json(line) {
            Ok((_, Some(key))) => {
                let value = Some(key.chars().take(80).collect());
                vec![Fault { value, ..Fault::of_line(Reason::DuplicateKey) }]
            }
            Ok((Json::Object(object), None)) => check_object(checker, &object, checked),
            Ok(_) | Err(_) => vec![Fault::of_line(Reason::NotJson)],
        }
    };
    if !faults.is_empty() {
        checked.reject(Some(offset), faults, line);
    }
}

fn check_object(
    checker: &Checker<'_>,
    object: &Map<String, Json>,
    checked: &mut Checked,
) -> Vec<Fault> {
    let four = COLUMNS.map(|name| object.get(name).map_or(Value::Absent, Value::of_json));
    if let [Value::Int(user), Value::Text(movie), Value::Int(rating), Value::Int(time)] = four
        && object.len() == 4
        && checker.admit(user, movie.as_bytes(), rating, time, checked)
    {
        return Vec::new();
    }
    let others = object.iter().filter(|(name, _)| !COLUMNS.contains(&name.as_str()));
    let others = others.map(|(name, json)| Further {
        rule: checker.schema.rule(name),
        name,
        value: Value::of_json(json),
        text: None,
    });
    checker.check(Row { four, others: others.collect(), spelt: false }, checked)
}
