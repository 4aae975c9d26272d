use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::FaultyApiConfig;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collection {
    /// Films, under `/movie/`.
    Movies,
    /// Users, under `/user/`.
    Users,
}

impl Collection {
    /// The first segment of its paths.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::Movies => "movie",
            Self::Users => "user",
        }
    }

    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        [Self::Movies, Self::Users].into_iter().find(|known| known.segment() == segment)
    }
}

/// How an answer goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, with this text as `Retry-After` if there is one.
    TooManyRequests {
        /// Seconds, an HTTP date, or what nobody can read.
        retry_after: Option<String>,
    },
    /// 503, with this text as `Retry-After`.
    Unavailable {
        /// As above.
        retry_after: String,
    },
    /// This status and a short text; one of 300 to 399 also leads elsewhere by `Location`.
    Status(u16),
    /// Bytes that are not HTTP.
    Garbage,
    /// Status 200 and the length of the right body, of which half comes before the end.
    HalfBody,
    /// The connection is closed without a byte.
    Hangup,
    /// The right answer, so much later.
    Slow(Duration),
    /// Status 200 with this body.
    Body(String),
    /// The head of an answer with a body, of which no byte comes before the API or the client closes
    /// the connection.
    Stall {
        /// The status.
        status: u16,
        /// As above.
        retry_after: Option<String>,
    },
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// When the request had arrived, counted from the start of the API.
    pub at: Duration,
    /// What was asked about.
    pub collection: Collection,
    /// The id, percent-decoded.
    pub id: String,
    /// The status, where a whole answer is sent; a slow one counts as whole.
    pub status: Option<u16>,
    /// The fault, if there was one.
    pub fault: Option<Fault>,
}

impl Exchange {
    /// Whether the answer was the right record: at once or slowly, but whole.
    #[must_use]
    pub fn is_record(&self) -> bool {
        self.status == Some(200) && matches!(self.fault, None | Some(Fault::Slow(_)))
    }
}

/// The fault that meets the `nth` request about an id, if one does.
pub(crate) fn draw(
    config: &FaultyApiConfig,
    collection: Collection,
    id: &str,
    nth: u32,
) -> Option<Fault> {
    let path = [collection.segment(), "/", id].concat();
    let seed = config.seed ^ fnv1a(path.bytes().chain(nth.to_le_bytes()));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    if !rng.random_bool(config.faults) {
        return None;
    }
    Some(match rng.random_range(0..7) {
        0 => Fault::TooManyRequests { retry_after: Some(config.retry_after.to_string()) },
        1 => Fault::Status(500),
        2 => Fault::Garbage,
        3 => Fault::HalfBody,
        4 => Fault::Hangup,
        5 => Fault::Slow(config.slow),
        _ => Fault::Body(r#"{"message": "try again"}"#.to_owned()),
    })
}

/// The record of a user, made from the id: the same at every request.
pub(crate) fn user_record(id: u64) -> String {
    const OCCUPATIONS: [&str; 6] =
        ["student", "sales/marketing", "artist", "college/grad student", "retired", "programmer"];
    let mut rng = ChaCha8Rng::seed_from_u64(fnv1a(id.to_le_bytes()));
    let age = rng.random_range(14..90);
    let occupation = OCCUPATIONS[rng.random_range(0..OCCUPATIONS.len())];
    let gender = if rng.random_bool(0.5) { "F" } else { "M" };
    format!(
        r#"{{"user_id": {id}, "age": {age}, "occupation": "{occupation}", "gender": "{gender}"}}"#
    )
}

/// Fowler, Noll and Vo's hash, version 1a of 64 bits: the same on every machine.
fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
