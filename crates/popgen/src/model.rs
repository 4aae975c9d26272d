use std::sync::Arc;

use marquee_catalog::Catalog;
use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, TopK, UserRow};

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

    /// O(k + seen): the table is in order already.
    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        let seen = if request.include_seen { &[] } else { self.audience.seen_by(request.user) };
        let unseen = (0..self.table.len() as u32).filter(|row| seen.binary_search(row).is_err());
        let scored = unseen.map(|row| ScoredItem {
            item: ItemRow(row),
            score: self.table.pop()[row as usize] as f32,
        });
        Some(scored.take(request.k).collect())
    }
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
    /// with all of the user's weight ends the scan.
    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        let user = request.user?;
        let shares = self.shares(user)?;
        let seen = if request.include_seen { &[] } else { self.audience.seen_by(Some(user)) };
        let mut top = TopK::new(request.k);
        for (row, genres) in self.genres.iter().enumerate() {
            let pop = self.table.pop()[row];
            // Rounded as the scores are, so a tie at the end of the list is not lost.
            if ((pop * (1.0 + self.config.alpha)) as f32) < top.threshold() {
                break;
            }
            if seen.binary_search(&(row as u32)).is_ok() {
                continue;
            }
            // Sums of shares may exceed 1 by rounding.
            let shared: f64 = genres.iter().map(|&genre| shares[usize::from(genre)]).sum();
            let score = pop * (1.0 + self.config.alpha * shared.min(1.0));
            top.push(ItemRow(row as u32), score as f32);
        }
        Some(top.into_sorted())
    }
}
