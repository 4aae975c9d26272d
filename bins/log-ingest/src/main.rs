//! Turns raw event logs into an interactions table.
//!
//! Prints the report as JSON. Exit codes: 0 done; 1 done, but no line was a watch or a rating;
//! 2 it could not run and wrote nothing.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads};
use marquee_dataset::{IngestOutputs, LogSource, ingest};

/// Turn raw event logs into an interactions table (csv or Parquet).
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Event log to read, also .gz or .zst; repeat for several, `-` is standard input
    #[arg(long = "log", value_name = "FILE", required = true)]
    logs: Vec<PathBuf>,
    /// Interactions to write, .csv or .parquet
    #[arg(long, value_name = "FILE", default_value = "data/interactions.csv")]
    out: PathBuf,
    /// Single events with minutes and stars to write, .parquet
    #[arg(long, value_name = "FILE")]
    events_out: Option<PathBuf>,
    /// Refused lines to write, JSON Lines with the reason and the place of each
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    set_threads(args.threads)?;
    let outputs = IngestOutputs {
        interactions: args.out,
        events: args.events_out,
        quarantine: args.quarantine,
        report: args.report,
    };
    check_paths(&args.logs, &outputs)?;
    let sources = args.logs.iter().map(|log| open(log)).collect::<Result<_, _>>()?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let report = ingest(sources, &outputs, &mut progress).context("failed to ingest the log")?;
    progress.finish();
    print_json(&report)?;
    if report.rows == 0 {
        return Ok(Outcome::No("no line was a watch or a rating: the table is empty".to_owned()));
    }
    Ok(Outcome::Done)
}

fn open(log: &Path) -> anyhow::Result<LogSource> {
    if log.as_os_str() == "-" {
        return Ok(LogSource::stdin());
    }
    LogSource::open(log).context("cannot read the log")
}

/// Every output has a place of its own, which is not that of a log.
fn check_paths(logs: &[PathBuf], outputs: &IngestOutputs) -> anyhow::Result<()> {
    let outputs = [&outputs.events, &outputs.quarantine, &outputs.report]
        .into_iter()
        .flatten()
        .chain([&outputs.interactions]);
    check_distinct(logs.iter().filter(|log| log.as_os_str() != "-"), outputs)
}
