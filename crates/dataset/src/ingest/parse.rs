use std::ops::Range;

use marquee_events::{Action, Event, Refusal, parse, parse_str};

use super::{Portion, report::AcceptedCounts};
use crate::{
    EventDetail, Records,
    lines::{LongLine, Piece},
    pool::Pooled,
    table::{Rows, TableLayout},
};

/// What a block of lines holds, in the order of the lines.
pub(super) struct Parsed {
    portion: Portion,
    /// Number of lines.
    pub(super) lines: u64,
    pub(super) accepted: AcceptedCounts,
    pub(super) rows: Pooled<Rows>,
    /// The rows as csv, where that is wanted.
    pub(super) csv: Vec<u8>,
    /// Earliest and latest time of a row.
    pub(super) times: Option<(i64, i64)>,
    pub(super) refused: Vec<RefusedLine>,
}

/// A line of the block that is no event.
pub(super) struct RefusedLine {
    /// Lines of the block before it.
    pub(super) lines_before: u32,
    /// Where it starts in the block.
    pub(super) start: u32,
    /// Where it ends in the block, without its line end.
    pub(super) end: u32,
    /// `None` for a record without a value.
    pub(super) reason: Option<Refusal>,
}

impl Parsed {
    /// Parses all lines; `csv` says whether the rows are wanted as csv too.
    pub(super) fn new(portion: Portion, rows: Pooled<Rows>, csv: bool) -> Self {
        let mut parsed = Self {
            lines: 0,
            accepted: AcceptedCounts::default(),
            rows,
            csv: Vec::new(),
            times: None,
            refused: Vec::new(),
            portion,
        };
        parsed.rows.clear();
        parsed.read();
        if csv {
            parsed.csv = parsed.rows.to_csv(TableLayout::Interactions);
        }
        parsed
    }

    /// The bytes of a refused line, without its end.
    pub(super) fn raw(&self, line: &RefusedLine) -> &[u8] {
        let place = line.start as usize..line.end as usize;
        match &self.portion {
            Portion::Records(records) => &records.bytes()[place],
            Portion::Lines(block) => match &block.piece {
                Piece::Lines(bytes) => &bytes.as_ref()[place],
                Piece::LongLine(long) => &long.head,
            },
        }
    }

    /// Where a refused line stands in its log: in bytes, or its offset in a stream.
    pub(super) fn offset(&self, line: &RefusedLine) -> u64 {
        match &self.portion {
            Portion::Lines(block) => block.offset + u64::from(line.start),
            Portion::Records(records) => records.offset(line.lines_before),
        }
    }

    /// The line, if the block is a single one that was longer than a block.
    pub(super) fn long_line(&self) -> Option<&LongLine> {
        match &self.portion {
            Portion::Lines(block) => match &block.piece {
                Piece::Lines(_) => None,
                Piece::LongLine(long) => Some(long),
            },
            Portion::Records(_) => None,
        }
    }

    /// Bytes of the block.
    pub(super) fn bytes(&self) -> u64 {
        match &self.portion {
            Portion::Lines(block) => match &block.piece {
                Piece::Lines(bytes) => bytes.as_ref().len() as u64,
                Piece::LongLine(long) => long.length + u64::from(long.terminated),
            },
            Portion::Records(records) => records.value_bytes(),
        }
    }

    fn read(&mut self) {
        let (accepted, rows, refused) = (&mut self.accepted, &mut *self.rows, &mut self.refused);
        self.lines = match &self.portion {
            Portion::Lines(block) => match &block.piece {
                Piece::Lines(bytes) => {
                    let lines = Lines { bytes: bytes.as_ref(), at_start: block.offset == 0 };
                    u64::from(lines.read(accepted, rows, refused))
                }
                Piece::LongLine(_) => {
                    let reason = Some(Refusal::LineTooLong);
                    refused.push(RefusedLine { lines_before: 0, start: 0, end: 0, reason });
                    1
                }
            },
            Portion::Records(records) => {
                read_records(records, accepted, rows, refused);
                records.len() as u64
            }
        };
        let times = &self.rows.timestamps;
        self.times = times.iter().min().copied().zip(times.iter().max().copied());
    }
}

/// Lines with their ends, and whether a log starts with them.
struct Lines<'a> {
    bytes: &'a [u8],
    at_start: bool,
}

impl Lines<'_> {
    /// Reads them; how many there are.
    fn read(
        &self,
        accepted: &mut AcceptedCounts,
        rows: &mut Rows,
        refused: &mut Vec<RefusedLine>,
    ) -> u32 {
        let bytes = self.bytes;
        // One check of the whole block costs less than one of every line; lines end at line feeds,
        // so text that is valid as a whole is valid line by line.
        let text = str::from_utf8(bytes).ok();
        let mut start = 0;
        let mut lines = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            if start == bytes.len() {
                break;
            }
            let mut from = start;
            // Some editors put a byte order mark before the first line; it is no part of its time.
            if self.at_start && start == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
                from += 3;
            }
            match event(text, bytes, from..end) {
                Ok(event) => accept(&event, accepted, rows),
                // Places in a block fit 32 bits.
                Err(reason) => refused.push(RefusedLine {
                    lines_before: lines,
                    start: start as u32,
                    end: end as u32,
                    reason: Some(reason),
                }),
            }
            lines += 1;
            start = end + 1;
        }
        lines
    }
}

fn read_records(
    records: &Records,
    accepted: &mut AcceptedCounts,
    rows: &mut Rows,
    refused: &mut Vec<RefusedLine>,
) {
    let bytes = records.bytes();
    let text = str::from_utf8(bytes).ok();
    for (place, record) in records.iter().enumerate() {
        let reason = match event(text, bytes, record.start as usize..record.end as usize) {
            Ok(event) => {
                accept(&event, accepted, rows);
                continue;
            }
            Err(reason) => (!record.is_null).then_some(reason),
        };
        let (start, end) = (record.start, record.end);
        refused.push(RefusedLine { lines_before: place as u32, start, end, reason });
    }
}

/// The event of a part of a block, whose text is known where all of it is valid.
fn event<'a>(
    text: Option<&'a str>,
    bytes: &'a [u8],
    place: Range<usize>,
) -> Result<Event<'a>, Refusal> {
    match text {
        Some(text) => parse_str(&text[place]),
        None => parse(&bytes[place]),
    }
}

fn accept(event: &Event<'_>, accepted: &mut AcceptedCounts, rows: &mut Rows) {
    let (movie, rating, detail) = match &event.action {
        Action::Watch { movie, minute } => {
            accepted.watch += 1;
            // The parser admits no minute past i32.
            (movie, 1, EventDetail::Watch { minute: *minute as i32 })
        }
        Action::Rate { movie, stars } => {
            accepted.rate += 1;
            (movie, stars.get(), EventDetail::Rate { stars: stars.get() as i8 })
        }
        Action::Recommendation(_) => {
            accepted.recommendation += 1;
            return;
        }
    };
    rows.push(event.user.as_i64(), movie.as_str(), rating, event.time.unix_seconds());
    rows.details.push(detail);
}
