//! A movie API that fails by plan, to try what asks one.
//!
//! ```sh
//! cargo run --release -p marquee-synth --example faulty_api -- \
//!     --movies data/movies.jsonl --faults 0.05 --port 8099
//! ```
//!
//! Serves the films of `--movies` (JSON Lines with `id`, as `log-synth --movies-out` writes them)
//! under `/movie/<id>` and users 1 to `--users` under `/user/<id>`, prints its addresses and runs
//! until Ctrl-C. `--seed` chooses the faults.
#![expect(clippy::print_stdout, reason = "an example shows its results")]

use std::{
    collections::BTreeMap,
    error::Error,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Parser;
use marquee_synth::{FaultyApi, FaultyApiConfig};

/// Serve films and users, with faults.
#[derive(Parser)]
struct Args {
    /// Films to serve: JSON Lines with id
    #[arg(long, value_name = "FILE.jsonl")]
    movies: Option<PathBuf>,
    /// Users 1 to N have a record
    #[arg(long, value_name = "N", default_value_t = FaultyApiConfig::DEFAULT_USERS)]
    users: u64,
    /// Share of requests that meet a fault, 0 to 1
    #[arg(long, default_value_t = 0.05)]
    faults: f64,
    /// Seed of the faults
    #[arg(long, default_value_t = FaultyApiConfig::DEFAULT_SEED)]
    seed: u64,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8099)]
    port: u16,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let movies = args.movies.as_deref().map(read_movies).transpose()?.unwrap_or_default();
    println!("{} films, {} users", movies.len(), args.users);
    let config = FaultyApiConfig {
        movies,
        users: args.users,
        faults: args.faults,
        seed: args.seed,
        ..FaultyApiConfig::default()
    };
    let api = FaultyApi::bind(SocketAddr::from(([127, 0, 0, 1], args.port)), config)?;
    println!("{}\n{}", api.movies_url(), api.users_url());
    loop {
        std::thread::park();
    }
}

fn read_movies(path: &Path) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut movies = BTreeMap::new();
    for line in BufReader::new(fs_err::File::open(path)?).lines() {
        let line = line?;
        let record: serde_json::Value = serde_json::from_str(&line)?;
        let id = record["id"].as_str().ok_or("a film without an id")?.to_owned();
        movies.insert(id, line);
    }
    Ok(movies)
}
