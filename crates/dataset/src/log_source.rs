use std::{
    io::{self, BufReader, Read},
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use flate2::bufread::MultiGzDecoder;

use crate::{
    DatasetError, RecordRange, RecordSource,
    stored_file::{FileIdentity, StoredFile},
};

/// A stream of log lines and the name by which quarantine records call it.
pub struct LogSource {
    pub(crate) name: String,
    pub(crate) content: Content,
    /// Length as stored, where it is known: in bytes, of records their number.
    pub(crate) length: Option<u64>,
    /// How much of that was read so far.
    pub(crate) position: Arc<AtomicU64>,
    pub(crate) identity: Option<FileIdentity>,
}

/// What a log is read from.
pub(crate) enum Content {
    Bytes(Box<dyn Read + Send>),
    Records(Box<dyn RecordSource>, RecordRange),
}

impl LogSource {
    /// Opens a log file; one whose name ends in `.gz` or `.zst` is decompressed.
    ///
    /// Of an ordinary file exactly the bytes are read that it has now: what is appended later is
    /// left for the next run, and a file that turns out shorter is an error.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened or is a folder.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let stored = StoredFile::open(path)?;
        let (bytes, position) = (stored.bytes, Arc::clone(&stored.position));
        let identity = stored.identity;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let reader: Box<dyn Read + Send> = match ending.to_ascii_lowercase().as_str() {
            "gz" => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, stored))),
            "zst" => Box::new(zstd::Decoder::new(stored)?),
            _ => Box::new(stored),
        };
        let (name, content) = (path.display().to_string(), Content::Bytes(reader));
        Ok(Self { name, content, length: bytes, position, identity })
    }

    /// Standard input, by the name `-`, to its end.
    #[must_use]
    pub fn stdin() -> Self {
        let metadata = fs_err::metadata("/dev/stdin").ok();
        let identity = metadata.as_ref().and_then(FileIdentity::of);
        Self { identity, ..Self::from_reader("-", io::stdin()) }
    }

    /// The lines of a reader, to its end.
    pub fn from_reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        let stored = StoredFile::endless(reader);
        let position = Arc::clone(&stored.position);
        let content = Content::Bytes(Box::new(stored));
        Self { name: name.into(), content, length: None, position, identity: None }
    }

    /// The records of a range of a stream, by the name `TOPIC/PARTITION`.
    ///
    /// Quarantine records give a record's offset as theirs, and as line its number in the range,
    /// from 1.
    pub fn from_records(range: RecordRange, source: impl RecordSource + 'static) -> Self {
        Self {
            name: format!("{}/{}", range.topic, range.partition),
            length: Some(range.end.saturating_sub(range.start).max(0) as u64),
            content: Content::Records(Box::new(source), range),
            position: Arc::default(),
            identity: None,
        }
    }

    /// Which records of a stream it is, if it is one.
    pub(crate) fn range(&self) -> Option<RecordRange> {
        match &self.content {
            Content::Bytes(_) => None,
            Content::Records(_, range) => Some(range.clone()),
        }
    }
}
