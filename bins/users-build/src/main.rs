//! Fetches what the user API tells of the people in a data set.
//!
//! Prints a summary as JSON. Exit codes: 0 every user is known or known to have no record; 1 some
//! failed, or it was interrupted, and what came so far is written; 2 it could not run and wrote
//! nothing; 130 a second signal ended it, and what was saved on the way is there.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_catalog::{ApiUrl, Cache, FetchConfig, MissingIds, Users, fetch};
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, unless_closed,
};
use marquee_dataset::{StagedFile, read_interactions};

/// Build the users file: age, gender and occupation of the users in a data set.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Interactions whose users are wanted, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions.csv")]
    data_path: PathBuf,
    /// User API to ask, such as http://HOST:8080/user/, which is followed by a user id
    #[arg(long, value_name = "URL")]
    api: ApiUrl,
    /// Users to write, JSON Lines; users it holds already are kept as they are
    #[arg(long, value_name = "FILE.jsonl", default_value = "data/users.jsonl")]
    out: PathBuf,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Requests a second over all connections, retries included
    #[arg(long, value_name = "N", default_value_t = FetchConfig::DEFAULT_RATE_LIMIT)]
    rate_limit: f64,
    /// Seconds a whole request may take
    #[arg(long, value_name = "SECONDS", default_value_t = FetchConfig::DEFAULT_TIMEOUT)]
    timeout: f64,
    /// Requests about a user after the first one failed
    #[arg(long, value_name = "N", default_value_t = FetchConfig::DEFAULT_RETRIES)]
    retries: u32,
    /// Connections
    #[arg(long, value_name = "N", default_value_t = FetchConfig::DEFAULT_CONCURRENCY)]
    concurrency: usize,
    /// Days after which a user that was answered with 404 is asked about again
    #[arg(long, value_name = "N", default_value_t = FetchConfig::DEFAULT_NEGATIVE_DAYS)]
    negative_days: u32,
    /// Answers from one save to the next
    #[arg(long, value_name = "N", default_value_t = FetchConfig::DEFAULT_CHECKPOINT_EVERY)]
    checkpoint_every: u64,
}

impl Args {
    fn config(&self) -> FetchConfig {
        FetchConfig {
            rate_limit: self.rate_limit,
            timeout: self.timeout,
            retries: self.retries,
            concurrency: self.concurrency,
            negative_days: self.negative_days,
            checkpoint_every: self.checkpoint_every,
            ..FetchConfig::default()
        }
    }
}

fn main() -> ExitCode {
    marquee_cli::run(|args| run(&args))
}

fn run(args: &Args) -> anyhow::Result<Outcome> {
    let config = args.config();
    config.validate()?;
    let missing = MissingIds::path_beside(&args.out);
    check_distinct([&args.data_path], [&args.out, &missing].into_iter().chain(&args.report))?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let mut cache =
        Cache::<Users>::open(&args.out, &args.api).context("cannot take over existing users")?;
    let report = args.report.as_deref().map(StagedFile::create).transpose()?;
    let mut users = read_interactions(&args.data_path, &mut progress)
        .context("cannot read the interactions")?
        .user_ids;
    users.sort_unstable();
    users.dedup();
    let ids = users.iter().map(u64::to_string);
    let summary = fetch(ids, &config, &mut cache, &mut progress)?;
    progress.finish();
    if let Some(mut report) = report {
        report.write_json(&summary)?;
        report.commit()?;
    }
    unless_closed(print_json(&summary))?;
    Ok(summary.shortfall().map_or(Outcome::Done, Outcome::No))
}
