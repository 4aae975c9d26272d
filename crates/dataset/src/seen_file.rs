use std::path::Path;

use marquee_recommender::SeenItems;

use crate::{
    DatasetError,
    npz::{NpzReader, NpzWriter},
    staged::StagedFile,
};

/// Writes what each user has seen as an npz of `indptr` (uint64, users + 1) and `indices` (uint32).
///
/// # Errors
/// [`DatasetError::Write`] when the file cannot be written.
pub fn write_seen(seen: &SeenItems, file: &mut StagedFile) -> Result<(), DatasetError> {
    let (indptr, indices) = seen.as_parts();
    let mut write = || -> std::io::Result<()> {
        let mut npz = NpzWriter::new(&mut *file);
        npz.array("indptr", &[indptr.len() as u64], indptr)?;
        npz.array("indices", &[indices.len() as u64], indices)?;
        npz.finish().map(drop)
    };
    write().map_err(|source| file.failed(source))
}

/// Reads what [`write_seen`] wrote, for `users` users and `items` items.
///
/// # Errors
/// [`DatasetError::Npz`] when an array is missing or damaged, [`DatasetError::Seen`] when they do
/// not fit each other, or are of another number of users or items.
pub fn read_seen(path: &Path, users: usize, items: usize) -> Result<SeenItems, DatasetError> {
    let problem = |problem| DatasetError::Seen { path: path.to_owned(), problem };
    let mut npz = NpzReader::open(path)?;
    let (_, indptr) = npz.array::<u64>("indptr")?;
    let (_, indices) = npz.array::<u32>("indices")?;
    let seen =
        SeenItems::new(indptr, indices, items).map_err(|error| problem(error.to_string()))?;
    if seen.users() != users {
        let held = seen.users();
        return Err(problem(format!(
            "holds {held} users where the user map holds {users}; the files are of two trainings"
        )));
    }
    Ok(seen)
}
