use std::{io::Write, path::Path, sync::Arc};

use arrow::{
    array::{ArrayBuilder, ArrayRef, Int64Builder, ListBuilder, StringBuilder, StructBuilder},
    datatypes::{DataType, Field, Fields, Schema},
    record_batch::RecordBatch,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use marquee_dataset::{DatasetError, StagedFile};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};
use serde::{Deserialize, Serialize};

use super::Rejected;
use crate::QualityError;

/// A rejected row, as one line of a rejects file of JSON Lines. The columns of a Parquet file of
/// rejects are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectRecord {
    /// The file the row stands in.
    pub source: String,
    /// Its line in a text file, its row in a Parquet file, from 1.
    pub line: u64,
    /// Where the line starts in the file, in bytes; null for Parquet.
    pub offset: Option<u64>,
    /// Every reason.
    pub reasons: Vec<RejectReason>,
    /// The row without its line end, if it is UTF-8; of one over 64 KiB the first 64 KiB, of a
    /// Parquet file as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The same bytes in Base64, if they are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// Length of the whole row in bytes, for one over 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// SHA-256 of the whole row, for one over 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// One reason to reject a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectReason {
    /// The column; null where the line as a whole is at fault.
    pub column: Option<String>,
    /// A name of [`Reason`](crate::Reason).
    pub reason: String,
}

impl RejectRecord {
    fn new(source: &str, line: u64, rejected: Rejected<'_>) -> Self {
        let kept = rejected.raw;
        let raw = str::from_utf8(kept).ok().map(str::to_owned);
        let reasons = rejected.faults.iter().map(|fault| RejectReason {
            column: fault.column.as_deref().map(str::to_owned),
            reason: fault.reason.to_string(),
        });
        let (length, sha256) = rejected.whole.cloned().unzip();
        Self {
            source: source.to_owned(),
            line,
            offset: rejected.offset,
            reasons: reasons.collect(),
            raw_base64: raw.is_none().then(|| STANDARD.encode(kept)),
            raw,
            length,
            sha256,
        }
    }
}

/// Writes rejects to a staged file, JSON Lines or Parquet by the ending of its name.
pub(crate) enum RejectsWriter {
    JsonLines(StagedFile),
    Parquet(Box<ParquetRejects>),
}

impl RejectsWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, QualityError> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => Ok(Self::JsonLines(StagedFile::create(path)?)),
            Some("parquet") => Ok(Self::Parquet(Box::new(ParquetRejects::create(path)?))),
            _ => {
                let expected = ".jsonl or .parquet";
                Err(QualityError::UnknownFormat { path: path.to_owned(), expected })
            }
        }
    }

    pub(crate) fn write(
        &mut self,
        source: &str,
        line: u64,
        rejected: Rejected<'_>,
    ) -> Result<(), DatasetError> {
        let record = RejectRecord::new(source, line, rejected);
        match self {
            Self::JsonLines(file) => serde_json::to_writer(&mut *file, &record)
                .map_err(std::io::Error::from)
                .and_then(|()| file.write_all(b"\n"))
                .map_err(|source| file.failed(source)),
            Self::Parquet(file) => file.push(&record),
        }
    }

    /// Everything is on the disk then.
    pub(crate) fn finish(self) -> Result<StagedFile, DatasetError> {
        let mut file = match self {
            Self::JsonLines(file) => file,
            Self::Parquet(file) => file.finish()?,
        };
        file.sync()?;
        Ok(file)
    }
}

/// Rows and bytes of raw text that are held before they are written.
const MOST_ROWS: usize = 1 << 13;
const MOST_BYTES: usize = 1 << 23;

pub(crate) struct ParquetRejects {
    path: std::path::PathBuf,
    writer: ArrowWriter<StagedFile>,
    sources: StringBuilder,
    lines: Int64Builder,
    offsets: Int64Builder,
    reasons: ListBuilder<StructBuilder>,
    raws: StringBuilder,
    bases: StringBuilder,
    lengths: Int64Builder,
    digests: StringBuilder,
    bytes: usize,
}

fn reason_fields() -> Fields {
    let column = Field::new("column", DataType::Utf8, true);
    Fields::from(vec![column, Field::new("reason", DataType::Utf8, false)])
}

fn schema() -> Arc<Schema> {
    let item = Arc::new(Field::new("item", DataType::Struct(reason_fields()), true));
    Arc::new(Schema::new(vec![
        Field::new("source", DataType::Utf8, false),
        Field::new("line", DataType::Int64, false),
        Field::new("offset", DataType::Int64, true),
        Field::new("reasons", DataType::List(item), false),
        Field::new("raw", DataType::Utf8, true),
        Field::new("raw_base64", DataType::Utf8, true),
        Field::new("length", DataType::Int64, true),
        Field::new("sha256", DataType::Utf8, true),
    ]))
}

impl ParquetRejects {
    fn create(path: &Path) -> Result<Self, DatasetError> {
        let file = StagedFile::create(path)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = ArrowWriter::try_new(file, schema(), Some(properties));
        let columns: Vec<Box<dyn ArrayBuilder>> =
            vec![Box::new(StringBuilder::new()), Box::new(StringBuilder::new())];
        Ok(Self {
            path: path.to_owned(),
            writer: writer.map_err(|error| unwritable(path, error))?,
            sources: StringBuilder::new(),
            lines: Int64Builder::new(),
            offsets: Int64Builder::new(),
            reasons: ListBuilder::new(StructBuilder::new(reason_fields(), columns)),
            raws: StringBuilder::new(),
            bases: StringBuilder::new(),
            lengths: Int64Builder::new(),
            digests: StringBuilder::new(),
            bytes: 0,
        })
    }

    fn push(&mut self, record: &RejectRecord) -> Result<(), DatasetError> {
        self.sources.append_value(&record.source);
        // Lines, places and lengths of a file fit.
        self.lines.append_value(record.line as i64);
        self.offsets.append_option(record.offset.map(|offset| offset as i64));
        let each = self.reasons.values();
        for reason in &record.reasons {
            if let Some(column) = each.field_builder::<StringBuilder>(0) {
                column.append_option(reason.column.as_deref());
            }
            if let Some(name) = each.field_builder::<StringBuilder>(1) {
                name.append_value(&reason.reason);
            }
            each.append(true);
        }
        self.reasons.append(true);
        self.raws.append_option(record.raw.as_deref());
        self.bases.append_option(record.raw_base64.as_deref());
        self.lengths.append_option(record.length.map(|length| length as i64));
        self.digests.append_option(record.sha256.as_deref());
        let text = record.raw.as_ref().or(record.raw_base64.as_ref());
        self.bytes += text.map_or(0, String::len);
        if self.lines.len() >= MOST_ROWS || self.bytes >= MOST_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        self.bytes = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.sources.finish()),
            Arc::new(self.lines.finish()),
            Arc::new(self.offsets.finish()),
            Arc::new(self.reasons.finish()),
            Arc::new(self.raws.finish()),
            Arc::new(self.bases.finish()),
            Arc::new(self.lengths.finish()),
            Arc::new(self.digests.finish()),
        ];
        RecordBatch::try_new(schema(), columns)
            .map_err(ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .and_then(|()| self.writer.flush())
            .map_err(|error| unwritable(&self.path, error))
    }

    fn finish(mut self) -> Result<StagedFile, DatasetError> {
        if self.lines.len() > 0 {
            self.flush()?;
        }
        let path = self.path;
        self.writer.into_inner().map_err(|error| unwritable(&path, error))
    }
}

fn unwritable(path: &Path, error: ParquetError) -> DatasetError {
    let source = match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => *cause,
            Err(other) => std::io::Error::other(other),
        },
        other => std::io::Error::other(other),
    };
    DatasetError::Write { path: path.to_owned(), source }
}
