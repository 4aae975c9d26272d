use std::collections::{HashMap, HashSet};

/// What was known when a model was trained: which films users had seen, how many users films had,
/// and since when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingFacts {
    /// User id and film number of every pair, ascending.
    pairs: Vec<(u64, u32)>,
    users: usize,
    numbers: HashMap<Box<str>, u32>,
    films: Vec<FilmFacts>,
    period: Option<(i64, i64)>,
}

/// What was known of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilmFacts {
    /// Users who had seen it, at least 1.
    pub viewers: u32,
    /// The time of its first row.
    pub first_seen: i64,
}

impl TrainingFacts {
    /// From the rows of the training part: user id, movie id and time, in any order; a repeated
    /// pair of user and film counts once. O(rows · log rows), 16 bytes a row.
    #[must_use]
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = (u64, &'a str, i64)>) -> Self {
        let mut facts = Self::default();
        for (user_id, movie_id, time) in rows {
            let number = match facts.numbers.get(movie_id) {
                Some(&number) => number,
                None => facts.add(movie_id, time),
            };
            let film = &mut facts.films[number as usize];
            film.first_seen = film.first_seen.min(time);
            facts.pairs.push((user_id, number));
            let (first, last) = facts.period.unwrap_or((time, time));
            facts.period = Some((first.min(time), last.max(time)));
        }
        facts.pairs.sort_unstable();
        facts.pairs.dedup();
        for &(_, number) in &facts.pairs {
            facts.films[number as usize].viewers += 1;
        }
        facts.users = facts.pairs.chunk_by(|a, b| a.0 == b.0).count();
        facts
    }

    fn add(&mut self, movie_id: &str, time: i64) -> u32 {
        let number = self.films.len() as u32;
        self.numbers.insert(Box::from(movie_id), number);
        self.films.push(FilmFacts { viewers: 0, first_seen: time });
        number
    }

    /// Number of pairs of user and film.
    #[must_use]
    pub fn interactions(&self) -> usize {
        self.pairs.len()
    }

    /// Number of users with a row.
    #[must_use]
    pub fn users(&self) -> usize {
        self.users
    }

    /// Number of films with a row: what there is to recommend.
    #[must_use]
    pub fn films(&self) -> usize {
        self.films.len()
    }

    /// How many films a user had seen; 0 for one without a row. O(log pairs).
    #[must_use]
    pub fn films_of(&self, user_id: u64) -> u32 {
        self.watched(user_id).len() as u32
    }

    /// What was known of a film, if it had a row.
    #[must_use]
    pub fn film(&self, movie_id: &str) -> Option<FilmFacts> {
        self.number(movie_id).map(|number| self.films[number as usize])
    }

    /// The share of users who had seen a film, in 0..=1; 0 without rows.
    #[must_use]
    pub fn popularity(&self, movie_id: &str) -> f64 {
        match self.film(movie_id) {
            Some(film) => f64::from(film.viewers) / self.users() as f64,
            None => 0.0,
        }
    }

    /// The times of the first and the last row; `None` without rows.
    #[must_use]
    pub fn period(&self) -> Option<(i64, i64)> {
        self.period
    }

    /// The number of a film, below [`films`](Self::films).
    pub(crate) fn number(&self, movie_id: &str) -> Option<u32> {
        self.numbers.get(movie_id).copied()
    }

    /// The pairs of a user, with film numbers ascending.
    pub(crate) fn watched(&self, user_id: u64) -> &[(u64, u32)] {
        let from = self.pairs.partition_point(|pair| pair.0 < user_id);
        let rest = &self.pairs[from..];
        &rest[..rest.partition_point(|pair| pair.0 == user_id)]
    }

    /// The films that `movie_ids` leaves out.
    pub(crate) fn films_beside(&self, movie_ids: &HashSet<&str>) -> usize {
        self.numbers.keys().filter(|id| !movie_ids.contains(&***id)).count()
    }

    /// The viewers of all films, descending.
    pub(crate) fn viewers_descending(&self) -> Vec<u32> {
        let mut viewers: Vec<u32> = self.films.iter().map(|film| film.viewers).collect();
        viewers.sort_unstable_by(|a, b| b.cmp(a));
        viewers
    }
}
