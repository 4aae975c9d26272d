use std::{cmp::Ordering, collections::BinaryHeap};

use crate::ItemRow;

/// An item and the score a model gives it. Scores of one answer are comparable, scores of two
/// models are not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredItem {
    /// The item.
    pub item: ItemRow,
    /// The model's score; never NaN in an answer.
    pub score: f32,
}

/// The order of a ranking: [`Ordering::Less`] when `a` stands before `b`.
///
/// Higher scores first by [`f32::total_cmp`] (so `0.0` before `-0.0`), and of equal scores the
/// lower row first. Total: two different items never compare equal.
#[inline]
#[must_use]
pub fn ranks_before(a: &ScoredItem, b: &ScoredItem) -> Ordering {
    b.score.total_cmp(&a.score).then(a.item.cmp(&b.item))
}

/// A scored item as one number that is smaller the earlier the item ranks: comparing two is one
/// instruction, where a score and a row are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RankKey(u64);

impl RankKey {
    #[inline]
    fn new(item: ItemRow, score: f32) -> Self {
        let bits = score.to_bits();
        // As in `f32::total_cmp`: flipping these bits makes the order of floats that of integers.
        let flip = if bits >> 31 == 1 { u32::MAX } else { 1 << 31 };
        let ascending = bits ^ flip;
        Self(u64::from(!ascending) << 32 | u64::from(item.0))
    }

    #[inline]
    fn score(self) -> f32 {
        let ascending = !((self.0 >> 32) as u32);
        let flip = if ascending >> 31 == 1 { 1 << 31 } else { u32::MAX };
        f32::from_bits(ascending ^ flip)
    }

    #[inline]
    fn scored(self) -> ScoredItem {
        ScoredItem { item: ItemRow(self.0 as u32), score: self.score() }
    }
}

/// The best `k` of the items pushed, exactly, under [`ranks_before`].
///
/// Items may be pushed in any order; the result does not depend on it. A NaN score is never kept:
/// it says that a score could not be computed, and such an item is not recommended. A push that
/// does not enter the list costs one comparison, one that does O(log k).
#[derive(Debug, Clone)]
pub struct TopK {
    k: usize,
    /// Greatest at the top: the item that ranks last.
    heap: BinaryHeap<RankKey>,
    /// Scores below this cannot enter; those equal to it may, by their row.
    threshold: f32,
}

impl TopK {
    /// An empty list that will hold at most `k` items; `k` 0 keeps nothing.
    #[must_use]
    pub fn new(k: usize) -> Self {
        // A caller may ask for more than there is: capacity grows with what arrives.
        Self {
            k,
            heap: BinaryHeap::with_capacity(k.min(1024)),
            threshold: if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY },
        }
    }

    /// Offers an item.
    #[inline]
    pub fn push(&mut self, item: ItemRow, score: f32) {
        if score >= self.threshold {
            self.insert(RankKey::new(item, score));
        }
    }

    /// The lowest score that may still enter: −∞ until `k` items are held. An item whose score is
    /// bounded strictly below this need not be scored at all.
    #[inline]
    #[must_use]
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// How many items are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The items held, best first: at most `k`, fewer when fewer were pushed.
    #[must_use]
    pub fn into_sorted(self) -> Vec<ScoredItem> {
        let mut keys = self.heap.into_vec();
        keys.sort_unstable();
        keys.into_iter().map(RankKey::scored).collect()
    }

    #[cold]
    fn insert(&mut self, candidate: RankKey) {
        if self.k == 0 {
            return;
        }
        if self.heap.len() < self.k {
            self.heap.push(candidate);
        } else if let Some(mut last) = self.heap.peek_mut()
            && candidate < *last
        {
            *last = candidate;
        }
        if self.heap.len() == self.k
            && let Some(last) = self.heap.peek()
        {
            self.threshold = last.score();
        }
    }
}
