use std::path::Path;

use marquee_dataset::StagedFile;
use serde::{Deserialize, Serialize};

use crate::{AdditionalThresholds, DriftConfig, DriftError, PsiBins, Thresholds};

/// Format of the file that is written and read. It goes up when a file that was written before can
/// no longer be read with its meaning.
pub const CALIBRATION_FORMAT: u32 = 1;

/// Calibrated thresholds, and how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// How they came about.
    pub record: CalibrationRecord,
    /// The fourteen.
    pub thresholds: Thresholds,
    /// Those beyond.
    pub additional_thresholds: AdditionalThresholds,
}

/// How thresholds were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationRecord {
    /// How often a table from the same source is called drifted, over all checks together.
    pub false_alarm_rate: f64,
    /// How often the reference was split.
    pub replicates: u64,
    /// Seed of the splits.
    pub seed: u64,
    /// The bins of the rating PSI.
    pub psi_bins: PsiBins,
    /// Whether there was a catalog, and so a threshold of genres.
    pub catalog: bool,
    /// The reference.
    #[serde(rename = "ref")]
    pub reference: CalibrationSide,
    /// The tables that it was calibrated for.
    #[serde(rename = "cur")]
    pub current: CalibrationSide,
    /// Thresholds that could not be calibrated and kept their value.
    pub uncalibrated: Vec<String>,
}

/// Size of a table of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationSide {
    /// Rows.
    pub rows: u64,
    /// Distinct users.
    pub users: u64,
}

impl CalibrationRecord {
    /// The record of a run with a catalog or without: genres are uncalibrated where only the run
    /// has one.
    pub(crate) fn used_with(mut self, catalog: bool) -> Self {
        const GENRES: &str = "genre_js";
        let is_new = catalog && !self.catalog;
        if is_new && !self.uncalibrated.iter().any(|name| name == GENRES) {
            self.uncalibrated.push(GENRES.to_owned());
        }
        self
    }
}

/// The file as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format_version: u32,
    #[serde(rename = "calibration")]
    record: CalibrationRecord,
    thresholds: Thresholds,
    additional_thresholds: AdditionalThresholds,
}

impl Calibration {
    /// Reads a file of calibrated thresholds.
    ///
    /// # Errors
    /// [`DriftError`] naming the file when it cannot be read, is no such file or of another format
    /// version, or holds a threshold that is none.
    pub fn read(path: &Path) -> Result<Self, DriftError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let text = fs_err::read(path)
            .map_err(|source| DriftError::Read { path: path.to_owned(), source })?;
        let wrong = |source| DriftError::CalibrationFile { path: path.to_owned(), source };
        let Version { format_version: found } = serde_json::from_slice(&text).map_err(wrong)?;
        if found != CALIBRATION_FORMAT {
            let (path, expected) = (path.to_owned(), CALIBRATION_FORMAT);
            return Err(DriftError::CalibrationFormat { path, found, expected });
        }
        let file: File = serde_json::from_slice(&text).map_err(wrong)?;
        let calibration = Self {
            record: file.record,
            thresholds: file.thresholds,
            additional_thresholds: file.additional_thresholds,
        };
        calibration.clone().into_config(calibration.record.psi_bins)?.validate()?;
        Ok(calibration)
    }

    /// Writes the thresholds as JSON with 2-space indentation, ending in a line end.
    ///
    /// # Errors
    /// [`DriftError::Dataset`] when the file cannot be written.
    pub fn write(&self, file: &mut StagedFile) -> Result<(), DriftError> {
        file.write_json(&File {
            format_version: CALIBRATION_FORMAT,
            record: self.record.clone(),
            thresholds: self.thresholds,
            additional_thresholds: self.additional_thresholds,
        })?;
        Ok(())
    }

    /// The configuration that checks against these thresholds.
    ///
    /// # Errors
    /// [`DriftError::OtherPsiBins`] where they were calibrated with other bins.
    pub fn into_config(self, psi_bins: PsiBins) -> Result<DriftConfig, DriftError> {
        let calibrated = self.record.psi_bins;
        if calibrated != psi_bins {
            return Err(DriftError::OtherPsiBins { calibrated, asked: psi_bins });
        }
        Ok(DriftConfig {
            thresholds: self.thresholds,
            additional: self.additional_thresholds,
            psi_bins,
            calibration: Some(self.record),
        })
    }
}
