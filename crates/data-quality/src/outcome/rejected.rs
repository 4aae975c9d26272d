use std::borrow::Cow;

use marquee_dataset::hex;
use marquee_events::MAX_LINE_BYTES;
use sha2::{Digest, Sha256};

use crate::reason::Reason;

/// The rows of a block that are not good, in the order of the input.
///
/// Compact, since a block may hold a quarter million of them: 32 bytes a row and the row itself,
/// some 60 for each of its faults.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    rows: Vec<Place>,
    faults: Vec<Fault>,
    raw: Vec<u8>,
    /// Length and SHA-256 of the rows of which not everything is kept, by their number.
    cut: Vec<(usize, (u64, String))>,
    /// How many values are shown already of a column and reason.
    shown: Vec<(Option<Column>, Reason, u64)>,
}

/// A column, named.
pub(crate) type Column = Cow<'static, str>;

#[derive(Debug, Clone, Copy)]
struct Place {
    lines_before: u32,
    faults_end: u32,
    raw_end: usize,
    offset: Option<u64>,
}

/// A row that is not good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rejected<'a> {
    /// Lines of the block before it.
    pub(crate) lines_before: u64,
    /// Where it starts in the file, in bytes.
    pub(crate) offset: Option<u64>,
    pub(crate) faults: &'a [Fault],
    /// At most 64 KiB of it.
    pub(crate) raw: &'a [u8],
    /// Length and SHA-256 of all of it, where that is more.
    pub(crate) whole: Option<&'a (u64, String)>,
}

/// One reason to reject a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The column, if it is one's.
    pub(crate) column: Option<Column>,
    pub(crate) reason: Reason,
    /// The column's value, cut; of the first faults of a kind in a block.
    pub(crate) value: Option<String>,
}

/// Rows of a column and reason that are shown as examples.
pub(crate) const EXAMPLES: u64 = 3;

impl Fault {
    /// A fault of a whole line.
    pub(crate) fn of_line(reason: Reason) -> Self {
        Self { column: None, reason, value: None }
    }
}

impl Rejects {
    /// Takes a row.
    pub(crate) fn push(
        &mut self,
        lines_before: u64,
        offset: Option<u64>,
        faults: Vec<Fault>,
        bytes: &[u8],
    ) {
        let kept = &bytes[..bytes.len().min(MAX_LINE_BYTES)];
        if kept.len() < bytes.len() {
            let whole = (bytes.len() as u64, hex(&Sha256::digest(bytes)));
            self.cut.push((self.rows.len(), whole));
        }
        self.append(lines_before, offset, faults, kept);
    }

    /// Takes a row of which length and SHA-256 are known, and not all bytes.
    pub(crate) fn push_long(
        &mut self,
        lines_before: u64,
        offset: Option<u64>,
        kept: &[u8],
        whole: (u64, String),
    ) {
        self.cut.push((self.rows.len(), whole));
        self.append(lines_before, offset, vec![Fault::of_line(Reason::LineTooLong)], kept);
    }

    fn append(&mut self, lines_before: u64, offset: Option<u64>, faults: Vec<Fault>, kept: &[u8]) {
        for mut fault in faults {
            if !self.is_to_show(&fault) {
                fault.value = None;
            }
            self.faults.push(fault);
        }
        self.raw.extend_from_slice(kept);
        self.rows.push(Place {
            // A block has fewer lines than bytes, and few columns.
            lines_before: lines_before as u32,
            faults_end: self.faults.len() as u32,
            raw_end: self.raw.len(),
            offset,
        });
    }

    fn is_to_show(&mut self, fault: &Fault) -> bool {
        let same =
            |it: &&mut (Option<Column>, Reason, u64)| it.1 == fault.reason && it.0 == fault.column;
        if let Some(shown) = self.shown.iter_mut().find(same) {
            shown.2 += 1;
            return shown.2 <= EXAMPLES;
        }
        // Keys of JSON objects could be made up without end.
        if self.shown.len() > 200 {
            return false;
        }
        self.shown.push((fault.column.clone(), fault.reason, 1));
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Rejected<'_>> {
        let mut cut = self.cut.iter().peekable();
        let (mut faults_start, mut raw_start) = (0, 0);
        self.rows.iter().enumerate().map(move |(number, place)| {
            let whole = cut.next_if(|(row, _)| *row == number).map(|(_, whole)| whole);
            let rejected = Rejected {
                lines_before: u64::from(place.lines_before),
                offset: place.offset,
                faults: &self.faults[faults_start..place.faults_end as usize],
                raw: &self.raw[raw_start..place.raw_end],
                whole,
            };
            (faults_start, raw_start) = (place.faults_end as usize, place.raw_end);
            rejected
        })
    }
}
