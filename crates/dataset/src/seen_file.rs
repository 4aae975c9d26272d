use std::path::Path;

use marquee_recommender::{SeenItems, UserRow};

use crate::{
    DatasetError,
    npz::{NpzFault, NpzReader, NpzWriter},
    staged::StagedFile,
};

/// The name of the array of ratings.
const RATINGS: &str = "ratings";

/// Writes what each user has seen as an npz of `indptr` (uint64, users + 1) and `indices` (uint32),
/// and where they are given the `ratings` (float32) of those pairs, parallel to `indices`.
///
/// # Errors
/// [`DatasetError::Seen`] for ratings [`read_seen`] would refuse, [`DatasetError::Write`] when the
/// file cannot be written.
pub fn write_seen(
    seen: &SeenItems,
    ratings: Option<&[f32]>,
    file: &mut StagedFile,
) -> Result<(), DatasetError> {
    check_ratings(file.path(), seen, ratings)?;
    let (indptr, indices) = seen.as_parts();
    let mut write = || -> std::io::Result<()> {
        let mut npz = NpzWriter::new(&mut *file);
        npz.array("indptr", &[indptr.len() as u64], indptr)?;
        npz.array("indices", &[indices.len() as u64], indices)?;
        if let Some(ratings) = ratings {
            npz.array(RATINGS, &[ratings.len() as u64], ratings)?;
        }
        npz.finish().map(drop)
    };
    write().map_err(|source| file.failed(source))
}

/// Reads what [`write_seen`] wrote, for `users` users and `items` items: what they have seen and,
/// if the file holds them, the ratings, one for each pair in the order of [`SeenItems::as_parts`],
/// all finite; a negative one is a dislike.
///
/// # Errors
/// [`DatasetError::Npz`] when an array is missing or damaged, [`DatasetError::Seen`] when they do
/// not fit each other, are of another number of users or items, or hold a rating that is none.
pub fn read_seen(
    path: &Path,
    users: usize,
    items: usize,
) -> Result<(SeenItems, Option<Vec<f32>>), DatasetError> {
    let problem = |problem| DatasetError::Seen { path: path.to_owned(), problem };
    let mut npz = NpzReader::open(path)?;
    let (_, indptr) = npz.array::<u64>("indptr")?;
    let (_, indices) = npz.array::<u32>("indices")?;
    let ratings = match npz.array::<f32>(RATINGS) {
        Ok((_, ratings)) => Some(ratings),
        Err(DatasetError::Npz { source: NpzFault::Missing, .. }) => None,
        Err(error) => return Err(error),
    };
    let seen =
        SeenItems::new(indptr, indices, items).map_err(|error| problem(error.to_string()))?;
    if seen.users() != users {
        let held = seen.users();
        return Err(problem(format!(
            "holds {held} users where the user map holds {users}; the files are of two trainings"
        )));
    }
    check_ratings(path, &seen, ratings.as_deref())?;
    Ok((seen, ratings))
}

fn check_ratings(
    path: &Path,
    seen: &SeenItems,
    ratings: Option<&[f32]>,
) -> Result<(), DatasetError> {
    let problem = |problem| Err(DatasetError::Seen { path: path.to_owned(), problem });
    let Some(ratings) = ratings else { return Ok(()) };
    let (_, indices) = seen.as_parts();
    if ratings.len() != indices.len() {
        let (ratings, pairs) = (ratings.len(), indices.len());
        return problem(format!("holds {ratings} ratings for {pairs} pairs of user and item"));
    }
    for user in 0..seen.users() {
        for place in seen.places(UserRow(user as u32)) {
            let (rating, item) = (ratings[place], indices[place]);
            if !rating.is_finite() {
                return problem(format!(
                    "rating {rating} of user row {user}, item row {item} is not a finite number; \
                     train the model again"
                ));
            }
        }
    }
    Ok(())
}
