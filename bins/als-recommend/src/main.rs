//! Recommends films by the ALS model: to the users that are named, as JSON Lines on stdout, or to
//! all users of the model, into a csv or Parquet file.
//!
//! With `--out` it prints a summary as JSON. Exit codes: 0 done, also where nothing is known of a
//! user; 1 the file was written and holds no row; 2 it could not run, and wrote no file.

use std::{num::NonZeroUsize, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{ArgGroup, Parser, value_parser};
use marquee_cli::{
    Interrupt, Outcome, TerminalProgress, check_distinct, print_json, print_text, set_threads,
};
use marquee_pipeline::{AlsRecommender, RecommendJob, RecommendationsFile};

/// The highest user id, 2^63 − 1.
const HIGHEST_USER_ID: u64 = i64::MAX as u64;

/// Recommend films by the ALS model, to some users or into a file for all of them.
#[derive(Parser)]
#[command(version, group(ArgGroup::new("whom").required(true)))]
struct Args {
    /// Where the model is
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifact_dir: PathBuf,
    /// User to recommend films to; repeat for several
    #[arg(long = "user", value_name = "ID", group = "whom",
        value_parser = value_parser!(u64).range(..=HIGHEST_USER_ID))]
    users: Vec<u64>,
    /// File to write for all users of the model, .csv or .parquet
    #[arg(long, value_name = "FILE", group = "whom")]
    out: Option<PathBuf>,
    /// How many films at most for one user
    #[arg(long, default_value = "20")]
    k: NonZeroUsize,
    /// Recommend films the user has seen, too
    #[arg(long)]
    include_seen: bool,
    /// Movie ids never to recommend, one a line
    #[arg(long, value_name = "FILE")]
    ban: Option<PathBuf>,
    /// Movie ids to recommend from, one a line [default: all films of the model]
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// Genre a film must have, as the catalog writes it; repeat for any of several
    #[arg(long = "genre", value_name = "NAME")]
    genres: Vec<String>,
    /// Catalog with the genres [default: movie_catalog.json beside the model]
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Threads to use [default: one per core]; the lists do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    marquee_cli::run(run)
}

fn run(args: Args) -> anyhow::Result<Outcome> {
    set_threads(args.threads)?;
    check_distinct([&args.ban, &args.candidates, &args.catalog].into_iter().flatten(), &args.out)?;
    let job = RecommendJob {
        artifact_dir: args.artifact_dir,
        k: args.k.get(),
        include_seen: args.include_seen,
        ban: args.ban,
        candidates: args.candidates,
        genres: args.genres,
        catalog: args.catalog,
    };
    match args.out {
        None => for_users(&job, &args.users),
        Some(out) => {
            // Whether the file can be written is known before the work.
            for_all(&job, RecommendationsFile::create(&out).context("cannot write the output")?)
        }
    }
}

fn load(job: &RecommendJob) -> anyhow::Result<AlsRecommender> {
    let recommender = AlsRecommender::load(job).context("failed to load the model")?;
    for note in recommender.notes() {
        tracing::warn!("{note}");
    }
    Ok(recommender)
}

fn for_users(job: &RecommendJob, users: &[u64]) -> anyhow::Result<Outcome> {
    let recommender = load(job)?;
    for &user in users {
        print_text(&format!("{}\n", serde_json::to_string(&recommender.of_user(user))?))?;
    }
    Ok(Outcome::Done)
}

fn for_all(job: &RecommendJob, file: RecommendationsFile) -> anyhow::Result<Outcome> {
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let recommender = load(job)?;
    let summary =
        recommender.write_all(file, &mut progress).context("failed to write recommendations")?;
    progress.finish();
    print_json(&summary)?;
    if summary.rows == 0 {
        return Ok(Outcome::No("no film was left for any user: the file has no row".to_owned()));
    }
    Ok(Outcome::Done)
}
