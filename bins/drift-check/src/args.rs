use std::path::PathBuf;

use clap::Parser;
use marquee_drift::{CalibrationConfig, PsiBins};

use crate::thresholds::ThresholdArgs;

/// Measure an interactions table against a reference, or look at one by itself.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Table to measure, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE")]
    pub(crate) cur: PathBuf,
    /// Table to measure it against; without one, --cur is looked at by itself
    #[arg(long = "ref", value_name = "FILE")]
    pub(crate) reference: Option<PathBuf>,
    /// Report to write
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: PathBuf,
    /// Page to write: the report for people, in one file
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Movie catalog, to compare genres too
    #[arg(long, value_name = "FILE.json", requires = "reference")]
    pub(crate) catalog: Option<PathBuf>,
    /// Where ratings outside of the reference's range count: open (the outer bins) or reference
    /// (in none); thresholds of a file go with the bins they were calibrated with
    #[arg(long, default_value = "open")]
    pub(crate) psi_bins: PsiBins,
    /// Exit with 1 where there is drift
    #[arg(long)]
    pub(crate) fail_on_drift: bool,
    #[command(flatten)]
    pub(crate) calibration: CalibrationArgs,
    #[command(flatten)]
    pub(crate) limits: ThresholdArgs,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

impl CalibrationArgs {
    /// How thresholds are to be calibrated, if they are.
    pub(crate) fn how(&self) -> Option<CalibrationConfig> {
        let (false_alarm_rate, seed) = (self.false_alarm_rate, self.seed);
        let how = |replicates| CalibrationConfig { replicates, false_alarm_rate, seed };
        self.calibrate.map(how)
    }
}

/// Thresholds from data.
#[derive(clap::Args)]
#[command(next_help_heading = "Calibration")]
pub(crate) struct CalibrationArgs {
    /// Thresholds that a calibration wrote
    #[arg(long, value_name = "FILE.json", conflicts_with = "calibrate")]
    pub(crate) thresholds: Option<PathBuf>,
    /// Set the thresholds by splitting the reference this often, such as 1000
    #[arg(long, value_name = "N", requires = "reference")]
    pub(crate) calibrate: Option<usize>,
    /// How often a table from the reference's source may be called drifted, all checks together
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = CalibrationConfig::DEFAULT_FALSE_ALARM_RATE,
        requires = "calibrate"
    )]
    pub(crate) false_alarm_rate: f64,
    /// Seed of the splits
    #[arg(
        long,
        value_name = "N",
        default_value_t = CalibrationConfig::DEFAULT_SEED,
        requires = "calibrate"
    )]
    pub(crate) seed: u64,
    /// Keep the calibrated thresholds for later runs
    #[arg(long, value_name = "FILE.json", requires = "calibrate")]
    pub(crate) thresholds_out: Option<PathBuf>,
}
