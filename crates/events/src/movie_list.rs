use memchr::memchr;

use crate::{MovieId, Refusal};

const TIGHT: &str = ",";
const SPACED: &str = ", ";

/// The films of a recommendation, best first: one text whose ids were checked, not copied.
///
/// The ids stand joined by `,` (as this project's server writes them) or all by `, ` (as the
/// platform does); which of the two is kept, so that a list is written as it was read. May be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MovieList<'a> {
    joined: &'a str,
    spaced: bool,
    len: usize,
}

impl<'a> MovieList<'a> {
    /// The list of a text of ids joined by `,` or all by `, `; an empty text is the empty list.
    /// Repeated ids are kept.
    ///
    /// # Errors
    /// [`Refusal::BadMovieId`] if what stands between two separators is no movie id: an empty one,
    /// or one with the other separator in it.
    pub fn from_joined(joined: &'a str) -> Result<Self, Refusal> {
        if joined.is_empty() {
            return Ok(Self::default());
        }
        let bytes = joined.as_bytes();
        let mut comma = memchr(b',', bytes);
        let spaced = comma.is_some_and(|comma| bytes.get(comma + 1) == Some(&b' '));
        let separator = if spaced { SPACED } else { TIGHT };
        let mut start = 0;
        let mut len = 1;
        while let Some(end) = comma {
            MovieId::new(&joined[start..end])?;
            if !joined[end..].starts_with(separator) {
                return Err(Refusal::BadMovieId);
            }
            start = end + separator.len();
            len += 1;
            comma = memchr(b',', &bytes[start..]).map(|distance| start + distance);
        }
        MovieId::new(&joined[start..])?;
        Ok(Self { joined, spaced, len })
    }

    /// The ids, in the order of the text.
    pub fn ids(&self) -> impl Iterator<Item = MovieId<'a>> + Clone + use<'a> {
        // Splitting an empty text gives one empty part, which `take` leaves out.
        self.joined.split(self.separator()).take(self.len).map(MovieId::already_checked)
    }

    /// How many ids there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no id.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ids as they stand in the line.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.joined
    }

    /// What stands between two ids: `, `, or `,` (also of a list of fewer than two).
    #[must_use]
    pub const fn separator(&self) -> &'static str {
        if self.spaced { SPACED } else { TIGHT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<'a>(list: &MovieList<'a>) -> Vec<&'a str> {
        list.ids().map(MovieId::as_str).collect()
    }

    #[test]
    fn both_separators_give_the_same_ids() {
        let tight = MovieList::from_joined("a+1,b+2,c+").unwrap();
        let spaced = MovieList::from_joined("a+1, b+2, c+").unwrap();
        assert_eq!(ids(&tight), ["a+1", "b+2", "c+"]);
        assert_eq!(ids(&spaced), ids(&tight));
        assert_eq!((tight.separator(), spaced.separator()), (",", ", "));
        assert_eq!((tight.len(), spaced.len()), (3, 3));
        assert_eq!(spaced.as_str(), "a+1, b+2, c+");
    }

    #[test]
    fn short_lists() {
        let empty = MovieList::from_joined("").unwrap();
        assert!(empty.is_empty());
        assert_eq!(ids(&empty), [""; 0]);
        assert_eq!(empty, MovieList::default());
        let one = MovieList::from_joined("a").unwrap();
        assert_eq!((one.len(), ids(&one)), (1, vec!["a"]));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            ",",
            "a,",
            ",a",
            "a, ",
            "a,,b",
            "a,b, c",
            "a, b,c",
            "a,  b",
            " a",
            "a ,b",
            "a, b/c",
            "a,b=c",
            "a,\u{a0}b",
        ] {
            assert_eq!(MovieList::from_joined(text), Err(Refusal::BadMovieId), "{text:?}");
        }
    }
}
