use std::path::Path;

use marquee_dataset::{Interactions, MovieIds, Progress, scan_interactions};

use crate::{
    DriftError,
    users::Users,
    volume::{HOURS, Volume, hour_of_week},
};

/// Ratings are 1 to this.
pub(crate) const STARS: usize = 5;

/// What is kept of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Counts by film, user, rating and hour: 40 bytes a user, 20 a film and its id.
    Counts,
    /// Every row by user as well, which [`calibrate`](crate::calibrate()) needs of the reference:
    /// 6 bytes a row, 16 while it is read.
    Rows,
}

/// What drift is measured on: the counts of one table.
#[derive(Debug, Clone, Default)]
pub struct TableSummary {
    pub(crate) rows: u64,
    /// Rows by rating, 1 to 5.
    pub(crate) ratings: [u64; STARS],
    /// Films in order of first appearance.
    pub(crate) movie_ids: MovieIds,
    /// Rows by film.
    pub(crate) films: Vec<u64>,
    pub(crate) users: Users,
    pub(crate) volume: Volume,
    pub(crate) user_rows: Option<UserRows>,
}

impl TableSummary {
    /// Goes once through the table at `path`: a csv file, a Parquet file or a folder of such.
    ///
    /// # Errors
    /// [`DriftError::Dataset`] as [`scan_interactions`] has it. A table without rows is none.
    pub fn read(path: &Path, keep: Keep, progress: &mut dyn Progress) -> Result<Self, DriftError> {
        let mut counting = Counting::new(keep);
        let movie_ids = scan_interactions(path, progress, &mut |block| counting.add(block))?;
        Ok(counting.finish(movie_ids))
    }

    /// The summary of a table in memory.
    #[must_use]
    pub fn of(table: &Interactions, keep: Keep) -> Self {
        let mut counting = Counting::new(keep);
        counting.add(table);
        counting.finish(table.movie_ids.clone())
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Number of users with at least one row.
    #[must_use]
    pub fn users(&self) -> u64 {
        self.users.len() as u64
    }

    /// Number of films with at least one row.
    #[must_use]
    pub fn films(&self) -> u64 {
        self.films.iter().filter(|&&rows| rows > 0).count() as u64
    }
}

/// A summary on its way.
struct Counting {
    summary: TableSummary,
    columns: Option<Columns>,
}

/// User, film and cell of each row.
#[derive(Default)]
struct Columns {
    users: Vec<u32>,
    films: Vec<u32>,
    cells: Vec<u16>,
}

impl Counting {
    fn new(keep: Keep) -> Self {
        let columns = (keep == Keep::Rows).then(Columns::default);
        Self { summary: TableSummary::default(), columns }
    }

    fn add(&mut self, block: &Interactions) {
        let summary = &mut self.summary;
        summary.rows += block.len() as u64;
        summary.films.resize(summary.films.len().max(block.movie_ids.len()), 0);
        for &movie in &block.movies {
            summary.films[movie as usize] += 1;
        }
        for &rating in &block.ratings {
            summary.ratings[star(rating)] += 1;
        }
        for &timestamp in &block.timestamps {
            summary.volume.add(timestamp);
        }
        let Some(columns) = &mut self.columns else {
            for &user in &block.user_ids {
                summary.users.add(user);
            }
            return;
        };
        columns.users.extend(block.user_ids.iter().map(|&user| summary.users.add(user)));
        columns.films.extend_from_slice(&block.movies);
        let rows = block.ratings.iter().zip(&block.timestamps);
        columns.cells.extend(rows.map(|(&rating, &time)| cell(star(rating), hour_of_week(time))));
    }

    fn finish(mut self, movie_ids: MovieIds) -> TableSummary {
        self.summary.volume.close();
        self.summary.films.resize(movie_ids.len(), 0);
        self.summary.movie_ids = movie_ids;
        let users = &self.summary.users;
        self.summary.user_rows = self.columns.map(|columns| UserRows::new(&columns, users));
        self.summary
    }
}

fn star(rating: u8) -> usize {
    usize::from(rating.clamp(1, STARS as u8) - 1)
}

/// Pairs of rating and hour of the week.
pub(crate) const CELLS: usize = STARS * HOURS;

fn cell(star: usize, hour: usize) -> u16 {
    (STARS * hour + star) as u16
}

/// The star and the hour of the week of a cell.
pub(crate) fn cell_parts(cell: usize) -> (usize, usize) {
    (cell % STARS, cell / STARS)
}

/// The rows of each user, one user after the other.
#[derive(Debug, Clone)]
pub(crate) struct UserRows {
    /// Where the rows of each user start, and the last ones end.
    starts: Vec<usize>,
    films: Vec<u32>,
    cells: Vec<u16>,
}

impl UserRows {
    fn new(columns: &Columns, users: &Users) -> Self {
        let mut starts = Vec::with_capacity(users.len() + 1);
        let mut end = 0;
        starts.push(end);
        for &events in users.events() {
            end += events as usize;
            starts.push(end);
        }
        let mut next = starts.clone();
        let (mut films, mut cells) = (vec![0; end], vec![0; end]);
        for (row, &user) in columns.users.iter().enumerate() {
            let place = &mut next[user as usize];
            films[*place] = columns.films[row];
            cells[*place] = columns.cells[row];
            *place += 1;
        }
        Self { starts, films, cells }
    }

    pub(crate) fn users(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of rows of a user.
    pub(crate) fn events(&self, user: usize) -> usize {
        self.starts[user + 1] - self.starts[user]
    }

    /// Films and cells of a user's rows.
    #[inline]
    pub(crate) fn rows(&self, user: usize) -> impl Iterator<Item = (u32, u16)> {
        let rows = self.starts[user]..self.starts[user + 1];
        self.films[rows.clone()].iter().copied().zip(self.cells[rows].iter().copied())
    }
}
