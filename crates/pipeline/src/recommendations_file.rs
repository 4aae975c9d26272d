use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, DictionaryArray, Float32Array, Int32Array, Int64Array, StringArray},
    datatypes::{DataType, Field, Int32Type, Schema},
    record_batch::RecordBatch,
};
use marquee_dataset::{DatasetError, FileDigest, StagedFile, TableFormat};
use marquee_recommender::ScoredItem;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
    schema::types::ColumnPath,
};

use crate::PipelineError;

/// Rows of a Parquet row group, as in all tables.
const GROUP_ROWS: usize = 1 << 18;
/// Room for the ids of a row group; where they are more, the rest stands as plain text.
const DICTIONARY_BYTES: usize = 1 << 25;

/// The name and place of a file of recommendations, checked and opened before the work.
///
/// It appears whole or not at all: dropped, nothing of it is seen, and what stood there stays.
#[derive(Debug)]
pub struct RecommendationsFile {
    format: TableFormat,
    file: StagedFile,
}

impl RecommendationsFile {
    /// Opens a file, csv or Parquet by the ending of its name.
    ///
    /// # Errors
    /// [`PipelineError::Dataset`] when the ending is another or the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, PipelineError> {
        Ok(Self { format: TableFormat::of(path)?, file: StagedFile::create(path)? })
    }

    /// Starts the rows, whose films have these ids in order of their item rows.
    pub(crate) fn start<'a>(
        self,
        movie_ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<RecommendationsWriter, PipelineError> {
        let path = self.file.path().to_owned();
        let rows = match self.format {
            TableFormat::Csv => {
                Form::Csv(CsvRows::start(self.file, movie_ids).map_err(failed(&path))?)
            }
            TableFormat::Parquet => {
                let rows = ParquetRows::start(self.file, movie_ids);
                Form::Parquet(Box::new(rows.map_err(unwritable(&path))?))
            }
        };
        Ok(RecommendationsWriter { path, rows: 0, form: rows })
    }
}

/// A file of recommendations on its way: `user_id`, `rank` from 1, `movie_id`, `score`.
///
/// The bytes depend on the rows and on how many are appended at a time, on nothing else.
pub(crate) struct RecommendationsWriter {
    path: PathBuf,
    rows: u64,
    form: Form,
}

enum Form {
    Csv(CsvRows),
    Parquet(Box<ParquetRows>),
}

/// A user's id and list.
pub(crate) type UserList<'a> = (i64, &'a [ScoredItem]);

impl RecommendationsWriter {
    pub(crate) fn append(&mut self, lists: &[UserList<'_>]) -> Result<(), PipelineError> {
        self.rows += lists.iter().map(|(_, list)| list.len() as u64).sum::<u64>();
        match &mut self.form {
            Form::Csv(rows) => rows.append(lists).map_err(failed(&self.path)),
            Form::Parquet(rows) => rows.append(lists).map_err(unwritable(&self.path)),
        }
    }

    /// Rows appended so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the rows and brings them to the disk; the file is put in its place by its `commit`.
    pub(crate) fn finish(self) -> Result<(StagedFile, FileDigest), PipelineError> {
        let mut file = match self.form {
            Form::Csv(rows) => rows.file,
            Form::Parquet(rows) => rows.writer.into_inner().map_err(unwritable(&self.path))?,
        };
        let digest = file.digest()?;
        Ok((file, digest))
    }
}

/// A csv file: a header and one line for each row.
struct CsvRows {
    file: StagedFile,
    /// The ids as they stand in the file, quoted where they must be.
    movie_ids: Vec<String>,
    text: String,
}

impl CsvRows {
    fn start<'a>(
        mut file: StagedFile,
        movie_ids: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<Self> {
        file.write_all(b"user_id,rank,movie_id,score\n")?;
        let movie_ids = movie_ids.into_iter().map(quoted).collect();
        Ok(Self { file, movie_ids, text: String::new() })
    }

    fn append(&mut self, lists: &[UserList<'_>]) -> io::Result<()> {
        self.text.clear();
        for &(user_id, list) in lists {
            for (place, scored) in list.iter().enumerate() {
                let (rank, movie_id) = (place + 1, &self.movie_ids[scored.item.index()]);
                writeln!(self.text, "{user_id},{rank},{movie_id},{}", scored.score)
                    .map_err(io::Error::other)?;
            }
        }
        self.file.write_all(self.text.as_bytes())
    }
}

/// A text as a csv value.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A Parquet file.
struct ParquetRows {
    writer: ArrowWriter<StagedFile>,
    schema: Arc<Schema>,
    movie_ids: ArrayRef,
}

impl ParquetRows {
    fn start<'a>(
        file: StagedFile,
        movie_ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ParquetError> {
        let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let schema = Arc::new(Schema::new(vec![
            Field::new("user_id", DataType::Int64, false),
            Field::new("rank", DataType::Int32, false),
            Field::new("movie_id", text, false),
            Field::new("score", DataType::Float32, false),
        ]));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_dictionary_enabled(false)
            .set_column_dictionary_enabled(ColumnPath::from("movie_id"), true)
            .set_column_dictionary_page_size_limit(ColumnPath::from("movie_id"), DICTIONARY_BYTES);
        for column in ["user_id", "rank"] {
            properties = properties
                .set_column_encoding(ColumnPath::from(column), Encoding::DELTA_BINARY_PACKED);
        }
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build()))?;
        let movie_ids = Arc::new(StringArray::from_iter_values(movie_ids));
        Ok(Self { writer, schema, movie_ids })
    }

    fn append(&mut self, lists: &[UserList<'_>]) -> Result<(), ParquetError> {
        let users: Int64Array =
            lists.iter().flat_map(|&(user_id, list)| list.iter().map(move |_| user_id)).collect();
        let ranks: Int32Array = lists.iter().flat_map(|(_, list)| 1..=list.len() as i32).collect();
        let scored = || lists.iter().flat_map(|(_, list)| list.iter());
        let films: Int32Array = scored().map(|scored| scored.item.0 as i32).collect();
        let films = DictionaryArray::<Int32Type>::try_new(films, Arc::clone(&self.movie_ids))?;
        let scores: Float32Array = scored().map(|scored| scored.score).collect();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(users), Arc::new(ranks), Arc::new(films), Arc::new(scores)];
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> PipelineError {
    let path = path.to_owned();
    move |source| DatasetError::Write { path: path.clone(), source }.into()
}

/// What the Parquet writer said, as an error of writing.
fn unwritable(path: &Path) -> impl Fn(ParquetError) -> PipelineError {
    let failed = failed(path);
    move |error| {
        failed(match error {
            ParquetError::External(cause) => {
                cause.downcast().map_or_else(io::Error::other, |cause| *cause)
            }
            other => io::Error::other(other),
        })
    }
}
