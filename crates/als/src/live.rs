//! Answers that know what a user did since the training.

use marquee_recommender::{ItemRow, Recent, Request, ScoredItem, SeenItems, UserRow};

use crate::{AlsConfig, AlsError, AlsModel, FoldIn, fold_in::prepare, solve::Prepared};

/// The ratings that things done since the training count as, in the terms the training's ratings
/// were made in; a negative one is a dislike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveRatings {
    /// Of a film that was only watched. 1 by default.
    pub watched: f32,
    /// Of one to five stars. By default the stars themselves.
    pub stars: [f32; 5],
}

impl Default for LiveRatings {
    fn default() -> Self {
        Self { watched: 1.0, stars: [1.0, 2.0, 3.0, 4.0, 5.0] }
    }
}

impl LiveRatings {
    /// Of what was given `stars`: whole ones from 1 to 5 by the table, others as they are.
    fn of(&self, stars: f32) -> f32 {
        let places = (1..=self.stars.len()).zip(self.stars);
        let found = places.into_iter().find(|&(place, _)| place as f32 == stars);
        found.map_or(stars, |(_, rating)| rating)
    }
}

/// What folding in needs besides the factors.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    prepared: Prepared,
    values: LiveRatings,
    /// The ratings of the training, one for each pair of what users have seen.
    ratings: Option<Vec<f32>>,
}

impl AlsModel {
    /// The model, prepared to solve for a user within a request that names
    /// [recent](Request::recent) items.
    ///
    /// Such a request is answered by the factors [`FoldIn::solve`] finds: the exact solution of the
    /// user's row against the item factors, from what they had seen in training with its ratings,
    /// and the recent items. A recent rating stands in for the one of the training; an item that
    /// was only watched keeps that one, or counts as rated 1 if it was not in training. Users the
    /// model does not know, or who had seen nothing, are solved for by the recent items alone. Where
    /// a solve fails, or nothing says what a known user had seen, the stored factors answer and
    /// recent items are only left out.
    ///
    /// `config` is that of the training. `ratings` are those the training used, one for each pair in
    /// the order of [`SeenItems::as_parts`]; without them every pair counts as rated 1. 4 bytes a
    /// pair and `4 f²` bytes stay in memory, with `f` factors.
    ///
    /// Preparing costs a Gram matrix ([`FoldIn::new`]). A request costs, beside the answer,
    /// `n f² / 2 + f³ / 6` multiplications for `n` items seen and recent, on the calling thread:
    /// microseconds for tens of items and 50 factors, but it is not bounded by anything but `n`, so
    /// that 5,000 items take some milliseconds. Requests without recent items cost what they did.
    ///
    /// # Errors
    /// Those of [`FoldIn::new`]; [`AlsError::Mismatch`] when there are more or fewer ratings than
    /// pairs, and [`AlsError::Rating`] for one the training would have refused.
    pub fn with_fold_in(
        mut self,
        config: &AlsConfig,
        ratings: Option<Vec<f32>>,
    ) -> Result<Self, AlsError> {
        let prepared = prepare(&self.factors().items, config)?;
        if let Some(ratings) = &ratings {
            check_ratings(self.seen(), ratings, config)?;
        }
        self.live = Some(Live { prepared, values: LiveRatings::default(), ratings });
        Ok(self)
    }

    /// The model with other ratings for what users do from now on: those of a training whose
    /// ratings were not stars. Nothing where it is not [prepared](Self::with_fold_in) to fold in.
    ///
    /// # Errors
    /// [`AlsError::Entry`] for a rating the training would have refused.
    pub fn with_live_ratings(mut self, values: LiveRatings) -> Result<Self, AlsError> {
        let rows = self.factors().items.rows();
        let Some(live) = &mut self.live else { return Ok(self) };
        let all = values.stars.into_iter().chain([values.watched]);
        for rating in all {
            if !live.prepared.config.admits(rating) {
                return Err(AlsError::Entry { row: 0, rating, rows });
            }
        }
        live.values = values;
        Ok(self)
    }

    /// Whether recent items change more than what is left out: whether the model was prepared by
    /// [`with_fold_in`](Self::with_fold_in).
    #[must_use]
    pub fn folds_in(&self) -> bool {
        self.live.is_some()
    }

    /// The fold-in against this model's item factors, where it is [prepared](Self::with_fold_in):
    /// for the factors of somebody new, or to explain a score. Costs nothing.
    #[must_use]
    pub fn fold_in(&self) -> Option<FoldIn<'_>> {
        self.live.as_ref().map(|live| FoldIn::with(&self.factors().items, &live.prepared))
    }

    /// The answer to a request with recent items; `user` is a row of the model.
    ///
    /// Apart from the rest, so that the plain answer, which is asked for most, stays small.
    #[inline(never)]
    pub(crate) fn recommend_live(
        &self,
        user: Option<UserRow>,
        request: &Request<'_>,
    ) -> Option<Vec<ScoredItem>> {
        let exists = |item: ItemRow| item.index() < self.factors().items.rows();
        let recent: Vec<Recent> =
            request.recent.iter().filter(|recent| exists(recent.item)).copied().collect();
        let hidden = request.hidden(self.seen_by(user));
        let (k, filter) = (request.k, &request.filter);
        let folded = self
            .folded(user, &recent)
            .and_then(|factors| self.recommend_for(&factors, &hidden, k, filter).ok().flatten());
        // A known user is never worse off for having done something.
        folded.or_else(|| self.rank(self.factors().users.row(user?.index()), &hidden, k, filter))
    }

    fn seen_by(&self, user: Option<UserRow>) -> &[u32] {
        self.seen().zip(user).map_or(&[], |(seen, user)| seen.of(user))
    }

    /// The factors of a user with these recent items; `None` where they cannot be found.
    fn folded(&self, user: Option<UserRow>, recent: &[Recent]) -> Option<Vec<f32>> {
        let live = self.live.as_ref().filter(|_| !recent.is_empty())?;
        let mut entries = match user {
            Some(user) => live.trained(self.seen()?, user),
            None => Vec::new(),
        };
        let trained = entries.len();
        for recent in recent {
            let row = recent.item.0;
            let given = recent.stars().map(|stars| live.values.of(stars));
            match entries[..trained].binary_search_by_key(&row, |&(row, _)| row) {
                Ok(place) => entries[place].1 = given.unwrap_or(entries[place].1),
                Err(_) => entries.push((row, given.unwrap_or(live.values.watched))),
            }
        }
        self.fold_in()?.solve(&entries).ok()
    }
}

impl Live {
    /// What a user had seen in training, ascending, each with its rating.
    fn trained(&self, seen: &SeenItems, user: UserRow) -> Vec<(u32, f32)> {
        let rows = seen.of(user).iter().copied();
        match &self.ratings {
            Some(ratings) => rows.zip(ratings[seen.places(user)].iter().copied()).collect(),
            None => rows.map(|row| (row, self.values.watched)).collect(),
        }
    }
}

/// Checks that there is a rating for each pair, and that the training could have used it.
fn check_ratings(
    seen: Option<&SeenItems>,
    ratings: &[f32],
    config: &AlsConfig,
) -> Result<(), AlsError> {
    let pairs = seen.map_or(0, |seen| seen.as_parts().1.len());
    if ratings.len() != pairs {
        return Err(AlsError::Mismatch {
            left: "ratings",
            left_size: ratings.len(),
            right: "seen",
            right_size: pairs,
            unit: "pairs",
        });
    }
    let Some(place) = ratings.iter().position(|&rating| !config.admits(rating)) else {
        return Ok(());
    };
    let (indptr, indices) = seen.map_or((&[][..], &[][..]), SeenItems::as_parts);
    Err(AlsError::Rating {
        user: indptr.partition_point(|&start| start as usize <= place) - 1,
        item: indices[place] as usize,
        rating: ratings[place],
    })
}
