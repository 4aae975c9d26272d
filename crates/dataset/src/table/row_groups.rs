use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::ArrayRef,
    datatypes::{Field, Schema},
    error::ArrowError,
};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{
            ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
        },
    },
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};
use rayon::prelude::*;

use super::{
    coded::CodedTable,
    digesting::{Digesting, FinishedTable},
    rows::{Rows, TableLayout},
};
use crate::{
    DatasetError,
    stages::{self, BatchSize},
};

/// A Parquet file that is written row group by row group.
///
/// Where row groups end depends on the rows alone: after every [`Rows::MOST_ROWS`] rows of the
/// file, and before that where their movie ids fill [`Rows::MOST_TEXT`].
pub(crate) struct RowGroups {
    encoder: Encoder,
    writer: SerializedFileWriter<Digesting>,
    /// Rows since the last multiple of [`Rows::MOST_ROWS`].
    rows: usize,
    /// Those of them whose row group has not ended yet.
    pending: Rows,
}

/// Makes column chunks of rows; threads share one.
struct Encoder {
    path: PathBuf,
    layout: TableLayout,
    fields: Vec<Field>,
    columns: ArrowRowGroupWriterFactory,
}

/// Rows made at a time where movie ids may be as long as a line.
const LONG_ID_ROWS: usize = 1 << 10;

/// The columns of a row group as they go into the file.
type EncodedGroup = Vec<ArrowColumnChunk>;

impl RowGroups {
    pub(crate) fn create(path: &Path, layout: TableLayout) -> Result<Self, DatasetError> {
        let fields = layout.fields();
        let schema = Arc::new(Schema::new(fields.clone()));
        let output = Digesting::create(path)?;
        let (writer, columns) = ArrowWriter::try_new(output, schema, Some(properties(&fields)))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(DatasetError::unwritable(path))?;
        let encoder = Encoder { path: path.to_owned(), layout, fields, columns };
        Ok(Self { encoder, writer, rows: 0, pending: Rows::default() })
    }

    pub(super) fn layout(&self) -> TableLayout {
        self.encoder.layout
    }

    /// Appends rows; every row group that ends with them is encoded, its columns on all threads,
    /// and written.
    pub(crate) fn append(&mut self, rows: &Rows) -> Result<(), DatasetError> {
        let mut from = 0;
        while from < rows.len() {
            let until = self.pending.fill_from(rows, from, Rows::MOST_ROWS - self.rows);
            self.rows += until - from;
            from = until;
            if self.rows == Rows::MOST_ROWS || self.pending.is_full() {
                self.rows %= Rows::MOST_ROWS;
                self.end_group()?;
            }
        }
        Ok(())
    }

    /// Appends a table, as many row groups at the same time as there are threads.
    pub(super) fn append_table(&mut self, table: &CodedTable<'_>) -> Result<(), DatasetError> {
        let count = table.len();
        if !table.has_short_ids() {
            let mut starts = (0..count).step_by(LONG_ID_ROWS);
            return starts.try_for_each(|start| {
                self.append(&table.rows(start..count.min(start + LONG_ID_ROWS)))
            });
        }
        let first = if self.rows == 0 { 0 } else { count.min(Rows::MOST_ROWS - self.rows) };
        if first > 0 {
            self.append(&table.rows(0..first))?;
        }
        let whole = first + (count - first) / Rows::MOST_ROWS * Rows::MOST_ROWS;
        let mut starts = (first..whole).step_by(Rows::MOST_ROWS);
        let (encoder, writer) = (&self.encoder, &mut self.writer);
        stages::run(
            BatchSize::OneEach,
            || Ok(starts.next()),
            |start| encoder.encode_range(table, start..start + Rows::MOST_ROWS),
            |group| encoder.write(group?, writer),
            || Ok(()),
        )?;
        if whole < count { self.append(&table.rows(whole..count)) } else { Ok(()) }
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    pub(crate) fn finish(mut self) -> Result<FinishedTable, DatasetError> {
        self.end_group()?;
        let output =
            self.writer.into_inner().map_err(DatasetError::unwritable(&self.encoder.path))?;
        output.finish()
    }

    fn end_group(&mut self) -> Result<(), DatasetError> {
        let rows = std::mem::take(&mut self.pending);
        if rows.len() == 0 {
            return Ok(());
        }
        let columns = self.encoder.columns(rows.into_arrays(self.encoder.layout))?;
        // Texts take longest, so they begin first and the other threads share the rest.
        let mut columns: Vec<(usize, Column)> = columns.into_iter().enumerate().collect();
        columns.sort_by_key(|(_, column)| column.field.data_type().is_integer());
        let mut chunks = columns
            .into_par_iter()
            .with_max_len(1)
            .map(|(place, column)| Ok((place, self.encoder.encode(column)?)))
            .collect::<Result<Vec<_>, DatasetError>>()?;
        chunks.sort_by_key(|&(place, _)| place);
        let group = chunks.into_iter().map(|(_, chunk)| chunk).collect();
        self.encoder.write(group, &mut self.writer)
    }
}

/// A column to be encoded.
struct Column {
    writer: ArrowColumnWriter,
    field: Field,
    array: ArrayRef,
}

impl Encoder {
    /// Encodes a row group of rows of a table with short ids, on one thread.
    fn encode_range(
        &self,
        table: &CodedTable<'_>,
        range: Range<usize>,
    ) -> Result<EncodedGroup, DatasetError> {
        let columns = self.columns(table.arrays(range, self.layout))?;
        columns.into_iter().map(|column| self.encode(column)).collect()
    }

    fn columns(
        &self,
        arrays: Result<Vec<ArrayRef>, ArrowError>,
    ) -> Result<Vec<Column>, DatasetError> {
        let arrays =
            arrays.map_err(ParquetError::from).map_err(DatasetError::unwritable(&self.path))?;
        // The number of a row group matters for encryption alone.
        let writers = self.columns.create_column_writers(0);
        let writers = writers.map_err(DatasetError::unwritable(&self.path))?;
        let columns = writers.into_iter().zip(&self.fields).zip(arrays);
        let column = |((writer, field), array): ((_, &Field), ArrayRef)| {
            // The file's schema calls texts a dictionary, for programs that read it; here they may
            // be plain, so the type is that of the array.
            let field = field.clone().with_data_type(array.data_type().clone());
            Column { writer, field, array }
        };
        Ok(columns.map(column).collect())
    }

    fn encode(&self, column: Column) -> Result<ArrowColumnChunk, DatasetError> {
        let Column { mut writer, field, array } = column;
        compute_leaves(&field, &array)
            .and_then(|leaves| leaves.iter().try_for_each(|leaf| writer.write(leaf)))
            .and_then(|()| writer.close())
            .map_err(DatasetError::unwritable(&self.path))
    }

    fn write(
        &self,
        group: EncodedGroup,
        writer: &mut SerializedFileWriter<Digesting>,
    ) -> Result<(), DatasetError> {
        let write = || -> Result<(), ParquetError> {
            let mut row_group = writer.next_row_group()?;
            for chunk in group {
                chunk.append_to_row_group(&mut row_group)?;
            }
            row_group.close()?;
            Ok(())
        };
        write().map_err(DatasetError::unwritable(&self.path))
    }
}

/// Texts as a dictionary, numbers as differences: what each column does best, with no attempt at a
/// dictionary of user ids that would be given up half-way.
fn properties(fields: &[Field]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None);
    for field in fields {
        let column = ColumnPath::from(field.name().as_str());
        if field.data_type().is_integer() {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        } else {
            properties = properties
                .set_column_dictionary_page_size_limit(column.clone(), DICTIONARY_BYTES)
                .set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    properties.build()
}

/// More than the ids of any row group with their lengths: what is counted towards the limit depends
/// on how the rows were given, so the limit must not be met.
const DICTIONARY_BYTES: usize = 4 * Rows::MOST_TEXT;
