//! Measures an interactions table against a reference, or looks at one by itself.
//!
//! Prints the report as JSON and writes it, with `--html` as a page too. Exit codes: 0 done; 1 with
//! `--fail-on-drift` where there is drift, the report written; 2 it could not run and wrote nothing.

mod args;
mod thresholds;

use std::{io::Write, process::ExitCode};

use anyhow::{Context, ensure};
use args::Args;
use marquee_catalog::Catalog;
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_written, set_threads,
};
use marquee_dataset::{Progress, StagedFile};
use marquee_drift::{
    Calibration, CalibrationRecord, CurrentSize, DriftConfig, DriftPicture, DriftReport, Genres,
    Keep, Metrics, TableSummary, calibrate, compare, inspect,
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
        let calibration = Calibration::read(path)?;
        config = calibration
            .into_config(args.psi_bins)
            .with_context(|| format!("{} does not fit", path.display()))?;
    }
    if let Some(how) = args.calibration.how() {
        how.validate()?;
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
    print_written(&report, &args.out);
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
    if let Some(how) = args.calibration.how() {
        let size = CurrentSize::of(&reference, &current);
        let calibration = calibrate(&reference, size, genres.as_ref(), how, &config, progress)?;
        if let Some(file) = thresholds_out {
            calibration.write(file)?;
        }
        config = calibration.into_config(args.psi_bins)?;
        args.limits.apply(&mut config);
    }
    let (mut report, picture) = compare(&reference, &current, genres.as_ref(), &config)?;
    warn(&report);
    report.current_path = args.cur.display().to_string();
    report.reference_path = Some(path.display().to_string());
    ensure!(!progress.is_cancelled(), "stopped before the end; nothing was written");
    Ok((report, picture))
}

/// Says what the verdict does not cover.
fn warn(report: &DriftReport) {
    for name in &report.not_judged {
        let why = report.not_computed.get(name).map_or("it is null", String::as_str);
        tracing::warn!("{name} could not be judged: {why}");
    }
    if let Metrics::Comparison(metrics) = &report.metrics
        && metrics.hourly_volume.flags.days
    {
        let volume = &metrics.hourly_volume;
        tracing::warn!(
            "the current table covers {:.1} days and the reference {:.1}: days are missing, or it \
             is shorter on purpose; then compare tables of one length, or raise --days-drop",
            volume.current.days_covered,
            volume.reference.days_covered
        );
    }
    if let Some(record) = &report.calibration {
        warn_of_calibration(record, report.tables.current.users);
    }
}

/// Thresholds are for tables of the size they were calibrated for, and for what it could tell.
fn warn_of_calibration(record: &CalibrationRecord, users: u64) {
    let for_users = record.current.users;
    if users > for_users.saturating_mul(2) || for_users > users.saturating_mul(2) {
        tracing::warn!(
            "thresholds were calibrated for {for_users} current users and there are {users}: \
             the false-alarm rate may be another; calibrate again"
        );
    }
    let (without_catalog, too_small): (Vec<&str>, Vec<&str>) = record
        .uncalibrated
        .iter()
        .map(String::as_str)
        .partition(|&name| name == "genre_js" && !record.catalog);
    if !without_catalog.is_empty() {
        tracing::warn!(
            "genre_js keeps its value: thresholds were calibrated without a catalog; calibrate \
             again with --catalog"
        );
    }
    if !too_small.is_empty() {
        tracing::warn!(
            "no part of the reference could be measured for {}; they keep their value",
            too_small.join(", ")
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
