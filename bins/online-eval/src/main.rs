//! Counts which recommended lists led to a film being watched, and compares variants.
//!
//! Prints the report as JSON and writes it to a file, with `--html` as a page too. Exit codes: 0
//! done, also where the log says too little, which the report then states; 2 it could not run and
//! wrote nothing.

mod args;

use std::{io::Write, path::Path, process::ExitCode, time::SystemTime};

use anyhow::{Context, ensure};
use args::{Args, Job};
use marquee_cli::{Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads};
use marquee_dataset::{LogSource, StagedFile, for_each_block};
use marquee_events::Timestamp;
use marquee_outcomes::{LogBlock, ReportContext, WatchThrough, watch_through_page};

fn main() -> ExitCode {
    marquee_cli::run(|args: Args| run(args.into_job()?))
}

fn run(job: Job) -> anyhow::Result<Outcome> {
    set_threads(job.threads)?;
    let inputs = [Some(&job.log), job.experiment.as_ref()];
    check_distinct(
        inputs.into_iter().flatten().filter(|input| input.as_os_str() != "-"),
        [&job.output].into_iter().chain(&job.html),
    )?;
    let mut evaluation = WatchThrough::new(job.config)?;
    let source = open(&job.log)?;
    // Whether outputs can be written is known before the work.
    let mut output = StagedFile::create(&job.output)?;
    let mut html = job.html.as_deref().map(StagedFile::create).transpose()?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    for_each_block(source, LogBlock::read, |block| evaluation.take(block), &mut progress)
        .context("failed to evaluate the log")?;
    progress.finish();
    let log_file = job.log.display().to_string();
    let context = ReportContext { log_file, calculation_timestamp: now()? };
    let (report, picture) = evaluation.finish_with_picture(context);
    ensure!(
        report.total_log_lines == 0 || report.refused_lines < report.total_log_lines,
        "{}: none of its {} lines is an event; is it an event log? Nothing was written",
        job.log.display(),
        report.total_log_lines
    );
    output.write_json(&report)?;
    output.sync()?;
    if let Some(html) = &mut html {
        let page = watch_through_page(&report, &picture).render();
        html.write_all(page.as_bytes()).map_err(|source| html.failed(source))?;
        html.sync()?;
    }
    html.map(StagedFile::commit).transpose()?;
    output.commit()?;
    tracing::info!("{}", report.verdict);
    for note in &report.notes {
        tracing::info!("{note}");
    }
    print_json(&report)?;
    Ok(Outcome::Done)
}

fn open(log: &Path) -> anyhow::Result<LogSource> {
    if log.as_os_str() == "-" {
        return Ok(LogSource::stdin());
    }
    LogSource::open(log).context("cannot read the log")
}

/// The time now, as the reference writes it.
fn now() -> anyhow::Result<String> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.context("the clock stands before 1970")?;
    let time = Timestamp::from_unix_utc(since.as_secs() as i64, since.subsec_nanos());
    Ok(time.context("the clock stands past the year 9999")?.to_string())
}
