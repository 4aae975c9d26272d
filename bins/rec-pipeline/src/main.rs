//! Runs the whole pipeline on the bundled sample and serves what it made.
//!
//! stdout carries the report. Exit codes: 0 done; 2 it could not run.

mod report;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use marquee_als::AlsSettings;
use marquee_cli::{Interrupt, Outcome, TerminalProgress, print_text};
use marquee_pipeline::{DemoJob, ServeTopics, demo, load_models, serve_models};
use marquee_popgen::PopGenConfig;
use marquee_serving::ServerConfig;

/// Run the steps of the service as one job.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// From the bundled raw log to recommendations served on a local port
    Demo(Demo),
}

#[derive(clap::Args)]
struct Demo {
    /// Where raw.log and movies.jsonl are
    #[arg(long, value_name = "DIR", default_value = "data/sample")]
    sample: PathBuf,
    /// Where everything made goes
    #[arg(long, value_name = "DIR", default_value = "artifacts/demo")]
    out: PathBuf,
    /// Address to serve on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8082")]
    bind: String,
    /// End after the report
    #[arg(long)]
    no_serve: bool,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.command {
        Command::Demo(args) => run_demo(args),
    }
}

fn run_demo(args: Demo) -> anyhow::Result<Outcome> {
    let job = DemoJob {
        log: args.sample.join("raw.log"),
        movies: args.sample.join("movies.jsonl"),
        folder: args.out.clone(),
        // The defaults are those of large logs; a few hundred people need more regularization.
        als: AlsSettings::default(),
        popgen: PopGenConfig::default(),
    };
    let interrupt = Interrupt::install()?;
    let mut progress = TerminalProgress::new(interrupt.clone());
    let made = demo(&job, &mut progress).context("failed to run the demo")?;
    progress.finish();
    print_text(&report::text(&made, &args.out))?;
    if args.no_serve || interrupt.is_set() {
        return Ok(Outcome::Done);
    }
    let models = load_models(&args.out)?;
    let config = ServerConfig { bind: args.bind, workers: None, artifact_dir: args.out };
    serve_models(&config, models, None, ServeTopics::default(), |running| {
        let address = running.address;
        let user = made.user_id;
        tracing::info!("serving on http://{address}; Ctrl-C stops it. Try:");
        tracing::info!("  curl -i http://{address}/recommend/{user}");
    })?;
    Ok(Outcome::Done)
}
