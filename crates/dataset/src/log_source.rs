use std::{
    io::{self, BufReader, Read},
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use flate2::bufread::MultiGzDecoder;

use crate::{
    DatasetError,
    stored_file::{FileIdentity, StoredFile},
};

/// A stream of log lines and the name by which quarantine records call it.
pub struct LogSource {
    pub(crate) name: String,
    pub(crate) reader: Box<dyn Read + Send>,
    /// Length in bytes as stored, where it is known.
    pub(crate) bytes: Option<u64>,
    /// Stored bytes read so far.
    pub(crate) position: Arc<AtomicU64>,
    pub(crate) identity: Option<FileIdentity>,
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
        Ok(Self { name: path.display().to_string(), reader, bytes, position, identity })
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
        let reader = Box::new(stored);
        Self { name: name.into(), reader, bytes: None, position, identity: None }
    }
}
