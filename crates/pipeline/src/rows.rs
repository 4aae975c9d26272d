//! Rows of a data set, with minutes and stars where ratings are made from them.

use std::path::Path;

use marquee_catalog::Catalog;
use marquee_dataset::{
    Aggregated, FinishedTable, Interactions, InteractionsWriter, Keys, Progress, Strategy, dedup,
    read_aggregated, read_interactions,
};

use crate::{PipelineError, SignalConfig};

/// One row for each pair of user and movie, by user and time.
pub(crate) enum Rows {
    Plain(Interactions),
    Aggregated(Aggregated),
}

impl Rows {
    /// Reads a table, with its minutes and stars if they are wanted. Of rows that repeat a pair the
    /// latest stays; how many there were comes beside.
    pub(crate) fn read(
        path: &Path,
        aggregated: bool,
        progress: &mut dyn Progress,
    ) -> Result<(Self, usize), PipelineError> {
        if aggregated {
            let table = read_aggregated(path, progress)?;
            let latest = latest_of_pairs(&table.interactions);
            return Ok((Self::Aggregated(table.select(&latest)), table.interactions.len()));
        }
        let table = read_interactions(path, progress)?;
        let count = table.len();
        let table = dedup(table, Strategy::LatestByTimestamp, Keys::default());
        Ok((Self::Plain(table), count))
    }

    pub(crate) fn table(&self) -> &Interactions {
        match self {
            Self::Plain(table) => table,
            Self::Aggregated(table) => &table.interactions,
        }
    }

    /// The rows at the given places, in that order.
    pub(crate) fn select(&self, rows: &[u32]) -> Self {
        match self {
            Self::Plain(table) => Self::Plain(table.select(rows)),
            Self::Aggregated(table) => Self::Aggregated(table.select(rows)),
        }
    }

    /// What every row counts as; recency counts from the newest of them.
    pub(crate) fn values(&self, signals: &SignalConfig, catalog: Option<&Catalog>) -> Vec<f32> {
        match self {
            Self::Plain(table) => signals.of_table(table),
            Self::Aggregated(table) => signals.of_aggregate(table, catalog),
        }
    }

    /// Writes all columns to a file, not yet in its place.
    pub(crate) fn write(&self, path: &Path) -> Result<FinishedTable, PipelineError> {
        let writer = match self {
            Self::Plain(table) => {
                let mut writer = InteractionsWriter::create(path)?;
                writer.append(table)?;
                writer
            }
            Self::Aggregated(table) => {
                let mut writer = InteractionsWriter::create_aggregated(path)?;
                writer.append_aggregated(table)?;
                writer
            }
        };
        Ok(writer.finish()?)
    }
}

/// The places of the rows that [`dedup`] would leave, in its order.
fn latest_of_pairs(table: &Interactions) -> Vec<u32> {
    let mut order: Vec<u32> = (0..table.len() as u32).collect();
    order.sort_by_key(|&row| (table.user_ids[row as usize], table.timestamps[row as usize], row));
    // The user a movie was last met with is enough to know pairs by, as rows stand by user.
    let mut met = vec![None; table.movie_ids.len()];
    let is_latest = |row: &u32| {
        let user = Some(table.user_ids[*row as usize]);
        std::mem::replace(&mut met[table.movies[*row as usize] as usize], user) != user
    };
    let mut kept: Vec<u32> = order.into_iter().rev().filter(is_latest).collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_that_stay_are_those_of_dedup() {
        let mut table = Interactions::default();
        for (user, film, rating, time) in [
            (2, "b", 1, 7),
            (1, "a", 1, 5),
            (1, "b", 2, 5),
            (1, "a", 3, 5),
            (2, "b", 4, 3),
            (1, "c", 5, 4),
            (2, "a", 1, 7),
            (1, "b", 3, 1),
        ] {
            table.push(user, film, rating, time);
        }
        let kept = latest_of_pairs(&table);
        assert_eq!(kept, [5, 2, 3, 0, 6]);
        let deduplicated = dedup(table.clone(), Strategy::LatestByTimestamp, Keys::default());
        assert_eq!(table.select(&kept), deduplicated);
    }
}
