use std::{
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::DatasetError;

/// Bytes as they are stored, of which it is known how many were read.
///
/// Of an ordinary file exactly the bytes are read that it had when it was opened: what is appended
/// later is left, and a file that turns out shorter is an error. Files are read, not mapped: a
/// mapped file that is cut short ends the process.
pub struct StoredFile<R> {
    reader: R,
    /// How many bytes there are to be, where that is known.
    pub(crate) bytes: Option<u64>,
    /// How many were read so far.
    pub(crate) position: Arc<AtomicU64>,
    pub(crate) identity: Option<FileIdentity>,
}

/// Tells files apart, however they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl StoredFile<fs_err::File> {
    /// Opens a file or pipe.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened or is a folder.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let reader = fs_err::File::open(path)?;
        let metadata = reader.metadata()?;
        if metadata.is_dir() {
            let problem = format!("{} is a folder, not a file", path.display());
            return Err(io::Error::new(io::ErrorKind::IsADirectory, problem).into());
        }
        let bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self { reader, bytes, position: Arc::default(), identity: FileIdentity::of(&metadata) })
    }
}

impl<R> StoredFile<R> {
    /// How many bytes there are to be; `None` of a pipe.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.bytes
    }

    /// How many were read so far, for another thread to look at.
    #[must_use]
    pub fn position(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.position)
    }

    /// The bytes of a reader, to its end.
    pub(crate) fn endless(reader: R) -> Self {
        Self { reader, bytes: None, position: Arc::default(), identity: None }
    }
}

impl FileIdentity {
    /// That of an ordinary file; a pipe gives other bytes every time it is read.
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

impl<R: Read> Read for StoredFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.position.load(Ordering::Relaxed);
        let left = self.bytes.map_or(u64::MAX, |bytes| bytes - position);
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.reader.read(&mut buffer[..room])?;
        if read == 0 && room > 0 && self.bytes.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the file was cut short while it was read: {left} of its bytes are gone"),
            ));
        }
        self.position.store(position + read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
