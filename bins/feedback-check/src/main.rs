//! Checks whether what is shown draws watching towards itself.
//!
//! Prints the report as JSON and writes it to a file, with `--html` as a page too. Exit codes: 0
//! done, also where the log says too little, which the verdict then states; 2 it could not run and
//! wrote nothing.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Parser;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads};
use marquee_dataset::{LogSource, StagedFile, for_each_block};
use marquee_outcomes::{FeedbackConfig, FeedbackLoop, LogBlock, feedback_page};

/// Check whether what is shown draws watching towards itself.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Event log to read, also .gz or .zst; `-` is standard input
    #[arg(long, value_name = "LOG")]
    log_file: PathBuf,
    /// Length of a window in hours, in whole seconds
    #[arg(long, value_name = "HOURS", default_value = "12", value_parser = hours)]
    window_hours: Duration,
    /// How many of the films shown most are looked at
    #[arg(long, value_name = "N", default_value_t = FeedbackConfig::DEFAULT_TOP_K)]
    top_k: usize,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE", default_value = "reports/feedback_loop_analysis.json")]
    out: PathBuf,
    /// The report as a page to write too
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Intervals have confidence 1 - alpha
    #[arg(long, default_value_t = FeedbackConfig::DEFAULT_ALPHA)]
    alpha: f64,
    /// Draws of the intervals' bootstrap
    #[arg(long, value_name = "N", default_value_t = FeedbackConfig::default().draws)]
    draws: u32,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = FeedbackConfig::DEFAULT_SEED)]
    seed: u64,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    marquee_cli::run(|args| run(&args))
}

fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut analysis = FeedbackLoop::new(FeedbackConfig {
        window: args.window_hours,
        top_k: args.top_k,
        alpha: args.alpha,
        draws: args.draws,
        seed: args.seed,
        ..FeedbackConfig::default()
    })?;
    set_threads(args.threads)?;
    let log = &args.log_file;
    let input = Some(log).filter(|log| log.as_os_str() != "-");
    check_distinct(input, [&args.out].into_iter().chain(&args.html))?;
    let source = open(log)?;
    // Whether outputs can be written is known before the work.
    let mut output = StagedFile::create(&args.out)?;
    let mut html = args.html.as_deref().map(StagedFile::create).transpose()?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    for_each_block(source, LogBlock::read, |block| analysis.take(block), &mut progress)
        .context("failed to read the log")?;
    progress.finish();
    let report = analysis.finish(&log.display().to_string())?;
    ensure!(
        report.total_log_lines == 0 || report.refused_lines < report.total_log_lines,
        "{}: none of its {} lines is an event; is it an event log? Nothing was written",
        log.display(),
        report.total_log_lines
    );
    output.write_json(&report)?;
    output.sync()?;
    if let Some(html) = &mut html {
        let page = feedback_page(&report).render();
        html.write_all(page.as_bytes()).map_err(|source| html.failed(source))?;
        html.sync()?;
    }
    html.map(StagedFile::commit).transpose()?;
    output.commit()?;
    tracing::info!("{}", report.verdict);
    print_json(&report)?;
    Ok(Outcome::Done)
}

fn open(log: &Path) -> anyhow::Result<LogSource> {
    if log.as_os_str() == "-" {
        return Ok(LogSource::stdin());
    }
    LogSource::open(log).context("cannot read the log")
}

fn hours(text: &str) -> Result<Duration, String> {
    let hours: f64 = text.parse().map_err(|_| String::from("not a number of hours"))?;
    let seconds = (hours * 3_600.0).round();
    if seconds.is_nan() || seconds < 1.0 {
        return Err(String::from("not a number of hours of at least one second"));
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| String::from("too many hours"))
}
