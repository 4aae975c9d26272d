use std::path::PathBuf;

use marquee_dataset::DatasetError;
use thiserror::Error;

use crate::PsiBins;

/// Why drift could not be measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriftError {
    /// A table or report could not be read or written; the source names it.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The reference has no row, so nothing can be measured against it.
    #[error("the reference holds no row; there is nothing to compare the current table with")]
    EmptyReference,
    /// The current table has no row, so nothing says what size thresholds are for.
    #[error(
        "the current table holds no row, and thresholds are calibrated for tables of its size; \
         calibrate with a table that has rows"
    )]
    EmptyCurrent,
    /// Thresholds were calibrated with other bins than are asked for.
    #[error(
        "the thresholds were calibrated with --psi-bins {calibrated} and the run has {asked}; \
         give --psi-bins {calibrated}, or calibrate again"
    )]
    OtherPsiBins {
        /// What the calibration had.
        calibrated: PsiBins,
        /// What is asked for.
        asked: PsiBins,
    },
    /// A threshold is no number it can be compared with.
    #[error("{name} is {value}; a threshold is a finite number that is not negative")]
    Threshold {
        /// The threshold.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The false-alarm rate is not between 0 and 1.
    #[error("false-alarm rate {rate}; choose one above 0 and at most 0.5, such as 0.01")]
    FalseAlarmRate {
        /// The rate asked for.
        rate: f64,
    },
    /// With so few replicates no rate this low can be told.
    #[error(
        "{replicates} replicates cannot tell a false-alarm rate of {rate}; take at least {least}"
    )]
    TooFewReplicates {
        /// The replicates asked for.
        replicates: usize,
        /// The rate asked for.
        rate: f64,
        /// The fewest that would do.
        least: usize,
    },
    /// More replicates than memory is planned for.
    #[error("{replicates} replicates; take at most {most}, 1000 are plenty for a rate of 0.01")]
    TooManyReplicates {
        /// The replicates asked for.
        replicates: usize,
        /// The most that may be asked for.
        most: usize,
    },
    /// The reference has too few users to be split.
    #[error(
        "the reference has {users} users; calibration splits it by user and needs at least {least}"
    )]
    TooFewUsers {
        /// Users there are.
        users: usize,
        /// The fewest that would do.
        least: usize,
    },
    /// The reference was summarised without its rows, which the splits are made of.
    #[error("the reference was read without its rows; read it with Keep::Rows to calibrate")]
    RowsNotKept,
    /// A file of calibrated thresholds could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no calibrated thresholds.
    #[error(
        "{}: not a file of calibrated thresholds; make one with drift-check --calibrate",
        path.display()
    )]
    CalibrationFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A file of calibrated thresholds is of another format.
    #[error(
        "{}: format version {found}, this program reads {expected}; calibrate again",
        path.display()
    )]
    CalibrationFormat {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The one that is read.
        expected: u32,
    },
    /// A calibration was told to stop.
    #[error("stopped before the end; nothing was written")]
    Cancelled,
}
