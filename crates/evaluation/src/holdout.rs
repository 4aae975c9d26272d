use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The films held out of training, user by user.
///
/// Users and films carry the ids of the event log, not rows: every model numbers its own rows, and
/// one holdout serves several models. Users stand in ascending order and a user's films in
/// ascending byte order without repeats, so that equal sets of pairs are equal holdouts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdout {
    users: Vec<HeldOutUser>,
}

/// What is held out of one user's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOutUser {
    user_id: u64,
    movie_ids: Vec<Box<str>>,
}

impl Holdout {
    /// Groups (user id, movie id) pairs, which may come in any order; a repeated pair counts once.
    ///
    /// O(n log n) in the number of pairs.
    #[must_use]
    pub fn from_pairs<M: Into<Box<str>>>(pairs: impl IntoIterator<Item = (u64, M)>) -> Self {
        let mut by_user: BTreeMap<u64, Vec<Box<str>>> = BTreeMap::new();
        for (user_id, movie_id) in pairs {
            by_user.entry(user_id).or_default().push(movie_id.into());
        }
        let users = by_user
            .into_iter()
            .map(|(user_id, mut movie_ids)| {
                movie_ids.sort_unstable();
                movie_ids.dedup();
                HeldOutUser { user_id, movie_ids }
            })
            .collect();
        Self { users }
    }

    /// `users` of the users at random, all if there are no more; a function of the users and the
    /// seed alone.
    #[must_use]
    pub fn sample(mut self, users: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = self.users.len();
        for place in 0..users.min(count) {
            self.users.swap(place, rng.random_range(place..count));
        }
        self.users.truncate(users);
        self.users.sort_unstable_by_key(|user| user.user_id);
        self
    }

    /// The users, ascending by id; each has at least one film.
    #[must_use]
    pub fn users(&self) -> &[HeldOutUser] {
        &self.users
    }

    /// Number of held-out (user, film) pairs.
    #[must_use]
    pub fn interactions(&self) -> usize {
        self.users.iter().map(|user| user.movie_ids.len()).sum()
    }
}

impl HeldOutUser {
    /// The user's id in the event log.
    #[must_use]
    pub fn user_id(&self) -> u64 {
        self.user_id
    }

    /// The held-out films: at least one, ascending by bytes, distinct.
    #[must_use]
    pub fn movie_ids(&self) -> &[Box<str>] {
        &self.movie_ids
    }
}
