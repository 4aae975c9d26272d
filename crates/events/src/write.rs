use crate::parse::{MINUTE_FILE, RATE, WATCH};
use crate::parse_recommendation::{BUCKET, MILLISECONDS, RECOMMENDATION, RESULT, STATUS, VARIANT};
use crate::{Action, Event, Outcome, Recommendation, decimal};

/// Appends the event's line, without a line feed.
///
/// [`parse`](crate::parse) gives the event back, as long as the line is at most
/// [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES) long, a minute at most `i32::MAX`, and a
/// recommendation's outcome of the kind its status asks for.
pub fn write(event: &Event<'_>, out: &mut Vec<u8>) {
    event.time.push(out);
    out.push(b',');
    decimal::push(event.user.get(), out);
    out.push(b',');
    match &event.action {
        Action::Watch { movie, minute } => {
            push(WATCH, out);
            push(movie.as_str(), out);
            out.push(b'/');
            decimal::push(u64::from(*minute), out);
            push(MINUTE_FILE, out);
        }
        Action::Rate { movie, stars } => {
            push(RATE, out);
            push(movie.as_str(), out);
            out.push(b'=');
            decimal::push(u64::from(stars.get()), out);
        }
        Action::Recommendation(recommendation) => write_recommendation(recommendation, out),
    }
}

fn write_recommendation(recommendation: &Recommendation<'_>, out: &mut Vec<u8>) {
    push(RECOMMENDATION, out);
    push(recommendation.target.as_str(), out);
    push(", ", out);
    push(STATUS, out);
    decimal::push(u64::from(recommendation.status), out);
    push(", ", out);
    if let Some(assignment) = recommendation.assignment {
        push(VARIANT, out);
        push(assignment.variant.as_str(), out);
        push(", ", out);
        push(BUCKET, out);
        out.extend_from_slice(&assignment.bucket.text());
        push(", ", out);
    }
    push(RESULT, out);
    push(
        match recommendation.outcome {
            Outcome::List(list) => list.as_str(),
            Outcome::Failure(text) => text.as_str(),
        },
        out,
    );
    push(", ", out);
    decimal::push(recommendation.latency_ms, out);
    push(MILLISECONDS, out);
    for (key, value) in recommendation.provenance.entries() {
        push(", ", out);
        push(key, out);
        out.push(b'=');
        push(value.as_str(), out);
    }
}

fn push(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}
