use std::error::Error;

use crate::{DatasetError, lines::BLOCK_BYTES};

/// A log of numbered records, such as a partition of a stream, each of which is a line.
///
/// Makes a [`LogSource`](crate::LogSource) with
/// [`LogSource::from_records`](crate::LogSource::from_records).
pub trait RecordSource: Send {
    /// Appends the records that follow, in ascending order of their offsets, until `records` is
    /// full or the source has ended. Nothing appended says that it has ended.
    ///
    /// # Errors
    /// [`RecordFault`]; the run that reads ends with it and writes nothing.
    fn fill(&mut self, records: &mut Records) -> Result<(), RecordFault>;
}

/// Why a [`RecordSource`] gave no more records.
#[derive(Debug)]
pub enum RecordFault {
    /// It was asked to stop.
    Cancelled,
    /// What failed, in words that name the source.
    Failed(Box<dyn Error + Send + Sync>),
}

/// Which records of a stream a data set is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRange {
    /// The stream the partition belongs to.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Offset of the first record.
    pub start: i64,
    /// Offset after the last record.
    pub end: i64,
}

/// Records on their way to be parsed.
#[derive(Debug, Default)]
pub struct Records {
    /// Every value and a line feed. It cannot stand inside a character, so values that are UTF-8
    /// as a whole are UTF-8 one by one.
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: u64,
    /// Where the value ends in the bytes.
    end: u32,
    is_null: bool,
}

/// A record among others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) offset: u64,
    /// Where its value stands.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether it has no value at all.
    pub(crate) is_null: bool,
}

impl Records {
    /// Appends a record; `None` is one without a value. A single line feed at the end of a value is
    /// dropped.
    ///
    /// # Panics
    /// When values add up to 4 GiB, which a source that heeds [`is_full`](Self::is_full) cannot
    /// reach with records of less.
    pub fn push(&mut self, offset: u64, value: Option<&[u8]>) {
        let line = value.unwrap_or_default();
        self.bytes.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        assert!(self.bytes.len() < u32::MAX as usize, "records of 4 GiB in one block");
        let end = self.bytes.len() as u32;
        self.marks.push(Mark { offset, end, is_null: value.is_none() });
        self.bytes.push(b'\n');
    }

    /// Whether there is enough to be worked on.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of all values.
    pub(crate) fn value_bytes(&self) -> u64 {
        (self.bytes.len() - self.marks.len()) as u64
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Record> {
        let mut start = 0;
        self.marks.iter().map(move |mark| {
            let record =
                Record { offset: mark.offset, start, end: mark.end, is_null: mark.is_null };
            start = mark.end + 1;
            record
        })
    }

    /// The offset of the record at this place.
    pub(crate) fn offset(&self, place: u32) -> u64 {
        self.marks[place as usize].offset
    }
}

impl RecordFault {
    pub(crate) fn at(self, name: &str) -> DatasetError {
        match self {
            Self::Cancelled => DatasetError::Cancelled,
            Self::Failed(source) => DatasetError::Records { name: name.to_owned(), source },
        }
    }
}
