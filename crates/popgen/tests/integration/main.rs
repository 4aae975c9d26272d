//! Tests of the baseline, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod files; // the three files and their faults
mod models; // ranking, the seen filter, the conformance suite
mod tables; // popularity and genre preferences

use std::sync::Arc;

use marquee_catalog::Catalog;
use marquee_dataset::Interactions;
use marquee_popgen::{
    Audience, GenrePreferences, PopGenConfig, PopGenModel, PopularityModel, PopularityTable,
    genre_preferences, popularity,
};

/// A table of (user, movie, rating) rows in order of time.
fn table(rows: &[(u64, &str, u8)]) -> Interactions {
    let mut table = Interactions::default();
    for (time, &(user, movie, rating)) in rows.iter().enumerate() {
        table.push(user, movie, rating, time as i64);
    }
    table
}

/// Dramas `d1`, `d2`, comedies `c1`, `c2`, and `both`; `none` has no genre.
fn catalog() -> Catalog {
    serde_json::from_str(
        r#"{"d1": {"title": "D1", "genres": ["Drama"]}, "d2": {"title": "D2", "genres": ["Drama"]},
            "c1": {"title": "C1", "genres": [{"id": 2, "name": "Comedy"}]},
            "c2": {"title": "C2", "genres": ["Comedy"]},
            "both": {"title": "B", "genres": ["Comedy", "Drama", {"id": 1, "name": "Drama"}]}, "none": {"title": "N"}}"#,
    )
    .unwrap()
}

struct Parts {
    table: Arc<PopularityTable>,
    audience: Arc<Audience>,
    preferences: GenrePreferences,
}

impl Parts {
    fn of(rows: &Interactions) -> Self {
        let table = popularity(rows);
        let audience = Audience::new(rows, &table);
        let preferences = genre_preferences(rows, audience.users(), &catalog());
        Self { table: Arc::new(table), audience: Arc::new(audience), preferences }
    }

    fn popgen(&self, config: PopGenConfig) -> PopGenModel {
        let (table, audience) = (Arc::clone(&self.table), Arc::clone(&self.audience));
        PopGenModel::new(config, table, audience, self.preferences.clone(), &catalog()).unwrap()
    }

    fn popularity(&self) -> PopularityModel {
        PopularityModel::new(Arc::clone(&self.table), Arc::clone(&self.audience))
    }
}
