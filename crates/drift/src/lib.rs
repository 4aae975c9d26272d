//! Drift between two interaction tables, or the state of one.
//!
//! A table is gone through once and becomes a [`TableSummary`]; [`compare`] measures a current one
//! against a reference, [`inspect`] a single one. Both give a [`DriftReport`], which is the JSON of
//! `drift-check`, and a [`DriftPicture`] with what a page draws. [`calibrate`] splits the reference
//! by user many times, measures its parts against each other, and sets every threshold so that a
//! stated rate of tables from the same source is called drifted. [`page`] puts report and picture
//! on a page for people.
//!
//! Does not hold: how tables are stored (`marquee-dataset`), schemas (`marquee-data-quality`),
//! how pages are drawn (`marquee-pages`), terminals.
//!
//! ```
//! use marquee_dataset::Interactions;
//! use marquee_drift::{DriftConfig, Keep, TableSummary, compare};
//!
//! let mut week = Interactions::default();
//! for user in 0..1_000 {
//!     week.push(user, if user % 3 == 0 { "heat+1995" } else { "alien+1979" }, 4, 1_700_000_000);
//! }
//! let mut next = week.clone();
//! next.ratings.fill(5);
//! let [week, next] = [&week, &next].map(|table| TableSummary::of(table, Keep::Counts));
//! let (report, _) = compare(&week, &next, None, &DriftConfig::default())?;
//! assert!(report.drift_detected);
//! assert_eq!(report.drift_reasons[0].name, "rating_psi.psi");
//! # Ok::<(), marquee_drift::DriftError>(())
//! ```

mod calibrate;
mod calibration_file;
mod checks;
mod compare;
mod config;
mod counts;
mod error;
mod genres;
mod inspect;
mod measure;
mod nulls;
mod page;
mod part;
mod picture;
mod ratings;
mod report;
mod summary;
mod users;
mod volume;
mod why;

pub use calibrate::{CalibrationConfig, CurrentSize, calibrate};
pub use calibration_file::{CALIBRATION_FORMAT, Calibration, CalibrationRecord, CalibrationSide};
pub use checks::{Check, CheckLevel, Relation};
pub use compare::compare;
pub use config::{AdditionalThresholds, DriftConfig, Limit, PsiBins, Thresholds, UnknownPsiBins};
pub use error::DriftError;
pub use genres::Genres;
pub use inspect::inspect;
pub use page::page;
pub use picture::{DriftPicture, SidePicture};
pub use report::{
    ActivityCollapse, ActivityCollapseFlags, ActivityComparison, ActivityDelta, ActivityFlags,
    ActivityLevel, ComparisonMetrics, DegeneracyFlags, DriftReport, FilmDistribution, FilmTurnover,
    FilmTurnoverFlags, GenreDistribution, GenreShift, HourlyVolume, HourlyVolumeFlags,
    LabelDegeneracy, Metrics, Mode, Overlap, PopularityComparison, PopularityDelta,
    PopularityFlags, PopularityLevel, PopularityLevelFlags, RatingDistribution, RatingPsi,
    RatingShares, Severity, SnapshotActivity, SnapshotMetrics, SnapshotPopularity, TableSize,
    TableSizes, VolumeLevel,
};
pub use summary::{Keep, TableSummary};
pub use why::{FilmMover, UserMover, Why};
