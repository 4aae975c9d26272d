//! From log bytes to tables: blocks of whole lines, parsed into rows, refusals and counts.

mod blocks;
mod quarantine;
mod report;

use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use blocks::{Blocks, Piece};
use marquee_events::{Action, Event, Refusal};
pub use quarantine::QuarantineRecord;
use quarantine::QuarantineWriter;
pub use report::{AcceptedCounts, IngestReport};

use crate::{
    DatasetError, EventDetail, EventTable, EventsWriter, InteractionsWriter, Progress,
    staged::StagedFile,
};

/// A stream of log lines and the name by which quarantine records call it.
pub struct LogSource {
    /// A path, or `-` for standard input.
    pub name: String,
    /// Length in bytes, where it is known, for the progress bar.
    pub bytes: Option<u64>,
    /// The bytes.
    pub reader: Box<dyn Read + Send>,
}

impl LogSource {
    /// Opens a log file.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened or is a folder.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = fs_err::File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            let problem = format!("{} is a folder, not a log file", path.display());
            return Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, problem).into());
        }
        let bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self { name: path.display().to_string(), bytes, reader: Box::new(file) })
    }
}

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

/// Reads logs one after the other and writes the outputs; they appear together at the end.
///
/// Every line is accepted or quarantined: `accepted + quarantined = lines`. Rows come in log order.
/// Memory is bounded by one block of 4 MiB and the distinct movie ids, whatever the size of the
/// log. An output without rows is written too; whether that is acceptable is the caller's to say.
///
/// # Errors
/// [`DatasetError::Empty`] when no source holds a line; [`DatasetError::Cancelled`] when the
/// progress handle says so; otherwise the error of the file. After an error no output has changed.
pub fn ingest(
    sources: Vec<LogSource>,
    outputs: &IngestOutputs,
    progress: &mut dyn Progress,
) -> Result<IngestReport, DatasetError> {
    let started = Instant::now();
    let total = sources.iter().map(|source| source.bytes).sum();
    progress.begin("reading the log", total);
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut run = Run::start(outputs)?;
    for source in sources {
        run.read(source, progress)?;
    }
    if run.report.lines == 0 {
        let name = names.join(", ");
        return Err(DatasetError::Empty { name, what: "the log holds no line" });
    }
    run.finish(outputs, started)
}

/// The open outputs of one run and the rows of the block in work.
struct Run {
    interactions: InteractionsWriter,
    events: Option<EventsWriter>,
    quarantine: Option<QuarantineWriter>,
    rows: EventTable,
    report: IngestReport,
}

/// Where a line stands.
struct LinePlace<'a> {
    source: &'a str,
    line: u64,
    offset: u64,
}

impl Run {
    fn start(outputs: &IngestOutputs) -> Result<Self, DatasetError> {
        Ok(Self {
            interactions: InteractionsWriter::create(&outputs.interactions)?,
            events: outputs.events.as_deref().map(EventsWriter::create).transpose()?,
            quarantine: outputs.quarantine.as_deref().map(QuarantineWriter::create).transpose()?,
            rows: EventTable::default(),
            report: IngestReport::default(),
        })
    }

    fn read(&mut self, source: LogSource, progress: &mut dyn Progress) -> Result<(), DatasetError> {
        let mut blocks = Blocks::new(source.reader);
        let mut place = LinePlace { source: &source.name, line: 1, offset: 0 };
        while let Some(piece) = blocks.next()? {
            if progress.is_cancelled() {
                return Err(DatasetError::Cancelled);
            }
            let start = place.offset;
            match piece {
                Piece::Lines(lines) => self.lines(lines, &mut place)?,
                Piece::LongLine(line) => {
                    self.refuse(&place, Refusal::LineTooLong, |writer, place| {
                        writer.long_line(place.source, place.line, place.offset, &line)
                    })?;
                    place.line += 1;
                    place.offset += line.length + u64::from(line.terminated);
                }
            }
            progress.advance(place.offset - start);
            self.flush_rows()?;
        }
        self.report.bytes += place.offset;
        Ok(())
    }

    /// Takes a block of whole lines; only the last may lack its line end.
    fn lines(&mut self, block: &[u8], place: &mut LinePlace<'_>) -> Result<(), DatasetError> {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', block).chain([block.len()]) {
            if start == block.len() {
                break;
            }
            self.line(&block[start..end], place)?;
            place.line += 1;
            place.offset += (end + 1).min(block.len()) as u64 - start as u64;
            start = (end + 1).min(block.len());
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], place: &LinePlace<'_>) -> Result<(), DatasetError> {
        // Some editors put a byte order mark before the first line; it is no part of its time.
        let text = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if place.offset == 0 => rest,
            _ => line,
        };
        match marquee_events::parse(text) {
            Ok(event) => {
                self.report.lines += 1;
                self.accept(&event);
                Ok(())
            }
            Err(refusal) => self.refuse(place, refusal, |writer, place| {
                writer.line(place.source, place.line, place.offset, refusal, line)
            }),
        }
    }

    fn accept(&mut self, event: &Event<'_>) {
        let (movie, rating, detail) = match &event.action {
            Action::Watch { movie, minute } => {
                self.report.accepted.watch += 1;
                // The parser admits no minute past i32.
                (movie, 1, EventDetail::Watch { minute: *minute as i32 })
            }
            Action::Rate { movie, stars } => {
                self.report.accepted.rate += 1;
                (movie, i64::from(stars.get()), EventDetail::Rate { stars: stars.get() as i8 })
            }
            Action::Recommendation(_) => {
                self.report.accepted.recommendation += 1;
                return;
            }
        };
        let timestamp = event.time.unix_seconds();
        self.report.note_row(timestamp);
        self.rows.interactions.push(event.user.get(), movie.as_str(), rating, timestamp);
        self.rows.details.push(detail);
    }

    fn refuse(
        &mut self,
        place: &LinePlace<'_>,
        refusal: Refusal,
        record: impl FnOnce(&mut QuarantineWriter, &LinePlace<'_>) -> Result<(), DatasetError>,
    ) -> Result<(), DatasetError> {
        self.report.lines += 1;
        self.report.quarantined += 1;
        *self.report.reasons.entry(refusal.as_str().to_owned()).or_default() += 1;
        match &mut self.quarantine {
            Some(writer) => record(writer, place),
            None => Ok(()),
        }
    }

    fn flush_rows(&mut self) -> Result<(), DatasetError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.interactions.append(&self.rows.interactions)?;
        if let Some(events) = &mut self.events {
            events.append(&self.rows)?;
        }
        self.rows.interactions.clear_rows();
        self.rows.details.clear();
        Ok(())
    }

    fn finish(
        self,
        outputs: &IngestOutputs,
        started: Instant,
    ) -> Result<IngestReport, DatasetError> {
        let mut report = self.report;
        let interactions = self.interactions.finish()?;
        let events = self.events.map(EventsWriter::finish).transpose()?;
        let quarantine = self.quarantine.map(QuarantineWriter::finish).transpose()?;
        report.sha256 = interactions.digest().sha256.clone();
        report.seconds = started.elapsed().as_secs_f64();
        let report_file = outputs.report.as_deref().map(|path| report.stage(path)).transpose()?;
        // All bytes are on the disk; what is left are renames, the report, which vouches, last.
        interactions.commit()?;
        events.map(crate::FinishedTable::commit).transpose()?;
        quarantine.map(StagedFile::commit).transpose()?;
        report_file.map(StagedFile::commit).transpose()?;
        Ok(report)
    }
}
