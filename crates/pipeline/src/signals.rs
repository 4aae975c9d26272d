//! Ratings of a training from what people did: minutes, stars, time.

use marquee_als::LiveRatings;
use marquee_catalog::Catalog;
use marquee_dataset::{Aggregated, Interactions};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Stars below this are a dislike unless told otherwise: one star is.
pub const DEFAULT_DISLIKE_BELOW: u8 = 2;

/// Minutes that count as half a film where its length is not known.
pub const HALF_POINT_MINUTES: f64 = 30.0;

/// Stars that say as much as a watch alone.
pub const NEUTRAL_STARS: f64 = 3.0;

const SECONDS_A_DAY: f64 = 86_400.0;

/// What the ratings of a training are made from, under the names they have in a manifest.
///
/// By default from nothing but the rating column. As a training multiplies ratings by its `alpha`,
/// only how they compare matters; a negative one is a dislike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalConfig {
    /// Whether a film that was watched counts by the [share](share_watched) of it, not as 1.
    pub minutes: bool,
    /// Whether [stars](stars_value) count by themselves, and the lowest as a dislike.
    pub stars: bool,
    /// Stars below this are a dislike, where `stars` is on: 1 (none are) to 5. Default
    /// [`DEFAULT_DISLIKE_BELOW`].
    pub dislike_below: u8,
    /// Days after which what somebody did counts [half](recency): finite, above 0. Default `None`:
    /// it counts the same for ever.
    pub half_life_days: Option<f64>,
}

impl Default for SignalConfig {
    fn default() -> Self {
        Self {
            minutes: false,
            stars: false,
            dislike_below: DEFAULT_DISLIKE_BELOW,
            half_life_days: None,
        }
    }
}

/// A signal setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SignalFault {
    /// [`SignalConfig::dislike_below`] is out of range.
    #[error("dislike-below is {given}: it must be from 1, where nothing is a dislike, to 5")]
    DislikeBelow {
        /// The value given.
        given: u8,
    },
    /// [`SignalConfig::half_life_days`] is out of range.
    #[error("half-life-days is {given}: it must be finite and above 0")]
    HalfLife {
        /// The value given.
        given: f64,
    },
    /// A catalog is there for its runtimes, which nothing uses.
    #[error("the catalog is read for the length of films: use it with --signals minutes")]
    UnusedCatalog,
}

impl SignalConfig {
    /// Whether the table needs the columns `stars` and `minutes`.
    #[must_use]
    pub fn needs_aggregate(&self) -> bool {
        self.minutes || self.stars
    }

    /// Checks every field against its range.
    ///
    /// # Errors
    /// [`SignalFault`] for the first field out of range.
    pub fn validate(&self) -> Result<(), SignalFault> {
        if !(1..=5).contains(&self.dislike_below) {
            return Err(SignalFault::DislikeBelow { given: self.dislike_below });
        }
        match self.half_life_days {
            Some(given) if !(given.is_finite() && given > 0.0) => {
                Err(SignalFault::HalfLife { given })
            }
            _ => Ok(()),
        }
    }

    /// The ratings of a table's rows: those of its rating column, each times its
    /// [recency](recency). Where stars and minutes count, see
    /// [`of_aggregate`](Self::of_aggregate).
    #[must_use]
    pub fn of_table(&self, table: &Interactions) -> Vec<f32> {
        self.decayed(table, |row| f64::from(table.ratings[row]))
    }

    /// The ratings of an aggregated table's rows.
    ///
    /// With stars, a rated film has their [value](stars_value), a film that was only watched 1, as
    /// three stars do. With minutes, that is multiplied by the [share](share_watched) watched, if any
    /// minute was; a dislike is not. Each times its [recency](recency).
    #[must_use]
    pub fn of_aggregate(&self, table: &Aggregated, catalog: Option<&Catalog>) -> Vec<f32> {
        let rows = &table.interactions;
        let runtimes: Vec<Option<u32>> = rows
            .movie_ids
            .iter()
            .map(|id| catalog.and_then(|catalog| catalog.get(id)).and_then(|film| film.runtime))
            .collect();
        self.decayed(rows, |row| {
            let runtime = runtimes[rows.movies[row] as usize];
            let share = self.minutes.then(|| share_watched(table.minutes[row], runtime));
            let stars = table.stars[row].filter(|_| self.stars);
            match stars.map(|stars| stars_value(stars.unsigned_abs(), self.dislike_below)) {
                // Who rates a film has seen it, even where the log has not.
                Some(liked) if liked > 0.0 => {
                    liked * share.filter(|&share| share > 0.0).unwrap_or(1.0)
                }
                Some(dislike) => dislike,
                None if self.needs_aggregate() => share.unwrap_or(1.0),
                None => f64::from(rows.ratings[row]),
            }
        })
    }

    /// What events after the training count as in its terms: a film watched as one watched to its
    /// end, stars by their [value](stars_value), where they count.
    #[must_use]
    pub fn live_ratings(&self) -> LiveRatings {
        match (self.stars, self.minutes) {
            (true, _) => LiveRatings {
                watched: 1.0,
                stars: [1, 2, 3, 4, 5].map(|stars| stars_value(stars, self.dislike_below) as f32),
            },
            (false, true) => LiveRatings { watched: 1.0, stars: [1.0; 5] },
            (false, false) => LiveRatings::default(),
        }
    }

    fn decayed(&self, table: &Interactions, value: impl Fn(usize) -> f64) -> Vec<f32> {
        let newest = table.timestamps.iter().copied().max().unwrap_or_default();
        let recency = |row: usize| match self.half_life_days {
            Some(days) => recency(newest.saturating_sub(table.timestamps[row]), days),
            None => 1.0,
        };
        (0..table.len()).map(|row| (value(row) * recency(row)) as f32).collect()
    }
}

/// The share of a film that was watched, 0 to 1: of a runtime of at least 1 minute, 1 from its last
/// minute on. Where none is known, `minutes / (minutes + 30)`: 0.5 at [`HALF_POINT_MINUTES`], 0.75
/// after an hour and a half.
#[must_use]
pub fn share_watched(minutes: i64, runtime: Option<u32>) -> f64 {
    let minutes = minutes.max(0) as f64;
    match runtime {
        Some(runtime) => (minutes / f64::from(runtime.max(1))).min(1.0),
        None => minutes / (minutes + HALF_POINT_MINUTES),
    }
}

/// What stars count as: a third of them from `dislike_below` on, so that three are as much as a
/// watch without a rating, and below that minus how far below, so that with 2 one star is −1, with
/// 3 two stars are −1 and one is −2.
#[must_use]
pub fn stars_value(stars: u8, dislike_below: u8) -> f64 {
    if stars < dislike_below {
        -f64::from(dislike_below - stars)
    } else {
        f64::from(stars) / NEUTRAL_STARS
    }
}

/// What is left of something so many seconds old, 0 to 1: 0.5 after `half_life_days`, 0.25 after
/// two of them; 1 for what is not yet.
#[must_use]
pub fn recency(age_seconds: i64, half_life_days: f64) -> f64 {
    // Not `exp2` of the standard library: its last digit may depend on the machine.
    libm::exp2(-(age_seconds.max(0) as f64) / (half_life_days * SECONDS_A_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_runtime_or_saturate() {
        for (minutes, runtime, expected) in [
            (0, Some(120), 0.0),
            (30, Some(120), 0.25),
            (120, Some(120), 1.0),
            (500, Some(120), 1.0),
            (-3, Some(120), 0.0),
            (5, Some(0), 1.0),
            (0, None, 0.0),
            (30, None, 0.5),
            (90, None, 0.75),
        ] {
            assert_eq!(share_watched(minutes, runtime), expected, "{minutes} of {runtime:?}");
        }
    }

    #[test]
    fn low_stars_are_dislikes() {
        let values = |below| [1, 2, 3, 4, 5].map(|stars| stars_value(stars, below));
        let [one, two, four, five] = [1.0 / 3.0, 2.0 / 3.0, 4.0 / 3.0, 5.0 / 3.0];
        assert_eq!(values(1), [one, two, 1.0, four, five]);
        assert_eq!(values(2), [-1.0, two, 1.0, four, five]);
        assert_eq!(values(3), [-2.0, -1.0, 1.0, four, five]);
        assert_eq!(values(5), [-4.0, -3.0, -2.0, -1.0, five]);
    }

    #[test]
    fn recency_halves_with_each_half_life() {
        let day = 86_400;
        for (age, expected) in [(0, 1.0), (-5, 1.0), (10 * day, 0.5), (20 * day, 0.25)] {
            assert_eq!(recency(age, 10.0), expected, "{age}");
        }
    }

    /// User 1 watched three films and rated two of them, user 2 one, ten days before.
    fn table() -> Aggregated {
        let mut interactions = Interactions::default();
        interactions.push(1, "a", 5, 864_000);
        interactions.push(1, "b", 1, 864_000);
        interactions.push(1, "c", 1, 864_000);
        interactions.push(2, "a", 1, 0);
        let stars = vec![Some(5), Some(1), None, None];
        Aggregated { interactions, stars, minutes: vec![60, 120, 90, 30] }
    }

    fn catalog() -> Catalog {
        serde_json::from_str(r#"{"a": {"title": "A", "runtime": "120"}, "b": {"title": "B"}}"#)
            .expect("a catalog")
    }

    #[test]
    fn ratings_combine_what_is_asked_for() {
        let ratings = |minutes, stars, half_life_days| {
            let config = SignalConfig { minutes, stars, half_life_days, ..SignalConfig::default() };
            config.of_aggregate(&table(), Some(&catalog()))
        };
        assert_eq!(ratings(false, false, None), [5.0, 1.0, 1.0, 1.0]);
        let five = 5.0 / 3.0;
        assert_eq!(ratings(false, true, None), [five, -1.0, 1.0, 1.0]);
        assert_eq!(ratings(true, false, None), [0.5, 0.8, 0.75, 0.25]);
        assert_eq!(ratings(true, true, None), [five / 2.0, -1.0, 0.75, 0.25]);
        assert_eq!(ratings(true, true, Some(10.0)), [five / 2.0, -1.0, 0.75, 0.125]);
        // A film rated well without a watch in the log counts as one watched to its end.
        let mut unwatched = table();
        unwatched.minutes[0] = 0;
        let both = SignalConfig { minutes: true, stars: true, ..SignalConfig::default() };
        assert_eq!(both.of_aggregate(&unwatched, None)[0], five);
        let decayed = SignalConfig { half_life_days: Some(10.0), ..SignalConfig::default() };
        assert_eq!(decayed.of_table(&table().interactions), [5.0, 1.0, 1.0, 0.5]);
        assert!(decayed.of_table(&Interactions::default()).is_empty());
    }

    #[test]
    fn live_events_count_in_the_terms_of_the_training() {
        let live = |minutes, stars| {
            SignalConfig { minutes, stars, ..SignalConfig::default() }.live_ratings()
        };
        assert_eq!(live(false, false), LiveRatings::default());
        assert_eq!(live(true, true).stars, [-1.0, 2.0 / 3.0, 1.0, 4.0 / 3.0, 5.0 / 3.0]);
        assert_eq!(live(true, false).stars, [1.0; 5]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for given in [0, 6] {
            let config = SignalConfig { dislike_below: given, ..SignalConfig::default() };
            assert_eq!(config.validate(), Err(SignalFault::DislikeBelow { given }));
        }
        for given in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            let config = SignalConfig { half_life_days: Some(given), ..SignalConfig::default() };
            assert!(matches!(config.validate(), Err(SignalFault::HalfLife { .. })), "{given}");
        }
        assert_eq!(SignalConfig::default().validate(), Ok(()));
    }
}
