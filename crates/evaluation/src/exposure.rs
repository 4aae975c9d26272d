use marquee_recommender::ItemRow;
use rayon::prelude::*;

use crate::{Bootstrap, Interval, coverage, rankings::UserRanking};

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
        let found = self.measure(|_| 1);
        let draws = if self.users.is_empty() { 0 } else { bootstrap.draws };
        let resampled: Vec<Vec<Evenness<Option<f64>>>> = (0..draws)
            .into_par_iter()
            .map(|draw| {
                let times = bootstrap.tallies(self.users.len(), LISTS, draw);
                self.measure(|user| times[user])
            })
            .collect();
        let at = found.into_iter().enumerate();
        at.map(|(place, found)| {
            let around = |found: Option<f64>, of: fn(&Evenness<Option<f64>>) -> Option<f64>| {
                let draws = resampled.iter().filter_map(|draw| of(&draw[place])).collect();
                moved(bootstrap, found, draws)
            };
            Evenness {
                coverage: around(found.coverage, |draw| draw.coverage),
                gini: around(found.gini, |draw| draw.gini),
            }
        })
        .collect()
    }

    /// Coverage and Gini where the list of a user counts so many times.
    fn measure(&self, times: impl Fn(usize) -> u32) -> Vec<Evenness<Option<f64>>> {
        let mut shown = vec![0_u32; self.films];
        let mut counted = 0;
        let at = self.ks.iter().map(|&k| {
            for (user, ranking) in self.users.iter().enumerate() {
                let times = times(user);
                if times > 0 {
                    for item in between(&ranking.items, counted, k) {
                        shown[item.index()] += times;
                    }
                }
            }
            counted = k;
            Evenness { coverage: coverage_of(&shown), gini: gini_of(&shown) }
        });
        at.collect()
    }
}

fn between(list: &[ItemRow], from: usize, to: usize) -> &[ItemRow] {
    let to = list.len().min(to);
    &list[from.min(to)..to]
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
