use std::{collections::BTreeMap, ops::Range};

use marquee_catalog::Catalog;
use marquee_dataset::{Interactions, UserVocabulary};
use marquee_recommender::UserRow;

use crate::row_weight;

/// How many genres of a user are kept.
pub const TOP_GENRES: usize = 10;

/// Each user's favourite genres with their weights.
///
/// User rows are those of the vocabulary it was made with; a user none of whose films has genres
/// holds none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GenrePreferences {
    /// Distinct genre names, in byte order.
    names: Vec<Box<str>>,
    /// Where each user's entries start; users + 1.
    starts: Vec<u32>,
    genres: Vec<u16>,
    weights: Vec<f32>,
}

/// Sums [`row_weight`] over each user's rows by genre and keeps the [`TOP_GENRES`] largest, by
/// weight, then name.
#[must_use]
pub fn genre_preferences(
    rows: &Interactions,
    users: &UserVocabulary,
    catalog: &Catalog,
) -> GenrePreferences {
    let genres_of: Vec<Vec<&str>> =
        rows.movie_ids.iter().map(|id| distinct_genres(catalog, id)).collect();
    let mut by_user: Vec<u32> = (0..rows.len() as u32).collect();
    by_user.sort_by_key(|&row| rows.user_ids[row as usize]);
    let mut builder = PreferencesBuilder::default();
    for run in by_user.chunk_by(|&a, &b| rows.user_ids[a as usize] == rows.user_ids[b as usize]) {
        let Some(user) = users.row(rows.user_ids[run[0] as usize]) else { continue };
        let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
        for &row in run {
            let weight = row_weight(rows.ratings[row as usize]);
            for &genre in &genres_of[rows.movies[row as usize] as usize] {
                *weights.entry(genre).or_default() += weight;
            }
        }
        builder.push(user, favourites(weights));
    }
    builder.finish(users.len())
}

/// The [`TOP_GENRES`] largest of weights given in order of the genres' names, by weight, then name.
pub(crate) fn favourites<T>(weights: impl IntoIterator<Item = (T, f64)>) -> Vec<(T, f64)> {
    let mut favourites: Vec<(T, f64)> = weights.into_iter().collect();
    // Stable: equal weights stay in order of the names.
    favourites.sort_by(|a, b| b.1.total_cmp(&a.1));
    favourites.truncate(TOP_GENRES);
    favourites
}

/// The genres of a film, each once.
pub(crate) fn distinct_genres<'a>(catalog: &'a Catalog, movie_id: &str) -> Vec<&'a str> {
    let mut genres: Vec<&str> = catalog.genres(movie_id).collect();
    genres.sort_unstable();
    genres.dedup();
    genres
}

/// Collects users in any order. Genres are numbered in 16 bits; what comes after is left out.
#[derive(Debug, Default)]
pub(crate) struct PreferencesBuilder {
    numbers: BTreeMap<Box<str>, u16>,
    users: Vec<(UserRow, Range<usize>)>,
    genres: Vec<u16>,
    weights: Vec<f32>,
}

impl PreferencesBuilder {
    /// Adds a user's genres by falling weight.
    pub(crate) fn push<'a>(
        &mut self,
        user: UserRow,
        favourites: impl IntoIterator<Item = (&'a str, f64)>,
    ) {
        let start = self.genres.len();
        for (name, weight) in favourites {
            let number = match (self.numbers.get(name), u16::try_from(self.numbers.len())) {
                (Some(&number), _) => number,
                (None, Ok(next)) => *self.numbers.entry(Box::from(name)).or_insert(next),
                (None, Err(_)) => continue,
            };
            self.genres.push(number);
            self.weights.push(weight as f32);
        }
        self.users.push((user, start..self.genres.len()));
    }

    /// The preferences of users `0..users`, genres numbered in byte order of their names.
    pub(crate) fn finish(mut self, users: usize) -> GenrePreferences {
        let mut renumbered = vec![0_u16; self.numbers.len()];
        for (rank, &number) in self.numbers.values().enumerate() {
            renumbered[usize::from(number)] = rank as u16;
        }
        self.users.sort_unstable_by_key(|(user, _)| *user);
        let mut preferences = GenrePreferences {
            names: self.numbers.into_keys().collect(),
            starts: Vec::with_capacity(users + 1),
            genres: Vec::with_capacity(self.genres.len()),
            weights: Vec::with_capacity(self.weights.len()),
        };
        let mut given = self.users.into_iter().peekable();
        for row in 0..users as u32 {
            preferences.starts.push(preferences.genres.len() as u32);
            while let Some((_, range)) = given.next_if(|(user, _)| user.0 == row) {
                let numbers = self.genres[range.clone()].iter();
                preferences.genres.extend(numbers.map(|&number| renumbered[usize::from(number)]));
                preferences.weights.extend_from_slice(&self.weights[range]);
            }
        }
        preferences.starts.push(preferences.genres.len() as u32);
        preferences
    }
}

impl GenrePreferences {
    /// Genre names and weights of one user, by falling weight.
    pub fn of(&self, user: UserRow) -> impl ExactSizeIterator<Item = (&str, f32)> {
        let (genres, weights) = self.entries(user);
        genres
            .iter()
            .zip(weights)
            .map(|(&genre, &weight)| (self.names[usize::from(genre)].as_ref(), weight))
    }

    /// Number of users.
    #[must_use]
    pub fn users(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Number of distinct genres.
    #[must_use]
    pub fn genres(&self) -> usize {
        self.names.len()
    }

    /// The number of a genre.
    pub(crate) fn genre(&self, name: &str) -> Option<u16> {
        let place = self.names.binary_search_by(|held| held.as_ref().cmp(name)).ok()?;
        Some(place as u16)
    }

    /// Genre numbers and weights of one user.
    pub(crate) fn entries(&self, user: UserRow) -> (&[u16], &[f32]) {
        let row = user.index();
        if row >= self.users() {
            return (&[], &[]);
        }
        let range = self.starts[row] as usize..self.starts[row + 1] as usize;
        (&self.genres[range.clone()], &self.weights[range])
    }
}
