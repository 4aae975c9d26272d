use serde::{Deserialize, Serialize};

use crate::{
    TableSummary,
    counts::share,
    part::{FilmSpace, Part},
};

/// Films and users a list names at most.
const MOST: usize = 10;

/// Who moved the metrics of popularity and activity most; of a single table, who holds most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// Films whose share of rows moved most, at most ten.
    pub films: Vec<FilmMover>,
    /// Users whose share of rows moved most, at most ten.
    pub users: Vec<UserMover>,
}

/// A film on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmMover {
    /// The film.
    pub movie_id: String,
    /// Rows in the reference; null without one.
    pub ref_rows: Option<u64>,
    /// Current rows.
    pub cur_rows: u64,
    /// Share of the reference's rows.
    pub ref_share: Option<f64>,
    /// Share of the current rows.
    pub cur_share: Option<f64>,
    /// The part that this film has in all that moved: |cur − ref| over the sum of that over all
    /// films. Of a single table its share of rows.
    pub contribution: Option<f64>,
}

/// A user on both sides; shares and contribution as of a film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserMover {
    /// The user.
    pub user_id: u64,
    /// Rows in the reference; null without one.
    pub ref_events: Option<u64>,
    /// Current rows.
    pub cur_events: u64,
    /// Share of the reference's rows.
    pub ref_share: Option<f64>,
    /// Share of the current rows.
    pub cur_share: Option<f64>,
    /// The part that this user has in all that moved.
    pub contribution: Option<f64>,
}

impl Why {
    /// Who moved most between two tables.
    pub(crate) fn of_two(
        (reference, current): (&TableSummary, &TableSummary),
        films: &FilmSpace<'_>,
        (r, c): (&Part, &Part),
    ) -> Self {
        let totals = (reference.rows, current.rows);
        let (film_movers, moved) =
            movers(totals, (0..).zip(r.films.iter().copied().zip(c.films.iter().copied())));
        let by_film = film_movers.into_iter().map(|mover| FilmMover {
            movie_id: films.id(mover.key as usize).to_owned(),
            ref_rows: Some(mover.counts.0),
            cur_rows: mover.counts.1,
            ref_share: share(mover.counts.0, totals.0),
            cur_share: share(mover.counts.1, totals.1),
            contribution: (moved > 0.0).then(|| mover.moved / moved),
        });
        let of_reference =
            reference.users.iter().map(|(id, rows)| (id, (rows, current.users.events_of(id))));
        let new = current.users.iter().filter(|&(id, _)| reference.users.events_of(id) == 0);
        let (user_movers, moved) =
            movers(totals, of_reference.chain(new.map(|(id, rows)| (id, (0, rows)))));
        let by_user = user_movers.into_iter().map(|mover| UserMover {
            user_id: mover.key,
            ref_events: Some(mover.counts.0),
            cur_events: mover.counts.1,
            ref_share: share(mover.counts.0, totals.0),
            cur_share: share(mover.counts.1, totals.1),
            contribution: (moved > 0.0).then(|| mover.moved / moved),
        });
        Self { films: by_film.collect(), users: by_user.collect() }
    }

    /// Who holds most of one table.
    pub(crate) fn of_one(table: &TableSummary) -> Self {
        let totals = (0, table.rows);
        let films = (0..).zip(table.films.iter().map(|&rows| (0, rows)));
        let films = movers(totals, films).0.into_iter().map(|mover| FilmMover {
            movie_id: table.movie_ids.id(mover.key as u32).to_owned(),
            ref_rows: None,
            cur_rows: mover.counts.1,
            ref_share: None,
            cur_share: share(mover.counts.1, table.rows),
            contribution: share(mover.counts.1, table.rows),
        });
        let users = movers(totals, table.users.iter().map(|(id, rows)| (id, (0, rows))));
        let users = users.0.into_iter().map(|mover| UserMover {
            user_id: mover.key,
            ref_events: None,
            cur_events: mover.counts.1,
            ref_share: None,
            cur_share: share(mover.counts.1, table.rows),
            contribution: share(mover.counts.1, table.rows),
        });
        Self { films: films.collect(), users: users.collect() }
    }
}

/// Somebody or something with rows on both sides.
#[derive(Clone, Copy)]
struct Mover {
    key: u64,
    counts: (u64, u64),
    moved: f64,
}

/// Those whose share moved most, of equal ones the lower key first, and the sum over all.
fn movers(totals: (u64, u64), all: impl Iterator<Item = (u64, (u64, u64))>) -> (Vec<Mover>, f64) {
    let scale = |total: u64| if total > 0 { 1.0 / total as f64 } else { 0.0 };
    let (r_scale, c_scale) = (scale(totals.0), scale(totals.1));
    let mut best: Vec<Mover> = Vec::with_capacity(MOST + 1);
    let (mut sum, mut bar) = (0.0, 0.0);
    for (key, counts) in all {
        let moved = (counts.1 as f64 * c_scale - counts.0 as f64 * r_scale).abs();
        sum += moved;
        // Keys of users come in any order, so an equal one may still have to go in.
        if moved >= bar && moved > 0.0 {
            let before =
                |mover: &Mover| mover.moved > moved || (mover.moved == moved && mover.key < key);
            best.insert(best.partition_point(before), Mover { key, counts, moved });
            best.truncate(MOST);
            bar = if best.len() == MOST { best[MOST - 1].moved } else { 0.0 };
        }
    }
    (best, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_that_moved_most_are_named_in_order() {
        let all = (0..100).rev().map(|key| (key, (10, if key < 12 { 20 } else { 9 })));
        let (best, sum) = movers((1_000, 1_032), all);
        assert_eq!(
            best.iter().map(|mover| mover.key).collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        let expected = 12.0 * (20.0 / 1_032.0 - 0.01) + 88.0 * (0.01 - 9.0 / 1_032.0);
        assert!((sum - expected).abs() < 1e-12);
    }
}
