use rayon::prelude::*;

/// Hashes that are kept; beyond, only those of every second, fourth, … distinct row.
const MOST_HASHES: usize = 1 << 25;

/// How many parts hashes are sorted in: each fits a cache.
const PARTS: usize = 1 << 8;

/// Counts rows that repeat an earlier one, by 64-bit hashes of the rows.
///
/// 8 bytes a row, up to 256 MiB (512 while it grows). Of longer tables a part of the distinct rows
/// is counted and scaled up. Two different rows of ten million share a hash with a probability of 3
/// in a million.
#[derive(Debug)]
pub(crate) struct Repeats {
    parts: Vec<Vec<u64>>,
    kept: usize,
    /// Hashes whose lowest bits are not all zero are left out.
    left_out: u64,
    most: usize,
}

impl Default for Repeats {
    fn default() -> Self {
        Self::bounded(MOST_HASHES)
    }
}

impl Repeats {
    fn bounded(most: usize) -> Self {
        Self { parts: vec![Vec::new(); PARTS], kept: 0, left_out: 0, most }
    }

    pub(crate) fn add(&mut self, hashes: &[u64]) {
        for &hash in hashes {
            if hash & self.left_out == 0 {
                self.parts[(hash >> 56) as usize].push(hash);
                self.kept += 1;
            }
        }
        while self.kept > self.most {
            self.left_out = 2 * self.left_out + 1;
            let left_out = self.left_out;
            self.parts.par_iter_mut().for_each(|part| part.retain(|hash| hash & left_out == 0));
            let kept = self.parts.iter().map(Vec::len).sum();
            if kept == self.kept {
                // All rows are one; a larger mask would not change that.
                break;
            }
            self.kept = kept;
        }
    }

    /// Rows that repeat an earlier one, and whether that is an estimate.
    pub(crate) fn finish(mut self) -> (u64, bool) {
        let repeated = |part: &mut Vec<u64>| {
            part.sort_unstable();
            part.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
        };
        let counted: u64 = self.parts.par_iter_mut().map(repeated).sum();
        (counted.saturating_mul(self.left_out + 1), self.left_out > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(value: u64) -> u64 {
        value
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    #[test]
    fn every_repetition_counts() {
        let mut repeats = Repeats::default();
        repeats.add(&[1, 2, 1 << 60, 1]);
        repeats.add(&[1, 1 << 60]);
        assert_eq!(repeats.finish(), (3, false));
    }

    #[test]
    fn beyond_the_bound_it_is_an_estimate() {
        let mut repeats = Repeats::bounded(4_096);
        for row in 0..100_000_u64 {
            repeats.add(&[spread(row), spread(row)]);
        }
        let (count, estimated) = repeats.finish();
        assert!(estimated);
        assert!((80_000..120_000).contains(&count), "{count}");
    }
}
