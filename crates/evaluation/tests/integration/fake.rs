use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, UserRow};

/// Ranks its films by row for everyone it knows, leaving out what they have seen.
pub(crate) struct FakeModel {
    pub(crate) movies: Vec<String>,
    /// (user id, rows seen); the index is the user's row.
    pub(crate) users: Vec<(u64, Vec<u32>)>,
    /// Whether a user it does not know gets the list of someone who has seen nothing.
    pub(crate) answers_strangers: bool,
}

impl FakeModel {
    pub(crate) fn new(movies: &[&str], users: &[(u64, &[u32])]) -> Self {
        Self {
            movies: movies.iter().map(ToString::to_string).collect(),
            users: users.iter().map(|&(id, seen)| (id, seen.to_vec())).collect(),
            answers_strangers: false,
        }
    }
}

impl Recommender for FakeModel {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn items(&self) -> usize {
        self.movies.len()
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        &self.movies[item.index()]
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        let row = self.movies.iter().position(|id| id == movie_id)?;
        Some(ItemRow(row as u32))
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        let row = self.users.iter().position(|&(id, _)| id == user_id)?;
        Some(UserRow(row as u32))
    }

    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        if request.user.is_none() && !self.answers_strangers {
            return None;
        }
        let seen = request.user.map_or(&[][..], |user| &self.users[user.index()].1);
        let hidden = request.hidden(seen);
        let list = (0..self.movies.len() as u32)
            .filter(|row| !hidden.contains(row) && request.filter.admits(ItemRow(*row)))
            .take(request.k)
            .map(|row| ScoredItem { item: ItemRow(row), score: -(row as f32) })
            .collect();
        Some(list)
    }
}
