//! What comes of rows: those that are good, those that are not, and what is counted.

mod counts;
mod rejected;
mod rejects;
mod report;
mod sink;

use marquee_dataset::{Pooled, RowBlock};

pub(crate) use counts::{RejectCounts, Tally};
pub(crate) use rejected::{Column, Fault, Rejected, Rejects};
pub use rejects::{RejectReason, RejectRecord};
pub use report::{RejectExample, ValidationReport};
pub(crate) use sink::Sink;

/// What came of a block of rows, in the order of the input.
pub(crate) struct Checked {
    pub(crate) rows: Pooled<RowBlock>,
    /// Of each good row.
    pub(crate) hashes: Pooled<Vec<u64>>,
    pub(crate) tally: Tally,
    pub(crate) rejects: Rejects,
    /// Lines of the block; of Parquet rows.
    pub(crate) lines: u64,
}

impl Checked {
    pub(crate) fn new(rows: Pooled<RowBlock>, hashes: Pooled<Vec<u64>>) -> Self {
        let (tally, rejects) = (Tally::default(), Rejects::default());
        Self { rows, hashes, tally, rejects, lines: 0 }
    }

    /// Takes the row at the line in work as rejected.
    pub(crate) fn reject(&mut self, offset: Option<u64>, faults: Vec<Fault>, raw: &[u8]) {
        self.rejects.push(self.lines, offset, faults, raw);
    }
}
