use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::ensure;
use clap::Parser;
use marquee_cli::check_distinct;
use marquee_data_quality::{DedupeJob, Repair, ValidationJob};
use marquee_dataset::{Keys, Strategy};

/// Check a table row by row against a schema: good rows to one file, the others with every reason
/// to another.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Table to check, .csv, .jsonl, .parquet or a folder of .parquet files
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Schema of a row, a JSON Schema of draft 2020-12
    #[arg(long, value_name = "FILE.json")]
    schema: PathBuf,
    /// Good rows to write, .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE.json")]
    report: PathBuf,
    /// Page to write: the report for people, in one file
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Rejected rows to write, .jsonl or .parquet, with their place and every reason
    #[arg(long, value_name = "FILE")]
    rejects_out: Option<PathBuf>,
    /// Rows of Parquet decoded at a time, at most; text is read in blocks of 512 KiB
    #[arg(long, value_name = "ROWS", default_value_t = ValidationJob::DEFAULT_CHUNK_ROWS)]
    chunksize: usize,
    /// Part of the rows that may be rejected; above, the exit code is 1
    #[arg(long, value_name = "RATE", default_value_t = ValidationJob::DEFAULT_MAX_REJECT_RATE)]
    max_reject_rate: f64,
    /// Before the check: clip cuts ratings and timestamps to integers and moves ratings into 1 to 5
    /// and timestamps to 0 or later; none changes nothing
    #[arg(long, value_name = "clip|none", default_value_t = Repair::Clip)]
    repair: Repair,
    /// Make good rows distinct as well
    #[arg(long)]
    dedupe: bool,
    /// Distinct rows to write, .parquet or .csv [default: --out with _dedup before the ending]
    #[arg(long, value_name = "FILE", requires = "dedupe")]
    dedupe_out: Option<PathBuf>,
    /// Columns that tell rows apart, of user_id, movie_id, rating and timestamp
    #[arg(long, value_name = "COLUMNS", default_value = "user_id,movie_id", requires = "dedupe")]
    dedupe_keys: Keys,
    /// Which row stays: latest_by_timestamp, first_seen or last_seen
    #[arg(
        long,
        value_name = "STRATEGY",
        default_value = "latest_by_timestamp",
        requires = "dedupe"
    )]
    dedupe_strategy: Strategy,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Log the rows of every reason, and examples
    #[arg(long)]
    verbose: bool,
}

/// What is to be done, checked.
pub(crate) struct Task {
    pub(crate) job: ValidationJob,
    pub(crate) threads: Option<usize>,
    pub(crate) verbose: bool,
}

impl Args {
    pub(crate) fn into_task(self) -> anyhow::Result<Task> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let dedupe = self.dedupe.then(|| DedupeJob {
            out: self.dedupe_out.unwrap_or_else(|| beside(&self.out)),
            keys: self.dedupe_keys,
            strategy: self.dedupe_strategy,
        });
        let job = ValidationJob {
            report: Some(self.report),
            html: self.html,
            rejects: self.rejects_out,
            chunk_rows: self.chunksize,
            max_reject_rate: self.max_reject_rate,
            repair: self.repair,
            dedupe,
            ..ValidationJob::new(self.input, self.schema, self.out, i64::try_from(now)?)
        };
        job.validate()?;
        let optional = [&job.report, &job.html, &job.rejects];
        let outputs = optional.into_iter().flatten().chain(job.dedupe.iter().map(|it| &it.out));
        check_distinct([&job.input, &job.schema], outputs.chain([&job.out]))?;
        if job.input.is_dir() {
            let outputs = [&job.out].into_iter().chain(job.rejects.iter());
            for out in outputs.chain(job.dedupe.iter().map(|it| &it.out)) {
                ensure!(
                    !lies_in(out, &job.input),
                    "{}: lies in the folder that is read; put it elsewhere",
                    out.display()
                );
            }
        }
        Ok(Task { job, threads: self.threads, verbose: self.verbose })
    }
}

/// The name with `_dedup` before its ending.
fn beside(out: &Path) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}_dedup.{ending}"))
}

/// Whether a file would be one of a folder.
fn lies_in(file: &Path, folder: &Path) -> bool {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    matches!((parent, folder.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
