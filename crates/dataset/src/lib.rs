//! Interaction tables: what lies between the event log and a model.
//!
//! The way through: [`ingest()`] turns log bytes into rows, refusals and counts; tables live in csv
//! or Parquet files ([`read_interactions`], [`InteractionsWriter`]); [`dedup()`] keeps one row for
//! each (user, movie) pair and [`aggregate`] folds all of a pair's events into one;
//! [`leave_last`] and [`split_at`] split them for evaluation; [`RatingMatrix`] gives users and movies dense rows
//! and the ratings as a sparse matrix.
//!
//! Does not hold: what an event line means (`marquee-events`), models, terminals. Files appear
//! whole or not at all ([`StagedFile`]); nothing is printed.
//!
//! ```
//! use marquee_dataset::{Interactions, Keys, RatingMatrix, Strategy, dedup};
//!
//! let mut table = Interactions::default();
//! table.push(7, "the+matrix+1999", 1, 1_700_000_000);
//! table.push(7, "the+matrix+1999", 5, 1_700_000_060);
//! let rows = dedup(table, Strategy::LatestByTimestamp, Keys::default());
//! assert_eq!(rows.ratings, [5]);
//! assert_eq!(RatingMatrix::new(&rows).ratings.entries(), 1);
//! ```

mod csr;
mod dedup;
mod error;
mod field;
mod ingest;
mod interactions;
mod lines;
mod log_blocks;
mod log_source;
mod matrix;
mod npz;
mod pool;
mod progress;
mod records;
mod seen_file;
mod split;
mod staged;
mod stages;
mod stored_file;
mod table;
mod vocabulary;

pub use csr::{Csr, Triplet};
pub use dedup::{Keys, Strategy, UnknownName, aggregate, dedup};
pub use error::DatasetError;
pub use field::{first_comma, parse_integer};
pub use ingest::{
    AcceptedCounts, IngestOutputs, IngestReport, NULL_PAYLOAD, PartitionRange, QuarantineRecord,
    dataset_version, ingest, parse_dataset_version,
};
pub use interactions::{Aggregated, EventDetail, EventTable, Interactions, MovieIds};
pub use lines::{Block, Buffer, LineBlocks, LongLine, Piece};
pub use log_blocks::for_each_block;
pub use log_source::LogSource;
pub use matrix::RatingMatrix;
pub use npz::{Array, Element, NpzFault, NpzReader, NpzWriter};
pub use pool::{Pool, Pooled};
pub use progress::{NoProgress, Progress};
pub use records::{RecordFault, RecordRange, RecordSource, Records};
pub use seen_file::{read_seen, write_seen};
pub use split::{
    GlobalTimeSplit, LeaveLastSplit, ZeroHoldout, leave_last, pairs_in_both, split_at, time_of_last,
};
pub use staged::{FileDigest, StagedFile, hex, parquet_parts};
pub use stages::{BatchSize, run as run_stages};
pub use stored_file::StoredFile;
pub use table::{
    EventsWriter, FinishedTable, InteractionsWriter, RowBlock, RowWriter, TableFormat,
    read_aggregated, read_events, read_interactions, scan_interactions,
};
pub use vocabulary::{MovieVocabulary, UserVocabulary};
