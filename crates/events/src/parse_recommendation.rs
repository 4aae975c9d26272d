use memchr::{memchr, memrchr};

use crate::{
    Assignment, Bucket, FailureText, MovieList, Outcome, Provenance, Recommendation, Refusal,
    Token, decimal,
};

pub(crate) const RECOMMENDATION: &str = "recommendation request ";
pub(crate) const STATUS: &str = "status ";
pub(crate) const VARIANT: &str = "variant=";
pub(crate) const BUCKET: &str = "bucket=";
pub(crate) const RESULT: &str = "result: ";
pub(crate) const MILLISECONDS: &str = " ms";
pub(crate) const STATUS_OK: u16 = 200;

/// Reads what follows `recommendation request `.
///
/// No part before the result can hold a comma, so those are read from the left. The result can
/// hold anything if it is a failure, so what follows it is read from the right.
pub(crate) fn read_recommendation(rest: &str) -> Result<Recommendation<'_>, Refusal> {
    let (target, rest) = split_piece(rest)?;
    let target = Token::new(target)?;
    let (status, rest) = split_piece(after(STATUS, rest)?)?;
    let status = decimal::parse(status.as_bytes())
        .and_then(|status| u16::try_from(status).ok())
        .ok_or(Refusal::BadRecommendation)?;
    let (assignment, rest) = read_assignment(rest)?;
    let (result, latency_ms, provenance) = read_tail(after(RESULT, rest)?)?;
    let outcome = if status == STATUS_OK {
        Outcome::List(MovieList::from_joined(result)?)
    } else {
        Outcome::Failure(FailureText::new(result)?)
    };
    Ok(Recommendation { target, status, assignment, outcome, latency_ms, provenance })
}

fn read_assignment(rest: &str) -> Result<(Option<Assignment<'_>>, &str), Refusal> {
    let Some(rest) = rest.strip_prefix(VARIANT) else {
        return Ok((None, rest));
    };
    let (variant, rest) = split_piece(rest)?;
    let variant = Token::new(variant)?;
    let (bucket, rest) = split_piece(after(BUCKET, rest)?)?;
    let bucket = Bucket::parse_bytes(bucket.as_bytes())?;
    Ok((Some(Assignment { variant, bucket }), rest))
}

/// Takes provenance and latency off the end; what is left is the result.
fn read_tail(text: &str) -> Result<(&str, u64, Provenance<'_>), Refusal> {
    let mut values = [None; 8];
    // Read from the right, each key has to stand before the one read last.
    let mut before = values.len();
    let mut text = text;
    loop {
        let (rest, piece) = split_last_piece(text)?;
        let milliseconds = piece.strip_suffix(MILLISECONDS);
        if let Some(number) = milliseconds.filter(|number| is_digits(number)) {
            let latency_ms = decimal::parse(number.as_bytes()).ok_or(Refusal::BadRecommendation)?;
            return Ok((rest, latency_ms, Provenance::from_values(values)));
        }
        let Some((position, value)) = split_entry(piece) else {
            return Err(match milliseconds {
                Some(_) => Refusal::BadRecommendation,
                None => Refusal::MalformedRequest,
            });
        };
        if position >= before {
            return Err(Refusal::BadRecommendation);
        }
        values[position] = Some(Token::new(value)?);
        before = position;
        text = rest;
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Which key of the provenance a `key=value` piece has, and its value.
fn split_entry(piece: &str) -> Option<(usize, &str)> {
    let (key, value) = piece.split_once('=')?;
    let position = Provenance::KEYS.iter().position(|&known| known == key)?;
    Some((position, value))
}

fn after<'a>(prefix: &str, text: &'a str) -> Result<&'a str, Refusal> {
    text.strip_prefix(prefix).ok_or(Refusal::MalformedRequest)
}

/// The text before the first comma, and after the space that has to follow it.
fn split_piece(text: &str) -> Result<(&str, &str), Refusal> {
    let comma = memchr(b',', text.as_bytes()).ok_or(Refusal::MalformedRequest)?;
    Ok((&text[..comma], after(", ", &text[comma..])?))
}

/// The text before the last `, `, and after it.
fn split_last_piece(text: &str) -> Result<(&str, &str), Refusal> {
    let mut end = text.len();
    loop {
        let comma = memrchr(b',', &text.as_bytes()[..end]).ok_or(Refusal::MalformedRequest)?;
        if let Some(piece) = text[comma..].strip_prefix(", ") {
            return Ok((&text[..comma], piece));
        }
        end = comma;
    }
}
