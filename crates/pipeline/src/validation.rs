use marquee_als::{AlsModel, Factors, Matrix};
use marquee_dataset::{Csr, Interactions, MovieVocabulary, RatingMatrix, UserVocabulary};
use marquee_evaluation::{Holdout, evaluate};
use marquee_recommender::{SeenItems, UserRow};

use crate::PipelineError;

/// Films of a list that validation looks at.
const VALIDATION_K: usize = 20;

/// Users that films are held out of at most, so that a validation takes no longer than an iteration:
/// of more, that many are taken at even distances.
const MOST_USERS: usize = 10_000;

/// Films held out of a training, and what it takes to see how well they are found.
pub(crate) struct Validation {
    users: Vec<u32>,
    ids: UserVocabulary,
    movies: MovieVocabulary,
    seen: SeenItems,
    holdout: Holdout,
}

impl Validation {
    /// Holds the last `count` films of users with more than that out of a matrix made from `table`;
    /// gives the ratings that are left.
    pub(crate) fn split(table: &Interactions, matrix: &RatingMatrix, count: usize) -> (Self, Csr) {
        let held = held_out(table, matrix, count);
        let ratings = &matrix.ratings;
        let rows = (0..ratings.rows() as u32).flat_map(|user| {
            let (columns, values) = ratings.row(user as usize);
            columns.iter().zip(values).map(move |(&item, &value)| (user, item, value))
        });
        let kept = rows.filter(|&(user, item, _)| !held.contains(user, item));
        let (left, _) = Csr::from_entries(ratings.rows(), ratings.columns(), kept);
        let (mut indptr, mut indices, mut pairs) = (vec![0], Vec::new(), Vec::new());
        for (&user, films) in held.users.iter().zip(held.films.chunks(count)) {
            indices.extend_from_slice(left.row(user as usize).0);
            indptr.push(indices.len() as u64);
            let id = matrix.users.id(UserRow(user));
            let ids =
                films.iter().map(|&film| matrix.movies.id(marquee_recommender::ItemRow(film)));
            pairs.extend(ids.map(|film| (id, film)));
        }
        let validation = Self {
            ids: UserVocabulary::new(held.users.iter().map(|&user| matrix.users.id(UserRow(user)))),
            movies: matrix.movies.clone(),
            seen: SeenItems::new(indptr, indices, matrix.movies.len())
                .expect("columns of a compressed matrix ascend"),
            holdout: Holdout::from_pairs(pairs),
            users: held.users,
        };
        (validation, left)
    }

    /// Whether there is no user to validate with.
    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Number of users that films are held out of.
    pub(crate) fn users(&self) -> usize {
        self.users.len()
    }

    /// NDCG@20 of the films held out, over the users they were held out of.
    pub(crate) fn ndcg(&self, factors: &Factors) -> Result<f64, PipelineError> {
        let columns = factors.users.columns();
        let mut users = Vec::with_capacity(self.users.len() * columns);
        for &user in &self.users {
            users.extend_from_slice(factors.users.row(user as usize));
        }
        let users = Matrix::new(self.users.len(), columns, users)?;
        let factors = Factors { users, items: factors.items.clone() };
        let seen = Some(self.seen.clone());
        let model = AlsModel::new(factors, self.ids.clone(), self.movies.clone(), seen)?;
        let metrics = evaluate(&model, &self.holdout, &[VALIDATION_K]);
        Ok(metrics.at_k(VALIDATION_K).map_or(0.0, |metrics| metrics.ndcg))
    }
}

/// Rows of users, ascending, and of the films held out of each, as many for all.
struct HeldOut {
    users: Vec<u32>,
    films: Vec<u32>,
    count: usize,
}

impl HeldOut {
    fn contains(&self, user: u32, film: u32) -> bool {
        let Ok(place) = self.users.binary_search(&user) else { return false };
        self.films[place * self.count..][..self.count].contains(&film)
    }
}

fn held_out(table: &Interactions, matrix: &RatingMatrix, count: usize) -> HeldOut {
    let ratings = &matrix.ratings;
    let candidates: Vec<u32> = (0..ratings.rows() as u32)
        .filter(|&user| ratings.row(user as usize).0.len() > count)
        .collect();
    let taken = candidates.len().min(MOST_USERS);
    let users: Vec<u32> =
        (0..taken).map(|place| candidates[place * candidates.len() / taken]).collect();
    let mut latest: Vec<(u32, i64, u32)> = (0..table.len())
        .filter_map(|row| {
            let user = matrix.users.row(table.user_ids[row])?.0;
            users.binary_search(&user).ok()?;
            Some((user, table.timestamps[row], row as u32))
        })
        .collect();
    latest.sort_unstable();
    let mut films = Vec::with_capacity(taken * count);
    for rows in latest.chunk_by(|a, b| a.0 == b.0) {
        // A film that stands there more than once has its last place, as in the matrix.
        let first = films.len();
        for &(_, _, row) in rows.iter().rev() {
            let film = matrix.movies.row(table.movie_id(row as usize)).map(|film| film.0);
            let new = film.filter(|film| !films[first..].contains(film));
            films.extend(new);
            if films.len() == first + count {
                break;
            }
        }
    }
    HeldOut { users, films, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Interactions {
        let mut table = Interactions::default();
        // User 1 comes back to a, so b is their last film but one; user 2 has too few.
        for (user, film, time) in [
            (1, "a", 1),
            (1, "b", 3),
            (1, "c", 2),
            (1, "a", 4),
            (2, "a", 1),
            (3, "c", 5),
            (3, "b", 5),
        ] {
            table.push(user, film, 1, time);
        }
        table
    }

    #[test]
    fn the_last_films_are_held_out_of_those_with_more() {
        let table = table();
        let matrix = RatingMatrix::new(&table);
        let (validation, left) = Validation::split(&table, &matrix, 1);
        let held: Vec<(u64, Vec<&str>)> = validation
            .holdout
            .users()
            .iter()
            .map(|user| (user.user_id(), user.movie_ids().iter().map(|id| &**id).collect()))
            .collect();
        assert_eq!(held, [(1, vec!["a"]), (3, vec!["b"])]);
        let rows: Vec<&[u32]> = (0..3).map(|user| left.row(user).0).collect();
        assert_eq!(rows, [&[1, 2][..], &[0], &[2]]);
        let (validation, left) = Validation::split(&table, &matrix, 2);
        assert_eq!(validation.holdout.interactions(), 2);
        assert_eq!(left.row(0).0, [2]);
        assert!(Validation::split(&table, &matrix, 3).0.is_empty());
    }

    #[test]
    fn of_many_users_some_are_taken_evenly() {
        let mut table = Interactions::default();
        for user in 0..25_000_u64 {
            table.push(user, "a", 1, 1);
            table.push(user, "b", 1, 2);
        }
        let matrix = RatingMatrix::new(&table);
        let (validation, left) = Validation::split(&table, &matrix, 1);
        assert_eq!(validation.holdout.users().len(), 10_000);
        assert_eq!(left.entries(), 40_000);
        assert_eq!(validation.users[..4], [0, 2, 5, 7]);
    }

    #[test]
    fn a_film_found_first_gives_one() {
        let table = table();
        let matrix = RatingMatrix::new(&table);
        let (validation, _) = Validation::split(&table, &matrix, 1);
        let side = |rows: Vec<f32>| Matrix::new(3, 1, rows).expect("three rows");
        // User 1 has a left to find alone, user 3 a and b, of which b is the second.
        let factors =
            Factors { users: side(vec![1.0, 0.0, 1.0]), items: side(vec![3.0, 2.0, 1.0]) };
        let expected = (1.0 + 1.0 / 3.0_f64.log2()) / 2.0;
        assert!((validation.ndcg(&factors).expect("a model") - expected).abs() < 1e-12);
    }
}
