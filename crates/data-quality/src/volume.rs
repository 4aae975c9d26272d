use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rows by time, in bins of an hour, or of a day, a week or more where that gives too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Width of a bin in seconds: the smallest of an hour, a day, a week and eight times as much
    /// again and again that gives at most [`Volume::MOST_BINS`] bins with rows.
    pub bin_seconds: i64,
    /// The bins that hold rows, ascending: their start in seconds since 1970, and the rows.
    pub bins: Vec<(i64, u64)>,
}

impl Volume {
    /// The most bins there can be.
    pub const MOST_BINS: usize = 240;
}

/// Counts rows by time; what comes out does not depend on their order or on how they were split.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    width: i64,
    /// By number of the bin: times over the width, rounded down.
    bins: BTreeMap<i64, u64>,
    /// The bin of the last row, which is usually that of the next: first second, last, rows.
    current: (i64, i64, u64),
}

const WIDTHS: [i64; 3] = [3_600, 86_400, 604_800];

impl Default for Counter {
    fn default() -> Self {
        Self { width: WIDTHS[0], bins: BTreeMap::new(), current: (0, -1, 0) }
    }
}

impl Counter {
    #[inline]
    pub(crate) fn add(&mut self, time: i64) {
        if time < self.current.0 || time > self.current.1 {
            self.enter(time);
        }
        self.current.2 += 1;
    }

    fn enter(&mut self, time: i64) {
        self.flush();
        let first = time.div_euclid(self.width).saturating_mul(self.width);
        // At the ends of time a bin may be shorter.
        self.current = (first.min(time), first.saturating_add(self.width - 1).max(time), 0);
    }

    fn flush(&mut self) {
        if self.current.2 > 0 {
            let bin = self.current.1.div_euclid(self.width);
            *self.bins.entry(bin).or_default() += std::mem::take(&mut self.current.2);
            self.coarsen();
        }
        self.current = (0, -1, 0);
    }

    /// Takes wider bins until there are not too many.
    fn coarsen(&mut self) {
        while self.bins.len() > Volume::MOST_BINS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        let next = WIDTHS.into_iter().find(|&width| width > self.width);
        let next = next.unwrap_or_else(|| self.width.saturating_mul(8));
        for (bin, rows) in std::mem::take(&mut self.bins) {
            let wider = bin.saturating_mul(self.width).div_euclid(next);
            *self.bins.entry(wider).or_default() += rows;
        }
        self.width = next;
    }

    /// Adds what another has counted.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.flush();
        other.flush();
        while self.width < other.width {
            self.widen();
        }
        while other.width < self.width {
            other.widen();
        }
        for (bin, rows) in other.bins {
            *self.bins.entry(bin).or_default() += rows;
        }
        self.coarsen();
    }

    pub(crate) fn finish(mut self) -> Volume {
        self.flush();
        let width = self.width;
        let bins = self.bins.into_iter();
        Volume {
            bin_seconds: width,
            bins: bins.map(|(bin, rows)| (bin.saturating_mul(width), rows)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(times: &[i64], parts: usize) -> Volume {
        let mut whole = Counter::default();
        for part in times.chunks(times.len().div_ceil(parts)) {
            let mut counter = Counter::default();
            part.iter().for_each(|&time| counter.add(time));
            whole.merge(counter);
        }
        whole.finish()
    }

    #[test]
    fn rows_are_counted_by_hour_while_there_are_few() {
        let volume = volume(&[0, 1, 3_599, 3_600, -1], 1);
        assert_eq!(volume.bin_seconds, 3_600);
        assert_eq!(volume.bins, [(-3_600, 1), (0, 3), (3_600, 1)]);
    }

    #[test]
    fn bins_grow_with_the_time_and_do_not_depend_on_the_parts() {
        let times: Vec<i64> = (0..5_000).map(|row| (row * 7_919 % 5_000) * 40_000).collect();
        let one = volume(&times, 1);
        assert!(one.bins.len() <= Volume::MOST_BINS);
        assert_eq!(one.bins.iter().map(|bin| bin.1).sum::<u64>(), 5_000);
        assert_eq!(one.bin_seconds, 4_838_400);
        for parts in [2, 7, 500] {
            assert_eq!(volume(&times, parts), one);
        }
        let ends = volume(&[i64::MIN, i64::MAX, 0, i64::MAX], 2);
        assert_eq!(ends.bins.iter().map(|bin| bin.1).sum::<u64>(), 4);
    }
}
