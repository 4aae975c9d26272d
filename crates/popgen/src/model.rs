use std::sync::Arc;

use marquee_catalog::Catalog;
use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recommender, Request, ScoredItem, TopK, UserRow,
};

use crate::{
    Audience, GenrePreferences, PopGenConfig, PopGenError, PopularityTable,
    preferences::distinct_genres,
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

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        self.audience.users.row(user_id)
    }

    /// O(k + seen) without sets, since the table is in order already; O(candidates) with them.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let filter = &request.filter;
        let seen = if filter.include_seen { &[] } else { self.audience.seen_by(request.user) };
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
/// Has no answer for somebody unknown or without genre preferences: for them it would be
/// popularity alone, which [`PopularityModel`] says under its own name.
#[derive(Debug, Clone)]
pub struct PopGenModel {
    config: PopGenConfig,
    table: Arc<PopularityTable>,
    audience: Arc<Audience>,
    preferences: GenrePreferences,
    /// Genre numbers of each film of the pool.
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
        let pool = table.movie_ids().iter().take(config.pool);
        let genres = pool
            .map(|id| {
                let genres = distinct_genres(catalog, id).into_iter();
                genres.filter_map(|name| preferences.genre(name)).collect()
            })
            .collect();
        Ok(Self { config, table, audience, preferences, genres })
    }

    /// Share of the user's weight on each genre; `None` without preferences.
    fn shares(&self, user: UserRow) -> Option<Vec<f64>> {
        let (genres, weights) = self.preferences.entries(user);
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        if total <= 0.0 {
            return None;
        }
        let mut shares = vec![0.0; self.preferences.genres()];
        for (&genre, &weight) in genres.iter().zip(weights) {
            shares[usize::from(genre)] = f64::from(weight) / total;
        }
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

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        self.audience.users.row(user_id)
    }

    /// O(pool) when scores are near each other; a film whose popularity cannot reach the list even
    /// with all of the user's weight ends the scan. With candidates, only those of the pool are
    /// looked at.
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let user = request.user?;
        let shares = self.shares(user)?;
        let filter = &request.filter;
        let seen = if filter.include_seen { &[] } else { self.audience.seen_by(Some(user)) };
        let pool = 0..self.genres.len() as u32;
        Some(match (filter.candidates, filter.banned) {
            (None, None) => self.best(pool, &shares, seen, request.k),
            (None, Some(_)) => {
                let rows = pool.filter(|&row| filter.admits(ItemRow(row)));
                self.best(rows, &shares, seen, request.k)
            }
            (Some(candidates), _) => {
                let rows = admitted(candidates, filter, self.genres.len());
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
