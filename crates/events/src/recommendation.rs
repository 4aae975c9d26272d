use std::fmt;

use crate::{FailureText, MovieList, Refusal, Token, decimal};

const MILLION: u32 = 1_000_000;

/// A list of films that was asked for, and what came of it.
///
/// The platform logs `recommendation request <server>, status <code>, result: <id>, <id>, …, <n> ms`;
/// this project's server writes its own path as the server, joins the ids by `,` alone, and adds
/// `variant=…, bucket=…` before the result and [`Provenance`] at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recommendation<'a> {
    /// Who was asked: a server (`host:8082`), or `/recommend/<userid>` in the service's own lines.
    pub target: Token<'a>,
    /// The HTTP status of the answer; 0 where there was none.
    pub status: u16,
    /// The arm of the experiment that answered, where the line says so.
    pub assignment: Option<Assignment<'a>>,
    /// The list, or why there is none.
    ///
    /// Status 200 goes with a list and every other with a text: a pair that
    /// [`write()`](crate::write()) is given otherwise reads back as its status says, if at all.
    pub outcome: Outcome<'a>,
    /// How long the answer took, in milliseconds.
    pub latency_ms: u64,
    /// What made the answer, as far as the line says.
    pub provenance: Provenance<'a>,
}

/// What a recommendation request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome<'a> {
    /// Status 200: the films, best first; may be empty.
    List(MovieList<'a>),
    /// Any other status: what went wrong.
    Failure(FailureText<'a>),
}

/// Which variant of an experiment a user got, and by which bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Assignment<'a> {
    /// The variant's name.
    pub variant: Token<'a>,
    /// The user's bucket.
    pub bucket: Bucket,
}

/// A user's place in an experiment: 0 to 1, in whole millionths, written with six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u32);

impl Bucket {
    /// The bucket of that many millionths.
    ///
    /// # Errors
    /// [`Refusal::BadRecommendation`] above 1,000,000.
    pub const fn from_millionths(millionths: u32) -> Result<Self, Refusal> {
        if millionths > MILLION { Err(Refusal::BadRecommendation) } else { Ok(Self(millionths)) }
    }

    /// The bucket nearest to a fraction, rounded as `%.6f` rounds it.
    ///
    /// # Errors
    /// [`Refusal::BadRecommendation`] outside 0 to 1 and for NaN.
    pub fn from_fraction(fraction: f64) -> Result<Self, Refusal> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Refusal::BadRecommendation);
        }
        // Multiplying by a million rounds twice and can miss the digits that formatting gives.
        Self::parse_bytes(format!("{:.6}", fraction.abs()).as_bytes())
    }

    /// Reads `0.` or `1.` and six digits, at most `1.000000`.
    ///
    /// # Errors
    /// [`Refusal::BadRecommendation`] for any other text.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, Refusal> {
        let [whole @ (b'0' | b'1'), b'.', decimals @ ..] = text else {
            return Err(Refusal::BadRecommendation);
        };
        let decimals = decimal::parse(decimals)
            .filter(|_| decimals.len() == 6)
            .ok_or(Refusal::BadRecommendation)?;
        Self::from_millionths(u32::from(*whole - b'0') * MILLION + decimals as u32)
    }

    /// The bucket in millionths, 0 to 1,000,000.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The bucket as a fraction, 0 to 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(MILLION)
    }

    pub(crate) fn text(self) -> [u8; 8] {
        let mut text = *b"0.000000";
        decimal::fill(self.0 / MILLION, &mut text[0..1]);
        decimal::fill(self.0 % MILLION, &mut text[2..8]);
        text
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

/// What made a recommendation: model, code and data. Written `key=value` in the order of the
/// fields; one that is `None` is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Provenance<'a> {
    /// The version of the model that answered.
    pub model_version: Option<Token<'a>>,
    /// Its family, such as `als`.
    pub model_family: Option<Token<'a>>,
    /// The commit of the code that trained it.
    pub pipeline_commit: Option<Token<'a>>,
    /// The branch of that code.
    pub pipeline_branch: Option<Token<'a>>,
    /// Whether that code had changes that were not committed.
    pub pipeline_dirty: Option<Token<'a>>,
    /// The version of the data it was trained on.
    pub data_version: Option<Token<'a>>,
    /// The SHA-256 of that data, in hex.
    pub data_sha256: Option<Token<'a>>,
    /// The SHA-256 of the model's manifest, in hex.
    pub manifest_sha256: Option<Token<'a>>,
}

impl<'a> Provenance<'a> {
    /// The keys, in the order they are written.
    pub const KEYS: [&'static str; 8] = [
        "model_version",
        "model_family",
        "pipeline_commit",
        "pipeline_branch",
        "pipeline_dirty",
        "data_version",
        "data_sha256",
        "manifest_sha256",
    ];

    /// What is known, as keys and values in the order they are written.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, Token<'a>)> + use<'a> {
        Self::KEYS.into_iter().zip(self.values()).filter_map(|(key, value)| Some((key, value?)))
    }

    /// The values in the order of [`KEYS`](Self::KEYS).
    fn values(&self) -> [Option<Token<'a>>; 8] {
        [
            self.model_version,
            self.model_family,
            self.pipeline_commit,
            self.pipeline_branch,
            self.pipeline_dirty,
            self.data_version,
            self.data_sha256,
            self.manifest_sha256,
        ]
    }

    /// The inverse of `values`.
    pub(crate) fn from_values(values: [Option<Token<'a>>; 8]) -> Self {
        let [
            model_version,
            model_family,
            pipeline_commit,
            pipeline_branch,
            pipeline_dirty,
            data_version,
            data_sha256,
            manifest_sha256,
        ] = values;
        Self {
            model_version,
            model_family,
            pipeline_commit,
            pipeline_branch,
            pipeline_dirty,
            data_version,
            data_sha256,
            manifest_sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_reads_back() {
        for millionths in (0..=MILLION).step_by(7).chain([1, 999_999, MILLION]) {
            let bucket = Bucket::from_millionths(millionths).unwrap();
            assert_eq!(Bucket::parse_bytes(bucket.to_string().as_bytes()), Ok(bucket));
            assert_eq!(Bucket::from_fraction(bucket.as_f64()), Ok(bucket));
            assert_eq!(bucket.to_string(), format!("{:.6}", bucket.as_f64()));
        }
    }

    #[test]
    fn fractions_round_as_they_are_printed() {
        // Ties in decimal are not ties in binary; these two fall on different sides.
        for fraction in [0.0000005, 0.0000015, 0.5539325, 1.0 - f64::EPSILON, -0.0] {
            let bucket = Bucket::from_fraction(fraction).unwrap();
            assert_eq!(bucket.to_string(), format!("{:.6}", fraction.abs()));
        }
    }

    #[test]
    fn what_is_no_bucket_is_refused() {
        for refused in ["", "0", "0.", "0.5", "0.55393", "0.5539321", "1.000001", "2.000000"] {
            assert_eq!(
                Bucket::parse_bytes(refused.as_bytes()),
                Err(Refusal::BadRecommendation),
                "{refused:?}"
            );
        }
        for refused in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Bucket::from_fraction(refused), Err(Refusal::BadRecommendation));
        }
        assert_eq!(Bucket::from_millionths(MILLION + 1), Err(Refusal::BadRecommendation));
    }

    #[test]
    fn values_and_keys_are_in_the_same_order() {
        let values = Provenance::KEYS.map(|key| Token::new(key).ok());
        let provenance = Provenance::from_values(values);
        assert_eq!(provenance.values(), values);
        assert_eq!(provenance.pipeline_dirty.unwrap().as_str(), "pipeline_dirty");
        assert!(provenance.entries().all(|(key, value)| key == value.as_str()));
        assert_eq!(provenance.entries().count(), 8);
        assert_eq!(Provenance::default().entries().count(), 0);
    }
}
