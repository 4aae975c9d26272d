//! Scores models on films their training did not see.
//!
//! Prints the report as JSON, or with `--table` as tables, and writes it with `--html` as a page.
//! Exit codes: 0 done, also where the split leaves nothing to test, which the report says; 2 it
//! could not run and wrote nothing.

mod args;

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use args::Args;
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, print_text, set_threads,
};
use marquee_dataset::StagedFile;
use marquee_pipeline::evaluate_offline;

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let (inputs, outputs) = args.files();
    check_distinct(inputs, outputs)?;
    set_threads(args.threads)?;
    // Whether outputs can be written is known before the work.
    let output = args.output_json.as_deref().map(StagedFile::create).transpose()?;
    let html = args.html.as_deref().map(StagedFile::create).transpose()?;
    let table = args.table;
    let job = args.into_job();
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let report = evaluate_offline(&job, &mut progress).context("failed to evaluate")?;
    progress.finish();
    for note in &report.notes {
        tracing::warn!("{note}");
    }
    if let Some(mut file) = html {
        let page = report.page().render();
        file.write_all(page.as_bytes()).map_err(|source| file.failed(source))?;
        file.commit()?;
    }
    if let Some(mut file) = output {
        file.write_json(&report)?;
        file.commit()?;
    }
    if table {
        print_text(&report.table().to_string())?;
    } else {
        print_json(&report)?;
    }
    Ok(Outcome::Done)
}
