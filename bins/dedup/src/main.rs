//! Keeps one row for each user and movie.
//!
//! Prints what came in and went out as JSON. Exit codes: 0 done; 2 it could not run and wrote
//! nothing.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, ensure};
use clap::Parser;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, print_json, set_threads};
use marquee_dataset::{
    InteractionsWriter, Keys, Progress, Strategy, TableFormat, aggregate, read_events,
    read_interactions,
};
use serde_json::json;

/// Keep one row for each user and movie.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Table to read, .csv, .parquet or a folder of .parquet files
    #[arg(long = "in", value_name = "FILE", default_value = "data/interactions.csv")]
    input: PathBuf,
    /// Table to write, .csv or .parquet
    #[arg(long, value_name = "FILE", default_value = "data/interactions_dedup.csv")]
    out: PathBuf,
    /// Which row stays: latest_by_timestamp, first_seen, last_seen, or aggregate, which makes one
    /// row of all events of a pair (the input must be an events file of log-ingest)
    #[arg(long, default_value = "latest_by_timestamp")]
    strategy: Strategy,
    /// Columns that tell rows apart, of user_id, movie_id, rating and timestamp
    #[arg(long, value_name = "COLUMNS", default_value = "user_id,movie_id")]
    keys: Keys,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    marquee_cli::run(|args| run(&args))
}

fn run(args: &Args) -> anyhow::Result<Outcome> {
    TableFormat::of(&args.out)?;
    set_threads(args.threads)?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let aggregated = args.strategy == Strategy::Aggregate;
    ensure!(
        !aggregated || args.keys == Keys::default(),
        "--strategy aggregate works on pairs of user_id and movie_id; leave --keys out"
    );
    // Whether the output can be written is known before the work.
    let mut writer = if aggregated {
        InteractionsWriter::create_aggregated(&args.out)?
    } else {
        InteractionsWriter::create(&args.out)?
    };
    let (rows_in, rows_out) = if aggregated {
        let events = read_events(&args.input, &mut progress).context("cannot read the input")?;
        let rows = aggregate(&events);
        writer.append_aggregated(&rows)?;
        (events.len(), rows.interactions.len())
    } else {
        let table =
            read_interactions(&args.input, &mut progress).context("cannot read the input")?;
        let rows_in = table.len();
        let rows = marquee_dataset::dedup(table, args.strategy, args.keys);
        writer.append(&rows)?;
        (rows_in, rows.len())
    };
    ensure!(rows_in > 0, "{}: the table holds no row; nothing was written", args.input.display());
    let finished = writer.finish()?;
    ensure!(!progress.is_cancelled(), "stopped before the end; nothing was written");
    let digest = finished.commit()?;
    progress.finish();
    print_json(&json!({
        "strategy": args.strategy.as_str(),
        "rows_in": rows_in,
        "rows_out": rows_out,
        "out": args.out.display().to_string(),
        "sha256": digest.sha256,
    }))?;
    Ok(Outcome::Done)
}
