use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use arrow::record_batch::RecordBatch;
use marquee_dataset::{BatchSize, DatasetError, Progress, parquet_parts, run_stages};
use parquet::{
    arrow::arrow_reader::{
        ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    },
    errors::ParquetError,
};

use super::{header::Header, parquet_columns::Columns, report_progress};
use crate::{
    QualityError,
    checker::Checker,
    outcome::{Checked, Sink},
    value::Value,
};

/// Rows decoded at a time, at most.
const BATCH_ROWS: usize = 1 << 14;
/// The largest row group that one thread decodes as a whole; a larger one is decoded by one thread
/// and checked by all.
const WHOLE_GROUP_ROWS: u64 = 1 << 18;

/// Checks the rows of a Parquet file, or of a folder of them.
pub(crate) fn read(
    path: &Path,
    chunk_rows: usize,
    checker: &Checker<'_>,
    sink: &mut Sink<'_>,
    progress: &mut dyn Progress,
) -> Result<(), QualityError> {
    let parts = if path.is_dir() { parquet_parts(path)? } else { vec![path.to_owned()] };
    let files: Vec<ParquetFile> =
        parts.into_iter().map(|path| ParquetFile::open(path, checker)).collect::<Result<_, _>>()?;
    let total = files.iter().fold(0, |rows: u64, file| rows.saturating_add(file.rows()));
    progress.begin("checking rows", Some(total));
    let done = AtomicU64::new(0);
    let groups = files.iter().enumerate().flat_map(|(place, file)| file.groups(place));
    let batch_rows = chunk_rows.min(BATCH_ROWS);
    let mut pieces = Pieces { groups, open: None, batch_rows };
    let mut entered = None;
    run_stages(
        BatchSize::OneEach,
        || pieces.next(),
        |piece| Ok((piece.place(), piece.check(checker, batch_rows)?)),
        |checked: Result<(usize, Checked), QualityError>| {
            let (place, checked) = checked?;
            if entered != Some(place) {
                entered = Some(place);
                sink.enter(files[place].path.display().to_string(), 1);
            }
            done.fetch_add(checked.lines, Ordering::Relaxed);
            sink.take(checked)
        },
        report_progress(progress, &done),
    )
}

/// A file whose footer was read.
struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    header: Header,
}

/// One row group of a file.
#[derive(Clone, Copy)]
struct Group<'a> {
    file: &'a ParquetFile,
    /// Place of the file among all.
    place: usize,
    index: usize,
    rows: u64,
}

impl ParquetFile {
    fn open(path: PathBuf, checker: &Checker<'_>) -> Result<Self, QualityError> {
        let file = fs_err::File::open(&path).map_err(QualityError::io)?.into_parts().0;
        let metadata = unwound(&path, || ArrowReaderMetadata::load(&file, Default::default()))?;
        let names = metadata.schema().fields().iter().map(|field| field.name().clone());
        let names: Vec<String> = names.collect();
        let header = Header::new(&path, &names, checker.schema, None)?;
        Ok(Self { path, metadata, header })
    }

    fn rows(&self) -> u64 {
        let groups = self.metadata.metadata().row_groups().iter();
        groups.fold(0, |rows: u64, group| rows.saturating_add(group.num_rows().unsigned_abs()))
    }

    fn groups(&self, place: usize) -> impl Iterator<Item = Group<'_>> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups.map(move |(index, group)| Group {
            file: self,
            place,
            index,
            rows: group.num_rows().unsigned_abs(),
        })
    }
}

/// Runs code of the Parquet library, which may panic on a damaged file.
fn unwound<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, QualityError> {
    let panicked = |_: Box<dyn Any + Send>| {
        Err(ParquetError::General(String::from("the file is damaged: reading it failed")))
    };
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(panicked)
        .map_err(|source| DatasetError::Parquet { path: path.to_owned(), source }.into())
}

impl<'a> Group<'a> {
    fn batches(self, batch_rows: usize) -> Result<Batches<'a>, QualityError> {
        let path = &self.file.path;
        // Every group has a handle of its own: threads do not share a place in the file.
        let file = fs_err::File::open(path).map_err(QualityError::io)?.into_parts().0;
        let metadata = self.file.metadata.clone();
        let reader = unwound(path, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                .with_row_groups(vec![self.index])
                .with_batch_size(batch_rows)
                .build()
        })?;
        Ok(Batches { group: self, reader })
    }
}

/// The rows of a row group, some at a time.
struct Batches<'a> {
    group: Group<'a>,
    reader: ParquetRecordBatchReader,
}

impl Batches<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>, QualityError> {
        unwound(&self.group.file.path, || Ok(self.reader.next().transpose()?))
    }
}

/// What one thread checks.
enum Piece<'a> {
    Group(Group<'a>),
    Batch(Group<'a>, RecordBatch),
}

impl Piece<'_> {
    fn place(&self) -> usize {
        match self {
            Self::Group(group) | Self::Batch(group, _) => group.place,
        }
    }

    fn check(self, checker: &Checker<'_>, batch_rows: usize) -> Result<Checked, QualityError> {
        let mut checked = checker.begin();
        match self {
            Self::Batch(group, batch) => check_batch(group.file, &batch, checker, &mut checked)?,
            Self::Group(group) => {
                let mut batches = group.batches(batch_rows)?;
                while let Some(batch) = batches.next()? {
                    check_batch(group.file, &batch, checker, &mut checked)?;
                }
            }
        }
        Ok(checker.end(checked))
    }
}

fn check_batch(
    file: &ParquetFile,
    batch: &RecordBatch,
    checker: &Checker<'_>,
    checked: &mut Checked,
) -> Result<(), QualityError> {
    let header = &file.header;
    let columns = Columns::new(&file.path, header, batch)?;
    let [users, movies, ratings, times] = &columns.four;
    for row in 0..columns.rows {
        let four = [users.value(row), movies.value(row), ratings.value(row), times.value(row)];
        let admitted = match four {
            [Value::Int(user), Value::Text(movie), Value::Int(rating), Value::Int(time)] => {
                header.others.is_empty()
                    && checker.admit(user, movie.as_bytes(), rating, time, checked)
            }
            _ => false,
        };
        if !admitted {
            let faults = checker.check(columns.row(header, row), checked);
            if !faults.is_empty() {
                checked.reject(None, faults, &columns.raw(header, row));
            }
        }
        checked.lines += 1;
    }
    Ok(())
}

/// The pieces of all files: whole row groups, and the batches of those that are too large.
struct Pieces<'a, G> {
    groups: G,
    open: Option<Batches<'a>>,
    batch_rows: usize,
}

impl<'a, G: Iterator<Item = Group<'a>>> Pieces<'a, G> {
    fn next(&mut self) -> Result<Option<Piece<'a>>, QualityError> {
        loop {
            if let Some(batches) = &mut self.open {
                if let Some(batch) = batches.next()? {
                    return Ok(Some(Piece::Batch(batches.group, batch)));
                }
                self.open = None;
            }
            match self.groups.next() {
                None => return Ok(None),
                Some(group) if group.rows <= WHOLE_GROUP_ROWS => {
                    return Ok(Some(Piece::Group(group)));
                }
                Some(group) => self.open = Some(group.batches(self.batch_rows)?),
            }
        }
    }
}
