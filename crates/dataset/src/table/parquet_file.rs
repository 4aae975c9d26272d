use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray},
    compute::cast,
    datatypes::{DataType, Int32Type, Int64Type},
    record_batch::RecordBatch,
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
        },
    },
    errors::ParquetError,
};

use super::{
    EVENT_COLUMNS, EachBlock, INTERACTION_COLUMNS, Wanted,
    chunk::{Chunk, Coder, KnownIds, Merger, Place},
    shared_file::SharedFile,
};
use crate::{
    DatasetError, EventDetail, EventTable, Progress,
    stages::{self, BatchSize},
};

/// Rows decoded at a time.
const BATCH_ROWS: usize = 1 << 14;
/// The largest row group that one thread reads as a whole; a larger one is decoded by one thread
/// and taken further by all.
const WHOLE_GROUP_ROWS: u64 = 1 << 20;

/// Where the ratings of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In a column of their own.
    Rated,
    /// Nowhere: every one is 1.
    Unrated,
    /// In the columns of single events.
    Events,
}

/// Reads Parquet files, one after the other, their row groups on all threads; `each` is shown the
/// table whenever rows were added. More than `most` rows are refused before any is read.
pub(super) fn read(
    paths: &[PathBuf],
    progress: &mut dyn Progress,
    wanted: Wanted,
    most: u64,
    each: &mut EachBlock<'_>,
) -> Result<EventTable, DatasetError> {
    let files: Vec<ParquetFile> =
        paths.iter().map(|path| ParquetFile::open(path, wanted)).collect::<Result<_, _>>()?;
    let rows = files.iter().fold(0, |rows: u64, file| rows.saturating_add(file.rows));
    if let Some(path) = paths.first()
        && rows > most
    {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        return Err(DatasetError::TooManyRows { path: path.clone(), rows });
    }
    progress.begin("reading the table", Some(rows));
    let mut pieces = Pieces { groups: files.iter().flat_map(ParquetFile::groups), open: None };
    let known = KnownIds::default();
    let mut merger = Merger::new(&known);
    let merged = AtomicU64::new(0);
    let mut advanced = 0;
    stages::run(
        BatchSize::OneEach,
        || pieces.next(),
        |piece| piece.read(&known.coder(), wanted),
        |chunk| {
            let chunk = chunk?;
            merged.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            merger.take(&chunk);
            each(merger.rows());
            Ok(())
        },
        || {
            let rows = merged.load(Ordering::Relaxed);
            progress.advance(rows - advanced);
            advanced = rows;
            if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
        },
    )?;
    Ok(merger.into_table())
}

/// A file that is open and whose footer was read.
struct ParquetFile<'a> {
    path: &'a Path,
    file: SharedFile,
    metadata: ArrowReaderMetadata,
    form: Form,
    rows: u64,
}

/// One row group of a file.
#[derive(Clone, Copy)]
struct Group<'a> {
    file: &'a ParquetFile<'a>,
    index: usize,
    rows: u64,
    /// Number of its first row in the file, from 1.
    first_row: u64,
}

impl<'a> ParquetFile<'a> {
    fn open(path: &'a Path, wanted: Wanted) -> Result<Self, DatasetError> {
        let file = SharedFile::open(path)?;
        let metadata = unwound(path, || ArrowReaderMetadata::load(&file, Default::default()))?;
        let has = |name| metadata.schema().column_with_name(name).is_some();
        let events = has("kind") && has("minute") && has("stars");
        if wanted == Wanted::Events && !events {
            return Err(DatasetError::NotEvents { path: path.to_owned() });
        }
        let form = match (wanted, has("rating")) {
            (Wanted::Events, _) => Form::Events,
            (_, false) if events => Form::Events,
            (Wanted::Interactions, false) => Form::Unrated,
            (Wanted::Interactions | Wanted::Ratings, _) => Form::Rated,
        };
        let rows =
            metadata.metadata().row_groups().iter().try_fold(0_u64, |rows, group| {
                rows.checked_add(u64::try_from(group.num_rows()).ok()?)
            });
        let declared = u64::try_from(metadata.metadata().file_metadata().num_rows()).ok();
        let rows = rows.filter(|_| rows == declared).ok_or_else(|| miscounted(path))?;
        let file = Self { path, file, metadata, form, rows };
        file.column_places()?;
        Ok(file)
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups.scan(1, |next, (index, group)| {
            let (first_row, rows) = (*next, group.num_rows().unsigned_abs());
            *next += rows;
            Some(Group { file: self, index, rows, first_row })
        })
    }

    /// Where the wanted columns stand.
    fn column_places(&self) -> Result<Vec<usize>, DatasetError> {
        let (names, expected) = match self.form {
            Form::Events => (
                &["user_id", "movie_id", "kind", "minute", "stars", "timestamp"][..],
                EVENT_COLUMNS,
            ),
            Form::Rated => {
                (&["user_id", "movie_id", "rating", "timestamp"][..], INTERACTION_COLUMNS)
            }
            Form::Unrated => (&["user_id", "movie_id", "timestamp"][..], INTERACTION_COLUMNS),
        };
        let schema = self.metadata.schema();
        let place = |&column: &&'static str| match schema.column_with_name(column) {
            Some((index, _)) => Ok(index),
            None => Err(DatasetError::MissingColumn {
                path: self.path.to_owned(),
                column,
                found: schema
                    .fields()
                    .iter()
                    .map(|field| field.name().as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                expected,
            }),
        };
        names.iter().map(place).collect()
    }
}

/// Runs code of the Parquet library, which may panic on a damaged file.
fn unwound<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, DatasetError> {
    let panicked = |_: Box<dyn Any + Send>| {
        Err(ParquetError::General("the file is damaged: reading it failed".to_owned()))
    };
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(panicked)
        .map_err(DatasetError::parquet(path))
}

fn miscounted(path: &Path) -> DatasetError {
    let problem = "the file is damaged: it holds other numbers of rows than it says".to_owned();
    DatasetError::parquet(path)(ParquetError::General(problem))
}

impl<'a> Group<'a> {
    fn batches(self) -> Result<Batches<'a>, DatasetError> {
        let file = self.file;
        let places = file.column_places()?;
        let reader = unwound(file.path, || {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                file.file.clone(),
                file.metadata.clone(),
            );
            let mask = ProjectionMask::roots(builder.parquet_schema(), places);
            let builder = builder.with_projection(mask).with_row_groups(vec![self.index]);
            builder.with_batch_size(BATCH_ROWS).build()
        })?;
        Ok(Batches { group: self, reader, read: 0 })
    }
}

/// The rows of a row group, some at a time.
struct Batches<'a> {
    group: Group<'a>,
    reader: ParquetRecordBatchReader,
    /// Rows read so far.
    read: u64,
}

impl<'a> Batches<'a> {
    fn next(&mut self) -> Result<Option<Batch<'a>>, DatasetError> {
        let path = self.group.file.path;
        let rows = unwound(path, || Ok(self.reader.next().transpose()?))?;
        let Some(rows) = rows else {
            let whole = self.read == self.group.rows;
            return if whole { Ok(None) } else { Err(miscounted(path)) };
        };
        let place = Place { path, line: self.group.first_row + self.read };
        self.read += rows.num_rows() as u64;
        Ok(Some(Batch { place, form: self.group.file.form, rows }))
    }
}

/// What one thread takes further.
enum Piece<'a> {
    Group(Group<'a>),
    Batch(Batch<'a>),
}

impl Piece<'_> {
    fn read(self, coder: &Coder, wanted: Wanted) -> Result<Chunk, DatasetError> {
        let mut chunk = coder.chunk();
        match self {
            Self::Batch(batch) => batch.append(coder, wanted, &mut chunk)?,
            Self::Group(group) => {
                let mut batches = group.batches()?;
                while let Some(batch) = batches.next()? {
                    batch.append(coder, wanted, &mut chunk)?;
                }
            }
        }
        Ok(chunk)
    }
}

/// The pieces of all files: whole row groups, and the batches of those that are too large.
struct Pieces<'a, G> {
    groups: G,
    open: Option<Batches<'a>>,
}

impl<'a, G: Iterator<Item = Group<'a>>> Pieces<'a, G> {
    fn next(&mut self) -> Result<Option<Piece<'a>>, DatasetError> {
        loop {
            if let Some(batches) = &mut self.open {
                if let Some(batch) = batches.next()? {
                    return Ok(Some(Piece::Batch(batch)));
                }
                self.open = None;
            }
            match self.groups.next() {
                None => return Ok(None),
                Some(group) if group.rows <= WHOLE_GROUP_ROWS => {
                    return Ok(Some(Piece::Group(group)));
                }
                Some(group) => self.open = Some(group.batches()?),
            }
        }
    }
}

/// Rows of a file and the place of the first.
struct Batch<'a> {
    place: Place<'a>,
    form: Form,
    rows: RecordBatch,
}

impl Batch<'_> {
    fn at(&self, row: usize) -> Place<'_> {
        Place { line: self.place.line + row as u64, ..self.place }
    }

    /// Appends the rows. Columns are read one after the other, and of several wrong values the one
    /// in the first row is named.
    fn append(&self, coder: &Coder, wanted: Wanted, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let failures = [
            self.append_users(chunk),
            self.append_movies(coder, chunk),
            match self.form {
                Form::Events => self.append_details(wanted, chunk),
                Form::Rated => self.append_ratings(chunk),
                Form::Unrated => {
                    (0..self.rows.num_rows()).try_for_each(|row| chunk.push_rating(1, self.at(row)))
                }
            },
            self.append_timestamps(chunk),
        ];
        let line = |error: &DatasetError| match error {
            DatasetError::Value { line, .. } => *line,
            _ => 0,
        };
        failures.into_iter().filter_map(Result::err).min_by_key(line).map_or(Ok(()), Err)
    }

    fn append_users(&self, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let users = self.integers("user_id")?;
        for (row, &value) in users.as_primitive::<Int64Type>().values().iter().enumerate() {
            chunk.push_user(value, self.at(row))?;
        }
        Ok(())
    }

    fn append_ratings(&self, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let ratings = self.integers("rating")?;
        for (row, &value) in ratings.as_primitive::<Int64Type>().values().iter().enumerate() {
            chunk.push_rating(value, self.at(row))?;
        }
        Ok(())
    }

    fn append_timestamps(&self, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let timestamps = self.integers("timestamp")?;
        chunk.extend_timestamps(timestamps.as_primitive::<Int64Type>().values());
        Ok(())
    }

    fn append_movies(&self, coder: &Coder, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let movies = self.converted("movie_id", &text)?;
        self.refuse_nulls(&movies, "movie_id", "a non-empty text")?;
        let movies: &DictionaryArray<Int32Type> = movies.as_dictionary();
        let dictionary: &StringArray = movies.values().as_string();
        // A dictionary may hold ids no row of this batch uses: they get no code.
        let mut codes: Vec<Option<u32>> = vec![None; dictionary.len()];
        for (row, &key) in movies.keys().values().iter().enumerate() {
            let code = match codes[key as usize] {
                Some(code) => code,
                None => {
                    let code = coder.code(chunk, dictionary.value(key as usize), self.at(row))?;
                    *codes[key as usize].insert(code)
                }
            };
            chunk.push_movie(code);
        }
        Ok(())
    }

    fn append_details(&self, wanted: Wanted, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let kinds = self.converted("kind", &DataType::Utf8)?;
        let kinds = kinds.as_string::<i32>();
        let minutes = self.integers_or_nulls("minute")?;
        let minutes = minutes.as_primitive::<Int64Type>();
        let stars = self.integers_or_nulls("stars")?;
        let stars = stars.as_primitive::<Int64Type>();
        for row in 0..self.rows.num_rows() {
            let kind = if kinds.is_null(row) { "" } else { kinds.value(row) };
            let minute = minutes.is_valid(row).then(|| minutes.value(row));
            let stars = stars.is_valid(row).then(|| stars.value(row));
            chunk.push_detail(detail(self.at(row), kind, minute, stars)?, wanted == Wanted::Events);
        }
        Ok(())
    }

    fn integers(&self, name: &'static str) -> Result<ArrayRef, DatasetError> {
        let array = self.integers_or_nulls(name)?;
        self.refuse_nulls(&array, name, "an integer")?;
        Ok(array)
    }

    /// Integers of any width, if all fit a signed one of 64 bits.
    fn integers_or_nulls(&self, name: &'static str) -> Result<ArrayRef, DatasetError> {
        let column = self.column(name)?;
        if !column.data_type().is_integer() && *column.data_type() != DataType::Null {
            let (path, found) = (self.place.path.to_owned(), column.data_type().to_string());
            return Err(DatasetError::ColumnType { path, column: name, found });
        }
        let array = self.converted(name, &DataType::Int64)?;
        match (0..array.len()).find(|&row| array.is_null(row) && column.is_valid(row)) {
            Some(row) if array.null_count() > column.null_count() => {
                Err(self.at(row).refuse(name, "a number past 2^63", "an integer below that"))
            }
            _ => Ok(array),
        }
    }

    fn column(&self, name: &'static str) -> Result<&ArrayRef, DatasetError> {
        // The projection put every column there.
        self.rows.column_by_name(name).ok_or_else(|| DatasetError::MissingColumn {
            path: self.place.path.to_owned(),
            column: name,
            found: String::new(),
            expected: INTERACTION_COLUMNS,
        })
    }

    fn converted(&self, name: &'static str, to: &DataType) -> Result<ArrayRef, DatasetError> {
        let column = self.column(name)?;
        if column.data_type() == to {
            return Ok(ArrayRef::clone(column));
        }
        cast(column, to).map_err(DatasetError::arrow(self.place.path))
    }

    fn refuse_nulls(
        &self,
        array: &ArrayRef,
        name: &'static str,
        expected: &'static str,
    ) -> Result<(), DatasetError> {
        if array.null_count() == 0 {
            return Ok(());
        }
        match (0..array.len()).find(|&row| array.is_null(row)) {
            Some(row) => Err(self.at(row).refuse(name, "null", expected)),
            None => Ok(()),
        }
    }
}

fn detail(
    place: Place<'_>,
    kind: &str,
    minute: Option<i64>,
    stars: Option<i64>,
) -> Result<EventDetail, DatasetError> {
    let wrong = |column, value: Option<i64>, expected| {
        let value = value.map_or(String::new(), |value| value.to_string());
        place.refuse(column, &value, expected)
    };
    match kind {
        "watch" => match minute.and_then(|minute| i32::try_from(minute).ok()) {
            Some(minute) if minute >= 0 => Ok(EventDetail::Watch { minute }),
            _ => Err(wrong("minute", minute, "a minute from 0 (kind is watch)")),
        },
        "rate" => match stars {
            Some(stars @ 1..=5) => Ok(EventDetail::Rate { stars: stars as i8 }),
            _ => Err(wrong("stars", stars, "1 to 5 (kind is rate)")),
        },
        other => Err(place.refuse("kind", other, "watch or rate")),
    }
}
