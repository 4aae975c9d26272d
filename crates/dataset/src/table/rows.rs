use std::{io::Write, sync::Arc};

use arrow::{
    array::{ArrayRef, DictionaryArray, Int8Array, Int32Array, Int64Array, StringArray},
    buffer::{Buffer, OffsetBuffer},
    datatypes::{DataType, Field},
    error::ArrowError,
};

use crate::EventDetail;

/// The columns of a table file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableLayout {
    /// The four columns of interactions.
    Interactions,
    /// Single events with minute and stars.
    Events,
    /// Interactions of pairs with `stars` and `minutes`.
    Aggregated,
}

impl TableLayout {
    /// The columns by name and type.
    pub(super) fn fields(self) -> Vec<Field> {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let user = Field::new("user_id", DataType::Int64, false);
        let movie = Field::new("movie_id", dictionary.clone(), false);
        let rating = Field::new("rating", DataType::Int64, false);
        let timestamp = Field::new("timestamp", DataType::Int64, false);
        let stars = Field::new("stars", DataType::Int8, true);
        match self {
            Self::Interactions => vec![user, movie, rating, timestamp],
            Self::Aggregated => {
                let minutes = Field::new("minutes", DataType::Int64, false);
                vec![user, movie, rating, timestamp, stars, minutes]
            }
            Self::Events => {
                let kind = Field::new("kind", dictionary, false);
                let minute = Field::new("minute", DataType::Int32, true);
                vec![user, movie, kind, minute, stars, timestamp]
            }
        }
    }
}

/// Rows on their way into a file, as columns of equal length; a layout's file takes its own
/// columns and the others may be empty.
///
/// Movie ids stand one after the other in one text, so that a row costs no allocation.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) user_ids: Vec<i64>,
    movie_text: Vec<u8>,
    /// Where each id of `movie_text` ends, behind a zero.
    movie_ends: Vec<usize>,
    pub(crate) ratings: Vec<u8>,
    pub(crate) timestamps: Vec<i64>,
    pub(crate) details: Vec<EventDetail>,
    pub(crate) stars: Vec<Option<i8>>,
    pub(crate) minutes: Vec<i64>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            user_ids: Vec::new(),
            movie_text: Vec::new(),
            movie_ends: vec![0],
            ratings: Vec::new(),
            timestamps: Vec::new(),
            details: Vec::new(),
            stars: Vec::new(),
            minutes: Vec::new(),
        }
    }
}

impl Rows {
    /// Rows a row group may hold.
    pub(super) const MOST_ROWS: usize = 1 << 18;
    /// Bytes of movie ids that end a row group: no id is longer than a line of log, yet all could
    /// be as long.
    pub(super) const MOST_TEXT: usize = 1 << 26;

    pub(crate) fn len(&self) -> usize {
        self.user_ids.len()
    }

    /// Removes all rows and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.user_ids.clear();
        self.movie_text.clear();
        self.movie_ends.truncate(1);
        self.ratings.clear();
        self.timestamps.clear();
        self.details.clear();
        self.stars.clear();
        self.minutes.clear();
    }

    #[inline]
    pub(crate) fn push(&mut self, user_id: i64, movie_id: &str, rating: u8, timestamp: i64) {
        self.push_bytes(user_id, movie_id.as_bytes(), rating, timestamp);
    }

    /// As [`push`](Self::push), of an id that is known to be text.
    #[inline]
    pub(super) fn push_bytes(&mut self, user_id: i64, movie_id: &[u8], rating: u8, timestamp: i64) {
        self.user_ids.push(user_id);
        self.movie_text.extend_from_slice(movie_id);
        self.movie_ends.push(self.movie_text.len());
        self.ratings.push(rating);
        self.timestamps.push(timestamp);
    }

    /// Whether their movie ids end the row group.
    pub(super) fn is_full(&self) -> bool {
        self.movie_text.len() >= Self::MOST_TEXT
    }

    /// Takes at most `room` rows of `other` from row `from` on, until full; the first not taken.
    pub(super) fn fill_from(&mut self, other: &Self, from: usize, room: usize) -> usize {
        let mut until = other.len().min(from + room);
        let text_room = Self::MOST_TEXT.saturating_sub(self.movie_text.len());
        let (start, filled) = (other.movie_ends[from], self.movie_text.len());
        if other.movie_ends[until] - start > text_room {
            // The first row past the limit ends the row group; it is found by its end.
            let ends = &other.movie_ends[from + 1..=until];
            until = from + 1 + ends.partition_point(|&end| end - start < text_room);
        }
        self.movie_text.extend_from_slice(&other.movie_text[start..other.movie_ends[until]]);
        let ends = other.movie_ends[from + 1..=until].iter();
        self.movie_ends.extend(ends.map(|end| end - start + filled));
        self.user_ids.extend_from_slice(&other.user_ids[from..until]);
        self.ratings.extend_from_slice(&other.ratings[from..until]);
        self.timestamps.extend_from_slice(&other.timestamps[from..until]);
        extend_column(&mut self.details, &other.details, from..until);
        extend_column(&mut self.stars, &other.stars, from..until);
        extend_column(&mut self.minutes, &other.minutes, from..until);
        until
    }

    /// The columns of a layout, in its order.
    pub(super) fn into_arrays(self, layout: TableLayout) -> Result<Vec<ArrayRef>, ArrowError> {
        // A row group's text is well below 2 GiB.
        let ends: Vec<i32> = self.movie_ends.iter().map(|&end| end as i32).collect();
        let ends = OffsetBuffer::new(ends.into());
        let movies: ArrayRef =
            Arc::new(StringArray::try_new(ends, Buffer::from_vec(self.movie_text), None)?);
        let columns = Columns {
            users: Arc::new(Int64Array::from(self.user_ids)),
            movies,
            ratings: &self.ratings,
            timestamps: self.timestamps,
            details: &self.details,
            stars: self.stars,
            minutes: self.minutes,
        };
        Ok(columns.into_arrays(layout))
    }

    /// The rows as csv records of a layout without single events, without a header.
    pub(crate) fn to_csv(&self, layout: TableLayout) -> Vec<u8> {
        // Some bytes more than a row usually has.
        let text = Vec::with_capacity(64 * self.len());
        let mut writer = csv::Writer::from_writer(text);
        let mut write = || -> Result<(), csv::Error> {
            let mut number = NumberText::default();
            for row in 0..self.len() {
                writer.write_field(number.of(self.user_ids[row]))?;
                writer.write_field(self.movie_id(row))?;
                writer.write_field(number.of(self.ratings[row]))?;
                writer.write_field(number.of(self.timestamps[row]))?;
                if layout == TableLayout::Aggregated {
                    match self.stars[row] {
                        Some(stars) => writer.write_field(number.of(stars))?,
                        None => writer.write_field("")?,
                    }
                    writer.write_field(number.of(self.minutes[row]))?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Ok(())
        };
        write()
            .and_then(|()| writer.into_inner().map_err(|error| error.into_error().into()))
            .expect("writing to memory cannot fail, and all records have as many fields")
    }

    pub(super) fn movie_id(&self, row: usize) -> &[u8] {
        &self.movie_text[self.movie_ends[row]..self.movie_ends[row + 1]]
    }
}

/// The columns of rows, those that a layout does not have empty.
pub(super) struct Columns<'a> {
    pub(super) users: ArrayRef,
    pub(super) movies: ArrayRef,
    pub(super) ratings: &'a [u8],
    pub(super) timestamps: Vec<i64>,
    pub(super) details: &'a [EventDetail],
    pub(super) stars: Vec<Option<i8>>,
    pub(super) minutes: Vec<i64>,
}

impl Columns<'_> {
    /// The columns of a layout, in its order.
    pub(super) fn into_arrays(self, layout: TableLayout) -> Vec<ArrayRef> {
        let Self { users, movies, .. } = self;
        let timestamps: ArrayRef = Arc::new(Int64Array::from(self.timestamps));
        let ratings = |ratings: &[u8]| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(ratings.iter().map(|&rating| i64::from(rating))))
        };
        match layout {
            TableLayout::Interactions => vec![users, movies, ratings(self.ratings), timestamps],
            TableLayout::Aggregated => vec![
                users,
                movies,
                ratings(self.ratings),
                timestamps,
                Arc::new(Int8Array::from(self.stars)),
                Arc::new(Int64Array::from(self.minutes)),
            ],
            TableLayout::Events => {
                let [kinds, minutes, stars] = event_arrays(self.details);
                vec![users, movies, kinds, minutes, stars, timestamps]
            }
        }
    }
}

/// Columns that a layout does not have are empty on both sides.
fn extend_column<T: Copy>(column: &mut Vec<T>, other: &[T], rows: std::ops::Range<usize>) {
    if !other.is_empty() {
        column.extend_from_slice(&other[rows]);
    }
}

/// `kind`, `minute` and `stars`.
fn event_arrays(details: &[EventDetail]) -> [ArrayRef; 3] {
    let kinds = details.iter().map(|detail| match detail {
        EventDetail::Watch { .. } => 0,
        EventDetail::Rate { .. } => 1,
    });
    let names = Arc::new(StringArray::from(vec!["watch", "rate"]));
    let kinds = DictionaryArray::new(Int32Array::from_iter_values(kinds), names);
    let minutes = details.iter().map(|detail| match *detail {
        EventDetail::Watch { minute } => Some(minute),
        EventDetail::Rate { .. } => None,
    });
    let stars = details.iter().map(|detail| match *detail {
        EventDetail::Watch { .. } => None,
        EventDetail::Rate { stars } => Some(stars),
    });
    [
        Arc::new(kinds),
        Arc::new(minutes.collect::<Int32Array>()),
        Arc::new(stars.collect::<Int8Array>()),
    ]
}

/// Decimal text of numbers in one reused buffer.
#[derive(Default)]
struct NumberText(Vec<u8>);

impl NumberText {
    fn of(&mut self, number: impl std::fmt::Display) -> &[u8] {
        self.0.clear();
        // Writing to a vector cannot fail.
        let _ = write!(self.0, "{number}");
        &self.0
    }
}
