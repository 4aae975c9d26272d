use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Distinct movie ids, numbered in order of first appearance: a code for every id.
///
/// All ids stand in one text, so that looking one up touches little memory: some 30 bytes an id
/// beside the text.
#[derive(Debug, Clone, Default)]
pub struct MovieIds {
    text: String,
    /// Where the id of each code ends in the text.
    ends: Vec<usize>,
    /// The codes and the places of their ids, by the hashes of the ids.
    codes: HashTable<Coded>,
    hasher: RandomState,
}

/// A code with the place of its id, so that a look-up need not go through `ends`.
#[derive(Debug, Clone, Copy)]
struct Coded {
    start: usize,
    len: u32,
    code: u32,
}

impl Coded {
    fn id(self, text: &str) -> &[u8] {
        &text.as_bytes()[self.start..self.start + self.len as usize]
    }
}

impl MovieIds {
    /// The code of an id, giving it the next one if it has none.
    ///
    /// # Panics
    /// Past 2³² distinct ids, or on an id of 4 GiB.
    #[inline]
    pub fn code(&mut self, id: &str) -> u32 {
        let hash = self.hasher.hash_one(id.as_bytes());
        let text = &self.text;
        match self.codes.find(hash, |coded| coded.id(text) == id.as_bytes()) {
            Some(coded) => coded.code,
            None => self.add(id, hash),
        }
    }

    /// The code of an id, if it has one.
    #[inline]
    #[must_use]
    pub fn get(&self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id.as_bytes());
        let text = &self.text;
        self.codes.find(hash, |coded| coded.id(text) == id.as_bytes()).map(|coded| coded.code)
    }

    #[cold]
    fn add(&mut self, id: &str, hash: u64) -> u32 {
        let code = u32::try_from(self.ends.len()).expect("fewer than 2^32 distinct movie ids");
        let len = u32::try_from(id.len()).expect("a movie id below 4 GiB");
        let coded = Coded { start: self.text.len(), len, code };
        self.text.push_str(id);
        self.ends.push(self.text.len());
        let (text, hasher) = (&self.text, &self.hasher);
        self.codes.insert_unique(hash, coded, |coded| hasher.hash_one(coded.id(text)));
        code
    }

    /// The id of a code.
    ///
    /// # Panics
    /// When no id has this code.
    #[inline]
    #[must_use]
    pub fn id(&self, code: u32) -> &str {
        id_at(&self.text, &self.ends, code as usize)
    }

    /// Number of distinct ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The ids in order of their codes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|code| id_at(&self.text, &self.ends, code))
    }
}

#[inline]
fn id_at<'a>(text: &'a str, ends: &[usize], code: usize) -> &'a str {
    let start = code.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start..ends[code]]
}

impl PartialEq for MovieIds {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// A table of interactions, one row per watch or rating, as columns of equal length.
///
/// 21 bytes a row plus the distinct movie ids. The order of rows is the input order, which breaks
/// ties of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interactions {
    /// User ids, 0 to 2⁶³ − 1.
    pub user_ids: Vec<u64>,
    /// Codes into [`movie_ids`](Self::movie_ids).
    pub movies: Vec<u32>,
    /// 1 for a watch, the stars for a rating.
    pub ratings: Vec<u8>,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub timestamps: Vec<i64>,
    /// The ids behind the codes; some may have no row.
    pub movie_ids: MovieIds,
}

impl Interactions {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.user_ids.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.user_ids.is_empty()
    }

    /// Appends a row.
    pub fn push(&mut self, user_id: u64, movie_id: &str, rating: u8, timestamp: i64) {
        let movie = self.movie_ids.code(movie_id);
        self.user_ids.push(user_id);
        self.movies.push(movie);
        self.ratings.push(rating);
        self.timestamps.push(timestamp);
    }

    /// The movie id of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn movie_id(&self, row: usize) -> &str {
        self.movie_ids.id(self.movies[row])
    }

    /// The rows at the given places, in that order; codes keep their meaning.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        Self {
            user_ids: rows.iter().map(|&row| self.user_ids[row as usize]).collect(),
            movies: rows.iter().map(|&row| self.movies[row as usize]).collect(),
            ratings: rows.iter().map(|&row| self.ratings[row as usize]).collect(),
            timestamps: rows.iter().map(|&row| self.timestamps[row as usize]).collect(),
            movie_ids: self.movie_ids.clone(),
        }
    }
}

/// A table of single events, one row per watched minute or rating, as columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventTable {
    /// User, movie and time of each event; a rating is 1 for a watch, the stars for a rating.
    pub interactions: Interactions,
    /// What happened in each row.
    pub details: Vec<EventDetail>,
}

/// What an event of an [`EventTable`] was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventDetail {
    /// This minute of the film was watched.
    Watch {
        /// The minute, from 0.
        minute: i32,
    },
    /// The film was given this many stars.
    Rate {
        /// 1 to 5.
        stars: i8,
    },
}

impl EventTable {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.details.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
    }
}

/// Interactions of distinct (user, movie) pairs with what `aggregate` knows beside them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aggregated {
    /// One row per pair: rating = the last stars, else 1; timestamp = the last event.
    pub interactions: Interactions,
    /// The last stars given, `None` where the film was never rated.
    pub stars: Vec<Option<i8>>,
    /// Number of distinct minutes watched.
    pub minutes: Vec<i64>,
}

impl Aggregated {
    /// The rows at the given places with their stars and minutes, in that order; codes keep their
    /// meaning.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        Self {
            interactions: self.interactions.select(rows),
            stars: rows.iter().map(|&row| self.stars[row as usize]).collect(),
            minutes: rows.iter().map(|&row| self.minutes[row as usize]).collect(),
        }
    }
}
