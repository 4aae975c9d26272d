use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use marquee_dataset::StagedFile;

use crate::{CatalogError, MissingIds, RecordFault, Records};

/// Records and the ids known to have none, with the files they live in.
///
/// Both files are replaced as a whole by [`save`](Self::save), one after the other; killed in
/// between, the newer records are there and some 404s are asked for again.
#[derive(Debug)]
pub struct Cache<R> {
    records: R,
    missing: MissingIds,
    out: PathBuf,
    missing_out: PathBuf,
    records_changed: bool,
    missing_changed: bool,
}

impl<R: Records> Cache<R> {
    /// Takes over the files at `out` and [beside it](MissingIds::path_beside); a file that is not
    /// there is empty. That both can be written is tried before anything is fetched for them, which
    /// makes the folder.
    ///
    /// # Errors
    /// [`CatalogError`] when a file is there and cannot be read or understood, or cannot be
    /// written.
    pub fn open(out: &Path) -> Result<Self, CatalogError> {
        let missing_out = MissingIds::path_beside(out);
        let (records, records_changed) =
            if out.exists() { (R::read(out)?, false) } else { (R::default(), true) };
        let missing = if missing_out.exists() {
            MissingIds::read(&missing_out)?
        } else {
            MissingIds::default()
        };
        for path in [out, &missing_out] {
            drop(StagedFile::create(path)?);
        }
        let out = out.to_owned();
        Ok(Self { records, missing, out, missing_out, records_changed, missing_changed: false })
    }

    /// The records.
    pub fn records(&self) -> &R {
        &self.records
    }

    /// The ids known to have no record.
    pub fn missing(&self) -> &MissingIds {
        &self.missing
    }

    /// Takes in the body of an answer about `id`, which is missing no longer.
    ///
    /// # Errors
    /// As [`Records::take`].
    pub fn take(&mut self, id: &str, body: &[u8]) -> Result<(), RecordFault> {
        self.records.take(id, body)?;
        self.records_changed = true;
        self.missing_changed |= self.missing.remove(id);
        Ok(())
    }

    /// Notes that `id` has no record at the time `now`.
    pub fn miss(&mut self, id: &str, now: SystemTime) {
        self.missing.insert(id.to_owned(), now);
        self.missing_changed = true;
    }

    /// Writes what has changed since the last time.
    ///
    /// # Errors
    /// [`CatalogError::Save`]; the files are then as they were before.
    pub fn save(&mut self) -> Result<(), CatalogError> {
        if self.records_changed {
            let mut file = StagedFile::create(&self.out)?;
            self.records.write(&mut file).map_err(|source| file.failed(source))?;
            file.commit()?;
            self.records_changed = false;
        }
        if self.missing_changed {
            let mut file = StagedFile::create(&self.missing_out)?;
            self.missing.write(&mut file).map_err(|source| file.failed(source))?;
            file.commit()?;
            self.missing_changed = false;
        }
        Ok(())
    }
}
