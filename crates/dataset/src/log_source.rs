use std::{
    io::{self, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;

use crate::DatasetError;

/// A stream of log lines and the name by which quarantine records call it.
pub struct LogSource {
    pub(crate) name: String,
    pub(crate) reader: Box<dyn Read + Send>,
    /// Length in bytes as stored, where it is known.
    pub(crate) bytes: Option<u64>,
    /// Stored bytes read so far.
    pub(crate) position: Arc<AtomicU64>,
    pub(crate) file: Option<FileIdentity>,
}

/// Tells files apart, however they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl LogSource {
    /// Opens a log file; one whose name ends in `.gz` or `.zst` is decompressed.
    ///
    /// Of an ordinary file exactly the bytes are read that it has now: what is appended later is
    /// left for the next run, and a file that turns out shorter is an error. Files are read, not
    /// mapped: a mapped file that is cut short ends the process.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened or is a folder.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = fs_err::File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            let problem = format!("{} is a folder, not a file", path.display());
            return Err(io::Error::new(io::ErrorKind::IsADirectory, problem).into());
        }
        // Files that the system makes up, such as those under /proc, have no length before.
        let bytes = Some(metadata.len()).filter(|&bytes| metadata.is_file() && bytes > 0);
        let position = Arc::new(AtomicU64::new(0));
        let stored = Stored { reader: file, bytes, position: Arc::clone(&position) };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let reader: Box<dyn Read + Send> = match ending.to_ascii_lowercase().as_str() {
            "gz" => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, stored))),
            "zst" => Box::new(zstd::Decoder::new(stored)?),
            _ => Box::new(stored),
        };
        let file = bytes.map(|_| FileIdentity::of(&metadata));
        Ok(Self { name: path.display().to_string(), reader, bytes, position, file })
    }

    /// The lines of a reader, such as standard input (by custom named `-`), to its end.
    pub fn from_reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        let position = Arc::new(AtomicU64::new(0));
        let stored = Stored { reader, bytes: None, position: Arc::clone(&position) };
        Self { name: name.into(), reader: Box::new(stored), bytes: None, position, file: None }
    }
}

impl FileIdentity {
    fn of(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// The bytes of a source as they are stored, counted.
struct Stored<R> {
    reader: R,
    /// How many there are to be, if that is known.
    bytes: Option<u64>,
    position: Arc<AtomicU64>,
}

impl<R: Read> Read for Stored<R> {
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
