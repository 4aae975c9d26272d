//! One log in blocks of lines, or of the records of a stream.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use marquee_events::MAX_LINE_BYTES;

use crate::{
    DatasetError, LogSource, Progress, RecordSource, Records,
    lines::{Block, LineBlocks, Piece},
    log_source::Content,
    pool::{Pool, Pooled},
    stages::{self, BatchSize},
};

/// Puts every block of a log's lines through `work`, on all threads of the current rayon pool, and
/// hands the results to `take` one after the other, in the order of the log.
///
/// A block is some 4,000 whole lines with their ends, of which the very last may lack its; a byte
/// order mark at the start is left out. Of a line longer than a block the first 64 KiB and one byte
/// come as a block of their own, which is too long for an event still. Of the records of a stream a
/// block holds the values, each with a line feed. The blocks depend on the log alone. Memory does
/// not grow with the log: 12 MiB of it for each thread, and what is made of three batches of
/// blocks. The progress handle is asked between two batches of 4 MiB a thread.
///
/// # Errors
/// [`DatasetError::ReadOn`] or [`DatasetError::Records`] where the log breaks off, and
/// [`DatasetError::Cancelled`] when the progress handle says so. What was taken by then is a part.
pub fn for_each_block<Done: Send>(
    source: LogSource,
    work: impl Fn(&[u8]) -> Done + Sync,
    mut take: impl FnMut(Done) + Send,
    progress: &mut dyn Progress,
) -> Result<(), DatasetError> {
    progress.begin("reading the log", source.length);
    let position = Arc::clone(&source.position);
    let mut advanced = 0;
    // A byte more than an event may have, so that what is cut off cannot make it one.
    let mut log = LogReader::new(source, MAX_LINE_BYTES + 1);
    stages::run(
        BatchSize::ManyBlocks,
        || log.next(),
        |portion| work(portion.bytes()),
        |done| {
            take(done);
            Ok(())
        },
        || {
            let read = position.load(Ordering::Relaxed);
            progress.advance(read - advanced);
            advanced = read;
            if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
        },
    )
}

/// Cuts one log into portions.
pub(crate) struct LogReader {
    name: String,
    content: Portions,
}

enum Portions {
    Lines(LineBlocks<Box<dyn Read + Send>>),
    Records { source: Box<dyn RecordSource>, pool: Pool<Records>, read: Arc<AtomicU64>, start: u64 },
}

/// What of a log is worked on at a time.
pub(crate) enum Portion {
    Lines(Block),
    Records(Pooled<Records>),
}

impl LogReader {
    /// Of lines that do not fit into a block, the first `head_bytes` are kept.
    pub(crate) fn new(source: LogSource, head_bytes: usize) -> Self {
        let content = match source.content {
            Content::Bytes(reader) => Portions::Lines(LineBlocks::new(reader, head_bytes)),
            Content::Records(records, range) => Portions::Records {
                source: records,
                pool: Pool::default(),
                read: source.position,
                start: range.start.max(0) as u64,
            },
        };
        Self { name: source.name, content }
    }

    /// The next portion; `None` at the end of the log.
    pub(crate) fn next(&mut self) -> Result<Option<Portion>, DatasetError> {
        match &mut self.content {
            Portions::Lines(blocks) => {
                let block = blocks.next().map_err(|source| DatasetError::ReadOn {
                    name: self.name.clone(),
                    offset: blocks.offset(),
                    source,
                })?;
                Ok(block.map(Portion::Lines))
            }
            Portions::Records { source, pool, read, start } => {
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

impl Portion {
    /// The lines with their ends, a byte order mark at the start of the log left out.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Records(records) => records.bytes(),
            Self::Lines(block) => match &block.piece {
                Piece::LongLine(line) => &line.head,
                Piece::Lines(lines) => {
                    let bytes = lines.as_ref();
                    let mark = if block.offset == 0 { &b"\xef\xbb\xbf"[..] } else { b"" };
                    bytes.strip_prefix(mark).unwrap_or(bytes)
                }
            },
        }
    }
}
