use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{CatalogError, RecordFault, Records};

/// A genre of a movie: an object with a number, or a bare name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Genre {
    /// As the movie API has it.
    Numbered {
        /// The API's number.
        id: i64,
        /// The name, such as `Drama`.
        name: String,
    },
    /// The name alone.
    Name(String),
}

impl Genre {
    /// The name, such as `Drama`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Numbered { name, .. } | Self::Name(name) => name,
        }
    }
}

/// What the catalog holds of a movie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movie {
    /// Genres in the order of the source; may be empty. Where they are absent or null, there are
    /// none.
    #[serde(default, deserialize_with = "null_as_none")]
    pub genres: Vec<Genre>,
    /// The length in minutes, at least 1; none where the source has no such number.
    #[serde(default, deserialize_with = "minutes", skip_serializing_if = "Option::is_none")]
    pub runtime: Option<u32>,
    /// The title for people.
    pub title: String,
}

/// A number or the text of one, as the movie API has it; anything else is none.
fn minutes<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    let value = serde_json::Value::deserialize(input)?;
    let minutes = match &value {
        serde_json::Value::String(text) => text.trim().parse().ok(),
        number => number.as_u64().and_then(|minutes| u32::try_from(minutes).ok()),
    };
    Ok(minutes.filter(|&minutes| minutes > 0))
}

fn null_as_none<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Genre>, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

/// A movie as the API answers it; further fields are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovieRecord {
    /// The movie id used in the event log.
    pub id: String,
    /// Title and genres.
    #[serde(flatten)]
    pub movie: Movie,
}

/// Titles and genres by movie id, in byte order of the ids.
///
/// As JSON: `{"<movie id>": {"genres": [{"id": 1, "name": "Drama"}], "runtime": 170,
/// "title": "Heat"}}`, without `runtime` where that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog {
    movies: BTreeMap<String, Movie>,
}

impl Catalog {
    /// Reads a catalog file.
    ///
    /// # Errors
    /// [`CatalogError`] when the file cannot be read or is no catalog.
    pub fn read(path: &Path) -> Result<Self, CatalogError> {
        let text = fs_err::read(path)?;
        serde_json::from_slice(&text)
            .map_err(|source| CatalogError::Format { path: path.to_owned(), source })
    }

    /// Writes the catalog as JSON with 2-space indentation, ending in a line end.
    ///
    /// # Errors
    /// What the output says.
    pub fn write(&self, mut output: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut output, self)?;
        output.write_all(b"\n")
    }

    /// What is known of a movie.
    #[must_use]
    pub fn get(&self, movie_id: &str) -> Option<&Movie> {
        self.movies.get(movie_id)
    }

    /// The title of a movie.
    #[must_use]
    pub fn title(&self, movie_id: &str) -> Option<&str> {
        self.get(movie_id).map(|movie| movie.title.as_str())
    }

    /// The names of a movie's genres; none for a movie the catalog does not hold.
    pub fn genres(&self, movie_id: &str) -> impl Iterator<Item = &str> {
        self.get(movie_id).into_iter().flat_map(|movie| movie.genres.iter().map(Genre::name))
    }

    /// The part of the catalog that is about these movies.
    #[must_use]
    pub fn restricted_to<'a>(&self, movie_ids: impl IntoIterator<Item = &'a str>) -> Self {
        let held =
            movie_ids.into_iter().filter_map(|id| Some((id.to_owned(), self.get(id)?.clone())));
        Self { movies: held.collect() }
    }

    /// Adds a movie, replacing what was held of it.
    pub fn insert(&mut self, movie_id: String, movie: Movie) {
        self.movies.insert(movie_id, movie);
    }

    /// Number of movies.
    #[must_use]
    pub fn len(&self) -> usize {
        self.movies.len()
    }

    /// Whether there are no movies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }

    /// Movies in byte order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Movie)> {
        self.movies.iter().map(|(id, movie)| (id.as_str(), movie))
    }
}

impl Records for Catalog {
    const NOUN: &'static str = "films";

    fn read(path: &Path) -> Result<Self, CatalogError> {
        Self::read(path)
    }

    fn write(&self, output: &mut dyn Write) -> io::Result<()> {
        Self::write(self, output)
    }

    fn holds(&self, id: &str) -> bool {
        self.movies.contains_key(id)
    }

    fn take(&mut self, id: &str, body: &[u8]) -> Result<(), RecordFault> {
        let record: MovieRecord = serde_json::from_slice(body)?;
        if record.id != id {
            return Err(RecordFault::OtherId { found: record.id });
        }
        self.insert(record.id, record.movie);
        Ok(())
    }
}
