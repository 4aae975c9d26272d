use marquee_dataset::{MovieVocabulary, UserVocabulary};
use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, SeenItems, UserRow};
use pulp::{Arch, Simd, WithSimd};

use crate::{
    AlsError, Factors, ITEM_FACTORS, MAX_FACTORS, Matrix, USER_FACTORS,
    index::{ItemIndex, greatest_norm},
    lanes::dot,
    live::Live,
};

/// A trained model that answers requests: factors, the ids of their rows, and what users have seen.
///
/// The score of an item for a user is the dot product of their factors in `f32`; about 1 for what
/// the user is known to watch and 0 for what says nothing to them. Answers are exact and ranked by
/// [`ranks_before`](marquee_recommender::ranks_before). [`recommend_many`](Self::recommend_many)
/// answers for many users at once, [`recommend_for`](Self::recommend_for) for one who is not in the
/// model, [`similar_items`](Self::similar_items) and [`similar_users`](Self::similar_users) compare
/// rows by the angle between their factors.
///
/// A model that was prepared for it ([`with_fold_in`](Self::with_fold_in)) solves for the factors
/// of a user who did something since the training within the request.
///
/// `recommend` gives `None` for an unknown user (row `None`, or one there is none of) and for a
/// user whose factors are all zero, which is one without ratings in training, unless they have
/// recent items that can be folded in. It looks
/// only at items whose norm can bring them into the list, and keeps those whose approximate scores
/// may; with `k` near the number of items, many equal scores, or one norm far above all others
/// that may be all of them.
#[derive(Debug, Clone)]
pub struct AlsModel {
    factors: Factors,
    users: UserVocabulary,
    movies: MovieVocabulary,
    pub(crate) seen: Option<SeenItems>,
    pub(crate) index: ItemIndex,
    /// What folding in needs, where it was prepared.
    pub(crate) live: Option<Live>,
}

impl AlsModel {
    /// Puts a model together. Without `seen`, no answer leaves anything out.
    ///
    /// Builds the search index: a Gram matrix of either side, two decompositions of matrices of
    /// that size, and two copies of the item factors.
    ///
    /// # Errors
    /// [`AlsError::Mismatch`] when factors, vocabularies and seen items are not those of as many
    /// users, items and factors; [`AlsError::Factors`] for none or too many factors;
    /// [`AlsError::FactorNotFinite`] for factors that hold no numbers, and
    /// [`AlsError::ScoreNotFinite`] for such as could give scores beyond single precision.
    pub fn new(
        factors: Factors,
        users: UserVocabulary,
        movies: MovieVocabulary,
        seen: Option<SeenItems>,
    ) -> Result<Self, AlsError> {
        let count = factors.factors()?;
        if !(1..=MAX_FACTORS).contains(&count) {
            return Err(AlsError::Factors { factors: count });
        }
        let (user_rows, item_rows) = (factors.users.rows(), factors.items.rows());
        same_rows(USER_FACTORS, user_rows, "user_map", users.len())?;
        same_rows(ITEM_FACTORS, item_rows, "movie_map", movies.len())?;
        if let Some(seen) = &seen {
            same_rows(USER_FACTORS, user_rows, "seen (users)", seen.users())?;
            let greatest = seen.as_parts().1.iter().max().map_or(0, |&item| item as usize + 1);
            if greatest > item_rows {
                same_rows(ITEM_FACTORS, item_rows, "seen (highest item row + 1)", greatest)?;
            }
        }
        check_finite(USER_FACTORS, &factors.users)?;
        check_finite(ITEM_FACTORS, &factors.items)?;
        let greatest = greatest_norm(&factors.users) * greatest_norm(&factors.items);
        if !greatest.is_finite() {
            return Err(AlsError::ScoreNotFinite);
        }
        let index = ItemIndex::new(&factors);
        Ok(Self { factors, users, movies, seen, index, live: None })
    }

    /// The factors.
    #[must_use]
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// The users, in the order of their factors.
    #[must_use]
    pub fn users(&self) -> &UserVocabulary {
        &self.users
    }

    /// The movies, in the order of their factors.
    #[must_use]
    pub fn movies(&self) -> &MovieVocabulary {
        &self.movies
    }

    /// What users have seen, where the model knows it.
    #[must_use]
    pub fn seen(&self) -> Option<&SeenItems> {
        self.seen.as_ref()
    }

    /// The score of an item for a user, with the very bits it has in an answer.
    ///
    /// # Panics
    /// When there is no such user or item.
    #[must_use]
    pub fn score(&self, user: UserRow, item: ItemRow) -> f32 {
        let user = self.factors.users.row(user.index());
        Arch::new().dispatch(Dot(user, self.factors.items.row(item.index())))
    }
}

struct Dot<'a>(&'a [f32], &'a [f32]);

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> f32 {
        dot(self.0, self.1)
    }
}

fn same_rows(
    left: &'static str,
    left_size: usize,
    right: &'static str,
    right_size: usize,
) -> Result<(), AlsError> {
    if left_size == right_size {
        return Ok(());
    }
    Err(AlsError::Mismatch { left, left_size, right, right_size, unit: "rows" })
}

fn check_finite(array: &'static str, matrix: &Matrix) -> Result<(), AlsError> {
    match matrix.as_slice().iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => Err(AlsError::FactorNotFinite { array, row: place / matrix.columns() }),
    }
}

impl Recommender for AlsModel {
    fn name(&self) -> &'static str {
        "als"
    }

    fn items(&self) -> usize {
        self.factors.items.rows()
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        self.movies.id(item)
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        self.movies.row(movie_id)
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        self.users.row(user_id)
    }

    /// See [`folds_in`](AlsModel::folds_in).
    fn learns_recent(&self) -> bool {
        self.folds_in()
    }

    /// Without sets in the filter the search looks at few items; so it does without banned ones,
    /// if they are not most of what the user would get. Of few candidates each is scored. With
    /// recent items in a model that folds in, a solve comes first, at the cost stated at
    /// [`with_fold_in`](AlsModel::with_fold_in).
    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let user = request.user.filter(|user| user.index() < self.factors.users.rows());
        if !request.recent.is_empty() {
            return self.recommend_live(user, request);
        }
        let user = user?;
        let factors = self.factors.users.row(user.index());
        let seen = match &self.seen {
            Some(seen) if !request.filter.include_seen => seen.of(user),
            _ => &[],
        };
        self.rank(factors, seen, request.k, &request.filter)
    }
}
