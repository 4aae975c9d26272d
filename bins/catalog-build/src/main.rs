//! Builds the movie catalog of a data set, from the movie API or from a file of its answers.
//!
//! Prints a summary as JSON. Exit codes: 0 every film is known or known to have no record (with
//! `--from`: done); 1 some films failed, or it was interrupted, and what came so far is written;
//! 2 it could not run and wrote nothing; 130 a second signal ended it between two saves.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use marquee_catalog::{
    ApiUrl, Cache, Catalog, FetchConfig, MissingIds, OutLock, RecordProblem, build, fetch,
    read_records,
};
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, unless_closed,
};
use marquee_dataset::{StagedFile, read_interactions};
use serde::Serialize;

/// Build the movie catalog: titles and genres of the movies in a data set.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Interactions whose movies are wanted, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions.csv")]
    data_path: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Catalog to write; movies it holds already are kept as they are
    #[arg(long, value_name = "FILE", default_value = "artifacts/movie_catalog.json")]
    out: PathBuf,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

/// Where the records come from.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// Movie API to ask, such as http://HOST:8080/movie/, which is followed by a movie id
    #[arg(long, value_name = "URL")]
    api: Option<ApiUrl>,
    /// Movie records to take instead: JSON Lines with id, title and genres
    #[arg(long, value_name = "FILE.jsonl")]
    from: Option<PathBuf>,
}

/// How the API is asked.
#[derive(clap::Args)]
struct Asking {
    /// Requests a second over all connections, retries included
    #[arg(long, value_name = "N", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_RATE_LIMIT)]
    rate_limit: f64,
    /// Seconds a whole request may take
    #[arg(long, value_name = "SECONDS", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_TIMEOUT)]
    timeout: f64,
    /// Requests about a movie after the first one failed
    #[arg(long, value_name = "N", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_RETRIES)]
    retries: u32,
    /// Connections
    #[arg(long, value_name = "N", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_CONCURRENCY)]
    concurrency: usize,
    /// Days after which a movie that was answered with 404 is asked about again
    #[arg(long, value_name = "N", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_NEGATIVE_DAYS)]
    negative_days: u32,
    /// Answers from one save to the next
    #[arg(long, value_name = "N", conflicts_with = "from", default_value_t = FetchConfig::DEFAULT_CHECKPOINT_EVERY)]
    checkpoint_every: u64,
}

impl Asking {
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
    marquee_cli::run(|args: Args| match (&args.source.api, &args.source.from) {
        (Some(api), _) => build_from_api(&args, api),
        (None, Some(records)) => build_from_file(&args, records),
        (None, None) => anyhow::bail!("one of --api and --from is needed"),
    })
}

fn build_from_api(args: &Args, api: &ApiUrl) -> anyhow::Result<Outcome> {
    let config = args.asking.config();
    config.validate()?;
    let missing = MissingIds::path_beside(&args.out);
    check_distinct([&args.data_path], [&args.out, &missing].into_iter().chain(&args.report))?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let mut cache =
        Cache::<Catalog>::open(&args.out, api).context("cannot take over the existing catalog")?;
    let report = args.report.as_deref().map(StagedFile::create).transpose()?;
    let table = read_interactions(&args.data_path, &mut progress)
        .context("cannot read the interactions")?;
    let ids = table.movie_ids.iter().map(str::to_owned);
    let summary = fetch(ids, &config, &mut cache, &mut progress)?;
    progress.finish();
    tell(&summary, report)?;
    Ok(summary.shortfall().map_or(Outcome::Done, Outcome::No))
}

fn build_from_file(args: &Args, from: &Path) -> anyhow::Result<Outcome> {
    let inputs = [&args.data_path, &from.to_owned()];
    check_distinct(inputs, [&args.out].into_iter().chain(&args.report))?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let _lock = OutLock::take(&args.out)?;
    let mut catalog = if args.out.exists() {
        Catalog::read(&args.out).context("cannot take over the existing catalog")?
    } else {
        Catalog::default()
    };
    let mut file = StagedFile::create(&args.out)?;
    let report = args.report.as_deref().map(StagedFile::create).transpose()?;
    let (records, problems) = read_records(from).context("cannot read the records")?;
    let table = read_interactions(&args.data_path, &mut progress)
        .context("cannot read the interactions")?;
    progress.finish();
    for RecordProblem { line, problem } in &problems {
        tracing::warn!("{}, line {line}: passed over: {problem}", from.display());
    }
    let summary = build(&mut catalog, table.movie_ids.iter(), records, problems);
    catalog.write(&mut file).map_err(|source| file.failed(source))?;
    file.commit()?;
    tell(&summary, report)?;
    Ok(Outcome::Done)
}

fn tell(summary: &impl Serialize, report: Option<StagedFile>) -> anyhow::Result<()> {
    if let Some(mut report) = report {
        report.write_json(summary)?;
        report.commit()?;
    }
    unless_closed(print_json(summary))
}
