use std::fmt;

use crate::Refusal;

/// A short text between two separators of a recommendation line: a server, a variant, a version.
///
/// Not empty, without `,` and control characters, and without white space at either end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// The token of that text.
    ///
    /// # Errors
    /// [`Refusal::BadRecommendation`] if the text is no token.
    pub fn new(text: &'a str) -> Result<Self, Refusal> {
        let ends_in_space =
            text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if text.is_empty() || ends_in_space || text.contains(',') || holds_control(text) {
            return Err(Refusal::BadRecommendation);
        }
        Ok(Self(text))
    }

    /// The token's text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a failed recommendation says in place of a list: free text without control characters. May
/// be empty, and may hold `, ` and `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailureText<'a>(&'a str);

impl<'a> FailureText<'a> {
    /// The failure text that says `text`.
    ///
    /// # Errors
    /// [`Refusal::BadRecommendation`] if the text holds a control character.
    pub fn new(text: &'a str) -> Result<Self, Refusal> {
        if holds_control(text) { Err(Refusal::BadRecommendation) } else { Ok(Self(text)) }
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for FailureText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn holds_control(text: &str) -> bool {
    if text.is_ascii() {
        // A pass without an early end is one the compiler can vectorise.
        return text.bytes().fold(false, |seen, byte| seen | byte.is_ascii_control());
    }
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_may_hold_inner_spaces_and_equals_signs() {
        for text in ["als-20251017", "/recommend/12", "a b", "a=b", "é", "host.name:8082"] {
            assert_eq!(Token::new(text).unwrap().as_str(), text);
        }
        for text in ["", " a", "a ", "\u{3000}a", "a,b", "a\tb", "a\u{85}b", "a\u{7f}"] {
            assert_eq!(Token::new(text), Err(Refusal::BadRecommendation), "{text:?}");
        }
    }

    #[test]
    fn failure_texts_are_free_save_for_control_characters() {
        for text in ["", "a, b=c, 12 ms", " é "] {
            assert_eq!(FailureText::new(text).unwrap().as_str(), text);
        }
        for text in ["a\nb", "a\rb", "a\u{9f}b"] {
            assert_eq!(FailureText::new(text), Err(Refusal::BadRecommendation), "{text:?}");
        }
    }
}
