use std::ops::AddAssign;

/// The four metrics of a ranking cut off after `k` items, of one user or as a mean over users.
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
}

impl RankingMetrics {
    /// The metrics of one ranking; the conditions on the two lists are those of [`hit_at_k`].
    #[must_use]
    pub fn of<T: PartialEq>(ranked: &[T], relevant: &[T], k: usize) -> Self {
        Self {
            k,
            hit: hit_at_k(ranked, relevant, k),
            precision: precision_at_k(ranked, relevant, k),
            recall: recall_at_k(ranked, relevant, k),
            ndcg: ndcg_at_k(ranked, relevant, k),
        }
    }

    /// All metrics 0: what a user without a ranking scores.
    #[must_use]
    pub fn zero(k: usize) -> Self {
        Self { k, hit: 0.0, precision: 0.0, recall: 0.0, ndcg: 0.0 }
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
        }
    }
}

impl AddAssign for RankingMetrics {
    fn add_assign(&mut self, other: Self) {
        self.hit += other.hit;
        self.precision += other.precision;
        self.recall += other.recall;
        self.ndcg += other.ndcg;
    }
}

/// Hit@k: 1 if at least one of the first `k` ranked items is relevant, else 0.
///
/// `ranked` is best first and may hold fewer than `k` items; neither list may repeat an item that
/// stands in both, which all four metrics rely on. 0 when either list is empty or `k` is 0.
/// O(k · relevant), as the other three.
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
    let gained: f64 = hit_ranks(ranked, relevant, k).map(discount).sum();
    let ideal: f64 = (1..=relevant.len().min(k)).map(discount).sum();
    if ideal == 0.0 { 0.0 } else { gained / ideal }
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
