//! Measures an interactions table against a reference, or looks at one by itself.
//!
//! Prints the report as JSON and writes it, with `--html` as a page too. Exit codes: 0 done; 1 with `--fail-on-drift` where
//! there is drift, the report written; 2 it could not run and wrote nothing.

mod thresholds;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, ensure};
use clap::Parser;
use marquee_catalog::Catalog;
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads, unless_closed,
};
use marquee_dataset::{Progress, StagedFile};
use marquee_drift::{
    Calibration, CalibrationConfig, CurrentSize, DriftConfig, DriftPicture, DriftReport, Genres,
    Keep, PsiBins, TableSummary, calibrate, compare, inspect,
};
use thresholds::ThresholdArgs;

/// Measure an interactions table against a reference, or look at one by itself.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Table to measure, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE")]
    cur: PathBuf,
    /// Table to measure it against; without one, --cur is looked at by itself
    #[arg(long = "ref", value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Report to write
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
    /// Page to write: the report for people, in one file
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Movie catalog, to compare genres too
    #[arg(long, value_name = "FILE.json", requires = "reference")]
    catalog: Option<PathBuf>,
    /// Where ratings outside of the reference's range count: open (the outer bins) or reference
    /// (in none)
    #[arg(long, default_value = "open")]
    psi_bins: PsiBins,
    /// Exit with 1 where there is drift
    #[arg(long)]
    fail_on_drift: bool,
    #[command(flatten)]
    calibration: CalibrationArgs,
    #[command(flatten)]
    limits: ThresholdArgs,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Thresholds from data.
#[derive(clap::Args)]
#[command(next_help_heading = "Calibration")]
struct CalibrationArgs {
    /// Thresholds that a calibration wrote
    #[arg(long, value_name = "FILE.json", conflicts_with = "calibrate")]
    thresholds: Option<PathBuf>,
    /// Set the thresholds by splitting the reference this often, such as 1000
    #[arg(long, value_name = "N", requires = "reference")]
    calibrate: Option<usize>,
    /// How often a table from the reference's source may be called drifted, all checks together
    #[arg(long, value_name = "RATE", default_value_t = CalibrationConfig::DEFAULT_FALSE_ALARM_RATE)]
    false_alarm_rate: f64,
    /// Seed of the splits
    #[arg(long, value_name = "N", default_value_t = CalibrationConfig::DEFAULT_SEED)]
    seed: u64,
    /// Keep the calibrated thresholds for later runs
    #[arg(long, value_name = "FILE.json", requires = "calibrate")]
    thresholds_out: Option<PathBuf>,
}

fn main() -> ExitCode {
    marquee_cli::run(|args| run(&args))
}

fn run(args: &Args) -> anyhow::Result<Outcome> {
    let inputs = [&args.reference, &args.catalog, &args.calibration.thresholds];
    let inputs = inputs.into_iter().flatten().chain([&args.cur]);
    let outputs = [&args.out].into_iter().chain(&args.html);
    check_distinct(inputs, outputs.chain(&args.calibration.thresholds_out))?;
    set_threads(args.threads)?;
    let mut config = DriftConfig { psi_bins: args.psi_bins, ..DriftConfig::default() };
    if let Some(path) = &args.calibration.thresholds {
        config = Calibration::read(path)?.into_config(args.psi_bins);
    }
    args.limits.apply(&mut config);
    config.validate()?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    // Whether outputs can be written is known before the work.
    let mut out = StagedFile::create(&args.out)?;
    let mut html = args.html.as_deref().map(StagedFile::create).transpose()?;
    let mut thresholds_out =
        args.calibration.thresholds_out.as_deref().map(StagedFile::create).transpose()?;
    let (report, picture) = check(args, config, thresholds_out.as_mut(), &mut progress)?;
    progress.finish();
    out.write_json(&report)?;
    out.sync()?;
    if let Some(html) = &mut html {
        let page = marquee_drift::page(&report, &picture).render();
        html.write_all(page.as_bytes()).map_err(|source| html.failed(source))?;
        html.sync()?;
    }
    for file in [thresholds_out, html].into_iter().flatten() {
        file.commit()?;
    }
    out.commit()?;
    unless_closed(print_json(&report))?;
    Ok(outcome(args, &report))
}

/// Reads the tables and measures them.
fn check(
    args: &Args,
    mut config: DriftConfig,
    thresholds_out: Option<&mut StagedFile>,
    progress: &mut TerminalProgress,
) -> anyhow::Result<(DriftReport, DriftPicture)> {
    let catalog = args.catalog.as_deref().map(Catalog::read).transpose()?;
    let Some(path) = &args.reference else {
        let current = TableSummary::read(&args.cur, Keep::Counts, progress)
            .context("cannot read the current table")?;
        let (mut report, picture) = inspect(&current, &config)?;
        report.current_path = args.cur.display().to_string();
        return Ok((report, picture));
    };
    let keep = if args.calibration.calibrate.is_some() { Keep::Rows } else { Keep::Counts };
    let reference =
        TableSummary::read(path, keep, progress).context("cannot read the reference")?;
    let current = TableSummary::read(&args.cur, Keep::Counts, progress)
        .context("cannot read the current table")?;
    let genres = catalog.map(|catalog| Genres::new(&catalog, &[&reference, &current]));
    if let Some(replicates) = args.calibration.calibrate {
        let CalibrationArgs { false_alarm_rate, seed, .. } = args.calibration;
        let how = CalibrationConfig { replicates, false_alarm_rate, seed };
        let size = CurrentSize::of(&reference, &current);
        let calibration = calibrate(&reference, size, genres.as_ref(), how, &config, progress)?;
        if let Some(file) = thresholds_out {
            calibration.write(file)?;
        }
        config = calibration.into_config(args.psi_bins);
        args.limits.apply(&mut config);
    }
    warn_of_sizes(&config, &current);
    let (mut report, picture) = compare(&reference, &current, genres.as_ref(), &config)?;
    report.current_path = args.cur.display().to_string();
    report.reference_path = Some(path.display().to_string());
    ensure!(!progress.is_cancelled(), "stopped before the end; nothing was written");
    Ok((report, picture))
}

/// Thresholds are for tables of the size they were calibrated for.
fn warn_of_sizes(config: &DriftConfig, current: &TableSummary) {
    let Some(record) = &config.calibration else { return };
    let (for_users, users) = (record.current.users, current.users());
    if users > for_users.saturating_mul(2) || for_users > users.saturating_mul(2) {
        tracing::warn!(
            "thresholds were calibrated for {for_users} current users and there are {users}: \
             the false-alarm rate may be another; calibrate again"
        );
    }
    if !record.uncalibrated.is_empty() {
        tracing::warn!(
            "the reference is too small to calibrate {}; they keep their value",
            record.uncalibrated.join(", ")
        );
    }
}

fn outcome(args: &Args, report: &DriftReport) -> Outcome {
    if !report.drift_detected || !args.fail_on_drift {
        return Outcome::Done;
    }
    let names: Vec<&str> = report.drift_reasons.iter().map(|reason| reason.name.as_str()).collect();
    Outcome::No(format!("drift: {}; {} says more", names.join(", "), args.out.display()))
}
