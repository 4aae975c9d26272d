use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, DictionaryArray, Int8Array, Int32Array, Int64Array, StringArray},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use sha2::{Digest, Sha256};

use super::TableFormat;
use crate::{
    Aggregated, DatasetError, EventDetail, EventTable, FileDigest, Interactions,
    staged::{StagedFile, hex},
};

/// Passes bytes on to a staged file and digests them on the way.
struct Digesting {
    file: StagedFile,
    hasher: Sha256,
    size_bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A table file that is written but not yet in its place.
#[derive(Debug)]
pub struct FinishedTable {
    file: StagedFile,
    digest: FileDigest,
}

impl FinishedTable {
    /// Digest of the whole file.
    #[must_use]
    pub fn digest(&self) -> &FileDigest {
        &self.digest
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`DatasetError::Write`] as [`StagedFile::commit`].
    pub fn commit(self) -> Result<FileDigest, DatasetError> {
        self.file.commit()?;
        Ok(self.digest)
    }
}

enum Sink {
    Csv(Box<csv::Writer<Digesting>>),
    Parquet(Box<ArrowWriter<Digesting>>, Arc<Schema>),
}

/// Writes interactions to a new csv or Parquet file, batch by batch.
pub struct InteractionsWriter {
    path: std::path::PathBuf,
    sink: Sink,
    aggregated: bool,
}

impl InteractionsWriter {
    /// Starts a file of the four columns, csv or Parquet by the ending of `path`.
    ///
    /// # Errors
    /// [`DatasetError`] when the ending is unknown or the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        Self::open(path, false)
    }

    /// Starts a file of the four columns and `stars` and `minutes`.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_aggregated(path: &Path) -> Result<Self, DatasetError> {
        Self::open(path, true)
    }

    fn open(path: &Path, aggregated: bool) -> Result<Self, DatasetError> {
        let mut fields = vec![
            Field::new("user_id", DataType::Int64, false),
            Field::new("movie_id", dictionary_type(), false),
            Field::new("rating", DataType::Int64, false),
            Field::new("timestamp", DataType::Int64, false),
        ];
        if aggregated {
            fields.push(Field::new("stars", DataType::Int8, true));
            fields.push(Field::new("minutes", DataType::Int64, false));
        }
        let format = TableFormat::of(path)?;
        let output = digesting(path)?;
        let sink = match format {
            TableFormat::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                let header = fields.iter().map(|field| field.name().as_bytes());
                writer.write_record(header).map_err(DatasetError::csv(path))?;
                Sink::Csv(Box::new(writer))
            }
            TableFormat::Parquet => parquet_sink(path, output, fields)?,
        };
        Ok(Self { path: path.to_owned(), sink, aggregated })
    }

    /// Appends all rows of a table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    ///
    /// # Panics
    /// When the file was started for aggregated rows.
    pub fn append(&mut self, table: &Interactions) -> Result<(), DatasetError> {
        assert!(!self.aggregated, "aggregated rows go in by append_aggregated");
        self.write(table, None)
    }

    /// Appends all rows of an aggregated table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    ///
    /// # Panics
    /// When the file was not started for aggregated rows.
    pub fn append_aggregated(&mut self, table: &Aggregated) -> Result<(), DatasetError> {
        assert!(self.aggregated, "four-column rows go in by append");
        self.write(&table.interactions, Some(table))
    }

    fn write(
        &mut self,
        table: &Interactions,
        aggregated: Option<&Aggregated>,
    ) -> Result<(), DatasetError> {
        match &mut self.sink {
            Sink::Csv(writer) => {
                write_csv(writer, table, aggregated).map_err(DatasetError::csv(&self.path))
            }
            Sink::Parquet(writer, schema) => {
                let mut columns = vec![
                    user_ids(table),
                    movie_ids(table),
                    Arc::new(Int64Array::from(table.ratings.clone())) as ArrayRef,
                    Arc::new(Int64Array::from(table.timestamps.clone())),
                ];
                if let Some(aggregated) = aggregated {
                    columns.push(Arc::new(Int8Array::from(aggregated.stars.clone())));
                    columns.push(Arc::new(Int64Array::from(aggregated.minutes.clone())));
                }
                write_batch(writer, schema, columns, &self.path)
            }
        }
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn finish(self) -> Result<FinishedTable, DatasetError> {
        match self.sink {
            Sink::Csv(writer) => {
                let output = writer.into_inner().map_err(|error| {
                    let source = io::Error::new(error.error().kind(), error.to_string());
                    DatasetError::Write { path: self.path, source }
                })?;
                finished(output)
            }
            Sink::Parquet(writer, _) => end_parquet(*writer, &self.path),
        }
    }
}

/// Writes single events to a new Parquet file, batch by batch.
pub struct EventsWriter {
    path: std::path::PathBuf,
    writer: Box<ArrowWriter<Digesting>>,
    schema: Arc<Schema>,
}

impl EventsWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// [`DatasetError`] when the name does not end in `.parquet` or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        if TableFormat::of(path).ok() != Some(TableFormat::Parquet) {
            let path = path.to_owned();
            return Err(DatasetError::UnknownFormat { path, expected: ".parquet" });
        }
        let fields = vec![
            Field::new("user_id", DataType::Int64, false),
            Field::new("movie_id", dictionary_type(), false),
            Field::new("kind", dictionary_type(), false),
            Field::new("minute", DataType::Int32, true),
            Field::new("stars", DataType::Int8, true),
            Field::new("timestamp", DataType::Int64, false),
        ];
        let Sink::Parquet(writer, schema) = parquet_sink(path, digesting(path)?, fields)? else {
            unreachable!("a Parquet sink was asked for");
        };
        Ok(Self { path: path.to_owned(), writer, schema })
    }

    /// Appends all rows of a table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn append(&mut self, table: &EventTable) -> Result<(), DatasetError> {
        let kinds = table.details.iter().map(|detail| match detail {
            EventDetail::Watch { .. } => 0,
            EventDetail::Rate { .. } => 1,
        });
        let names = Arc::new(StringArray::from(vec!["watch", "rate"]));
        let kinds = DictionaryArray::new(Int32Array::from_iter_values(kinds), names);
        let minutes = table.details.iter().map(|detail| match *detail {
            EventDetail::Watch { minute } => Some(minute),
            EventDetail::Rate { .. } => None,
        });
        let stars = table.details.iter().map(|detail| match *detail {
            EventDetail::Watch { .. } => None,
            EventDetail::Rate { stars } => Some(stars),
        });
        let columns: Vec<ArrayRef> = vec![
            user_ids(&table.interactions),
            movie_ids(&table.interactions),
            Arc::new(kinds),
            Arc::new(minutes.collect::<Int32Array>()),
            Arc::new(stars.collect::<Int8Array>()),
            Arc::new(Int64Array::from(table.interactions.timestamps.clone())),
        ];
        write_batch(&mut self.writer, &self.schema, columns, &self.path)
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn finish(self) -> Result<FinishedTable, DatasetError> {
        end_parquet(*self.writer, &self.path)
    }
}

fn dictionary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn digesting(path: &Path) -> Result<Digesting, DatasetError> {
    Ok(Digesting { file: StagedFile::create(path)?, hasher: Sha256::new(), size_bytes: 0 })
}

fn parquet_sink(path: &Path, output: Digesting, fields: Vec<Field>) -> Result<Sink, DatasetError> {
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties))
        .map_err(DatasetError::parquet(path))?;
    Ok(Sink::Parquet(Box::new(writer), schema))
}

fn end_parquet(writer: ArrowWriter<Digesting>, path: &Path) -> Result<FinishedTable, DatasetError> {
    finished(writer.into_inner().map_err(DatasetError::parquet(path))?)
}

/// Everything is on the disk before any of the outputs of a run moves.
fn finished(mut output: Digesting) -> Result<FinishedTable, DatasetError> {
    output.file.sync()?;
    let digest =
        FileDigest { sha256: hex(&output.hasher.finalize()), size_bytes: output.size_bytes };
    Ok(FinishedTable { file: output.file, digest })
}

fn user_ids(table: &Interactions) -> ArrayRef {
    // Ids are below 2^63 wherever a table is filled.
    Arc::new(table.user_ids.iter().map(|&id| id as i64).collect::<Int64Array>())
}

fn movie_ids(table: &Interactions) -> ArrayRef {
    let keys = Int32Array::from_iter_values(table.movies.iter().map(|&code| code as i32));
    let values = Arc::new(StringArray::from_iter_values(table.movie_ids.iter()));
    Arc::new(DictionaryArray::new(keys, values))
}

fn write_batch(
    writer: &mut ArrowWriter<Digesting>,
    schema: &Arc<Schema>,
    columns: Vec<ArrayRef>,
    path: &Path,
) -> Result<(), DatasetError> {
    let batch =
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(DatasetError::arrow(path))?;
    writer.write(&batch).map_err(DatasetError::parquet(path))
}

fn write_csv(
    writer: &mut csv::Writer<Digesting>,
    table: &Interactions,
    aggregated: Option<&Aggregated>,
) -> Result<(), csv::Error> {
    let mut number = NumberText::default();
    for row in 0..table.len() {
        writer.write_field(number.of(table.user_ids[row]))?;
        writer.write_field(table.movie_id(row))?;
        writer.write_field(number.of(table.ratings[row]))?;
        writer.write_field(number.of(table.timestamps[row]))?;
        if let Some(aggregated) = aggregated {
            match aggregated.stars[row] {
                Some(stars) => writer.write_field(number.of(stars))?,
                None => writer.write_field("")?,
            }
            writer.write_field(number.of(aggregated.minutes[row]))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

/// Decimal text of numbers in one reused buffer.
#[derive(Default)]
struct NumberText(Vec<u8>);

impl NumberText {
    fn of(&mut self, number: impl std::fmt::Display) -> &[u8] {
        self.0.clear();
        // Writing to a vector cannot fail.
        let _ = write!(self.0, "{number}");
        &self.0
    }
}
