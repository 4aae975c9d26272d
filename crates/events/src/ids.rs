use std::fmt;
use std::str::FromStr;

use crate::{Refusal, decimal};

/// A user's id: a decimal number, 0 to 2^63 − 1 so that it fits a signed 64-bit column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(u64);

impl UserId {
    /// The highest user id, 2^63 − 1.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The user id of that number.
    ///
    /// # Errors
    /// [`Refusal::BadUserId`] above [`MAX`](Self::MAX).
    pub const fn new(id: u64) -> Result<Self, Refusal> {
        if id > Self::MAX.0 { Err(Refusal::BadUserId) } else { Ok(Self(id)) }
    }

    /// Reads decimal digits. Leading zeros are allowed; a sign, a space or no digit is not.
    ///
    /// # Errors
    /// [`Refusal::BadUserId`] for anything else and above [`MAX`](Self::MAX).
    #[inline]
    pub fn parse_bytes(digits: &[u8]) -> Result<Self, Refusal> {
        decimal::parse(digits).ok_or(Refusal::BadUserId).and_then(Self::new)
    }

    /// The id as a number, 0 to 2^63 − 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id as a signed number; never negative.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0 as i64
    }
}

impl FromStr for UserId {
    type Err = Refusal;

    fn from_str(digits: &str) -> Result<Self, Refusal> {
        Self::parse_bytes(digits.as_bytes())
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A film's id: a slug such as `the+matrix+1999`.
///
/// Not empty, and without white space, control characters (both as Unicode has them), `/`, `=` and
/// `,`. Anything else is allowed: real ids hold `-`, `.`, `_`, `*`, end in `+` where the year is
/// missing, and hold letters beyond ASCII. Ordered by bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovieId<'a>(&'a str);

impl<'a> MovieId<'a> {
    /// The movie id of that text. Cost: one pass over the bytes.
    ///
    /// # Errors
    /// [`Refusal::BadMovieId`] if the text is empty or holds a character an id cannot have.
    #[inline]
    pub fn new(text: &'a str) -> Result<Self, Refusal> {
        if is_plain(text.as_bytes()) || is_movie_id(text) {
            Ok(Self(text))
        } else {
            Err(Refusal::BadMovieId)
        }
    }

    /// The movie id of a part of a text whose ids were checked before.
    pub(crate) const fn already_checked(text: &'a str) -> Self {
        Self(text)
    }

    /// The id's text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for MovieId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many bytes are looked at together: the width of the narrowest vector registers.
const LANES: usize = 16;

/// Whether the bytes are a movie id without any character beyond ASCII, as nearly all ids are.
fn is_plain(bytes: &[u8]) -> bool {
    match bytes.last_chunk::<LANES>() {
        // The last block may overlap the one before it, so that no rest is left to go through singly.
        Some(last) => {
            block_is_plain(last) && bytes.as_chunks::<LANES>().0.iter().all(block_is_plain)
        }
        None => !bytes.is_empty() && bytes.iter().all(|&byte| PLAIN[usize::from(byte)]),
    }
}

/// Without an early end within the block, so that the compiler can vectorise it.
#[inline]
fn block_is_plain(block: &[u8; LANES]) -> bool {
    let refused = block.map(|byte| u8::from(!byte_is_plain(byte)));
    u128::from_ne_bytes(refused) == 0
}

#[inline]
const fn byte_is_plain(byte: u8) -> bool {
    // As a signed number, a byte beyond ASCII is below the space too.
    ((byte as i8) > b' ' as i8) & (byte != 0x7f) & (byte != b'/') & (byte != b'=') & (byte != b',')
}

/// `byte_is_plain` of every byte.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < plain.len() {
        plain[byte] = byte_is_plain(byte as u8);
        byte += 1;
    }
    plain
};

/// The whole rule, character by character.
#[cold]
fn is_movie_id(text: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '=' | ',');
    !text.is_empty() && !text.contains(refused)
}

/// A rating: 1 to 5 stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

impl Stars {
    /// That many stars.
    ///
    /// # Errors
    /// [`Refusal::BadRating`] outside 1 to 5.
    pub const fn new(stars: u8) -> Result<Self, Refusal> {
        if matches!(stars, 1..=5) { Ok(Self(stars)) } else { Err(Refusal::BadRating) }
    }

    /// The number of stars, 1 to 5.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Stars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_end_at_the_signed_range() {
        assert_eq!("9223372036854775807".parse(), Ok(UserId::MAX));
        assert_eq!(UserId::MAX.as_i64(), i64::MAX);
        assert_eq!("9223372036854775808".parse::<UserId>(), Err(Refusal::BadUserId));
        assert_eq!(UserId::new(1 << 63), Err(Refusal::BadUserId));
        assert_eq!("0007".parse::<UserId>().unwrap().to_string(), "7");
        for refused in ["", "-1", "+1", " 1", "1 ", "1.0", "0x1", "١"] {
            assert_eq!(refused.parse::<UserId>(), Err(Refusal::BadUserId), "{refused:?}");
        }
    }

    #[test]
    fn a_user_id_of_a_million_digits_is_refused_and_one_of_zeros_is_not() {
        assert_eq!(UserId::parse_bytes(&[b'9'; 1_000_000]), Err(Refusal::BadUserId));
        assert_eq!(UserId::parse_bytes(&[b'0'; 1_000_000]), UserId::new(0));
    }

    #[test]
    fn movie_ids_follow_the_rule_for_every_character() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let id = format!("a{c}+1999");
            let allowed = !(c.is_whitespace() || c.is_control() || matches!(c, '/' | '=' | ','));
            assert_eq!(MovieId::new(&id).is_ok(), allowed, "{c:?}");
        }
        assert_eq!(MovieId::new(""), Err(Refusal::BadMovieId));
    }

    #[test]
    fn every_byte_is_judged_at_every_place_of_ids_of_every_length() {
        for len in 1..=50 {
            for at in 0..len {
                for byte in 0..=0x7f_u8 {
                    let mut id = vec![b'a'; len];
                    id[at] = byte;
                    let id = String::from_utf8(id).unwrap();
                    assert_eq!(MovieId::new(&id).is_ok(), is_movie_id(&id), "{id:?}");
                }
            }
        }
    }

    #[test]
    fn stars_are_one_to_five() {
        for stars in 0..=u8::MAX {
            assert_eq!(Stars::new(stars).is_ok(), (1..=5).contains(&stars));
        }
    }
}
