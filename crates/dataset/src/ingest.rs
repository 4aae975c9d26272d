//! From log bytes to tables: blocks of whole lines, parsed into rows, refusals and counts.

mod parse;
mod quarantine;
mod report;
mod sink;

use std::{
    io::Read,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use marquee_events::MAX_LINE_BYTES;
use parse::Parsed;
pub use quarantine::{NULL_PAYLOAD, QuarantineRecord};
pub use report::{
    AcceptedCounts, IngestReport, PartitionRange, dataset_version, parse_dataset_version,
};
use sink::Sink;

use crate::{
    DatasetError, LogSource, Progress, RecordRange, RecordSource, Records,
    lines::{Block, LineBlocks},
    log_source::Content,
    pool::{Pool, Pooled},
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
    sources: std::vec::IntoIter<LogSource>,
    current: Option<OpenLog>,
    opened: usize,
}

/// The log in work.
struct OpenLog {
    /// Its place among all.
    place: usize,
    name: String,
    blocks: Blocks,
}

/// What is worked on at a time.
enum Portion {
    Lines(Block),
    Records(Pooled<Records>),
}

/// The blocks of a log.
enum Blocks {
    Lines(LineBlocks<Box<dyn Read + Send>>),
    Records { source: Box<dyn RecordSource>, pool: Pool<Records>, read: Arc<AtomicU64>, start: u64 },
}

impl Reader {
    fn new(sources: Vec<LogSource>) -> Self {
        Self { sources: sources.into_iter(), current: None, opened: 0 }
    }

    /// The next block and the place of its log.
    fn next(&mut self) -> Result<Option<(usize, Portion)>, DatasetError> {
        loop {
            if let Some(log) = &mut self.current
                && let Some(block) = log.next()?
            {
                return Ok(Some((log.place, block)));
            }
            let Some(source) = self.sources.next() else { return Ok(None) };
            self.current = Some(OpenLog::new(self.opened, source));
            self.opened += 1;
        }
    }
}

impl OpenLog {
    fn new(place: usize, source: LogSource) -> Self {
        let blocks = match source.content {
            Content::Bytes(reader) => Blocks::Lines(LineBlocks::new(reader, MAX_LINE_BYTES)),
            Content::Records(records, range) => Blocks::Records {
                source: records,
                pool: Pool::default(),
                read: source.position,
                start: range.start.max(0) as u64,
            },
        };
        Self { place, name: source.name, blocks }
    }

    fn next(&mut self) -> Result<Option<Portion>, DatasetError> {
        match &mut self.blocks {
            Blocks::Lines(blocks) => {
                let block = blocks.next().map_err(|source| DatasetError::ReadOn {
                    name: self.name.clone(),
                    offset: blocks.offset(),
                    source,
                })?;
                Ok(block.map(Portion::Lines))
            }
            Blocks::Records { source, pool, read, start } => {
                let mut records = pool.take();
                records.clear();
                source.fill(&mut records).map_err(|fault| fault.at(&self.name))?;
                let Some(last) = records.iter().last() else { return Ok(None) };
                read.store((last.offset + 1).saturating_sub(*start), Ordering::Relaxed);
                Ok(Some(Portion::Records(records)))
            }
        }
    }
}
