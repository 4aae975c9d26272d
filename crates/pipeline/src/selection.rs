//! Sets of films by what people name: lists of movie ids, and genres.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use marquee_catalog::{Catalog, Genre};
use marquee_dataset::MovieVocabulary;
use marquee_recommender::{ItemRow, ItemSet};

use crate::PipelineError;

/// Films that a file lists.
pub(crate) struct ListedFilms {
    /// Those the model holds.
    pub(crate) films: ItemSet,
    /// Distinct ids the model does not hold.
    pub(crate) unknown: u64,
    /// What the person who made the list should know, if anything.
    pub(crate) note: Option<String>,
}

/// Reads a file of movie ids, one a line; empty lines are passed over.
///
/// # Errors
/// [`PipelineError::Dataset`] when the file cannot be read or is not UTF-8.
pub(crate) fn read_films(
    path: &Path,
    movies: &MovieVocabulary,
) -> Result<ListedFilms, PipelineError> {
    let text = fs_err::read_to_string(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut unknown = BTreeSet::new();
    let ids = text.lines().map(str::trim).filter(|id| !id.is_empty());
    let films = ids
        .filter_map(|id| {
            let row = movies.row(id);
            if row.is_none() {
                unknown.insert(id);
            }
            row
        })
        .collect();
    let note = unknown.first().map(|example| {
        let (path, count) = (path.display(), unknown.len());
        format!("{path}: {count} movie ids are not in the model, such as {example:?}")
    });
    Ok(ListedFilms { films, unknown: unknown.len() as u64, note })
}

/// The films that have any of the named genres in the catalog, as a set of the rows that
/// `movie_ids` stand in; a film without a record has no genre.
///
/// Names are those of the catalog to the letter; no name gives the empty set. One look-up a film.
///
/// # Errors
/// [`PipelineError::UnknownGenre`], with those there are, for a name that no film of the catalog
/// has: a misspelt genre is told from one without films.
pub fn films_of_genres<'a>(
    catalog: &Catalog,
    movie_ids: impl IntoIterator<Item = &'a str>,
    genres: &[impl AsRef<str>],
) -> Result<ItemSet, PipelineError> {
    let known: BTreeSet<&str> =
        catalog.iter().flat_map(|(_, movie)| movie.genres.iter().map(Genre::name)).collect();
    let wanted: HashSet<&str> = genres.iter().map(AsRef::as_ref).collect();
    if let Some(name) = genres.iter().map(AsRef::as_ref).find(|&name| !known.contains(name)) {
        return Err(PipelineError::UnknownGenre {
            name: name.to_owned(),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
    let rows = movie_ids.into_iter().enumerate();
    Ok(rows
        .filter(|&(_, id)| catalog.genres(id).any(|genre| wanted.contains(genre)))
        .map(|(row, _)| ItemRow(row as u32))
        .collect())
}
