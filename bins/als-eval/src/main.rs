//! Says what the ALS model is worth and costs: held-out accuracy, inference, size, training.
//!
//! Prints a line for each of the four properties, and with `--compare` a table of models. Exit
//! codes: 0 done; 2 it could not run and wrote nothing.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, check_distinct, print_text, set_threads};
use marquee_dataset::StagedFile;
use marquee_evaluation::Bootstrap;
use marquee_pipeline::{Family, PropertiesJob, evaluate_properties};

/// Say what the ALS model is worth and what it costs.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The interactions it was trained on, .csv, .parquet or a folder of .parquet files; with the
    /// columns of dedup --strategy aggregate where a model was trained with --signals
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    data_path: PathBuf,
    /// Where the model is
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifact_dir: PathBuf,
    /// Users to evaluate and to time, at random; 0 is all
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    users: usize,
    /// Seed of these users
    #[arg(long, default_value_t = 42)]
    random_state: u64,
    /// Resamples of users that the intervals are made from; 0 makes none
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    draws: usize,
    /// Folder whose models are put beside it; repeat for several, and name the model's own folder
    /// for the other model in it
    #[arg(long, value_name = "DIR")]
    compare: Vec<PathBuf>,
    /// The movie catalog that als-train --catalog was given, where the model was trained with one
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// File for the properties, JSON
    #[arg(long, value_name = "FILE")]
    output_json: Option<PathBuf>,
    /// Page to write: the properties for people, in one file
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Threads to train the held-out model with [default: one per core]; nothing but times depends
    /// on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    let inputs = [Some(&args.data_path), args.catalog.as_ref()];
    check_distinct(inputs.into_iter().flatten(), args.output_json.iter().chain(&args.html))?;
    set_threads(args.threads)?;
    // Whether outputs can be written is known before the work.
    let output = args.output_json.as_deref().map(StagedFile::create).transpose()?;
    let html = args.html.as_deref().map(StagedFile::create).transpose()?;
    let job = PropertiesJob {
        data_path: args.data_path,
        catalog: args.catalog,
        artifact_dir: args.artifact_dir,
        family: Family::Als,
        users: args.users,
        random_state: args.random_state,
        bootstrap: Bootstrap { draws: args.draws, ..Bootstrap::default() },
        compare: args.compare,
    };
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let report = evaluate_properties(&job, &mut progress).context("failed to evaluate")?;
    progress.finish();
    for note in report.notes() {
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
    print_text(&report.model.lines())?;
    if !report.compared.is_empty() {
        print_text(&format!("\n{}", report.table()))?;
    }
    Ok(Outcome::Done)
}
