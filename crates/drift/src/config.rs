use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{CalibrationRecord, DriftError};

/// The fourteen thresholds, under the names they have in flags and reports.
///
/// A value that reaches a threshold is flagged; of `min_rating_entropy` and
/// `top100_overlap_threshold` one that falls below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Population stability index of ratings from which it is moderate. Default 0.10.
    pub psi_moderate: f64,
    /// Population stability index of ratings from which it is strong. Default 0.25.
    pub psi_strong: f64,
    /// Entropy of ratings in bits that a single table must have. Default 0.10.
    pub min_rating_entropy: f64,
    /// Share of one rating that a single table must not reach. Default 0.99.
    pub max_top_rating_share: f64,
    /// Share of rows on the ten films with most. Default 0.50.
    pub top10_share_threshold: f64,
    /// Gini coefficient of rows per film. Default 0.90.
    pub gini_movies_threshold: f64,
    /// Share that the two lists of 100 films must have in common. Default 0.40.
    pub top100_overlap_threshold: f64,
    /// Share of users with one event only. Default 0.9999.
    pub one_and_done_threshold: f64,
    /// Change of the share of the ten films with most, up or down: moderate. Default 0.05.
    pub pop_top10_delta_moderate: f64,
    /// The same: strong. Default 0.08.
    pub pop_top10_delta_strong: f64,
    /// Change of the share of the hundred films with most, up or down: moderate. Default 0.10.
    pub pop_top100_delta_moderate: f64,
    /// The same: strong. Default 0.15.
    pub pop_top100_delta_strong: f64,
    /// Change of the Gini coefficient, up or down: moderate. Default 0.06.
    pub pop_gini_delta_moderate: f64,
    /// The same: strong. Default 0.10.
    pub pop_gini_delta_strong: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            psi_moderate: 0.10,
            psi_strong: 0.25,
            min_rating_entropy: 0.10,
            max_top_rating_share: 0.99,
            top10_share_threshold: 0.50,
            gini_movies_threshold: 0.90,
            top100_overlap_threshold: 0.40,
            one_and_done_threshold: 0.9999,
            pop_top10_delta_moderate: 0.05,
            pop_top10_delta_strong: 0.08,
            pop_top100_delta_moderate: 0.10,
            pop_top100_delta_strong: 0.15,
            pop_gini_delta_moderate: 0.06,
            pop_gini_delta_strong: 0.10,
        }
    }
}

impl Thresholds {
    fn named(&self) -> [(&'static str, f64); 14] {
        [
            ("psi_moderate", self.psi_moderate),
            ("psi_strong", self.psi_strong),
            ("min_rating_entropy", self.min_rating_entropy),
            ("max_top_rating_share", self.max_top_rating_share),
            ("top10_share_threshold", self.top10_share_threshold),
            ("gini_movies_threshold", self.gini_movies_threshold),
            ("top100_overlap_threshold", self.top100_overlap_threshold),
            ("one_and_done_threshold", self.one_and_done_threshold),
            ("pop_top10_delta_moderate", self.pop_top10_delta_moderate),
            ("pop_top10_delta_strong", self.pop_top10_delta_strong),
            ("pop_top100_delta_moderate", self.pop_top100_delta_moderate),
            ("pop_top100_delta_strong", self.pop_top100_delta_strong),
            ("pop_gini_delta_moderate", self.pop_gini_delta_moderate),
            ("pop_gini_delta_strong", self.pop_gini_delta_strong),
        ]
    }
}

/// A threshold beyond the fourteen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// A value that reaches it is flagged.
    pub value: f64,
    /// Whether the flag sets `drift_detected`. Limits that were calibrated or set by hand do;
    /// defaults only report, but for those of active users and of days.
    pub sets_drift: bool,
}

impl Limit {
    /// A limit whose flag sets `drift_detected`.
    #[must_use]
    pub fn alarming(value: f64) -> Self {
        Self { value, sets_drift: true }
    }

    fn reporting(value: f64) -> Self {
        Self { value, sets_drift: false }
    }
}

/// The thresholds beyond the fourteen.
///
/// Distances are of Jensen and Shannon with logarithms of base 2: 0 for equal distributions, 1 for
/// distributions that have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionalThresholds {
    /// Distance between the ratings. Default 0.10, reporting.
    pub rating_js: Limit,
    /// Distance between the rows per film, over the reference's hundred films with most and all
    /// others as one. Default 0.20, reporting.
    pub film_js: Limit,
    /// Distance between the rows per genre. Default 0.10, reporting.
    pub genre_js: Limit,
    /// Distance between the rows per hour of the week. Default 0.20, reporting.
    pub hour_js: Limit,
    /// Share of the current rows on films without a row in the reference. Default 0.10, reporting.
    pub new_film_share: Limit,
    /// Share of the reference's rows on films without a current row. Default 0.10, reporting.
    pub vanished_film_share: Limit,
    /// Part of the active users that are gone: 0.2 is a fifth fewer. Default 0.15, sets
    /// `drift_detected`: lost users are lost rows of every kind, which no share shows.
    pub active_users_drop: Limit,
    /// Part by which the 95th percentile of events per user fell. Default 0.50, reporting.
    pub p95_events_drop: Limit,
    /// Part by which the rows a day fell. Default 0.50, reporting.
    pub rows_drop: Limit,
    /// Part by which the days that the tables cover fell: 0.2 is a fifth fewer. Default 0.20, sets
    /// `drift_detected`: that is where users stop being compared, since fewer days have fewer of
    /// them, and rows a day say nothing of days without rows. Above 1 it is never reached.
    /// Calibration leaves it as it is: the parts of one reference cover the same days.
    pub days_drop: Limit,
}

impl Default for AdditionalThresholds {
    fn default() -> Self {
        Self {
            rating_js: Limit::reporting(0.10),
            film_js: Limit::reporting(0.20),
            genre_js: Limit::reporting(0.10),
            hour_js: Limit::reporting(0.20),
            new_film_share: Limit::reporting(0.10),
            vanished_film_share: Limit::reporting(0.10),
            active_users_drop: Limit::alarming(0.15),
            p95_events_drop: Limit::reporting(0.50),
            rows_drop: Limit::reporting(0.50),
            days_drop: Limit::alarming(0.20),
        }
    }
}

impl AdditionalThresholds {
    fn named(&self) -> [(&'static str, f64); 10] {
        [
            ("rating_js", self.rating_js.value),
            ("film_js", self.film_js.value),
            ("genre_js", self.genre_js.value),
            ("hour_js", self.hour_js.value),
            ("new_film_share", self.new_film_share.value),
            ("vanished_film_share", self.vanished_film_share.value),
            ("active_users_drop", self.active_users_drop.value),
            ("p95_events_drop", self.p95_events_drop.value),
            ("rows_drop", self.rows_drop.value),
            ("days_drop", self.days_drop.value),
        ]
    }
}

/// What becomes of ratings outside of the reference's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PsiBins {
    /// The outer bins take them.
    #[default]
    Open,
    /// No bin takes them; they count in the denominator alone. For comparison with systems that
    /// do it so.
    Reference,
}

impl fmt::Display for PsiBins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Open => "open",
            Self::Reference => "reference",
        })
    }
}

/// A name that stands for no way to bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPsiBins(String);

impl fmt::Display for UnknownPsiBins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is none of open and reference", self.0)
    }
}

impl std::error::Error for UnknownPsiBins {}

impl FromStr for PsiBins {
    type Err = UnknownPsiBins;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "open" => Ok(Self::Open),
            "reference" => Ok(Self::Reference),
            _ => Err(UnknownPsiBins(name.to_owned())),
        }
    }
}

/// How drift is told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DriftConfig {
    /// The fourteen.
    pub thresholds: Thresholds,
    /// Those beyond.
    pub additional: AdditionalThresholds,
    /// Default [`PsiBins::Open`].
    pub psi_bins: PsiBins,
    /// Where thresholds were calibrated, how; goes into the report.
    pub calibration: Option<CalibrationRecord>,
}

impl DriftConfig {
    /// Checks that every threshold is a number to compare with.
    ///
    /// # Errors
    /// [`DriftError::Threshold`] for the first that is negative, infinite or NaN.
    pub fn validate(&self) -> Result<(), DriftError> {
        let all = self.thresholds.named().into_iter().chain(self.additional.named());
        for (name, value) in all {
            if !value.is_finite() || value < 0.0 {
                return Err(DriftError::Threshold { name, value });
            }
        }
        Ok(())
    }
}
