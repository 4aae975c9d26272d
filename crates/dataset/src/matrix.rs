use marquee_recommender::{ItemRow, SeenItems, UserRow};

use crate::{Csr, Interactions, MovieVocabulary, UserVocabulary};

/// A users × movies matrix of ratings with the ids of its rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingMatrix {
    /// The users, one for each matrix row.
    pub users: UserVocabulary,
    /// The movies, one for each matrix column.
    pub movies: MovieVocabulary,
    /// The ratings.
    pub ratings: Csr,
    /// Rows left out because a later one had the same (user, movie) pair: the latest by time
    /// stays, of equal times the last in the input.
    pub merged_rows: usize,
}

impl RatingMatrix {
    /// Builds the matrix of all users and movies that have a row.
    #[must_use]
    pub fn new(table: &Interactions) -> Self {
        Self::build(table, |place| f32::from(table.ratings[place]))
    }

    /// The same with other values than the ratings of the table, one for each of its rows.
    ///
    /// # Panics
    /// When there are fewer values than rows.
    #[must_use]
    pub fn with_values(table: &Interactions, values: &[f32]) -> Self {
        assert!(values.len() >= table.len(), "{} values for {} rows", values.len(), table.len());
        Self::build(table, |place| values[place])
    }

    fn build(table: &Interactions, value: impl Fn(usize) -> f32) -> Self {
        let users = UserVocabulary::new(table.user_ids.iter().copied());
        let mut used = vec![false; table.movie_ids.len()];
        for &movie in &table.movies {
            used[movie as usize] = true;
        }
        let ids = table.movie_ids.iter().zip(&used).filter(|&(_, &used)| used).map(|(id, _)| id);
        let movies = MovieVocabulary::new(ids);
        let columns: Vec<u32> = table
            .movie_ids
            .iter()
            .map(|id| movies.row(id).map_or(u32::MAX, |item| item.0))
            .collect();
        let rows: Vec<u32> = table
            .user_ids
            .iter()
            .map(|&id| users.row(id).map_or(u32::MAX, |user| user.0))
            .collect();
        let triplet =
            |place: usize| (rows[place], columns[table.movies[place] as usize], value(place));
        let shape = (users.len(), movies.len());
        // Of equal places the last given stays, so what is to stay comes last.
        let (ratings, merged_rows) = if ascends(&rows, &table.timestamps, users.len()) {
            Csr::from_entries(shape.0, shape.1, (0..table.len()).map(triplet))
        } else {
            let mut order: Vec<u32> = (0..table.len() as u32).collect();
            order.sort_by_key(|&place| table.timestamps[place as usize]);
            let triplets = order.iter().map(|&place| triplet(place as usize));
            Csr::from_entries(shape.0, shape.1, triplets)
        };
        Self { users, movies, ratings, merged_rows }
    }

    /// What each user has seen: every movie with an entry.
    ///
    /// # Panics
    /// Never: a compressed matrix has ascending columns.
    #[must_use]
    pub fn seen(&self) -> SeenItems {
        let (indptr, indices) = self.ratings.pattern();
        SeenItems::new(indptr.to_vec(), indices.to_vec(), self.movies.len())
            .expect("columns of a compressed matrix ascend")
    }

    /// The value at (`user`, `item`), if there is an entry.
    #[must_use]
    pub fn rating(&self, user: UserRow, item: ItemRow) -> Option<f32> {
        let (columns, values) = self.ratings.row(user.index());
        columns.binary_search(&item.0).ok().map(|place| values[place])
    }
}

/// Whether the rows of each user are in the order of their time.
fn ascends(users: &[u32], timestamps: &[i64], count: usize) -> bool {
    let mut latest = vec![i64::MIN; count];
    users.iter().zip(timestamps).all(|(&user, &timestamp)| {
        let before = std::mem::replace(&mut latest[user as usize], timestamp);
        before <= timestamp
    })
}
