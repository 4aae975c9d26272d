use std::collections::BTreeMap;

use super::{
    Rejected,
    rejected::{Column, EXAMPLES},
    report::RejectExample,
};
use crate::{reason::Reason, volume};

/// What is counted of good rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) good: u64,
    /// Good rows that only repair made good, or changed.
    pub(crate) repaired: u64,
    pub(crate) future: u64,
    /// Of 1 to 5.
    pub(crate) ratings: [u64; 5],
    /// Earliest and latest.
    pub(crate) times: Option<(i64, i64)>,
    pub(crate) volume: volume::Counter,
}

impl Tally {
    #[inline]
    pub(crate) fn good(&mut self, rating: u8, time: i64, in_the_future: bool) {
        self.good += 1;
        self.future += u64::from(in_the_future);
        if let Some(count) = self.ratings.get_mut(usize::from(rating).wrapping_sub(1)) {
            *count += 1;
        }
        self.times = match self.times {
            None => Some((time, time)),
            Some((first, last)) => Some((first.min(time), last.max(time))),
        };
        self.volume.add(time);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.good += other.good;
        self.repaired += other.repaired;
        self.future += other.future;
        for (count, more) in self.ratings.iter_mut().zip(other.ratings) {
            *count += more;
        }
        self.times = match (self.times, other.times) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.volume.merge(other.volume);
    }
}

/// What is counted of rejects.
#[derive(Debug, Default)]
pub(crate) struct RejectCounts {
    pub(crate) rows: u64,
    /// Rows by reason; a row counts once for each of its reasons.
    pub(crate) reasons: BTreeMap<Reason, u64>,
    /// Rows by column and reason; a fault of a line as a whole has no column.
    pub(crate) columns: BTreeMap<Option<Column>, BTreeMap<Reason, u64>>,
    pub(crate) examples: Vec<RejectExample>,
}

/// Distinct columns that are counted; keys of JSON objects could be made up without end.
const MOST_COLUMNS: usize = 100;

impl RejectCounts {
    /// Counts a row at its place in the input.
    pub(crate) fn add(&mut self, source: &str, line: u64, rejected: Rejected<'_>) {
        self.rows += 1;
        let mut seen = Vec::with_capacity(rejected.faults.len());
        for fault in rejected.faults {
            if !seen.contains(&fault.reason) {
                seen.push(fault.reason);
                *self.reasons.entry(fault.reason).or_default() += 1;
            }
            if self.columns.len() >= MOST_COLUMNS && !self.columns.contains_key(&fault.column) {
                continue;
            }
            let reasons = match self.columns.get_mut(&fault.column) {
                Some(reasons) => reasons,
                None => self.columns.entry(fault.column.clone()).or_default(),
            };
            let count = reasons.entry(fault.reason).or_default();
            *count += 1;
            if *count <= EXAMPLES {
                self.examples.push(RejectExample::new(source, line, rejected, fault));
            }
        }
    }
}
