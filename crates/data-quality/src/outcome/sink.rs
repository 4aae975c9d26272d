use std::{collections::BTreeMap, mem, time::Instant};

use marquee_dataset::{
    FinishedTable, Interactions, InteractionsWriter, Progress, RowWriter, StagedFile, dedup,
};

use super::{Checked, RejectCounts, Tally, ValidationReport, rejects::RejectsWriter};
use crate::{DedupeJob, QualityError, ValidationJob, reason::Reason, repeats::Repeats};

/// The open outputs of a run, which take what was checked in the order of the input.
pub(crate) struct Sink<'a> {
    job: &'a ValidationJob,
    rows: RowWriter,
    rejects: Option<RejectsWriter>,
    dedupe: Option<Dedupe<'a>>,
    tally: Tally,
    counts: RejectCounts,
    repeats: Repeats,
    /// Name of the file in work.
    source: String,
    /// Number of the next line of that file, from 1.
    line: u64,
}

/// Rows that are to be made distinct at the end.
struct Dedupe<'a> {
    job: &'a DedupeJob,
    writer: InteractionsWriter,
    table: Interactions,
}

impl<'a> Sink<'a> {
    pub(crate) fn create(job: &'a ValidationJob) -> Result<Self, QualityError> {
        let rows = RowWriter::create(&job.out)?;
        let rejects = job.rejects.as_deref().map(RejectsWriter::create).transpose()?;
        let dedupe = match &job.dedupe {
            None => None,
            Some(job) => {
                let writer = InteractionsWriter::create(&job.out)?;
                Some(Dedupe { job, writer, table: Interactions::default() })
            }
        };
        Ok(Self {
            job,
            rows,
            rejects,
            dedupe,
            tally: Tally::default(),
            counts: RejectCounts::default(),
            repeats: Repeats::default(),
            source: job.input.display().to_string(),
            line: 1,
        })
    }

    /// What follows stands in this file, from this line on.
    pub(crate) fn enter(&mut self, source: String, line: u64) {
        self.source = source;
        self.line = line;
    }

    pub(crate) fn take(&mut self, mut checked: Checked) -> Result<(), QualityError> {
        for rejected in checked.rejects.iter() {
            let line = self.line + rejected.lines_before;
            self.counts.add(&self.source, line, rejected);
            if let Some(writer) = &mut self.rejects {
                writer.write(&self.source, line, rejected)?;
            }
        }
        self.line += checked.lines;
        self.tally.merge(mem::take(&mut checked.tally));
        self.repeats.add(&checked.hashes);
        if let Some(dedupe) = &mut self.dedupe {
            let rows = dedupe.table.len() + checked.rows.len();
            if u32::try_from(rows).is_err() {
                let path = self.job.input.clone();
                return Err(marquee_dataset::DatasetError::TooManyRows { path, rows }.into());
            }
            checked.rows.append_to(&mut dedupe.table);
        }
        Ok(self.rows.append(&checked.rows)?)
    }

    /// Ends all outputs and puts them in their places, the report, which vouches, last.
    pub(crate) fn finish(
        mut self,
        started: Instant,
        progress: &mut dyn Progress,
    ) -> Result<ValidationReport, QualityError> {
        let rows = self.rows.finish()?;
        let rejects = self.rejects.map(RejectsWriter::finish).transpose()?;
        let repeats = mem::take(&mut self.repeats).finish();
        let distinct = self.dedupe.take().map(Dedupe::finish).transpose()?;
        let mut report = report(self.job, self.tally, &self.counts, self.counts.examples.clone());
        (report.duplicate_rows, report.duplicate_rows_estimated) = repeats;
        report.output_sha256.clone_from(&rows.digest().sha256);
        if let (Some(job), Some((rows_in, rows_out, _))) = (&self.job.dedupe, &distinct) {
            note_dedupe(&mut report, job, *rows_in, *rows_out);
        }
        if progress.is_cancelled() {
            return Err(marquee_dataset::DatasetError::Cancelled.into());
        }
        report.elapsed_sec = started.elapsed().as_secs_f64();
        let html = self.job.html.as_deref().map(|path| report.stage_page(path)).transpose()?;
        let file = self.job.report.as_deref().map(|path| report.stage(path)).transpose()?;
        rows.commit()?;
        rejects.map(StagedFile::commit).transpose()?;
        distinct.map(|(_, _, file)| file.commit()).transpose()?;
        for file in [html, file].into_iter().flatten() {
            file.commit()?;
        }
        Ok(report)
    }
}

impl Dedupe<'_> {
    /// Rows before and after, and the file.
    fn finish(mut self) -> Result<(u64, u64, FinishedTable), QualityError> {
        let before = self.table.len() as u64;
        let rows = dedup(self.table, self.job.strategy, self.job.keys);
        self.writer.append(&rows)?;
        Ok((before, rows.len() as u64, self.writer.finish()?))
    }
}

/// What is known when all rows were taken.
fn report(
    job: &ValidationJob,
    tally: Tally,
    counts: &RejectCounts,
    examples: Vec<super::RejectExample>,
) -> ValidationReport {
    let input_rows = tally.good + counts.rows;
    let reject_rate = (input_rows > 0).then(|| counts.rows as f64 / input_rows as f64);
    let ratings = (1..).zip(tally.ratings);
    ValidationReport {
        input_path: job.input.display().to_string(),
        output_path: job.out.display().to_string(),
        rejects_path: job.rejects.as_ref().map(|path| path.display().to_string()),
        schema_path: job.schema.display().to_string(),
        input_rows,
        clean_rows: tally.good,
        reject_rows: counts.rows,
        reject_rate,
        max_reject_rate: job.max_reject_rate,
        passed: reject_rate.is_some_and(|rate| rate <= job.max_reject_rate),
        elapsed_sec: 0.0,
        chunksize: job.chunk_rows as u64,
        repair: job.repair.to_string(),
        repaired_rows: tally.repaired,
        reject_reasons: by_name(&counts.reasons),
        columns: by_column(counts),
        examples,
        duplicate_rows: 0,
        duplicate_rows_estimated: false,
        future_rows: tally.future,
        rating_counts: ratings
            .map(|(rating, rows): (u8, u64)| (rating.to_string(), rows))
            .collect(),
        first_timestamp: tally.times.map(|times| times.0),
        last_timestamp: tally.times.map(|times| times.1),
        not_computed: not_computed(input_rows, tally.good),
        volume: tally.volume.finish(),
        output_sha256: String::new(),
        dedupe: None,
        dedupe_engine: None,
        dedupe_keys: None,
        dedupe_strategy: None,
        dedupe_rows_in: None,
        dedupe_rows_out: None,
        dedupe_drop_fraction: None,
        dedupe_output_path: None,
    }
}

fn by_name(reasons: &BTreeMap<Reason, u64>) -> BTreeMap<String, u64> {
    reasons.iter().map(|(reason, rows)| (reason.to_string(), *rows)).collect()
}

/// Rejected rows by the names of columns, one of which may be that of whole lines.
fn by_column(counts: &RejectCounts) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut columns: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (column, reasons) in &counts.columns {
        let entry = columns.entry(column.as_deref().unwrap_or("(line)").to_owned()).or_default();
        for (reason, rows) in by_name(reasons) {
            *entry.entry(reason).or_default() += rows;
        }
    }
    columns
}

/// Why numbers are null.
fn not_computed(input_rows: u64, good_rows: u64) -> BTreeMap<String, String> {
    let mut why = BTreeMap::new();
    if input_rows == 0 {
        why.insert(String::from("reject_rate"), String::from("the input holds no row"));
    }
    if good_rows == 0 {
        for name in ["first_timestamp", "last_timestamp"] {
            why.insert(name.to_owned(), String::from("no row is good"));
        }
    }
    why
}

fn note_dedupe(report: &mut ValidationReport, job: &DedupeJob, rows_in: u64, rows_out: u64) {
    let fraction = (rows_in > 0).then(|| (rows_in - rows_out) as f64 / rows_in as f64);
    if fraction.is_none() {
        let why = String::from("no row is good");
        report.not_computed.insert(String::from("dedupe_drop_fraction"), why);
    }
    report.dedupe = Some(true);
    report.dedupe_engine = Some(String::from("marquee"));
    report.dedupe_keys = Some(job.keys.names().into_iter().map(str::to_owned).collect());
    report.dedupe_strategy = Some(job.strategy.to_string());
    report.dedupe_rows_in = Some(rows_in);
    report.dedupe_rows_out = Some(rows_out);
    report.dedupe_drop_fraction = Some(fraction);
    report.dedupe_output_path = Some(job.out.display().to_string());
}
