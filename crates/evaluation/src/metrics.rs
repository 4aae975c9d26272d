use std::ops::AddAssign;

use serde::Serialize;

/// The ranking metrics, each a function of one ranking, the relevant items and a cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// [`hit_at_k`].
    Hit,
    /// [`precision_at_k`].
    Precision,
    /// [`recall_at_k`].
    Recall,
    /// [`ndcg_at_k`].
    Ndcg,
    /// [`mrr_at_k`].
    Mrr,
    /// [`map_at_k`].
    Map,
}

impl Metric {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Hit, Self::Precision, Self::Recall, Self::Ndcg, Self::Mrr, Self::Map];

    /// The name in reports: `hit`, `precision`, `recall`, `ndcg`, `mrr`, `map`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Ndcg => "ndcg",
            Self::Mrr => "mrr",
            Self::Map => "map",
        }
    }
}

/// Something of each metric; as JSON an object with the metrics' names as keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerMetric<T> {
    /// Of [`Metric::Hit`].
    pub hit: T,
    /// Of [`Metric::Precision`].
    pub precision: T,
    /// Of [`Metric::Recall`].
    pub recall: T,
    /// Of [`Metric::Ndcg`].
    pub ndcg: T,
    /// Of [`Metric::Mrr`].
    pub mrr: T,
    /// Of [`Metric::Map`].
    pub map: T,
}

impl<T> PerMetric<T> {
    /// What `of` gives for each metric, asked in the order of [`Metric::ALL`].
    pub fn from_fn(mut of: impl FnMut(Metric) -> T) -> Self {
        Self {
            hit: of(Metric::Hit),
            precision: of(Metric::Precision),
            recall: of(Metric::Recall),
            ndcg: of(Metric::Ndcg),
            mrr: of(Metric::Mrr),
            map: of(Metric::Map),
        }
    }

    /// What belongs to one metric.
    #[must_use]
    pub fn get(&self, metric: Metric) -> &T {
        match metric {
            Metric::Hit => &self.hit,
            Metric::Precision => &self.precision,
            Metric::Recall => &self.recall,
            Metric::Ndcg => &self.ndcg,
            Metric::Mrr => &self.mrr,
            Metric::Map => &self.map,
        }
    }
}

/// The metrics of a ranking cut off after `k` items, of one user or as a mean over users.
///
/// Every value lies in 0..=1, higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankingMetrics {
    /// The cut-off: how many items of the ranking count.
    pub k: usize,
    /// [`hit_at_k`].
    pub hit: f64,
    /// [`precision_at_k`].
    pub precision: f64,
    /// [`recall_at_k`].
    pub recall: f64,
    /// [`ndcg_at_k`].
    pub ndcg: f64,
    /// [`mrr_at_k`].
    pub mrr: f64,
    /// [`map_at_k`].
    pub map: f64,
}

impl RankingMetrics {
    /// The metrics of one ranking; the conditions on the two lists are those of [`hit_at_k`].
    #[must_use]
    pub fn of<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> Self {
        let ranks: Vec<usize> = hit_ranks(ranked, relevant, k).collect();
        Self::of_ranks(&ranks, relevant.len(), k)
    }

    /// The metrics of a ranking whose hits stand at these ranks: from 1, ascending, distinct, at
    /// most as many as there are relevant items. Ranks beyond `k` do not count.
    #[must_use]
    pub fn of_ranks(ranks: &[usize], relevant: usize, k: usize) -> Self {
        let ranks = &ranks[..ranks.partition_point(|&rank| rank <= k)];
        Self {
            k,
            hit: if ranks.is_empty() { 0.0 } else { 1.0 },
            precision: ratio(ranks.len(), k),
            recall: ratio(ranks.len(), relevant),
            ndcg: discounted(ranks.iter().copied(), relevant, k),
            mrr: ranks.first().map_or(0.0, |&rank| 1.0 / rank as f64),
            map: average_precision(ranks.iter().copied(), relevant, k),
        }
    }

    /// One of the metrics.
    #[must_use]
    pub fn get(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Hit => self.hit,
            Metric::Precision => self.precision,
            Metric::Recall => self.recall,
            Metric::Ndcg => self.ndcg,
            Metric::Mrr => self.mrr,
            Metric::Map => self.map,
        }
    }

    /// All metrics 0: what a user without a ranking scores.
    #[must_use]
    pub fn zero(k: usize) -> Self {
        Self { k, hit: 0.0, precision: 0.0, recall: 0.0, ndcg: 0.0, mrr: 0.0, map: 0.0 }
    }

    /// These sums divided by a number of users; zeros for no users.
    pub(crate) fn mean_over(self, users: usize) -> Self {
        if users == 0 {
            return Self::zero(self.k);
        }
        let users = users as f64;
        Self {
            k: self.k,
            hit: self.hit / users,
            precision: self.precision / users,
            recall: self.recall / users,
            ndcg: self.ndcg / users,
            mrr: self.mrr / users,
            map: self.map / users,
        }
    }
}

impl AddAssign for RankingMetrics {
    fn add_assign(&mut self, other: Self) {
        self.hit += other.hit;
        self.precision += other.precision;
        self.recall += other.recall;
        self.ndcg += other.ndcg;
        self.mrr += other.mrr;
        self.map += other.map;
    }
}

/// Hit@k: 1 if at least one of the first `k` ranked items is relevant, else 0.
///
/// `ranked` is best first and may hold fewer than `k` items; neither list may repeat an item that
/// stands in both, which all metrics rely on. 0 when either list is empty or `k` is 0.
/// O(k · relevant), as the others.
#[must_use]
pub fn hit_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    if hit_ranks(ranked, relevant, k).next().is_some() { 1.0 } else { 0.0 }
}

/// Precision@k: the number of relevant items among the first `k`, divided by `k`.
///
/// The denominator is `k` even when fewer items are ranked or fewer are relevant, so a perfect
/// ranking of one relevant item scores 1 / k. 0 when either list is empty or `k` is 0.
#[must_use]
pub fn precision_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    ratio(hit_ranks(ranked, relevant, k).count(), k)
}

/// Recall@k: the number of relevant items among the first `k`, divided by the number of relevant
/// items.
///
/// The denominator is not limited to `k`: with more than `k` relevant items 1 is out of reach. 0
/// when either list is empty or `k` is 0.
#[must_use]
pub fn recall_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    ratio(hit_ranks(ranked, relevant, k).count(), relevant.len())
}

/// NDCG@k with binary relevance: Σ 1 / log2(rank + 1) over the relevant items among the first `k`
/// (ranks from 1), divided by the same sum for min(relevant, k) items at the first ranks.
///
/// 1 when the relevant items, or `k` of them, stand first; 0 when either list is empty or `k` is 0.
/// Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4),
/// 2002.
#[must_use]
pub fn ndcg_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    discounted(hit_ranks(ranked, relevant, k), relevant.len(), k)
}

/// Reciprocal rank at k: 1 / rank of the first relevant item among the first `k`, ranks from 1.
///
/// Its mean over users is MRR@k. 0 when none of the first `k` is relevant, so also when either list
/// is empty or `k` is 0.
#[must_use]
pub fn mrr_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    hit_ranks(ranked, relevant, k).next().map_or(0.0, |rank| 1.0 / rank as f64)
}

/// Average precision at k: Σ precision@rank over the ranks of the relevant items among the first
/// `k`, divided by min(relevant, k).
///
/// Its mean over users is MAP@k. The denominator is limited to `k`, so that the relevant items
/// first, or `k` of them, score 1, as in NDCG; with one relevant item it is the reciprocal rank. 0
/// when either list is empty or `k` is 0.
#[must_use]
pub fn map_at_k<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> f64 {
    average_precision(hit_ranks(ranked, relevant, k), relevant.len(), k)
}

fn discounted(ranks: impl Iterator<Item = usize>, relevant: usize, k: usize) -> f64 {
    let ideal: f64 = (1..=relevant.min(k)).map(discount).sum();
    let gained: f64 = ranks.map(discount).sum();
    if ideal == 0.0 { 0.0 } else { gained / ideal }
}

fn average_precision(ranks: impl Iterator<Item = usize>, relevant: usize, k: usize) -> f64 {
    let precisions: f64 = ranks.zip(1..).map(|(rank, hits)| ratio(hits, rank)).sum();
    let best = relevant.min(k);
    if best == 0 { 0.0 } else { precisions / best as f64 }
}

/// The ranks, from 1, of the relevant items among the first `k`.
fn hit_ranks<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> impl Iterator<Item = usize> {
    ranked
        .iter()
        .take(k)
        .enumerate()
        .filter(|(_, item)| relevant.contains(item))
        .map(|(index, _)| index + 1)
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 1.0).log2()
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
