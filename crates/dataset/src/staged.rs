use std::{
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use atomic_write_file::AtomicWriteFile;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::DatasetError;

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file in the same folder; [`commit`](Self::commit) syncs it and renames
/// it over the target. Dropped without a commit, or killed, nothing of it is seen and what stood
/// there stays.
#[derive(Debug)]
pub struct StagedFile {
    path: PathBuf,
    file: BufWriter<AtomicWriteFile>,
}

impl StagedFile {
    /// Opens a temporary file beside `path`, making its folder if there is none. Where `path` is a
    /// symbolic link to a file, that file is the target.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when the folder cannot be made or written to, or something other
    /// than a file stands at `path`: a rename would put an ordinary file in its place.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        let failed = |source| DatasetError::Write { path: path.to_owned(), source };
        let target = match path.canonicalize() {
            Ok(target) if target.is_dir() => {
                return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
            }
            Ok(target) if !target.is_file() => {
                return Err(failed(io::Error::other("a device or pipe stands there, not a file")));
            }
            Ok(target) => target,
            Err(_) => path.to_owned(),
        };
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
        {
            fs_err::create_dir_all(folder).map_err(failed)?;
        }
        // Readable, so that it can be digested before anybody else sees it.
        let file = AtomicWriteFile::options().read(true).open(&target).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 18, file) })
    }

    /// Where the file will stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a value as JSON with 2-space indentation, ending in a line end.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when the value cannot be written.
    pub fn write_json(&mut self, value: &impl Serialize) -> Result<(), DatasetError> {
        serde_json::to_writer_pretty(&mut *self, value)
            .map_err(io::Error::from)
            .and_then(|()| self.write_all(b"\n"))
            .map_err(|source| self.failed(source))
    }

    /// Brings all bytes to the disk, so that nothing but a rename is left to do.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when the rest cannot be written or synced.
    pub fn sync(&mut self) -> Result<(), DatasetError> {
        let synced = self.file.flush().and_then(|()| self.file.get_mut().sync_all());
        synced.map_err(|source| self.failed(source))
    }

    /// Brings all bytes to the disk and digests them.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when the rest cannot be written, synced or read back.
    pub fn digest(&mut self) -> Result<FileDigest, DatasetError> {
        self.sync()?;
        let mut synced_digest = || -> io::Result<FileDigest> {
            let file = self.file.get_mut();
            let end = file.stream_position()?;
            file.seek(SeekFrom::Start(0))?;
            let digest = FileDigest::of_reader(&mut *file)?;
            file.seek(SeekFrom::Start(end))?;
            Ok(digest)
        };
        let path = &self.path;
        synced_digest().map_err(|source| DatasetError::Write { path: path.clone(), source })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`DatasetError::Write`] when the rest cannot be written, synced or renamed.
    pub fn commit(self) -> Result<(), DatasetError> {
        let path = self.path;
        self.file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(AtomicWriteFile::commit)
            .map_err(|source| DatasetError::Write { path, source })
    }

    /// An error of writing to this file.
    #[must_use]
    pub fn failed(&self, source: io::Error) -> DatasetError {
        DatasetError::Write { path: self.path.clone(), source }
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// SHA-256 and length of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Length in bytes.
    pub size_bytes: u64,
}

impl FileDigest {
    /// Digests a file, or a folder of Parquet files.
    ///
    /// Of a folder the digest is that of the text `<sha256>  <name>\n` of each of its Parquet
    /// files in byte order of the names (what `sha256sum *.parquet` prints), and the length is
    /// the sum of theirs.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when something cannot be read.
    pub fn of(path: &Path) -> Result<Self, DatasetError> {
        if !path.is_dir() {
            return Ok(Self::of_reader(fs_err::File::open(path)?)?);
        }
        let mut listing = String::new();
        let mut size_bytes = 0;
        for part in parquet_parts(path)? {
            let digest = Self::of_reader(fs_err::File::open(&part)?)?;
            let name = part.file_name().unwrap_or_default().to_string_lossy();
            listing.push_str(&format!("{}  {name}\n", digest.sha256));
            size_bytes += digest.size_bytes;
        }
        Ok(Self { sha256: hex(&Sha256::digest(listing.as_bytes())), size_bytes })
    }

    fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        let mut size_bytes = 0;
        loop {
            let read = reader.read(&mut buffer)?;
            if read == 0 {
                return Ok(Self { sha256: hex(&hasher.finalize()), size_bytes });
            }
            hasher.update(&buffer[..read]);
            size_bytes += read as u64;
        }
    }
}

/// The Parquet files directly in a folder, in byte order of their names.
///
/// # Errors
/// [`DatasetError::Io`] when the folder cannot be read, [`DatasetError::Empty`] when it holds none.
pub fn parquet_parts(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut parts = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            parts.push(path);
        }
    }
    parts.sort();
    if parts.is_empty() {
        let name = folder.display().to_string();
        return Err(DatasetError::Empty { name, what: "the folder holds no .parquet file" });
    }
    Ok(parts)
}

/// Lower-case hexadecimal text of bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}
