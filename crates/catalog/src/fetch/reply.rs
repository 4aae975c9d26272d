use std::{fmt, time::Duration};

use serde::{Serialize, Serializer};

use crate::RecordFault;

/// What is wrong with a faulty answer, as a summary counts it.
///
/// `unreachable`, `connection_lost`, `timeout`, `cut_short`, `not_http` and `server_error` leave it
/// open whether there is a server at all; ids that fail with them in a row end a run
/// ([`FetchConfig::give_up_after`](crate::FetchConfig::give_up_after)). Any other shows one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FaultReason {
    /// The server could not be found or reached, or the request could not be made. Asked again.
    Unreachable,
    /// The connection broke before an answer came, or the answer was empty. Asked again.
    ConnectionLost,
    /// The answer was not complete in time. Asked again.
    Timeout,
    /// The body was shorter than announced. Asked again.
    CutShort,
    /// What came is not HTTP. Asked again.
    NotHttp,
    /// The body was longer than allowed. Asked again.
    TooLarge,
    /// Status 200 with a body that is not the JSON of a record. Asked again.
    BadRecord,
    /// Status 200 with the record of another id. Asked again.
    WrongId,
    /// Status 429. Asked again when the server allows it.
    RateLimited,
    /// Status 500 to 599. Asked again.
    ServerError,
    /// Status 400 to 499 but 404 and 429. Not asked again.
    ClientError,
    /// Status 300 to 399; nothing is followed. Not asked again.
    Redirect,
    /// Any other status but 200. Not asked again.
    OtherStatus,
    /// The id is too long for a URL: never sent.
    BadUrl,
}

impl FaultReason {
    pub(crate) fn of(fault: &RecordFault) -> Self {
        match fault {
            RecordFault::NotARecord(_) => Self::BadRecord,
            RecordFault::OtherId { .. } => Self::WrongId,
        }
    }

    /// Whether such an answer shows that a server is there.
    pub(crate) fn shows_a_server(self) -> bool {
        match self {
            Self::Unreachable
            | Self::ConnectionLost
            | Self::Timeout
            | Self::CutShort
            | Self::NotHttp
            | Self::ServerError => false,
            Self::TooLarge
            | Self::BadRecord
            | Self::WrongId
            | Self::RateLimited
            | Self::ClientError
            | Self::Redirect
            | Self::OtherStatus
            | Self::BadUrl => true,
        }
    }

    /// The name in a summary, such as `server_error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::ConnectionLost => "connection_lost",
            Self::Timeout => "timeout",
            Self::CutShort => "cut_short",
            Self::NotHttp => "not_http",
            Self::TooLarge => "too_large",
            Self::BadRecord => "bad_record",
            Self::WrongId => "wrong_id",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::ClientError => "client_error",
            Self::Redirect => "redirect",
            Self::OtherStatus => "other_status",
            Self::BadUrl => "bad_url",
        }
    }
}

impl fmt::Display for FaultReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for FaultReason {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(self.as_str())
    }
}

/// A faulty answer in words, one short line whatever the server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail(String);

impl Detail {
    /// Characters that are shown.
    const MOST: usize = 200;

    pub(super) fn new(text: &str) -> Self {
        let mut chars = text.chars().map(|char| if char.is_control() { ' ' } else { char });
        let mut shown: String = chars.by_ref().take(Self::MOST).collect();
        if chars.next().is_some() {
            shown.pop();
            shown.push('…');
        }
        Self(shown.trim_end().to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// Status 200 and its body.
    Record(Vec<u8>),
    /// Status 404.
    Missing,
    /// The server asks to be left alone, for this long if it says so.
    Wait { reason: FaultReason, detail: Detail, asked: Option<Duration> },
    /// Anything else; `again` where another try may help.
    Fault { reason: FaultReason, detail: Detail, again: bool },
}
