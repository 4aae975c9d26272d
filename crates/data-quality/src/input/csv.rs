use std::{borrow::Cow, path::Path};

use marquee_dataset::{BatchSize, Progress, StoredFile, first_comma, parse_integer, run_stages};
use marquee_events::MAX_LINE_BYTES;

use super::{
    csv_blocks::{CsvBlock, CsvBlocks, CsvPiece, line_end},
    header::{Header, OTHER_DELIMITERS},
    quoted::{self, Quoted},
    report_progress,
};
use crate::{
    QualityError,
    checker::{COLUMNS, Checker, Further, Row},
    outcome::{Checked, Column, Fault, Sink},
    reason::Reason,
    value::{self, Types, Value},
};

/// Checks the rows of a csv file.
pub(crate) fn read(
    path: &Path,
    checker: &Checker<'_>,
    sink: &mut Sink<'_>,
    progress: &mut dyn Progress,
) -> Result<(), QualityError> {
    let file = StoredFile::open(path)?;
    progress.begin("checking rows", file.length());
    let position = file.position();
    let Some(mut blocks) = CsvBlocks::open(path, file)? else {
        let problem = String::from("the file is empty; a csv file starts with a header");
        return Err(QualityError::NotATable { path: path.to_owned(), problem });
    };
    let (header, start) = Header::of_csv(path, blocks.start(), checker.schema)?;
    let header_lines = memchr::memchr_iter(b'\n', &blocks.start()[..start]).count() as u64;
    sink.enter(path.display().to_string(), 1 + header_lines);
    blocks.begin(start, header.width);
    let table = Table { header: &header, checker, types: checker.types() };
    run_stages(
        BatchSize::FewBlocks,
        || blocks.next(),
        |block| table.check(&block),
        |checked| sink.take(checked),
        report_progress(progress, &position),
    )
}

/// What is known of all rows.
struct Table<'a> {
    header: &'a Header,
    checker: &'a Checker<'a>,
    types: [Types; 4],
}

/// A record of a block.
struct Record<'a> {
    /// Where it starts in the file.
    offset: u64,
    /// Without its line end.
    raw: &'a [u8],
}

impl Table<'_> {
    fn check(&self, block: &CsvBlock) -> Checked {
        let mut checked = self.checker.begin();
        match &block.piece {
            CsvPiece::Long(line) => {
                let whole = (line.length, line.sha256.clone());
                checked.rejects.push_long(checked.lines, Some(block.offset), &line.head, whole);
                checked.lines += 1;
            }
            CsvPiece::Records(buffer, start, end) => {
                self.records(&buffer.as_ref()[*start..*end], block.offset, &mut checked);
            }
        }
        self.checker.end(checked)
    }

    fn records(&self, bytes: &[u8], offset: u64, checked: &mut Checked) {
        let is_quoted = memchr::memchr(b'"', bytes).is_some();
        let mut start = 0;
        while start < bytes.len() {
            let end = line_end(bytes, start);
            let line = without_end(&bytes[start..end]);
            let record = Record { offset: offset + start as u64, raw: line };
            let mut lines = 1;
            start = if is_quoted && memchr::memchr(b'"', line).is_some() {
                let next = self.quoted(bytes, start, end, &record, checked);
                lines = memchr::memchr_iter(b'\n', &bytes[start..next]).count().max(1) as u64;
                next
            } else {
                if !line.is_empty() && !self.admit(line, checked) {
                    let fields = line.split(|&byte| byte == b',').map(Cow::Borrowed);
                    self.examine(&record, &fields.collect::<Vec<_>>(), checked);
                }
                end
            };
            checked.lines += lines;
        }
    }

    /// Appends the row if it is good beyond doubt.
    #[inline]
    fn admit(&self, line: &[u8], checked: &mut Checked) -> bool {
        if self.header.width != 4 || line.len() > MAX_LINE_BYTES {
            return false;
        }
        let mut ends = [0; 3];
        let mut from = 0;
        for end in &mut ends {
            let Some(comma) = first_comma(&line[from..]) else { return false };
            *end = from + comma;
            from += comma + 1;
        }
        let spans = [
            (0, ends[0]),
            (ends[0] + 1, ends[1]),
            (ends[1] + 1, ends[2]),
            (ends[2] + 1, line.len()),
        ];
        let [user, movie, rating, time] = self.header.places.map(|place| spans[place]);
        let integer = |span: (usize, usize)| parse_integer(&line[span.0..span.1]);
        let (Some(user), Some(rating), Some(time)) =
            (integer(user), integer(rating), integer(time))
        else {
            return false;
        };
        // A comma too many is in the last value, which then is no integer and no plain movie id.
        self.checker.admit(user, &line[movie.0..movie.1], rating, time, checked)
    }

    /// Takes the record with quotation marks whose first line is given; where the next one starts.
    fn quoted(
        &self,
        bytes: &[u8],
        start: usize,
        line_end: usize,
        line: &Record<'_>,
        checked: &mut Checked,
    ) -> usize {
        match quoted::record(bytes, start, self.header.width, true) {
            Quoted::Record { fields, end } => {
                let raw = without_end(&bytes[start..end]);
                self.examine(&Record { raw, ..*line }, &fields, checked);
                end
            }
            _ => {
                let reason = if line.raw.len() > MAX_LINE_BYTES {
                    Reason::LineTooLong
                } else {
                    Reason::Quotes
                };
                checked.reject(Some(line.offset), vec![Fault::of_line(reason)], line.raw);
                line_end
            }
        }
    }

    /// Checks a record by every rule.
    fn examine(&self, record: &Record<'_>, fields: &[Cow<'_, [u8]>], checked: &mut Checked) {
        let faults = match self.shape(record, fields) {
            Some(reason) => vec![Fault::of_line(reason)],
            None => {
                let mut faults = self.checker.check(self.row(fields), checked);
                for (name, place) in COLUMNS.into_iter().zip(self.header.places) {
                    let faulty = faults.iter().any(|fault| fault.column.as_deref() == Some(name));
                    if faulty && fields[place].contains(&b'\n') {
                        let value = Some(
                            String::from_utf8_lossy(&fields[place]).chars().take(80).collect(),
                        );
                        let (column, reason) =
                            (Some(Column::Borrowed(name)), Reason::QuotedNewline);
                        faults.push(Fault { column, reason, value });
                    }
                }
                faults
            }
        };
        if !faults.is_empty() {
            checked.reject(Some(record.offset), faults, record.raw);
        }
    }

    /// What is wrong with a record before its values are looked at.
    fn shape(&self, record: &Record<'_>, fields: &[Cow<'_, [u8]>]) -> Option<Reason> {
        let width = self.header.width;
        if record.raw.len() > MAX_LINE_BYTES {
            return Some(Reason::LineTooLong);
        }
        if fields.len() == width {
            return None;
        }
        let divided_by =
            |&delimiter: &u8| memchr::memchr_iter(delimiter, record.raw).count() + 1 == width;
        if fields.len() < width && OTHER_DELIMITERS.iter().any(divided_by) {
            return Some(Reason::WrongDelimiter);
        }
        Some(if fields.len() < width { Reason::CutLine } else { Reason::ExtraColumn })
    }

    fn row<'f>(&'f self, fields: &'f [Cow<'_, [u8]>]) -> Row<'f> {
        let [user, movie, rating, time] = [0, 1, 2, 3]
            .map(|column| value::of_field(&fields[self.header.places[column]], self.types[column]));
        let others = self.header.others.iter().map(|other| {
            let field = &fields[other.place];
            let value = value::of_field(field, other.types);
            let is_read = !matches!(value, Value::Absent | Value::Text(_) | Value::Bytes(_));
            let text = str::from_utf8(field).ok();
            let text = text.filter(|_| is_read && other.types.meets(Types::STRING));
            Further { rule: other.rule, name: &other.name, value, text }
        });
        Row { four: [user, movie, rating, time], others: others.collect(), spelt: true }
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
