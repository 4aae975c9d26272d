use marquee_dataset::{Csr, Interactions, Triplet, UserVocabulary};
use marquee_recommender::{SeenItems, UserRow};

use crate::PopularityTable;

/// Who has seen what, in rows of a [`PopularityTable`].
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    pub(crate) users: UserVocabulary,
    pub(crate) seen: SeenItems,
}

impl Audience {
    /// The audience of a data set; films the table does not hold are left out.
    #[must_use]
    pub fn new(rows: &Interactions, table: &PopularityTable) -> Self {
        let users = UserVocabulary::new(rows.user_ids.iter().copied());
        let items = item_rows(rows.movie_ids.iter(), table);
        let pairs = rows.user_ids.iter().zip(&rows.movies).filter_map(|(user, &movie)| {
            users.row(*user).zip(items[movie as usize]).map(|(user, item)| (user.0, item, 1.0))
        });
        let seen = seen_items(users.len(), table.len(), pairs.collect());
        Self { users, seen }
    }

    /// The audience of another model's record, whose item rows stand for `movie_ids`; films the
    /// table does not hold are left out.
    ///
    /// # Panics
    /// When the record holds a row beyond `movie_ids`.
    #[must_use]
    pub fn of_seen<'a>(
        users: &UserVocabulary,
        seen: &SeenItems,
        movie_ids: impl IntoIterator<Item = &'a str>,
        table: &PopularityTable,
    ) -> Self {
        let items = item_rows(movie_ids, table);
        let pairs = (0..seen.users() as u32).flat_map(|user| {
            let rows = seen.of(UserRow(user)).iter();
            rows.filter_map(|&row| items[row as usize]).map(move |item| (user, item, 1.0))
        });
        Self { users: users.clone(), seen: seen_items(seen.users(), table.len(), pairs.collect()) }
    }

    /// An audience from the parts; both must hold the same number of users.
    #[must_use]
    pub fn from_parts(users: UserVocabulary, seen: SeenItems) -> Option<Self> {
        (users.len() == seen.users()).then_some(Self { users, seen })
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &UserVocabulary {
        &self.users
    }

    /// What each user has seen.
    #[must_use]
    pub fn seen(&self) -> &SeenItems {
        &self.seen
    }

    /// What one user has seen, ascending; nothing for somebody unknown.
    pub(crate) fn seen_by(&self, user: Option<UserRow>) -> &[u32] {
        user.map_or(&[], |user| self.seen.of(user))
    }
}

/// The row each film has in a table, if it is there.
fn item_rows<'a>(
    movie_ids: impl IntoIterator<Item = &'a str>,
    table: &PopularityTable,
) -> Vec<Option<u32>> {
    movie_ids.into_iter().map(|id| table.row(id).map(|item| item.0)).collect()
}

fn seen_items(users: usize, items: usize, pairs: Vec<Triplet>) -> SeenItems {
    let (matrix, _) = Csr::from_triplets(users, items, pairs);
    let (indptr, indices) = matrix.pattern();
    SeenItems::new(indptr.to_vec(), indices.to_vec(), items)
        .expect("columns of a compressed matrix ascend")
}
