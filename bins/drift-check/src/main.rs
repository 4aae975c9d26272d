//! Measures an interactions table against a reference, or looks at one by itself.
//!
//! Prints the report as JSON and writes it, with `--html` as a page too. Exit codes: 0 done; 1 with `--fail-on-drift` where
//! there is drift, the report written; 2 it could not run and wrote nothing.

mod args;
mod thresholds;

use std::{io::Write, process::ExitCode};

use anyhow::{Context, ensure};
use args::{Args, CalibrationArgs};
use marquee_catalog::Catalog;
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads, unless_closed,
};
use marquee_dataset::{Progress, StagedFile};
use marquee_drift::{
    Calibration, CalibrationConfig, CurrentSize, DriftConfig, DriftPicture, DriftReport, Genres,
    Keep, TableSummary, calibrate, compare, inspect,
};

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
