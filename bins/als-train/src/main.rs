//! Trains the ALS model.
//!
//! Prints the manifest as JSON. Exit codes: 0 done; 2 it could not run or was stopped, and the
//! model that was there stays as it was.

mod args;

use std::process::ExitCode;

use anyhow::Context;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, print_json, set_threads};
use marquee_pipeline::train_als;

use self::args::Args;

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    set_threads(args.threads)?;
    let job = args.into_job()?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let trained = train_als(&job, &mut progress).context("failed to train ALS")?;
    progress.finish();
    if let Some(note) = trained.note() {
        tracing::warn!("{note}");
    }
    print_json(&trained.manifest)?;
    Ok(Outcome::Done)
}
