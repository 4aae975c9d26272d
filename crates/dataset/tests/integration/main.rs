//! Tests of the data set crate, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod dedup; // which row stays; aggregate; the reference's output
mod hostile_logs; // logs that are damaged, endless, cut or named twice
mod hostile_tables; // csv and Parquet files that are odd, damaged or endless
mod ingest; // logs to rows, quarantine and report
mod matrix; // vocabularies and sparse matrices
mod npz; // arrays of every type
mod npz_hostile; // npz files that are odd, damaged or lie
mod same_bytes; // whatever the threads and the form of the log
mod seen; // npz files of what users have seen
mod split; // leave-last-n
mod staged; // files that appear whole or not at all
mod tables; // csv and Parquet files

use std::path::{Path, PathBuf};

use marquee_dataset::Interactions;

/// A file of the fixtures folder.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run").join(name)
}

/// A table of (user, movie, rating, timestamp) rows.
fn table(rows: &[(u64, &str, u8, i64)]) -> Interactions {
    let mut table = Interactions::default();
    for &(user, movie, rating, timestamp) in rows {
        table.push(user, movie, rating, timestamp);
    }
    table
}

/// The rows of a table.
fn rows(table: &Interactions) -> Vec<(u64, &str, u8, i64)> {
    (0..table.len())
        .map(|row| {
            let movie = table.movie_id(row);
            (table.user_ids[row], movie, table.ratings[row], table.timestamps[row])
        })
        .collect()
}
