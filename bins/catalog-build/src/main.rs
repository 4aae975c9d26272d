//! Builds the movie catalog of a data set.
//!
//! Prints a summary as JSON. Exit codes: 0 done; 2 it could not run and wrote nothing.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use marquee_catalog::{Catalog, build, read_records};
use marquee_cli::{Outcome, print_json};
use marquee_dataset::{NoProgress, StagedFile, read_interactions};

/// Build the movie catalog: titles and genres of the movies in a data set.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Interactions whose movies are wanted, .csv, .parquet or a folder of .parquet files
    #[arg(long, value_name = "FILE", default_value = "data/interactions.csv")]
    data_path: PathBuf,
    /// Movie records to take from: JSON Lines with id, title and genres
    #[arg(long, value_name = "FILE.jsonl")]
    from: PathBuf,
    /// Catalog to write; movies it holds already are kept as they are
    #[arg(long, value_name = "FILE", default_value = "artifacts/movie_catalog.json")]
    out: PathBuf,
}

fn main() -> ExitCode {
    marquee_cli::run(|args| run(&args))
}

fn run(args: &Args) -> anyhow::Result<Outcome> {
    let table = read_interactions(&args.data_path, &mut NoProgress)
        .context("cannot read the interactions")?;
    let (records, problems) = read_records(&args.from).context("cannot read the records")?;
    let mut catalog = if args.out.exists() {
        Catalog::read(&args.out).context("cannot take over the existing catalog")?
    } else {
        Catalog::default()
    };
    for problem in &problems {
        let (file, line) = (args.from.display(), problem.line);
        tracing::warn!("{file}, line {line}: passed over: {}", problem.problem);
    }
    let summary = build(&mut catalog, table.movie_ids.iter(), records, problems);
    let mut file = StagedFile::create(&args.out)?;
    catalog.write(&mut file).map_err(|source| file.failed(source))?;
    file.commit()?;
    print_json(&summary)?;
    Ok(Outcome::Done)
}
