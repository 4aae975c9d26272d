use std::collections::HashMap;

use marquee_recommender::{ItemRow, Recommender, Request};
use rayon::prelude::*;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{HeldOutUser, Holdout, RankingMetrics};

/// Users summed one after another before partial sums are added up, also in order: the shape of
/// the sum, and so its last digit, does not depend on the number of threads.
const USERS_PER_SUM: usize = 256;

/// What [`evaluate`] found.
///
/// Serialises as one flat JSON object: for every cut-off, ascending, `hit@k`, `precision@k`,
/// `recall@k` and `ndcg@k` (numbers in 0..=1), then `evaluated_users`, `holdout_interactions` and
/// `users_without_recommendations` (whole numbers).
#[derive(Debug, Clone, PartialEq)]
pub struct OfflineMetrics {
    /// Means over all evaluated users, one entry a cut-off, ascending and distinct.
    pub at: Vec<RankingMetrics>,
    /// Users of the holdout: the denominator of every mean.
    pub evaluated_users: usize,
    /// (User, film) pairs of the holdout.
    pub holdout_interactions: usize,
    /// Evaluated users for whom the model had no list, or an empty one; each scored 0.
    pub users_without_recommendations: usize,
}

impl OfflineMetrics {
    /// The means at cut-off `k`, or `None` when it was not asked for.
    #[must_use]
    pub fn at_k(&self, k: usize) -> Option<&RankingMetrics> {
        self.at.iter().find(|metrics| metrics.k == k)
    }
}

impl Serialize for OfflineMetrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4 * self.at.len() + 3))?;
        for metrics in &self.at {
            let k = metrics.k;
            map.serialize_entry(&format!("hit@{k}"), &metrics.hit)?;
            map.serialize_entry(&format!("precision@{k}"), &metrics.precision)?;
            map.serialize_entry(&format!("recall@{k}"), &metrics.recall)?;
            map.serialize_entry(&format!("ndcg@{k}"), &metrics.ndcg)?;
        }
        map.serialize_entry("evaluated_users", &self.evaluated_users)?;
        map.serialize_entry("holdout_interactions", &self.holdout_interactions)?;
        map.serialize_entry("users_without_recommendations", &self.users_without_recommendations)?;
        map.end()
    }
}

/// Ranks unseen films for every user of `holdout` and averages the metrics at each cut-off of `ks`.
///
/// Every user counts in every mean. A user the model does not know is asked for all the same, as a
/// new user; one for whom it answers nothing scores 0. A held-out film the model does not know
/// can not be hit and stays in the denominators of recall and NDCG. Films of the model's training
/// are left out of the ranking by the model's own record of what a user has seen.
///
/// `ks` may come in any order and repeat. An empty holdout gives zeros over 0 users, empty `ks`
/// only the counts, and a cut-off of 0 zeros. The result is the same to the last bit for any
/// number of threads. Cost: one ranking of max(ks) items a user, in parallel on the current rayon
/// pool, and a map of the model's movie ids.
#[must_use]
pub fn evaluate(model: &dyn Recommender, holdout: &Holdout, ks: &[usize]) -> OfflineMetrics {
    let mut ks = ks.to_vec();
    ks.sort_unstable();
    ks.dedup();
    let rows = item_rows(model);
    let partial_sums: Vec<Sums> = holdout
        .users()
        .par_chunks(USERS_PER_SUM)
        .map(|users| {
            let mut sums = Sums::new(&ks);
            for user in users {
                sums.add_user(model, &rows, user);
            }
            sums
        })
        .collect();
    let mut sums = Sums::new(&ks);
    for partial in &partial_sums {
        sums.add(partial);
    }
    let evaluated_users = holdout.users().len();
    OfflineMetrics {
        at: sums.at.into_iter().map(|sum| sum.mean_over(evaluated_users)).collect(),
        evaluated_users,
        holdout_interactions: holdout.interactions(),
        users_without_recommendations: sums.without_list,
    }
}

fn item_rows(model: &dyn Recommender) -> HashMap<&str, ItemRow> {
    (0..model.items())
        .map(|row| {
            let row = ItemRow(row as u32);
            (model.movie_id(row), row)
        })
        .collect()
}

/// Metrics summed over users, per cut-off.
struct Sums {
    at: Vec<RankingMetrics>,
    without_list: usize,
}

impl Sums {
    fn new(ks: &[usize]) -> Self {
        Self { at: ks.iter().map(|&k| RankingMetrics::zero(k)).collect(), without_list: 0 }
    }

    fn add_user(
        &mut self,
        model: &dyn Recommender,
        rows: &HashMap<&str, ItemRow>,
        user: &HeldOutUser,
    ) {
        let k = self.at.last().map_or(0, |deepest| deepest.k);
        let request = Request::unseen(model.user_row(user.user_id()), k);
        let list = model.recommend(&request).unwrap_or_default();
        if list.is_empty() {
            self.without_list += 1;
            return;
        }
        // A film without a row is `None`, which no ranked film equals.
        let ranked: Vec<Option<ItemRow>> = list.iter().map(|scored| Some(scored.item)).collect();
        let relevant: Vec<Option<ItemRow>> =
            user.movie_ids().iter().map(|id| rows.get(&**id).copied()).collect();
        for sum in &mut self.at {
            *sum += RankingMetrics::of(&ranked, &relevant, sum.k);
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, &partial) in self.at.iter_mut().zip(&other.at) {
            *sum += partial;
        }
        self.without_list += other.without_list;
    }
}
