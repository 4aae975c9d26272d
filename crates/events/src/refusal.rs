use thiserror::Error;

/// Why a line, or a value that was to stand in one, is refused.
///
/// A fixed list: [`as_str`](Self::as_str) gives names that reports and quarantine files may rely
/// on, [`ALL`](Self::ALL) every one of them. A line is checked in the order of this list down to
/// [`BadUserId`](Self::BadUserId). Of a watch or a rating the shape comes first, then the movie id,
/// then the minute or the stars. A recommendation is read part by part: a wrong value may be met
/// before it shows that another part is missing, and the movie ids come last. The first reason met
/// is the one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The line is longer than [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES).
    #[error("the line is longer than 65536 bytes")]
    LineTooLong,
    /// The line holds nothing, or nothing but a carriage return.
    #[error("the line is empty")]
    EmptyLine,
    /// The line is not UTF-8 throughout.
    #[error("the line is not valid UTF-8")]
    NotUtf8,
    /// The line has fewer than two commas, so time, user or request is missing.
    #[error("the line has fewer than the three fields time, user and request")]
    MissingField,
    /// The time is not of the form [`Timestamp`](crate::Timestamp) describes, or does not exist.
    #[error("the time is not an ISO 8601 date and time that exists")]
    BadTime,
    /// The user id is not a decimal number of 0 to 2^63 − 1.
    #[error("the user id is not a decimal number from 0 to 9223372036854775807")]
    BadUserId,
    /// The request is none of the three that are known.
    #[error("the request is neither a watch, a rating nor a recommendation")]
    UnknownRequest,
    /// The request is a known one but ends early or lacks one of its parts.
    #[error("the request is cut short or lacks a part")]
    MalformedRequest,
    /// A movie id is empty or holds white space, `/`, `=`, `,` or a control character.
    #[error("a movie id is empty or holds white space, '/', '=', ',' or a control character")]
    BadMovieId,
    /// The minute is not digits only, or over 2^31 − 1.
    #[error("the minute is not a decimal number from 0 to 2147483647")]
    BadMinute,
    /// The rating is not exactly one of `1`, `2`, `3`, `4`, `5`.
    #[error("the rating is not exactly one digit from 1 to 5")]
    BadRating,
    /// A part of a recommendation (server, status, variant, bucket, failure text, latency,
    /// provenance) has a value it cannot have.
    #[error("a part of the recommendation has a value it cannot have")]
    BadRecommendation,
}

impl Refusal {
    /// Every reason, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::LineTooLong,
        Self::EmptyLine,
        Self::NotUtf8,
        Self::MissingField,
        Self::BadTime,
        Self::BadUserId,
        Self::UnknownRequest,
        Self::MalformedRequest,
        Self::BadMovieId,
        Self::BadMinute,
        Self::BadRating,
        Self::BadRecommendation,
    ];

    /// The stable name of the reason, in snake case: `bad_time`, `bad_user_id`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::EmptyLine => "empty_line",
            Self::NotUtf8 => "not_utf8",
            Self::MissingField => "missing_field",
            Self::BadTime => "bad_time",
            Self::BadUserId => "bad_user_id",
            Self::UnknownRequest => "unknown_request",
            Self::MalformedRequest => "malformed_request",
            Self::BadMovieId => "bad_movie_id",
            Self::BadMinute => "bad_minute",
            Self::BadRating => "bad_rating",
            Self::BadRecommendation => "bad_recommendation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_snake_case_and_follow_the_declaration() {
        let mut names: Vec<&str> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
        for (position, refusal) in Refusal::ALL.iter().enumerate() {
            assert_eq!(*refusal as usize, position);
            let debug = format!("{refusal:?}").to_lowercase();
            assert_eq!(refusal.as_str().replace('_', ""), debug);
            assert!(!refusal.to_string().is_empty());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Refusal::BadRecommendation as usize + 1);
    }

    #[test]
    fn the_sentence_of_a_long_line_names_the_limit() {
        let sentence = Refusal::LineTooLong.to_string();
        assert!(sentence.contains(&crate::MAX_LINE_BYTES.to_string()), "{sentence}");
    }
}
