use std::{
    collections::{HashMap, HashSet},
    fmt, io,
};

use foldhash::fast::RandomState;
use marquee_recommender::{ItemRow, UserRow};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};

/// The user ids of a data set and their rows: the row of an id is the rank of its decimal text in
/// byte order (`1`, `10`, `100`, `2`, …).
///
/// As JSON it is `{"<id>": row}` in row order. Some 30 bytes a user. A look-up is one of a hash
/// table: a server makes one for every request, and a binary search over a million users would
/// miss the processor's caches twenty times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserVocabulary {
    ids: Vec<u64>,
    rows: HashMap<u64, u32, RandomState>,
}

impl UserVocabulary {
    /// The vocabulary of the given ids, which may repeat and stand in any order.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = u64>) -> Self {
        let distinct: HashSet<u64, RandomState> = ids.into_iter().collect();
        let mut ids: Vec<u64> = distinct.into_iter().collect();
        ids.sort_by_cached_key(|id| DecimalText::of(*id));
        Self::from_rows(ids)
    }

    fn from_rows(ids: Vec<u64>) -> Self {
        let rows = ids.iter().enumerate().map(|(row, &id)| (id, row as u32)).collect();
        Self { ids, rows }
    }

    /// Number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The row of an id.
    #[must_use]
    pub fn row(&self, id: u64) -> Option<UserRow> {
        self.rows.get(&id).copied().map(UserRow)
    }

    /// The id of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn id(&self, row: UserRow) -> u64 {
        self.ids[row.index()]
    }

    /// The ids in row order.
    #[must_use]
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }
}

/// The decimal text of a number, left aligned, so that it compares as bytes do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DecimalText([u8; 20]);

impl DecimalText {
    fn of(number: u64) -> Self {
        let mut text = [0; 20];
        let mut cursor = io::Cursor::new(text.as_mut_slice());
        // 20 bytes hold every u64, and 0 sorts before every digit.
        let written = io::Write::write_fmt(&mut cursor, format_args!("{number}"));
        debug_assert!(written.is_ok());
        Self(text)
    }
}

/// The movie ids of a data set and their rows: the row of an id is its rank in byte order.
///
/// As JSON it is `{"<id>": row}` in row order. A look-up is a binary search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MovieVocabulary {
    ids: Vec<Box<str>>,
}

impl MovieVocabulary {
    /// The vocabulary of the given ids, which may repeat and stand in any order.
    #[must_use]
    pub fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut distinct: Vec<Box<str>> = ids.into_iter().map(Box::from).collect();
        distinct.sort_unstable();
        distinct.dedup();
        Self { ids: distinct }
    }

    /// Number of movies.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no movies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The row of an id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<ItemRow> {
        let place = self.ids.binary_search_by(|held| held.as_ref().cmp(id)).ok()?;
        Some(ItemRow(place as u32))
    }

    /// The id of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn id(&self, row: ItemRow) -> &str {
        &self.ids[row.index()]
    }

    /// The ids in row order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids.iter().map(AsRef::as_ref)
    }
}

impl Serialize for UserVocabulary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ids.len()))?;
        for (row, id) in self.ids.iter().enumerate() {
            map.serialize_entry(id, &row)?;
        }
        map.end()
    }
}

impl Serialize for MovieVocabulary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ids.len()))?;
        for (row, id) in self.ids.iter().enumerate() {
            map.serialize_entry(id, &row)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for UserVocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer.deserialize_map(Entries("user ids to rows", |id: &str| {
            id.parse::<u64>().map_err(|_| format!("user id {id:?} is not a decimal number"))
        }))?;
        let ids = rows_in_order(entries).map_err(D::Error::custom)?;
        let vocabulary = Self::from_rows(ids);
        // The last of equal ids holds the entry.
        let repeated =
            vocabulary.ids.iter().enumerate().find(|&(row, id)| {
                vocabulary.rows.get(id).is_none_or(|&held| held as usize != row)
            });
        match repeated {
            Some((_, id)) => Err(D::Error::custom(format!("user id {id} stands twice"))),
            None => Ok(vocabulary),
        }
    }
}

impl<'de> Deserialize<'de> for MovieVocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer
            .deserialize_map(Entries("movie ids to rows", |id: &str| Ok(Box::<str>::from(id))))?;
        let ids = rows_in_order(entries).map_err(D::Error::custom)?;
        match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(D::Error::custom(format!(
                "movie {:?} has a row after {:?}: rows are ranks in byte order",
                pair[1], pair[0]
            ))),
            None => Ok(Self { ids }),
        }
    }
}

/// Places every id at its row; each row from 0 must be taken exactly once.
fn rows_in_order<T: Clone>(entries: Vec<(T, u32)>) -> Result<Vec<T>, String> {
    let mut ids: Vec<Option<T>> = vec![None; entries.len()];
    for (id, row) in entries {
        match ids.get_mut(row as usize) {
            Some(place @ None) => *place = Some(id),
            Some(Some(_)) => return Err(format!("row {row} stands twice")),
            None => return Err(format!("row {row} is not below the number of entries")),
        }
    }
    Ok(ids.into_iter().flatten().collect())
}

/// Reads a JSON object of ids to rows, keys through a function.
struct Entries<F>(&'static str, F);

impl<'de, T, F: Fn(&str) -> Result<T, String>> Visitor<'de> for Entries<F> {
    type Value = Vec<(T, u32)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object of {}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
        // A key may hold escapes, so it cannot always be borrowed.
        while let Some((id, row)) = map.next_entry::<String, u32>()? {
            entries.push(((self.1)(&id).map_err(A::Error::custom)?, row));
        }
        Ok(entries)
    }
}
