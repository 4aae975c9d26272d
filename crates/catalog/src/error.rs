use std::{io, path::PathBuf};

use marquee_dataset::DatasetError;
use thiserror::Error;

/// Why metadata could not be read, fetched or written. A variant about a file names it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The file could not be opened or read; the source names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not a catalog.
    #[error(
        "{}: not a movie catalog; expected {{\"<movie id>\": {{\"title\": …, \"genres\": […]}}}}",
        path.display()
    )]
    Format {
        /// The catalog file.
        path: PathBuf,
        /// What the JSON reader said, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// A line of a users file is not a user.
    #[error("{}, line {line}: {problem}; correct or remove the line", path.display())]
    User {
        /// The users file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The negative cache cannot be understood.
    #[error(
        "{}: not a list of missing ids ({{\"api\": \"<base>\", \"missing\": {{\"<id>\": \
         \"<time>\"}}}}): {problem}; delete the file to ask about all of them again",
        path.display()
    )]
    Missing {
        /// The negative cache.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Another run writes the same output.
    #[error("{}: another run is writing it; wait until that has ended", path.display())]
    Locked {
        /// The output.
        path: PathBuf,
    },
    /// An output could not be written; what it held before is still there.
    #[error("failed to save what was fetched")]
    Save(#[from] DatasetError),
    /// The base URL of an API is not one that can be asked.
    #[error("{url:?} is not the base of an API: {problem}")]
    Api {
        /// The text given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// [`FetchConfig::rate_limit`](crate::FetchConfig::rate_limit) is out of range.
    #[error("the rate limit is {value}: it must be from 0.0001 to 1000000 requests a second")]
    RateLimit {
        /// The value given.
        value: f64,
    },
    /// [`FetchConfig::timeout`](crate::FetchConfig::timeout) is out of range.
    #[error("the timeout is {value}: it must be from 0.001 to 3600 seconds")]
    Timeout {
        /// The value given.
        value: f64,
    },
    /// [`FetchConfig::concurrency`](crate::FetchConfig::concurrency) is out of range.
    #[error("the concurrency is {value}: it must be from 1 to 256 connections")]
    Concurrency {
        /// The value given.
        value: usize,
    },
    /// [`FetchConfig::checkpoint_every`](crate::FetchConfig::checkpoint_every) is 0.
    #[error("checkpoints are every 0 answers: it must be at least 1")]
    CheckpointEvery,
    /// [`FetchConfig::give_up_after`](crate::FetchConfig::give_up_after) is 0.
    #[error("giving up is after 0 failures: it must be at least 1")]
    GiveUpAfter,
    /// [`FetchConfig::max_body`](crate::FetchConfig::max_body) is out of range.
    #[error("the longest body is {value}: it must be from 1 to 1073741824 bytes")]
    MaxBody {
        /// The value given.
        value: u64,
    },
    /// A time of a [`FetchConfig`](crate::FetchConfig) is out of range.
    #[error("{field} is {value}: it must be from 0 to 86400 seconds")]
    Wait {
        /// The field.
        field: &'static str,
        /// The value given.
        value: f64,
    },
    /// The connections' threads could not be started.
    #[error("failed to start the threads that ask")]
    Threads(#[source] io::Error),
    /// The connections' threads are there no longer. What came before is saved.
    #[error("the threads that ask have ended; what came before is saved, run again to go on")]
    ThreadsEnded,
}
