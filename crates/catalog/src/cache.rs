use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use marquee_dataset::StagedFile;

use crate::{ApiUrl, CatalogError, MissingIds, OutLock, RecordFault, Records};

/// Records of an API and the ids known to have none, with the files they live in.
///
/// While it lives, no other one can be opened for the same files. Both are replaced as a whole by
/// [`save`](Self::save), one after the other; killed in between, the newer records are there and
/// some 404s are asked for again.
#[derive(Debug)]
pub struct Cache<R> {
    api: ApiUrl,
    records: R,
    missing: MissingIds,
    out: PathBuf,
    missing_out: PathBuf,
    records_changed: bool,
    missing_changed: bool,
    _lock: OutLock,
}

impl<R: Records> Cache<R> {
    /// Takes over the files at `out` and [beside it](MissingIds::path_beside); a file that is not
    /// there is empty, and so is a negative cache of another base than `api`, which is replaced
    /// with the next 404. That both can be written is tried before anything is fetched for them,
    /// which makes the folder.
    ///
    /// # Errors
    /// [`CatalogError`] when a file is there and cannot be read or understood, cannot be written,
    /// or is in use by another run.
    pub fn open(out: &Path, api: &ApiUrl) -> Result<Self, CatalogError> {
        let lock = OutLock::take(out)?;
        let missing_out = MissingIds::path_beside(out);
        let (records, records_changed) =
            if out.exists() { (R::read(out)?, false) } else { (R::default(), true) };
        for path in [out, &missing_out] {
            drop(StagedFile::create(path)?);
        }
        Ok(Self {
            api: api.clone(),
            records,
            missing: missing_of(api, &missing_out)?,
            out: out.to_owned(),
            missing_out,
            records_changed,
            missing_changed: false,
            _lock: lock,
        })
    }

    /// The API that is asked for what is not held.
    pub fn api(&self) -> &ApiUrl {
        &self.api
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

    /// Writes what has changed since the last time, the records first.
    ///
    /// # Errors
    /// [`CatalogError::Save`]; the file it names is as it was before, as is the negative cache when
    /// it is the records that fail. What was not written is written by the next call.
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

/// What the file at `path` says of `api`.
fn missing_of(api: &ApiUrl, path: &Path) -> Result<MissingIds, CatalogError> {
    if !path.exists() {
        return Ok(MissingIds::new(api));
    }
    let known = MissingIds::read(path)?;
    if known.api() == api.as_str() {
        return Ok(known);
    }
    tracing::info!("{}: about {}, not {api}; passed over", path.display(), known.api());
    Ok(MissingIds::new(api))
}
