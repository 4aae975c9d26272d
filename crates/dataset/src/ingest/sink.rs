use std::{mem, time::Instant};

use super::{IngestOutputs, IngestReport, parse::Parsed, quarantine::QuarantineWriter};
use crate::{
    DatasetError, FinishedTable, RecordRange,
    staged::StagedFile,
    table::{RowGroups, TableFile, TableLayout, check_events_path},
};

/// The open outputs of a run, which take what was parsed in log order.
pub(super) struct Sink {
    interactions: TableFile,
    events: Option<RowGroups>,
    quarantine: Option<QuarantineWriter>,
    report: IngestReport,
    names: Vec<String>,
    /// The log in work, as a place in `names`.
    source: usize,
    /// Number of the next line of that log, from 1.
    line: u64,
}

impl Sink {
    pub(super) fn create(
        outputs: &IngestOutputs,
        names: Vec<String>,
        ranges: Vec<RecordRange>,
    ) -> Result<Self, DatasetError> {
        let events = outputs.events.as_deref().map(|path| {
            check_events_path(path)?;
            RowGroups::create(path, TableLayout::Events)
        });
        Ok(Self {
            interactions: TableFile::create(&outputs.interactions, TableLayout::Interactions)?,
            events: events.transpose()?,
            quarantine: outputs.quarantine.as_deref().map(QuarantineWriter::create).transpose()?,
            report: IngestReport::of_ranges(ranges),
            names,
            source: 0,
            line: 1,
        })
    }

    /// Whether rows are wanted as csv.
    pub(super) fn takes_csv(&self) -> bool {
        matches!(self.interactions, TableFile::Csv(_))
    }

    /// Lines taken so far.
    pub(super) fn lines(&self) -> u64 {
        self.report.lines
    }

    /// Takes the next block of the log at place `source`.
    pub(super) fn take(&mut self, source: usize, parsed: &Parsed) -> Result<(), DatasetError> {
        if mem::replace(&mut self.source, source) != source {
            self.line = 1;
        }
        self.quarantine(parsed)?;
        self.report.note(parsed);
        self.line += parsed.lines;
        if let Some(events) = &mut self.events {
            events.append(&parsed.rows)?;
        }
        match &mut self.interactions {
            TableFile::Csv(file) => file.output.append(&parsed.csv),
            TableFile::Parquet(groups) => groups.append(&parsed.rows),
        }
    }

    fn quarantine(&mut self, parsed: &Parsed) -> Result<(), DatasetError> {
        let Some(writer) = &mut self.quarantine else { return Ok(()) };
        let name = &self.names[self.source];
        for refused in &parsed.refused {
            let line = self.line + u64::from(refused.lines_before);
            let offset = parsed.offset(refused);
            match parsed.long_line() {
                Some(long) => writer.long_line(name, line, offset, long)?,
                None => writer.line(name, line, offset, refused.reason, parsed.raw(refused))?,
            }
        }
        Ok(())
    }

    pub(super) fn finish(
        self,
        outputs: &IngestOutputs,
        started: Instant,
    ) -> Result<IngestReport, DatasetError> {
        let mut report = self.report;
        let interactions = self.interactions.finish()?;
        let events = self.events.map(RowGroups::finish).transpose()?;
        let quarantine = self.quarantine.map(QuarantineWriter::finish).transpose()?;
        report.sha256 = interactions.digest().sha256.clone();
        report.seconds = started.elapsed().as_secs_f64();
        let report_file = outputs.report.as_deref().map(|path| report.stage(path)).transpose()?;
        // All bytes are on the disk; what is left are renames, the report, which vouches, last.
        interactions.commit()?;
        events.map(FinishedTable::commit).transpose()?;
        quarantine.map(StagedFile::commit).transpose()?;
        report_file.map(StagedFile::commit).transpose()?;
        Ok(report)
    }
}
