use std::collections::HashMap;

use marquee_recommender::{Filter, ItemRow, ItemSet, Recommender, Request};
use rayon::prelude::*;

use crate::{HeldOutUser, Holdout, RankingMetrics, TrainingFacts};

/// What a model ranks first for every user of a holdout, and where the held-out films stand.
pub(crate) struct Rankings {
    /// One for each user, in the order of the holdout.
    pub(crate) users: Vec<UserRanking>,
}

/// A user's list and the ranks of what was held out.
pub(crate) struct UserRanking {
    /// Best first.
    pub(crate) items: Vec<ItemRow>,
    /// For each held-out film, in their order: its rank from 1, if it is in the list.
    pub(crate) ranks: Vec<Option<u32>>,
}

impl Rankings {
    /// Asks `model` for the `k` best films of every user that neither the model nor `facts` know
    /// as seen, in parallel.
    pub(crate) fn of(
        model: &dyn Recommender,
        holdout: &Holdout,
        facts: &TrainingFacts,
        k: usize,
    ) -> Self {
        let films = Films::of(model, facts);
        let rank = |user: &HeldOutUser| {
            let items = films.unseen(user.user_id(), k);
            let places: HashMap<ItemRow, u32> = items.iter().copied().zip(1..).collect();
            let rank = |id: &str| model.item_row(id).and_then(|row| places.get(&row).copied());
            let ranks = user.movie_ids().iter().map(|id| rank(id)).collect();
            UserRanking { items, ranks }
        };
        Self { users: holdout.users().par_iter().map(rank).collect() }
    }

    /// Users who got no film.
    pub(crate) fn without_list(&self) -> usize {
        self.users.iter().filter(|user| user.items.is_empty()).count()
    }
}

/// A model's films beside those of the training part.
struct Films<'a> {
    model: &'a dyn Recommender,
    facts: &'a TrainingFacts,
    /// For each row of the model, the film's number.
    numbers: Vec<Option<u32>>,
    /// For each number, the film's row.
    rows: Vec<Option<ItemRow>>,
}

impl<'a> Films<'a> {
    fn of(model: &'a dyn Recommender, facts: &'a TrainingFacts) -> Self {
        let rows = (0..model.items() as u32).map(ItemRow);
        let numbers: Vec<Option<u32>> =
            rows.clone().map(|row| facts.number(model.movie_id(row))).collect();
        let mut of_number = vec![None; facts.films()];
        for (row, number) in rows.zip(&numbers) {
            if let Some(number) = number {
                of_number[*number as usize] = Some(row);
            }
        }
        Self { model, facts, numbers, rows: of_number }
    }

    /// The best films for a user, without those of the training part.
    ///
    /// A model leaves out what its own training had. One of earlier data is asked again, with the
    /// user's films banned, where one of them is in its list.
    fn unseen(&self, user_id: u64, k: usize) -> Vec<ItemRow> {
        let request = Request::unseen(self.model.user_row(user_id), k);
        let list = self.ask(&request);
        let watched = self.facts.watched(user_id);
        let is_watched = |item: &ItemRow| {
            let number = self.numbers[item.index()];
            number.is_some_and(|number| watched.binary_search(&(user_id, number)).is_ok())
        };
        if !list.iter().any(is_watched) {
            return list;
        }
        let banned: ItemSet =
            watched.iter().filter_map(|&(_, number)| self.rows[number as usize]).collect();
        let filter = Filter { banned: Some(&banned), ..request.filter };
        self.ask(&Request { filter, ..request })
    }

    fn ask(&self, request: &Request<'_>) -> Vec<ItemRow> {
        let list = self.model.recommend(request).unwrap_or_default();
        list.into_iter().map(|scored| scored.item).collect()
    }
}

impl UserRanking {
    /// The metrics with those held-out films as the relevant ones that `counts` admits by their
    /// place; `None` where it admits none.
    pub(crate) fn metrics(
        &self,
        ks: &[usize],
        counts: impl Fn(usize) -> bool,
    ) -> Option<Vec<RankingMetrics>> {
        let relevant = (0..self.ranks.len()).filter(|&place| counts(place)).count();
        if relevant == 0 {
            return None;
        }
        let ranked = self.ranks.iter().enumerate().filter(|&(place, _)| counts(place));
        let mut ranks: Vec<usize> =
            ranked.filter_map(|(_, rank)| rank.map(|rank| rank as usize)).collect();
        ranks.sort_unstable();
        Some(ks.iter().map(|&k| RankingMetrics::of_ranks(&ranks, relevant, k)).collect())
    }
}

/// How many pairs of `holdout` the model knows its user to have seen: films that were in its
/// training, so that a score for them would say nothing.
///
/// Asks for the held-out films alone, once with and once without what the user has seen. 0 for a
/// user or film the model does not know, or has no answer for. Two requests a user, in parallel.
#[must_use]
pub fn seen_held_out(model: &dyn Recommender, holdout: &Holdout) -> usize {
    let seen = |user: &HeldOutUser| {
        let rows = user.movie_ids().iter().filter_map(|id| model.item_row(id));
        let films: ItemSet = rows.collect();
        let listed = |include_seen| {
            let filter = Filter { include_seen, candidates: Some(&films), ..Filter::default() };
            let row = model.user_row(user.user_id());
            let request = Request { filter, ..Request::unseen(row, films.len()) };
            model.recommend(&request).map_or(0, |list| list.len())
        };
        listed(true).saturating_sub(listed(false))
    };
    holdout.users().par_iter().map(seen).sum()
}
