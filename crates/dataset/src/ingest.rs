//! From log bytes to tables: blocks of whole lines, parsed into rows, refusals and counts.

mod parse;
mod quarantine;
mod report;
mod sink;

use std::{path::PathBuf, sync::atomic::Ordering, time::Instant};

use marquee_events::MAX_LINE_BYTES;
use parse::Parsed;
pub use quarantine::{NULL_PAYLOAD, QuarantineRecord};
pub use report::{
    AcceptedCounts, IngestReport, PartitionRange, dataset_version, parse_dataset_version,
};
use sink::Sink;

use crate::{
    DatasetError, LogSource, Progress, RecordRange,
    log_blocks::{LogReader, Portion},
    pool::Pool,
    stages::{self, BatchSize},
};

/// Where `log-ingest` puts what it reads.
#[derive(Debug, Clone, Default)]
pub struct IngestOutputs {
    /// Interactions, `.csv` or `.parquet`.
    pub interactions: PathBuf,
    /// Single events, `.parquet`.
    pub events: Option<PathBuf>,
    /// Refused lines, JSON Lines of [`QuarantineRecord`].
    pub quarantine: Option<PathBuf>,
    /// The [`IngestReport`] as JSON.
    pub report: Option<PathBuf>,
}

/// Reads logs one after the other and writes the outputs, which appear at the end.
///
/// Where logs are ranges of a stream ([`LogSource::from_records`]), the report names them, and the
/// same ranges give the same bytes again. A stream may hold nothing: its table is empty then.
///
/// Every line is accepted or quarantined: `accepted + quarantined = lines`. Rows come in log order.
/// The bytes of the outputs are the same for any number of threads and however a log is stored
/// (the report's `seconds` apart). Lines are read, parsed and written at the same time, on all
/// threads of the current rayon pool; memory does not grow with the log: 12 MiB of it for each
/// thread, about as much again for what is made of them (ten times for a log of nothing but empty
/// lines), and two row groups of a quarter million rows for each Parquet output. Between two batches
/// of 4 MiB a thread the progress handle is asked. An output without rows is written too; whether
/// that is acceptable is the caller's to say.
///
/// The outputs are renamed one after the other once all are on the disk, the report, which holds
/// the digest of the interactions, last.
///
/// # Errors
/// [`DatasetError::SameLogTwice`] when two sources are one file; [`DatasetError::Empty`] when no
/// source holds a line and one of them is no stream; [`DatasetError::Cancelled`] when the progress handle says so; otherwise the
/// error of the file. After an error no output has changed, unless it was one of renaming.
pub fn ingest(
    sources: Vec<LogSource>,
    outputs: &IngestOutputs,
    progress: &mut dyn Progress,
) -> Result<IngestReport, DatasetError> {
    let started = Instant::now();
    refuse_repeated(&sources)?;
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let total = sources.iter().map(|source| source.length).sum();
    let ranges: Vec<RecordRange> = sources.iter().filter_map(LogSource::range).collect();
    let is_stream = !ranges.is_empty() && ranges.len() == sources.len();
    progress.begin("reading the log", total);
    let positions: Vec<_> = sources.iter().map(|source| source.position.clone()).collect();
    let mut advanced = 0;
    let mut sink = Sink::create(outputs, names.clone(), ranges)?;
    let csv = sink.takes_csv();
    let rows = Pool::default();
    let mut reader = Reader::new(sources);
    stages::run(
        BatchSize::ManyBlocks,
        || reader.next(),
        |(source, block)| (source, Parsed::new(block, rows.take(), csv)),
        |(source, parsed)| sink.take(source, &parsed),
        || {
            let read = positions.iter().map(|position| position.load(Ordering::Relaxed)).sum();
            progress.advance(read - advanced);
            advanced = read;
            if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
        },
    )?;
    if sink.lines() == 0 && !is_stream {
        let name = names.join(", ");
        return Err(DatasetError::Empty { name, what: "the log holds no line" });
    }
    sink.finish(outputs, started)
}

/// A log that is read twice would count every event twice.
fn refuse_repeated(sources: &[LogSource]) -> Result<(), DatasetError> {
    for (place, source) in sources.iter().enumerate() {
        let same =
            |other: &&LogSource| other.identity.is_some() && other.identity == source.identity;
        if let Some(first) = sources[..place].iter().find(same) {
            let (first, second) = (first.name.clone(), source.name.clone());
            return Err(DatasetError::SameLogTwice { first, second });
        }
    }
    Ok(())
}

/// The blocks of several logs, one log after the other.
struct Reader {
    sources: std::iter::Enumerate<std::vec::IntoIter<LogSource>>,
    /// The log in work and its place among all.
    current: Option<(usize, LogReader)>,
}

impl Reader {
    fn new(sources: Vec<LogSource>) -> Self {
        Self { sources: sources.into_iter().enumerate(), current: None }
    }

    /// The next block and the place of its log.
    fn next(&mut self) -> Result<Option<(usize, Portion)>, DatasetError> {
        loop {
            if let Some((place, log)) = &mut self.current
                && let Some(portion) = log.next()?
            {
                return Ok(Some((*place, portion)));
            }
            let Some((place, source)) = self.sources.next() else { return Ok(None) };
            self.current = Some((place, LogReader::new(source, MAX_LINE_BYTES)));
        }
    }
}
