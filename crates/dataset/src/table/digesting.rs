use std::{
    io::{self, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{
    DatasetError, FileDigest,
    staged::{StagedFile, hex},
};

/// Passes bytes on to a staged file and digests them on the way.
pub(crate) struct Digesting {
    file: StagedFile,
    hasher: Sha256,
    size_bytes: u64,
}

impl Digesting {
    pub(crate) fn create(path: &Path) -> Result<Self, DatasetError> {
        Ok(Self { file: StagedFile::create(path)?, hasher: Sha256::new(), size_bytes: 0 })
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), DatasetError> {
        self.write_all(bytes).map_err(|source| self.file.failed(source))
    }

    /// Everything is on the disk before any of the outputs of a run moves.
    pub(crate) fn finish(mut self) -> Result<FinishedTable, DatasetError> {
        self.file.sync()?;
        let sha256 = hex(&self.hasher.finalize());
        let digest = FileDigest { sha256, size_bytes: self.size_bytes };
        Ok(FinishedTable { file: self.file, digest })
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A table file that is written but not yet in its place.
#[derive(Debug)]
pub struct FinishedTable {
    file: StagedFile,
    digest: FileDigest,
}

impl FinishedTable {
    /// Digest of the whole file.
    #[must_use]
    pub fn digest(&self) -> &FileDigest {
        &self.digest
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`DatasetError::Write`] as [`StagedFile::commit`].
    pub fn commit(self) -> Result<FileDigest, DatasetError> {
        self.file.commit()?;
        Ok(self.digest)
    }
}
