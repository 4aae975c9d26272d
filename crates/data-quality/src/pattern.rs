//! Patterns of ECMA-262 on an engine that takes time in proportion to the text.

mod plain;
mod translate;

use regex::bytes::{Regex, RegexBuilder};

use crate::error::PatternFault;

/// A pattern of a schema: it matches where any part of a text does, as JSON Schema has it.
///
/// Classes are those of ECMA-262: `\d` and `\w` are ASCII, `\s` is its list of white space.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Bytes of ASCII of which every non-empty text matches, where the pattern tells so at once.
    plain: Option<Box<[bool; 256]>>,
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Result<Self, PatternFault> {
        let translated = translate::translate(pattern)?;
        let regex = RegexBuilder::new(&translated)
            .build()
            .map_err(|error| PatternFault::Malformed(last_line(&error.to_string())))?;
        Ok(Self { plain: plain::bytes(&translated), regex })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        if let Some(plain) = &self.plain
            && !text.is_empty()
            && text.bytes().fold(true, |all, byte| all & plain[usize::from(byte)])
        {
            return true;
        }
        self.regex.is_match(text.as_bytes())
    }

    pub(crate) fn plain(&self) -> Option<&[bool; 256]> {
        self.plain.as_deref()
    }
}

/// The engine draws the pattern and the place in it before it says what is wrong.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_ecma_has_it() {
        for (pattern, text, expected) in [
            ("b", "abc", true),
            ("^b", "abc", false),
            ("^abc$", "abc\n", false),
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^\w+$", "é", false),
            (r"^\W$", "é", true),
            (r"^\s$", "\u{feff}", true),
            (r"^\s$", "\u{85}", false),
            (r"^\S$", "\u{3000}", false),
            ("^.$", "\u{2028}", false),
            ("^.$", "é", true),
            (r"^[^\s/=,]+$", "bat*21+1988", true),
            (r"^[^\s/=,]+$", "a b", false),
            (r"^[\w.-]+$", "a-b.c", true),
            (r"^[a&&b]+$", "a&b", true),
            ("^[[a]+$", "[a", true),
            (r"^[\d\-x]+$", "1-x", true),
            ("^a{,2}$", "a{,2}", true),
            ("^a{2}$", "aa", true),
            ("^[]$", "", false),
            ("^[^]$", "\n", true),
            (r"^\u0041\x42\cJ$", "AB\n", true),
            (r"^\u{1F600}$", "\u{1F600}", true),
            (r"^\ud83d\ude00$", "\u{1F600}", true),
            (r"^(?<year>\d{4})$", "1999", true),
            (r"\bcat\b", "a cat", true),
            (r"^\$\/\.$", "$/.", true),
            (r"^\p{Lu}$", "É", true),
            ("^a]b}$", "a]b}", true),
        ] {
            let matched = Pattern::new(pattern).unwrap().is_match(text);
            assert_eq!(matched, expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_takes_more_than_linear_time_is_refused() {
        for (pattern, fault) in [
            ("a(?=b)", "look-around"),
            ("a(?!b)", "look-around"),
            ("(?<=a)b", "look-around"),
            ("(?<!a)b", "look-around"),
            (r"(a)\1", "back references"),
            (r"(?<x>a)\k<x>", "back references"),
            (r"\Aab", "ECMA-262"),
            ("(ab", "not a regular expression"),
            ("[b-a]", "not a regular expression"),
            ("(?i)a", "ECMA-262"),
        ] {
            let said = Pattern::new(pattern).unwrap_err().to_string();
            assert!(said.contains(fault), "{pattern}: {said}");
        }
    }

    #[test]
    fn plain_bytes_never_change_a_verdict() {
        let patterns = [
            r"^[A-Za-z0-9+_\-\.]+(?:\+[A-Za-z0-9+_\-\.]+)*$",
            r"^[^\s/=,]+$",
            "^[a-z]*$",
            "[a-z]+",
            "^[a-z]+x$",
            "^[a-z]+(x|)$",
            "^[a-z]+\\b$",
            "^[a-z]{2,}$",
        ];
        for pattern in patterns {
            let pattern = Pattern::new(pattern).unwrap();
            for text in ["", "a", "ab", "abx", "a+b", "+", "a b", "-", "é", "a/b", "z\n"] {
                let expected = pattern.regex.is_match(text.as_bytes());
                assert_eq!(pattern.is_match(text), expected, "{pattern:?} on {text:?}");
            }
        }
        assert!(Pattern::new(patterns[0]).unwrap().plain.is_some());
        assert!(Pattern::new(patterns[1]).unwrap().plain.is_some());
    }
}
