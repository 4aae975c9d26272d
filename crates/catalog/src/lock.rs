use std::{
    ffi::OsString,
    fs::TryLockError,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::CatalogError;

/// The right to write an output, as long as this lives: of two runs the second is refused, where
/// they would overwrite each other's records.
///
/// An advisory lock on a file beside the output, `.<name>.lock`, that goes when this is dropped. A
/// program that was killed leaves the file but not the lock.
#[derive(Debug)]
pub struct OutLock {
    path: PathBuf,
    _file: fs_err::File,
}

impl OutLock {
    /// Takes the lock of the output at `out`, and makes its folder if there is none. Where the file
    /// system knows no locks, the log says so and nothing is guarded.
    ///
    /// # Errors
    /// [`CatalogError::Locked`] when another run holds it, [`CatalogError::Io`] when the file of
    /// the lock cannot be made.
    pub fn take(out: &Path) -> Result<Self, CatalogError> {
        let path = path_beside(&out.canonicalize().unwrap_or_else(|_| out.to_owned()));
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
        {
            fs_err::create_dir_all(folder)?;
        }
        loop {
            let mut options = fs_err::OpenOptions::new();
            let file = options.write(true).create(true).truncate(false).open(&path)?;
            match file.file().try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(CatalogError::Locked { path: out.to_owned() });
                }
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(
                        "{}: cannot be locked ({error}); let no other run write {}",
                        path.display(),
                        out.display()
                    );
                    return Ok(Self { path, _file: file });
                }
            }
            // The run before may have taken the file away between opening and locking; then a third
            // one would find another file to lock.
            if stands_at(&file, &path)? {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for OutLock {
    fn drop(&mut self) {
        // An empty file that stays does no harm. It goes before the lock does.
        let _ = fs_err::remove_file(&self.path);
    }
}

fn path_beside(out: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(out.file_name().unwrap_or_default());
    name.push(".lock");
    out.with_file_name(name)
}

fn stands_at(file: &fs_err::File, path: &Path) -> Result<bool, CatalogError> {
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match fs_err::metadata(path) {
        Ok(there) => Ok(place(there) == place(file.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}
