use std::fmt;

use serde::{Serialize, Serializer};

/// What an evaluation comes to, in words; as text and in JSON `word: because`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// One of a few fixed words, which scripts may rely on.
    pub word: &'static str,
    /// The numbers behind it.
    pub because: String,
}

impl Finding {
    pub(crate) fn new(word: &'static str, because: impl Into<String>) -> Self {
        Self { word, because: because.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.word, self.because)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
