use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};

use crate::DatasetError;

/// A file that several threads read at places of their own. It stays the file that was opened,
/// whatever takes its name meanwhile.
#[derive(Clone)]
pub(super) struct SharedFile {
    file: Arc<File>,
    bytes: u64,
}

impl SharedFile {
    pub(super) fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = fs_err::File::open(path)?.into_parts().0;
        let bytes = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), bytes })
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for SharedFile {
    type T = io::BufReader<ReadFrom>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(io::BufReader::new(ReadFrom { file: Arc::clone(&self.file), position: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.bytes);
        end.ok_or_else(|| ParquetError::EOF("the file is cut short".to_owned()))?;
        let mut buffer = vec![0; length];
        self.file.read_exact_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}

/// The bytes of a file from some place on.
pub(super) struct ReadFrom {
    file: Arc<File>,
    position: u64,
}

impl Read for ReadFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}
