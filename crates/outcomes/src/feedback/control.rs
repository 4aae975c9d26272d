//! Films that were not shown, as popular as those that were.

use std::collections::{BTreeMap, VecDeque};

use super::windows::{Window, Windows};

/// Pairs of films that were watched about as often: one shown most in a window, the other not shown
/// in it.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    pub(crate) shown: Vec<u32>,
    pub(crate) control: Vec<u32>,
}

/// How often each film was watched in the windows up to one.
///
/// Partners are found by this and not by the window before, which is one of the two compared: a
/// film that is alike there by chance moves back to its usual share after, which would look like an
/// effect.
#[derive(Debug)]
pub(crate) struct History {
    watches: Vec<u64>,
}

impl History {
    pub(crate) fn new(windows: &Windows) -> Self {
        Self { watches: vec![0; windows.first_seen.len()] }
    }

    pub(crate) fn add(&mut self, window: &Window) {
        for (row, times) in window.each_watched() {
            self.watches[row as usize] += times;
        }
    }

    /// Finds a partner for each of the films shown in a window, in their order: of the films known
    /// by its end and not shown in it the nearest in watch lines so far, less rather than more,
    /// then the first to appear in the log. Each is taken once. A film without a partner of at
    /// least half and at most twice its lines (one added to each, so that none goes with one) stays
    /// without.
    pub(crate) fn partners(&self, windows: &Windows, number: u64, films: &[u32]) -> Matched {
        let during = windows.window(number);
        let mut free: BTreeMap<u64, VecDeque<u32>> = BTreeMap::new();
        for (row, &first_seen) in (0..).zip(&windows.first_seen) {
            if first_seen <= number && !during.is_shown(row) {
                free.entry(self.of(row)).or_default().push_back(row);
            }
        }
        let mut matched = Matched::default();
        for &film in films {
            let Some(nearest) = nearest(&free, self.of(film)) else { continue };
            if let Some(rows) = free.get_mut(&nearest)
                && let Some(partner) = rows.pop_front()
            {
                matched.shown.push(film);
                matched.control.push(partner);
                if rows.is_empty() {
                    free.remove(&nearest);
                }
            }
        }
        matched
    }

    fn of(&self, row: u32) -> u64 {
        self.watches[row as usize]
    }
}

/// The number of watch lines nearest to what is wanted, if it is alike.
fn nearest(free: &BTreeMap<u64, VecDeque<u32>>, wanted: u64) -> Option<u64> {
    let below = free.range(..=wanted).next_back().map(|(&watches, _)| watches);
    let above = free.range(wanted..).next().map(|(&watches, _)| watches);
    let nearest = match (below, above) {
        (Some(below), Some(above)) if above - wanted < wanted - below => above,
        (below, above) => below.or(above)?,
    };
    let (less, more) = (nearest.min(wanted) + 1, nearest.max(wanted) + 1);
    (more <= 2 * less).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_taken_if_it_is_alike() {
        let free: BTreeMap<u64, VecDeque<u32>> =
            [(0, 1), (10, 2), (16, 3), (100, 4)].map(|(at, row)| (at, [row].into())).into();
        for (wanted, found) in [
            (0, Some(0)),
            (1, Some(0)),
            (2, None),
            (10, Some(10)),
            (13, Some(10)),
            (14, Some(16)),
            (33, Some(16)),
            (34, None),
            (60, Some(100)),
            (201, Some(100)),
            (202, None),
        ] {
            assert_eq!(nearest(&free, wanted), found, "{wanted}");
        }
        assert_eq!(nearest(&BTreeMap::new(), 3), None);
    }
}
