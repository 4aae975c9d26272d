//! The JSON that `drift-check` writes and prints, field by field.
//!
//! A number that cannot be computed is null, and `not_computed` says why under the number's name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AdditionalThresholds, CalibrationRecord, Check, PsiBins, Thresholds, Why};

/// What was measured, against which thresholds, and whether that is drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftReport {
    /// Two tables or one.
    pub mode: Mode,
    /// The current table, as it was named.
    pub current_path: String,
    /// The reference, as it was named; null without one.
    pub reference_path: Option<String>,
    /// The fourteen thresholds that were used.
    pub thresholds: Thresholds,
    /// The numbers and their flags.
    pub metrics: Metrics,
    /// Of a single table alone: whether its ratings say anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degeneracy_flags: Option<DegeneracyFlags>,
    /// Whether any check failed that counts.
    pub drift_detected: bool,
    /// The checks that set `drift_detected`.
    pub drift_reasons: Vec<Check>,
    /// The checks whose value is null, by their names under `metrics`; they set nothing.
    pub not_judged: Vec<String>,
    /// Where ratings outside of the reference's range counted.
    pub psi_bins: PsiBins,
    /// The thresholds beyond the fourteen.
    pub additional_thresholds: AdditionalThresholds,
    /// How thresholds were calibrated; null where they were not.
    pub calibration: Option<CalibrationRecord>,
    /// Why numbers are null, by their names under `metrics`; those of a list have one entry, under
    /// the list's name and `[]`.
    pub not_computed: BTreeMap<String, String>,
    /// How large the tables are.
    pub tables: TableSizes,
    /// The films and users that moved, or hold, most.
    pub why: Why,
}

/// What a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A current table against a reference.
    RefVsCur,
    /// One table by itself.
    SingleSnapshot,
}

/// The numbers of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Metrics {
    /// Of two tables.
    Comparison(Box<ComparisonMetrics>),
    /// Of one.
    Snapshot(Box<SnapshotMetrics>),
}

/// What is measured of two tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonMetrics {
    /// Stability of the ratings.
    pub rating_psi: RatingPsi,
    /// How rows are spread over films.
    pub movie_popularity: PopularityComparison,
    /// Whether the same films are on top.
    pub top100_overlap: Overlap,
    /// How rows are spread over users.
    pub user_activity: ActivityComparison,
    /// The ratings themselves.
    pub rating_distribution: RatingDistribution,
    /// Which films rows went to.
    pub film_distribution: FilmDistribution,
    /// Which genres rows went to; null without a catalog.
    pub genre_distribution: Option<GenreDistribution>,
    /// When rows came, against the reference's own week.
    pub hourly_volume: HourlyVolume,
    /// Films that came and went.
    pub film_turnover: FilmTurnover,
    /// Users that are gone, or do less.
    pub activity_collapse: ActivityCollapse,
}

/// The population stability index of ratings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingPsi {
    /// Σ (r − c)·ln(r / c) over the bins; 0 for equal proportions.
    pub psi: Option<f64>,
    /// Finite edges of the bins.
    pub edges: Vec<f64>,
    /// By `psi_moderate` and `psi_strong`.
    pub severity: Severity,
    /// Whether it is strong.
    pub drift_flag: bool,
}

/// How far the ratings moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Below `psi_moderate`, or not computable.
    None,
    /// From `psi_moderate`.
    Moderate,
    /// From `psi_strong`.
    Strong,
}

/// Popularity of both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopularityComparison {
    /// Of the reference.
    #[serde(rename = "ref")]
    pub reference: PopularityLevel,
    /// Of the current table.
    #[serde(rename = "cur")]
    pub current: PopularityLevel,
    /// Current minus reference.
    pub delta: PopularityDelta,
    /// Levels of the current table and the deltas.
    pub flags: PopularityFlags,
}

/// How rows are spread over films.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopularityLevel {
    /// Share of rows on the ten films with most.
    pub top10_share: Option<f64>,
    /// Share of rows on the hundred films with most.
    pub top100_share: Option<f64>,
    /// Gini coefficient of rows per film.
    pub gini_movies: Option<f64>,
}

/// Current minus reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopularityDelta {
    /// Of `top10_share`.
    pub top10_share_delta: Option<f64>,
    /// Of `top100_share`.
    pub top100_share_delta: Option<f64>,
    /// Of `gini_movies`.
    pub gini_movies_delta: Option<f64>,
}

/// Flags of [`PopularityComparison`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each is named after the threshold it stands for")]
pub struct PopularityFlags {
    pub top10_concentration: bool,
    pub gini_high: bool,
    pub top10_delta_moderate: bool,
    pub top10_delta_strong: bool,
    pub top100_delta_moderate: bool,
    pub top100_delta_strong: bool,
    pub gini_delta_moderate: bool,
    pub gini_delta_strong: bool,
}

/// What the two lists of 100 films have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// Common films / 100; null where a side has fewer than 100 films.
    pub overlap: Option<f64>,
    /// Whether it is below `top100_overlap_threshold`.
    pub flag_low_overlap: bool,
}

/// Activity of both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityComparison {
    /// Of the reference.
    #[serde(rename = "ref")]
    pub reference: ActivityLevel,
    /// Of the current table.
    #[serde(rename = "cur")]
    pub current: ActivityLevel,
    /// Current minus reference.
    pub delta: ActivityDelta,
    /// Levels of the current table.
    pub flags: ActivityFlags,
}

/// How rows are spread over users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityLevel {
    /// Users with at least one row.
    pub active_users: u64,
    /// Share of them with exactly one.
    pub one_and_done_share: Option<f64>,
    /// 95th percentile of rows per user, linearly between neighbours.
    pub p95_events_per_user: Option<f64>,
}

/// Current minus reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityDelta {
    /// Of `active_users`.
    pub active_users_delta: f64,
    /// Of `one_and_done_share`.
    pub one_and_done_share_delta: Option<f64>,
    /// Of `p95_events_per_user`.
    pub p95_events_per_user_delta: Option<f64>,
}

/// Flags of user activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityFlags {
    /// Whether `one_and_done_share` reaches its threshold.
    pub too_many_one_and_done: bool,
}

/// The ratings of both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingDistribution {
    /// Of the reference.
    #[serde(rename = "ref")]
    pub reference: RatingShares,
    /// Of the current table.
    #[serde(rename = "cur")]
    pub current: RatingShares,
    /// Jensen-Shannon distance, 0 to 1.
    pub js_distance: Option<f64>,
    /// Whether it reaches `rating_js`.
    pub flag: bool,
}

/// Ratings of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingShares {
    /// Mean rating; null without rows.
    pub mean: Option<f64>,
    /// Shares of ratings 1 to 5; null without rows.
    pub shares: Option<[f64; 5]>,
}

/// Which films rows went to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmDistribution {
    /// Jensen-Shannon distance over the reference's hundred films with most and all others as one.
    pub js_distance: Option<f64>,
    /// Whether it reaches `film_js`.
    pub flag: bool,
}

/// Which genres rows went to; a row counts for each genre of its film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenreDistribution {
    /// Jensen-Shannon distance over genres.
    pub js_distance: Option<f64>,
    /// Whether it reaches `genre_js`.
    pub flag: bool,
    /// All genres, those that moved most first.
    pub genres: Vec<GenreShift>,
    /// Share of the reference's rows on films without genres in the catalog.
    pub ref_share_without_genre: Option<f64>,
    /// Share of the current rows on films without genres in the catalog.
    pub cur_share_without_genre: Option<f64>,
}

/// A genre on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenreShift {
    /// Its name.
    pub genre: String,
    /// Its share in the reference.
    pub ref_share: Option<f64>,
    /// Its share in the current table.
    pub cur_share: Option<f64>,
}

/// When rows came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourlyVolume {
    /// Of the reference.
    #[serde(rename = "ref")]
    pub reference: VolumeLevel,
    /// Of the current table.
    #[serde(rename = "cur")]
    pub current: VolumeLevel,
    /// Change of rows a day: −0.2 is a fifth fewer.
    pub rows_per_day_change: Option<f64>,
    /// Change of `days_covered`: days that were lost, or a table that is shorter on purpose.
    pub days_change: Option<f64>,
    /// Jensen-Shannon distance over the hours of the week (UTC) on weekdays that both sides have.
    pub js_distance: Option<f64>,
    /// Hours of the week that were compared, at most 168.
    pub hours_compared: u32,
    /// Flags of both.
    pub flags: HourlyVolumeFlags,
}

/// Flags of [`HourlyVolume`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourlyVolumeFlags {
    /// Whether the distance reaches `hour_js`.
    pub hours: bool,
    /// Whether rows a day fell by `rows_drop`.
    pub rows_per_day: bool,
    /// Whether the days that are covered fell by `days_drop`.
    pub days: bool,
}

/// Volume of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeLevel {
    /// Days (UTC) with at least a hundredth of the rows of the median day.
    pub days: u64,
    /// The same days, the first from its first hour and the last to its last one that has a row;
    /// at least 1, but 0 without rows.
    pub days_covered: f64,
    /// Rows over these days; null without rows.
    pub rows_per_day: Option<f64>,
}

/// Films that came and went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmTurnover {
    /// Films that only the current table has.
    pub new_films: u64,
    /// Share of the current rows on them.
    pub new_film_share: Option<f64>,
    /// Films that only the reference has.
    pub vanished_films: u64,
    /// Share of the reference's rows on them.
    pub vanished_film_share: Option<f64>,
    /// Flags of both shares.
    pub flags: FilmTurnoverFlags,
}

/// Flags of [`FilmTurnover`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmTurnoverFlags {
    /// Whether `new_film_share` reaches its threshold.
    pub new_films: bool,
    /// Whether `vanished_film_share` reaches its threshold.
    pub vanished_films: bool,
}

/// Users that are gone, or do less.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityCollapse {
    /// Change of active users: −0.2 is a fifth fewer. Null where the tables cover too different
    /// numbers of days to be compared.
    pub active_users_change: Option<f64>,
    /// Change of the 95th percentile of rows per user, null likewise.
    pub p95_events_change: Option<f64>,
    /// Flags of both; growth is none.
    pub flags: ActivityCollapseFlags,
}

/// Flags of [`ActivityCollapse`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityCollapseFlags {
    /// Whether active users fell by `active_users_drop`.
    pub active_users: bool,
    /// Whether the percentile fell by `p95_events_drop`.
    pub p95_events: bool,
}

/// What is measured of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotMetrics {
    /// Whether ratings tell anything apart.
    pub label_degeneracy: LabelDegeneracy,
    /// How rows are spread over films.
    pub movie_popularity: SnapshotPopularity,
    /// How rows are spread over users.
    pub user_activity: SnapshotActivity,
}

/// Whether ratings tell anything apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelDegeneracy {
    /// Entropy in bits.
    pub rating_entropy_bits: Option<f64>,
    /// Distinct ratings.
    pub unique_ratings: u64,
    /// Share of the most frequent one.
    pub top_rating_share: Option<f64>,
}

/// [`PopularityLevel`] with its flags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPopularity {
    /// Share of rows on the ten films with most.
    pub top10_share: Option<f64>,
    /// Share of rows on the hundred films with most.
    pub top100_share: Option<f64>,
    /// Gini coefficient of rows per film.
    pub gini_movies: Option<f64>,
    /// Flags of the levels.
    pub flags: PopularityLevelFlags,
}

/// Flags of [`SnapshotPopularity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopularityLevelFlags {
    /// Whether `top10_share` reaches its threshold.
    pub top10_concentration: bool,
    /// Whether `gini_movies` reaches its threshold.
    pub gini_high: bool,
}

/// [`ActivityLevel`] with its flags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotActivity {
    /// Users with at least one row.
    pub active_users: u64,
    /// Share of them with exactly one.
    pub one_and_done_share: Option<f64>,
    /// 95th percentile of rows per user.
    pub p95_events_per_user: Option<f64>,
    /// Flags of the levels.
    pub flags: ActivityFlags,
}

/// Flags of a single table's ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DegeneracyFlags {
    /// Whether the entropy is below `min_rating_entropy`; set too where there is no row.
    pub low_rating_entropy: bool,
    /// Whether one rating's share reaches `max_top_rating_share`.
    pub single_class_ratings: bool,
}

/// Sizes of the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSizes {
    /// Of the reference; null without one.
    #[serde(rename = "ref")]
    pub reference: Option<TableSize>,
    /// Of the current table.
    #[serde(rename = "cur")]
    pub current: TableSize,
}

/// Size of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSize {
    /// Rows.
    pub rows: u64,
    /// Distinct users.
    pub users: u64,
    /// Distinct films.
    pub films: u64,
    /// Days it covers, as in [`VolumeLevel`].
    pub days: u64,
}
