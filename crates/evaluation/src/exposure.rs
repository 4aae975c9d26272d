use marquee_recommender::ItemRow;
use rayon::prelude::*;

use crate::{Bootstrap, Interval, bootstrap::TALLIED, coverage, rankings::UserRanking};

/// The stream of the bootstrap that lists are drawn from.
const LISTS: u32 = u32::MAX - 1;

/// How the films there are share the places in lists.
pub(crate) struct Exposure<'a> {
    /// The list of every user.
    pub(crate) users: &'a [UserRanking],
    /// Films there are, shown or not.
    pub(crate) films: usize,
    /// Cut-offs, ascending.
    pub(crate) ks: &'a [usize],
}

/// How evenly lists show the films, at one cut-off.
pub(crate) struct Evenness<T> {
    pub(crate) coverage: T,
    pub(crate) gini: T,
}

impl Exposure<'_> {
    /// What the lists are like at each cut-off, with intervals: the spread of the values of
    /// resampled lists, moved to the value that was found.
    ///
    /// Moved, as a resample lacks a third of the users and so shows fewer films, whatever the
    /// model. O(draws · films listed).
    pub(crate) fn intervals(&self, bootstrap: &Bootstrap) -> Vec<Evenness<Interval>> {
        let slices = self.slices();
        let found = self.measure(&slices, |_| [1; TALLIED]);
        let draws = if self.users.is_empty() { 0 } else { bootstrap.draws };
        let firsts: Vec<usize> = (0..draws).step_by(TALLIED).collect();
        let resampled: Vec<Vec<[Evenness<Option<f64>>; TALLIED]>> = firsts
            .into_par_iter()
            .map(|first| {
                let times = bootstrap.tallies(self.users.len(), LISTS, first);
                self.measure(&slices, |user| times[user])
            })
            .collect();
        let at = found.into_iter().enumerate();
        at.map(|(place, [found, ..])| {
            let around = |of: fn(&Evenness<Option<f64>>) -> Option<f64>| {
                let values = resampled.iter().flat_map(|resamples| &resamples[place]).take(draws);
                moved(bootstrap, of(&found), values.filter_map(of).collect())
            };
            Evenness { coverage: around(|draw| draw.coverage), gini: around(|draw| draw.gini) }
        })
        .collect()
    }

    /// What each cut-off adds to the lists.
    fn slices(&self) -> Vec<Slice> {
        let mut from = 0;
        let slices = self.ks.iter().map(|&k| {
            let mut slice = Slice { items: Vec::new(), ends: Vec::with_capacity(self.users.len()) };
            for user in self.users {
                let to = user.items.len().min(k);
                slice.items.extend_from_slice(&user.items[from.min(to)..to]);
                slice.ends.push(slice.items.len());
            }
            from = k;
            slice
        });
        slices.collect()
    }

    /// Coverage and Gini at each cut-off, where the list of a user counts so many times, for as
    /// many resamples as are tallied at once: going through the lists is what costs.
    fn measure(
        &self,
        slices: &[Slice],
        times: impl Fn(usize) -> [u8; TALLIED],
    ) -> Vec<[Evenness<Option<f64>>; TALLIED]> {
        let mut shown = vec![[0_u32; TALLIED]; self.films];
        let at = slices.iter().map(|slice| {
            let mut start = 0;
            for (user, &end) in slice.ends.iter().enumerate() {
                let times = times(user).map(u32::from);
                for item in &slice.items[start..end] {
                    for (shown, times) in shown[item.index()].iter_mut().zip(times) {
                        *shown += times;
                    }
                }
                start = end;
            }
            std::array::from_fn(|lane| {
                let shown: Vec<u32> = shown.iter().map(|shown| shown[lane]).collect();
                Evenness { coverage: coverage_of(&shown), gini: gini_of(&shown) }
            })
        });
        at.collect()
    }
}

/// A part of every list, one after another.
struct Slice {
    items: Vec<ItemRow>,
    /// Where each user's part ends.
    ends: Vec<usize>,
}

fn coverage_of(shown: &[u32]) -> Option<f64> {
    let exposures: Vec<u64> = shown.iter().map(|&times| u64::from(times)).collect();
    coverage(&exposures, exposures.len())
}

/// [`marquee_stats::gini`] of counts, most of which are 0.
fn gini_of(counts: &[u32]) -> Option<f64> {
    let mut positive: Vec<u32> = counts.iter().copied().filter(|&count| count > 0).collect();
    positive.sort_unstable();
    let films = counts.len() as f64;
    let zeros = counts.len() - positive.len();
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (place, &count) in positive.iter().enumerate() {
        sum += f64::from(count);
        weighted += (2.0 * (zeros + place) as f64 + 1.0 - films) * f64::from(count);
    }
    (sum > 0.0).then(|| weighted / (films * sum))
}

/// The interval of a value in 0..=1 whose resamples are too low or too high on average.
fn moved(bootstrap: &Bootstrap, found: Option<f64>, mut draws: Vec<f64>) -> Interval {
    let Some(value) = found else { return Interval::default() };
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    for draw in &mut draws {
        *draw = (*draw + value - mean).clamp(0.0, 1.0);
    }
    bootstrap.around(found, draws)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_gini_of_numbers() {
        for counts in [&[0, 0, 20, 20, 40][..], &[7; 4], &[0, 3], &[5], &[0, 0], &[]] {
            let expected = marquee_stats::gini(counts.iter().copied().map(f64::from));
            match (gini_of(counts), expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12),
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }
}
