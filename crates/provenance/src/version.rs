use std::{fmt, str::FromStr};

use jiff::Timestamp;
use thiserror::Error;

/// The name of one trained model; also the name of its manifest file.
///
/// 1 to 100 of `A-Z a-z 0-9 . _ -`, not starting with a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelVersion(String);

/// A text that is no model version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "model version {0:?} must be 1 to 100 letters, digits, dots, dashes or underscores, \
     not starting with a dot"
)]
pub struct VersionError(String);

impl ModelVersion {
    /// The default version of a model of `family` trained at `time`: `<family>-%Y%m%d%H%M%S`, UTC.
    #[must_use]
    pub fn at(family: &str, time: Timestamp) -> Self {
        Self(format!("{family}-{}", time.strftime("%Y%m%d%H%M%S")))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = (1..=100).contains(&text.len()) && !text.starts_with('.');
        if fits && text.bytes().all(admitted) {
            Ok(Self(text.to_owned()))
        } else {
            Err(VersionError(text.chars().take(120).collect()))
        }
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
