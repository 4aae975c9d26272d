//! The service's line of the event log.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use marquee_events::{
    Action, Assignment, Bucket, Event, FailureText, MovieList, Outcome, Provenance, Recommendation,
    Refusal, Timestamp, Token, UserId, write,
};

use crate::labels::{Label, Labels};

/// An answer as its line tells of it.
pub(crate) struct Served<'a> {
    pub(crate) at: SystemTime,
    pub(crate) user: UserId,
    /// The variant assigned.
    pub(crate) variant: &'a Label,
    pub(crate) bucket: f64,
    pub(crate) latency: Duration,
    /// `None` where no model had a list.
    pub(crate) shown: Option<Shown<'a>>,
}

/// The list of an answer and the model it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Movie ids joined by commas.
    pub(crate) list: &'a str,
    pub(crate) labels: &'a Labels,
}

/// Appends the line of an answer and a line feed. After an error, what was appended is no line.
pub(crate) fn append(served: &Served<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let since = served.at.duration_since(UNIX_EPOCH).map_err(|_| Refusal::BadTime)?;
    let seconds = i64::try_from(since.as_secs()).map_err(|_| Refusal::BadTime)?;
    let target = format!("/recommend/{}", served.user);
    let (status, outcome) = match served.shown {
        Some(shown) => (200, Outcome::List(MovieList::from_joined(shown.list)?)),
        None => (503, Outcome::Failure(FailureText::new("no list for this user")?)),
    };
    let variant = Token::new(served.variant.text())?;
    let recommendation = Recommendation {
        target: Token::new(&target)?,
        status,
        assignment: Some(Assignment { variant, bucket: Bucket::from_fraction(served.bucket)? }),
        outcome,
        latency_ms: u64::try_from(served.latency.as_millis()).unwrap_or(u64::MAX),
        // Always the same for a model, so appended as it was written once.
        provenance: Provenance::default(),
    };
    let time = Timestamp::from_unix_utc(seconds, since.subsec_nanos())?;
    write(&Event { time, user: served.user, action: Action::Recommendation(recommendation) }, out);
    if let Some(shown) = served.shown {
        out.extend_from_slice(&shown.labels.line_end);
    }
    out.push(b'\n');
    Ok(())
}

/// What the provenance adds to the end of a line.
pub(crate) fn end(provenance: Provenance<'_>) -> Result<Vec<u8>, Refusal> {
    let line = |provenance| -> Result<Vec<u8>, Refusal> {
        let recommendation = Recommendation {
            target: Token::new("-")?,
            status: 200,
            assignment: None,
            outcome: Outcome::List(MovieList::default()),
            latency_ms: 0,
            provenance,
        };
        let time = Timestamp::from_unix_utc(0, 0)?;
        let user = UserId::new(0)?;
        let mut line = Vec::new();
        write(&Event { time, user, action: Action::Recommendation(recommendation) }, &mut line);
        Ok(line)
    };
    let (with, without) = (line(provenance)?, line(Provenance::default())?);
    with.strip_prefix(without.as_slice()).map(<[u8]>::to_vec).ok_or(Refusal::BadRecommendation)
}
