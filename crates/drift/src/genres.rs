use foldhash::fast::RandomState;
use hashbrown::HashMap;
use marquee_catalog::Catalog;
use marquee_dataset::MovieIds;

use crate::{TableSummary, part::FilmSpace};

/// The genres of the films of one or two tables.
///
/// A row counts once for each genre of its film; films without genres count for none.
#[derive(Debug, Clone, Default)]
pub struct Genres {
    names: Vec<String>,
    /// Genres by film id, for films that have any.
    of_film: HashMap<String, Vec<u16>, RandomState>,
}

impl Genres {
    /// The genres a catalog gives to the films of these tables.
    #[must_use]
    pub fn new(catalog: &Catalog, tables: &[&TableSummary]) -> Self {
        let mut genres = Self::default();
        let mut numbers: HashMap<String, u16, RandomState> = HashMap::default();
        for id in tables.iter().flat_map(|table| table.movie_ids.iter()) {
            if genres.of_film.contains_key(id) {
                continue;
            }
            let mut of_film: Vec<u16> = Vec::new();
            for name in catalog.genres(id) {
                let next = u16::try_from(numbers.len()).unwrap_or(u16::MAX);
                let number = *numbers.entry_ref(name).or_insert(next);
                if usize::from(number) == genres.names.len() && number < u16::MAX {
                    genres.names.push(name.to_owned());
                }
                if usize::from(number) < genres.names.len() && !of_film.contains(&number) {
                    of_film.push(number);
                }
            }
            if !of_film.is_empty() {
                genres.of_film.insert(id.to_owned(), of_film);
            }
        }
        genres
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The genres by place of the film.
    pub(crate) fn by_place(&self, films: &FilmSpace<'_>) -> GenreTable {
        let of = |id: &str| self.of_film.get(id).cloned().unwrap_or_default();
        GenreTable { genres: self.names.len(), of_film: films.ids().map(of).collect() }
    }

    /// The genres by code of the film.
    pub(crate) fn by_code(&self, films: &MovieIds) -> GenreTable {
        let of = |id: &str| self.of_film.get(id).cloned().unwrap_or_default();
        GenreTable { genres: self.names.len(), of_film: films.iter().map(of).collect() }
    }
}

/// The genres of numbered films.
#[derive(Debug, Clone)]
pub(crate) struct GenreTable {
    genres: usize,
    of_film: Vec<Vec<u16>>,
}

impl GenreTable {
    /// Rows by genre, and rows on films without genres.
    pub(crate) fn rows(&self, films: &[u64]) -> (Vec<u64>, u64) {
        let (mut by_genre, mut without) = (vec![0; self.genres], 0);
        for (&rows, genres) in films.iter().zip(&self.of_film) {
            for &genre in genres {
                by_genre[usize::from(genre)] += rows;
            }
            without += if genres.is_empty() { rows } else { 0 };
        }
        (by_genre, without)
    }
}
