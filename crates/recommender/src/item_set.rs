use crate::ItemRow;

/// Bits of a word.
const BITS: usize = u64::BITS as usize;

/// A set of items, by row: one bit for each row up to the highest in it.
///
/// Asking for a row costs one look at memory, whatever the number of rows in the set; 26,000 films
/// are 3 KiB. Two sets are equal when they hold the same rows.
///
/// ```
/// use marquee_recommender::{ItemRow, ItemSet};
///
/// let dramas = ItemSet::from_rows([ItemRow(7), ItemRow(2), ItemRow(7)]);
/// let short = ItemSet::from_rows([ItemRow(2), ItemRow(90)]);
/// assert_eq!(dramas.len(), 2);
/// assert_eq!(dramas.iter().collect::<Vec<_>>(), [ItemRow(2), ItemRow(7)]);
/// assert_eq!(dramas.intersection(&short), ItemSet::from_rows([ItemRow(2)]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemSet {
    /// Bit `r % 64` of word `r / 64` stands for row `r`; the last word is not 0.
    words: Vec<u64>,
    len: usize,
}

impl ItemSet {
    /// The set of these rows, which may repeat and stand in any order.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = ItemRow>) -> Self {
        let mut words = Vec::new();
        for row in rows {
            let word = row.index() / BITS;
            if word >= words.len() {
                words.resize(word + 1, 0);
            }
            words[word] |= 1 << (row.index() % BITS);
        }
        Self::of_words(words)
    }

    fn of_words(mut words: Vec<u64>) -> Self {
        let used = words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        words.truncate(used);
        let len = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { words, len }
    }

    /// Whether `item` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, item: ItemRow) -> bool {
        let word = self.words.get(item.index() / BITS);
        word.is_some_and(|word| word >> (item.index() % BITS) & 1 == 1)
    }

    /// Number of items in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no item is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The items in the set, by ascending row.
    pub fn iter(&self) -> impl Iterator<Item = ItemRow> {
        self.words.iter().enumerate().flat_map(|(place, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(ItemRow((place * BITS) as u32 + bit))
            })
        })
    }

    /// The items that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of_words(self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect())
    }

    /// The items that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (longer, shorter) =
            if self.words.len() < other.words.len() { (other, self) } else { (self, other) };
        let mut words = longer.words.clone();
        words.iter_mut().zip(&shorter.words).for_each(|(a, b)| *a |= b);
        Self::of_words(words)
    }
}

impl FromIterator<ItemRow> for ItemSet {
    fn from_iter<T: IntoIterator<Item = ItemRow>>(rows: T) -> Self {
        Self::from_rows(rows)
    }
}
