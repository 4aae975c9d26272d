use std::collections::HashSet;

use marquee_dataset::Interactions;
use marquee_recommender::ItemRow;

/// Films by falling popularity; equal popularity in byte order of the ids.
///
/// Beside its text, a film takes 36 bytes, 4 of them for finding its row by its id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PopularityTable {
    movie_ids: Vec<Box<str>>,
    /// The rows in byte order of the ids.
    by_id: Vec<u32>,
    pop: Vec<f64>,
    viewers: Vec<i64>,
}

/// What a row counts: 1 for rating 1 (a watch), 1 + rating otherwise.
#[must_use]
pub fn row_weight(rating: u8) -> f64 {
    weight(f64::from(rating))
}

/// [`row_weight`] of any rating.
pub(crate) fn weight(rating: f64) -> f64 {
    if rating == 1.0 { 1.0 } else { 1.0 + rating }
}

/// The popularity of every film that has a row.
///
/// `pop` sums [`row_weight`] over the rows as they are, so give deduplicated rows for a ranking;
/// `viewers` counts distinct users either way. O(n) in the rows, O(m log m) in the films.
#[must_use]
pub fn popularity(rows: &Interactions) -> PopularityTable {
    let movies = rows.movie_ids.len();
    let (mut pop, mut viewers) = (vec![0.0; movies], vec![0_i64; movies]);
    let mut pairs = HashSet::with_capacity(rows.len());
    for row in 0..rows.len() {
        let movie = rows.movies[row];
        pop[movie as usize] += row_weight(rows.ratings[row]);
        viewers[movie as usize] += i64::from(pairs.insert((rows.user_ids[row], movie)));
    }
    let seen = (0..movies).filter(|&movie| viewers[movie] > 0);
    PopularityTable::new(
        seen.map(|movie| (Box::from(rows.movie_ids.id(movie as u32)), pop[movie], viewers[movie])),
    )
}

impl PopularityTable {
    /// Sorts films given with their popularity and number of viewers.
    #[must_use]
    pub fn new(films: impl IntoIterator<Item = (Box<str>, f64, i64)>) -> Self {
        let mut films: Vec<(Box<str>, f64, i64)> = films.into_iter().collect();
        films.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut table = Self::default();
        for (id, pop, viewers) in films {
            table.movie_ids.push(id);
            table.pop.push(pop);
            table.viewers.push(viewers);
        }
        table.by_id = (0..table.movie_ids.len() as u32).collect();
        table.by_id.sort_unstable_by_key(|&row| &table.movie_ids[row as usize]);
        table
    }

    /// Number of films.
    #[must_use]
    pub fn len(&self) -> usize {
        self.movie_ids.len()
    }

    /// Whether there are no films.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.movie_ids.is_empty()
    }

    /// The ids, most popular first.
    #[must_use]
    pub fn movie_ids(&self) -> &[Box<str>] {
        &self.movie_ids
    }

    /// The row of a film; `None` for one that is not there. A binary search.
    #[must_use]
    pub fn row(&self, movie_id: &str) -> Option<ItemRow> {
        let id = |&row: &u32| self.movie_ids[row as usize].as_ref().cmp(movie_id);
        let place = self.by_id.binary_search_by(id).ok()?;
        Some(ItemRow(self.by_id[place]))
    }

    /// Popularity of each film, falling.
    #[must_use]
    pub fn pop(&self) -> &[f64] {
        &self.pop
    }

    /// Distinct users who watched or rated each film.
    #[must_use]
    pub fn viewers(&self) -> &[i64] {
        &self.viewers
    }
}
