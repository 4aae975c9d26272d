use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray},
    compute::cast,
    datatypes::{DataType, Int32Type, Int64Type},
    record_batch::RecordBatch,
};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    },
};

use super::{
    EVENT_COLUMNS, INTERACTION_COLUMNS,
    chunk::{Chunk, Coder, KnownIds, Merger, Place},
};
use crate::{
    DatasetError, EventDetail, EventTable, Progress,
    stages::{self, Batch as BatchSize},
};

const BATCH_ROWS: usize = 1 << 14;

/// Which columns a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// User, movie, rating and time, the rating from the event's kind where there is no column.
    Interactions,
    /// The columns of single events.
    Events,
}

/// Reads Parquet files, one after the other, their row groups on all threads.
pub(super) fn read(
    paths: &[PathBuf],
    progress: &mut dyn Progress,
    wanted: Columns,
) -> Result<EventTable, DatasetError> {
    let parts: Vec<Part> =
        paths.iter().map(|path| Part::open(path, wanted)).collect::<Result<_, _>>()?;
    progress.begin("reading the table", Some(parts.iter().map(Part::rows).sum()));
    let mut groups = parts.iter().flat_map(Part::groups);
    let known = KnownIds::default();
    let mut merger = Merger::new(&known);
    let merged = AtomicU64::new(0);
    let mut advanced = 0;
    stages::run(
        BatchSize::OneEach,
        || Ok(groups.next()),
        |group| group.read(&known.coder()),
        |chunk| {
            let chunk = chunk?;
            merged.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            merger.take(&chunk);
            Ok(())
        },
        || {
            let rows = merged.load(Ordering::Relaxed);
            progress.advance(rows - advanced);
            advanced = rows;
            if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
        },
    )?;
    let mut table = merger.into_table();
    if wanted == Columns::Interactions {
        table.details = Vec::new();
    }
    Ok(table)
}

/// A file whose footer was read.
struct Part<'a> {
    path: &'a Path,
    metadata: ArrowReaderMetadata,
    /// Whether it has the columns of single events.
    events: bool,
}

/// One row group of a file.
struct Group<'a> {
    part: &'a Part<'a>,
    index: usize,
    /// Number of its first row in the file, from 1.
    first_row: u64,
}

impl<'a> Part<'a> {
    fn open(path: &'a Path, wanted: Columns) -> Result<Self, DatasetError> {
        let file = fs_err::File::open(path)?.into_parts().0;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(DatasetError::parquet(path))?;
        let has = |name| metadata.schema().column_with_name(name).is_some();
        let events = has("kind") && has("minute") && has("stars");
        if wanted == Columns::Events && !events {
            return Err(DatasetError::NotEvents { path: path.to_owned() });
        }
        let part = Self { path, metadata, events };
        part.column_places()?;
        Ok(part)
    }

    fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().unsigned_abs()
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups.scan(1, |next, (index, group)| {
            let first_row = *next;
            *next += group.num_rows().unsigned_abs();
            Some(Group { part: self, index, first_row })
        })
    }

    /// Where the wanted columns stand.
    fn column_places(&self) -> Result<Vec<usize>, DatasetError> {
        let (names, expected) = if self.events {
            (&["user_id", "movie_id", "kind", "minute", "stars", "timestamp"][..], EVENT_COLUMNS)
        } else {
            (&["user_id", "movie_id", "rating", "timestamp"][..], INTERACTION_COLUMNS)
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

impl Group<'_> {
    fn read(&self, coder: &Coder) -> Result<Chunk, DatasetError> {
        let mut chunk = coder.chunk();
        let mut row = self.first_row;
        for batch in self.batches()? {
            let batch = batch.map_err(DatasetError::arrow(self.part.path))?;
            let batch_at =
                Batch { place: Place { path: self.part.path, line: row }, batch: &batch };
            batch_at.append(self.part.events, coder, &mut chunk)?;
            row += batch.num_rows() as u64;
        }
        Ok(chunk)
    }

    fn batches(&self) -> Result<ParquetRecordBatchReader, DatasetError> {
        let part = self.part;
        let file = fs_err::File::open(part.path)?.into_parts().0;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, part.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), part.column_places()?);
        builder
            .with_projection(mask)
            .with_row_groups(vec![self.index])
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(DatasetError::parquet(part.path))
    }
}

/// Rows of a file and the place of the first.
struct Batch<'a> {
    place: Place<'a>,
    batch: &'a RecordBatch,
}

impl Batch<'_> {
    fn at(&self, row: usize) -> Place<'_> {
        Place { line: self.place.line + row as u64, ..self.place }
    }

    fn append(&self, events: bool, coder: &Coder, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let users = self.integers("user_id")?;
        for (row, &value) in users.as_primitive::<Int64Type>().values().iter().enumerate() {
            chunk.push_user(value, self.at(row))?;
        }
        self.append_movies(coder, chunk)?;
        let timestamps = self.integers("timestamp")?;
        chunk.extend_timestamps(timestamps.as_primitive::<Int64Type>().values());
        if events {
            return self.append_details(chunk);
        }
        let ratings = self.integers("rating")?;
        for (row, &value) in ratings.as_primitive::<Int64Type>().values().iter().enumerate() {
            chunk.push_rating(value, self.at(row))?;
        }
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

    fn append_details(&self, chunk: &mut Chunk) -> Result<(), DatasetError> {
        let kinds = self.converted("kind", &DataType::Utf8)?;
        let kinds = kinds.as_string::<i32>();
        let minutes = self.converted("minute", &DataType::Int64)?;
        let minutes = minutes.as_primitive::<Int64Type>();
        let stars = self.converted("stars", &DataType::Int64)?;
        let stars = stars.as_primitive::<Int64Type>();
        for row in 0..self.batch.num_rows() {
            let kind = if kinds.is_null(row) { "" } else { kinds.value(row) };
            let minute = minutes.is_valid(row).then(|| minutes.value(row));
            let stars = stars.is_valid(row).then(|| stars.value(row));
            chunk.push_detail(detail(self.at(row), kind, minute, stars)?);
        }
        Ok(())
    }

    fn integers(&self, name: &'static str) -> Result<ArrayRef, DatasetError> {
        let column = self.batch.column_by_name(name).map(|column| column.data_type().clone());
        if let Some(found) = column.filter(|found| !found.is_integer()) {
            return Err(self.place.refuse(name, &found.to_string(), "a column of integers"));
        }
        let array = self.converted(name, &DataType::Int64)?;
        self.refuse_nulls(&array, name, "an integer")?;
        Ok(array)
    }

    fn converted(&self, name: &'static str, to: &DataType) -> Result<ArrayRef, DatasetError> {
        // The projection put every column there.
        let column =
            self.batch.column_by_name(name).ok_or_else(|| DatasetError::MissingColumn {
                path: self.place.path.to_owned(),
                column: name,
                found: String::new(),
                expected: INTERACTION_COLUMNS,
            })?;
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
        match (0..array.len()).find(|&row| array.is_null(row)) {
            Some(row) if array.null_count() > 0 => Err(self.at(row).refuse(name, "null", expected)),
            _ => Ok(()),
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
