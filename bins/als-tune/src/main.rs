//! Searches settings of ALS on rows that no test will see.
//!
//! Prints the report as JSON, or with `--table` the leaderboard and the winner's flags, writes it to
//! `--out`, and with `--html` as a page. Runs are kept as they end, and the same command goes on with
//! a search that was stopped. Exit codes: 0 done, also where the time was over; 1 no trial came to a
//! score; 2 it could not run or was stopped, and wrote no report.

mod args;

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use args::Args;
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, print_text, set_threads,
    unless_closed,
};
use marquee_dataset::StagedFile;
use marquee_pipeline::tune_als;

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let journal = args.journal();
    let outputs = [Some(&args.out), args.html.as_ref(), Some(&journal)];
    check_distinct(args.inputs(), outputs.into_iter().flatten())?;
    set_threads(args.threads)?;
    let mut out = StagedFile::create(&args.out)?;
    let html = args.html.as_deref().map(StagedFile::create).transpose()?;
    let (table, job) = (args.table, args.into_job(journal)?);
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let report = tune_als(&job, &mut progress).context("failed to search settings")?;
    progress.finish();
    if !report.complete {
        tracing::warn!(
            "the time was over; the same command goes on from {}",
            job.journal.display()
        );
    }
    if let (Some(mut file), Some(page)) = (html, report.page()) {
        file.write_all(page.render().as_bytes()).map_err(|source| file.failed(source))?;
        file.commit()?;
    }
    out.write_json(&report)?;
    out.commit()?;
    if table {
        print_text(&report.table().to_string())?;
    } else {
        unless_closed(print_json(&report))?;
    }
    match report.winner {
        Some(_) => Ok(Outcome::Done),
        None => Ok(Outcome::No("no trial came to a score; the leaderboard says why".to_owned())),
    }
}
