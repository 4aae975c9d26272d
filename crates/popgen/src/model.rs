use std::sync::Arc;

use marquee_catalog::Catalog;
use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recent, Recommender, Request, ScoredItem, TopK, UserRow,
};

use crate::{
    Audience, GenrePreferences, PopGenConfig, PopGenError, PopularityTable,
    preferences::{distinct_genres, favourites},
    table::weight,
};

/// Ranks films by popularity alone; its scores are the popularity.
///
/// Has an answer for everybody, known or not.
#[derive(Debug, Clone)]
pub struct PopularityModel {
    table: Arc<PopularityTable>,
    audience: Arc<Audience>,
}

impl PopularityModel {
    /// A model over `table`; `audience` must have been made with it.
    #[must_use]
    pub fn new(table: Arc<PopularityTable>, audience: Arc<Audience>) -> Self {
        Self { table, audience }
    }
}

impl Recommender for PopularityModel {
    fn name(&self) -> &'static str {
        "popularity"
    }

    fn items(&self) -> usize {
        self.table.len()
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        &self.table.movie_ids()[item.index()]
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        self.table.row(movie_id)
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        self.audience.users.row(user_id)
    }

    /// O(k + seen) without sets, since the table is in order already; O(candidates) with them.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let filter = &request.filter;
        let seen = &*request.hidden(self.audience.seen_by(request.user));
        let all = 0..self.table.len() as u32;
        Some(match (filter.candidates, filter.banned) {
            (None, None) => self.first(all, seen, request.k),
            (None, Some(_)) => {
                self.first(all.filter(|&row| filter.admits(ItemRow(row))), seen, request.k)
            }
            (Some(candidates), _) => {
                self.first(admitted(candidates, filter, self.table.len()), seen, request.k)
            }
        })
    }
}

impl PopularityModel {
    /// The first `k` of ascending rows that are not in `seen`.
    fn first(&self, rows: impl Iterator<Item = u32>, seen: &[u32], k: usize) -> Vec<ScoredItem> {
        rows.filter(|row| seen.binary_search(row).is_err())
            .map(|row| ScoredItem {
                item: ItemRow(row),
                score: self.table.pop()[row as usize] as f32,
            })
            .take(k)
            .collect()
    }
}

/// Rows of candidates below `end` that are not banned, ascending.
fn admitted(candidates: &ItemSet, filter: &Filter<'_>, end: usize) -> impl Iterator<Item = u32> {
    candidates
        .iter()
        .take_while(move |item| item.index() < end)
        .filter(|&item| filter.admits(item))
        .map(|item| item.0)
}

/// Ranks the most popular films by `pop · (1 + alpha · shared)`, where `shared` is the part of a
/// user's genre weight that lies on a film's genres.
///
/// Recent films the user had not seen at the training add to the weights what the training would
/// have given them: the weight of their row, on each of their genres, of which the
/// [`TOP_GENRES`](crate::TOP_GENRES) with the largest weights count.
///
/// Has no answer for somebody without a genre, be it stored or of a recent film: for them it would
/// be popularity alone, which [`PopularityModel`] says under its own name.
#[derive(Debug, Clone)]
pub struct PopGenModel {
    config: PopGenConfig,
    table: Arc<PopularityTable>,
    audience: Arc<Audience>,
    preferences: GenrePreferences,
    /// How many films are ranked.
    pool: usize,
    /// Genre numbers of each film of the table: a recent one may stand outside the pool.
    genres: Vec<Box<[u16]>>,
}

impl PopGenModel {
    /// A model from its parts. `audience` and `preferences` must have been made with the same
    /// users, `audience` with `table`.
    ///
    /// # Errors
    /// [`PopGenError::Config`] when a setting is out of range.
    pub fn new(
        config: PopGenConfig,
        table: Arc<PopularityTable>,
        audience: Arc<Audience>,
        preferences: GenrePreferences,
        catalog: &Catalog,
    ) -> Result<Self, PopGenError> {
        config.validate()?;
        let pool = config.pool.min(table.len());
        let genres = table.movie_ids().iter().map(|id| {
            let genres = distinct_genres(catalog, id).into_iter();
            genres.filter_map(|name| preferences.genre(name)).collect()
        });
        let genres = genres.collect();
        Ok(Self { config, table, audience, preferences, pool, genres })
    }

    /// Share of the user's weight on each genre; `None` without any weight.
    fn shares(&self, user: Option<UserRow>, recent: &[Recent]) -> Option<Vec<f64>> {
        let (genres, weights) =
            user.map_or_else(Default::default, |user| self.preferences.entries(user));
        let stored = genres.iter().zip(weights).map(|(&genre, &weight)| (genre, f64::from(weight)));
        let seen = self.audience.seen_by(user);
        let news = |recent: &&Recent| {
            recent.item.index() < self.genres.len() && seen.binary_search(&recent.item.0).is_err()
        };
        let mut recent: Vec<Recent> = recent.iter().filter(news).copied().collect();
        if recent.is_empty() {
            return self.shares_of(stored);
        }
        // So that rounding does not depend on the order they are given in.
        recent.sort_unstable_by_key(|recent| recent.item);
        let mut sums = vec![0.0; self.preferences.genres()];
        stored.for_each(|(genre, weight)| sums[usize::from(genre)] += weight);
        for recent in &recent {
            let weight = weight(recent.stars().map_or(1.0, f64::from));
            for &genre in &self.genres[recent.item.index()] {
                sums[usize::from(genre)] += weight;
            }
        }
        let weights = sums.into_iter().enumerate().filter(|&(_, weight)| weight > 0.0);
        let favourites = favourites(weights.map(|(genre, weight)| (genre as u16, weight)));
        self.shares_of(favourites.iter().copied())
    }

    /// What part of all weight lies on each genre; `None` without any.
    fn shares_of(&self, weights: impl Iterator<Item = (u16, f64)> + Clone) -> Option<Vec<f64>> {
        let total: f64 = weights.clone().map(|(_, weight)| weight).sum();
        if total <= 0.0 {
            return None;
        }
        let mut shares = vec![0.0; self.preferences.genres()];
        weights.for_each(|(genre, weight)| shares[usize::from(genre)] = weight / total);
        Some(shares)
    }
}

impl Recommender for PopGenModel {
    fn name(&self) -> &'static str {
        "popgen"
    }

    fn items(&self) -> usize {
        self.table.len()
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        &self.table.movie_ids()[item.index()]
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        self.table.row(movie_id)
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        self.audience.users.row(user_id)
    }

    fn learns_recent(&self) -> bool {
        true
    }

    /// O(pool) when scores are near each other; a film whose popularity cannot reach the list even
    /// with all of the user's weight ends the scan. With candidates, only those of the pool are
    /// looked at. Recent films add O(r log r) and their genres.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let shares = self.shares(request.user, request.recent)?;
        let filter = &request.filter;
        let seen = &*request.hidden(self.audience.seen_by(request.user));
        let pool = 0..self.pool as u32;
        Some(match (filter.candidates, filter.banned) {
            (None, None) => self.best(pool, &shares, seen, request.k),
            (None, Some(_)) => {
                let rows = pool.filter(|&row| filter.admits(ItemRow(row)));
                self.best(rows, &shares, seen, request.k)
            }
            (Some(candidates), _) => {
                let rows = admitted(candidates, filter, self.pool);
                self.best(rows, &shares, seen, request.k)
            }
        })
    }
}

impl PopGenModel {
    /// The best `k` of ascending rows of the pool that are not in `seen`.
    fn best(
        &self,
        rows: impl Iterator<Item = u32>,
        shares: &[f64],
        seen: &[u32],
        k: usize,
    ) -> Vec<ScoredItem> {
        let mut top = TopK::new(k);
        for row in rows {
            let pop = self.table.pop()[row as usize];
            // Rounded as the scores are, so a tie at the end of the list is not lost.
            if ((pop * (1.0 + self.config.alpha)) as f32) < top.threshold() {
                break;
            }
            if seen.binary_search(&row).is_ok() {
                continue;
            }
            let genres = &self.genres[row as usize];
            // Sums of shares may exceed 1 by rounding.
            let shared: f64 = genres.iter().map(|&genre| shares[usize::from(genre)]).sum();
            let score = pop * (1.0 + self.config.alpha * shared.min(1.0));
            top.push(ItemRow(row), score as f32);
        }
        top.into_sorted()
    }
}
