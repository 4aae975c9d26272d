use std::{path::Path, path::PathBuf, sync::Arc};

use arrow::{
    array::ArrayRef,
    datatypes::{Field, Schema},
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
    digesting::{Digesting, FinishedTable},
    rows::{Rows, TableLayout},
};
use crate::DatasetError;

/// A Parquet file that is written row group by row group, their columns encoded on all threads.
pub(crate) struct RowGroups {
    path: PathBuf,
    layout: TableLayout,
    writer: SerializedFileWriter<Digesting>,
    columns: ArrowRowGroupWriterFactory,
    /// Row groups encoded so far.
    encoded: usize,
    /// Rows of the row group that is not full yet.
    pending: Rows,
}

impl RowGroups {
    pub(crate) fn create(path: &Path, layout: TableLayout) -> Result<Self, DatasetError> {
        let failed = DatasetError::parquet(path);
        let schema = Arc::new(Schema::new(layout.fields()));
        let output = Digesting::create(path)?;
        let (writer, columns) = ArrowWriter::try_new(output, schema, Some(properties(layout)))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(failed)?;
        let pending = Rows::default();
        Ok(Self { path: path.to_owned(), layout, writer, columns, encoded: 0, pending })
    }

    /// Appends rows; every row group that gets full is written.
    pub(crate) fn append(&mut self, rows: &Rows) -> Result<(), DatasetError> {
        let mut from = 0;
        while from < rows.len() {
            from = self.pending.fill_from(rows, from);
            if self.pending.is_full() {
                let full = std::mem::take(&mut self.pending);
                self.write(vec![full])?;
            }
        }
        Ok(())
    }

    /// Appends rows in order; of those that are row groups by themselves, all are encoded at the
    /// same time.
    pub(crate) fn append_all(&mut self, parts: Vec<Rows>) -> Result<(), DatasetError> {
        let mut full = Vec::new();
        for rows in parts {
            if self.pending.len() == 0 && rows.is_one_full_group() {
                full.push(rows);
            } else {
                self.write(std::mem::take(&mut full))?;
                self.append(&rows)?;
            }
        }
        self.write(full)
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    pub(crate) fn finish(mut self) -> Result<FinishedTable, DatasetError> {
        let last = std::mem::take(&mut self.pending);
        if last.len() > 0 {
            self.write(vec![last])?;
        }
        let output = self.writer.into_inner().map_err(DatasetError::parquet(&self.path))?;
        output.finish()
    }

    /// Encodes whole row groups at the same time and writes them in order.
    fn write(&mut self, groups: Vec<Rows>) -> Result<(), DatasetError> {
        let failed = DatasetError::parquet(&self.path);
        let fields = self.layout.fields();
        let mut work: Vec<(ArrowColumnWriter, Field, ArrayRef)> = Vec::new();
        for rows in groups {
            let arrays = rows.into_arrays(self.layout).map_err(DatasetError::arrow(&self.path))?;
            let writers = self.columns.create_column_writers(self.encoded).map_err(&failed)?;
            self.encoded += 1;
            // The file's schema calls texts a dictionary, for programs that read it; here they are
            // plain, so the type is that of the array.
            let fields = fields
                .iter()
                .zip(&arrays)
                .map(|(field, array)| field.clone().with_data_type(array.data_type().clone()));
            for ((writer, field), array) in writers.into_iter().zip(fields).zip(&arrays) {
                work.push((writer, field, Arc::clone(array)));
            }
        }
        let chunks: Vec<ArrowColumnChunk> = work
            .into_par_iter()
            .with_max_len(1)
            .map(|(writer, field, array)| encode(writer, &field, &array))
            .collect::<Result<_, _>>()
            .map_err(&failed)?;
        let mut chunks = chunks.into_iter().peekable();
        while chunks.peek().is_some() {
            let group = chunks.by_ref().take(fields.len()).collect();
            self.append_group(group).map_err(&failed)?;
        }
        Ok(())
    }

    fn append_group(&mut self, chunks: Vec<ArrowColumnChunk>) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }
}

fn encode(
    mut writer: ArrowColumnWriter,
    field: &Field,
    array: &ArrayRef,
) -> Result<ArrowColumnChunk, ParquetError> {
    for leaf in compute_leaves(field, array)? {
        writer.write(&leaf)?;
    }
    writer.close()
}

/// Texts as a dictionary, numbers as differences: what each column does best, with no attempt at a
/// dictionary of user ids that would be given up half-way.
fn properties(layout: TableLayout) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None);
    for field in layout.fields() {
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

/// Enough for the ids of a hundred thousand films.
const DICTIONARY_BYTES: usize = 4 << 20;
