use marquee_events::{Action, Event, Refusal};

use super::report::AcceptedCounts;
use crate::{
    EventDetail,
    lines::{Block, LongLine, Piece},
    pool::Pooled,
    table::{Rows, TableLayout},
};

/// What a block of lines holds, in the order of the lines.
pub(super) struct Parsed {
    pub(super) block: Block,
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
    pub(super) reason: Refusal,
}

impl Parsed {
    /// Parses all lines; `csv` says whether the rows are wanted as csv too.
    pub(super) fn new(block: Block, rows: Pooled<Rows>, csv: bool) -> Self {
        let mut parsed = Self {
            lines: 0,
            accepted: AcceptedCounts::default(),
            rows,
            csv: Vec::new(),
            times: None,
            refused: Vec::new(),
            block,
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
        match &self.block.piece {
            Piece::Lines(bytes) => &bytes.as_ref()[line.start as usize..line.end as usize],
            Piece::LongLine(long) => &long.head,
        }
    }

    /// The line, if the block is a single one that was longer than a block.
    pub(super) fn long_line(&self) -> Option<&LongLine> {
        match &self.block.piece {
            Piece::Lines(_) => None,
            Piece::LongLine(long) => Some(long),
        }
    }

    /// Bytes of the block.
    pub(super) fn bytes(&self) -> u64 {
        match &self.block.piece {
            Piece::Lines(bytes) => bytes.as_ref().len() as u64,
            Piece::LongLine(long) => long.length + u64::from(long.terminated),
        }
    }

    fn read(&mut self) {
        let Piece::Lines(bytes) = &self.block.piece else {
            let reason = Refusal::LineTooLong;
            self.refused.push(RefusedLine { lines_before: 0, start: 0, end: 0, reason });
            self.lines = 1;
            return;
        };
        let bytes = bytes.as_ref();
        // One check of the whole block costs less than one of every line; lines end at line feeds,
        // so text that is valid as a whole is valid line by line.
        let text = str::from_utf8(bytes).ok();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            if start == bytes.len() {
                break;
            }
            let mut from = start;
            // Some editors put a byte order mark before the first line; it is no part of its time.
            if self.block.offset == 0 && start == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
                from += 3;
            }
            let event = match text {
                Some(text) => marquee_events::parse_str(&text[from..end]),
                None => marquee_events::parse(&bytes[from..end]),
            };
            match event {
                Ok(event) => accept(&event, &mut self.accepted, &mut self.rows),
                // Places in a block fit 32 bits.
                Err(reason) => self.refused.push(RefusedLine {
                    lines_before: self.lines as u32,
                    start: start as u32,
                    end: end as u32,
                    reason,
                }),
            }
            self.lines += 1;
            start = end + 1;
        }
        let times = &self.rows.timestamps;
        self.times = times.iter().min().copied().zip(times.iter().max().copied());
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
