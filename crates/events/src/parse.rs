use memchr::memchr;

use crate::parse_recommendation::{RECOMMENDATION, read_recommendation};
use crate::{Action, Event, MovieId, Refusal, Stars, Timestamp, UserId, decimal};

/// The longest line that is parsed, in bytes, without its line feed; a longer one is refused as
/// [`Refusal::LineTooLong`].
pub const MAX_LINE_BYTES: usize = 65_536;

pub(crate) const WATCH: &str = "GET /data/m/";
pub(crate) const RATE: &str = "GET /rate/";
pub(crate) const MINUTE_FILE: &str = ".mpg";

/// The event of a line, given without its line feed; one carriage return at its end is dropped.
///
/// Nothing is copied or allocated, and no line panics. Cost: linear in the line's length, with a
/// few passes over it.
///
/// # Errors
/// The first [`Refusal`] that applies: the line's length, emptiness and encoding, then its three
/// fields, then time, user and request.
pub fn parse(line: &[u8]) -> Result<Event<'_>, Refusal> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Refusal::LineTooLong);
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Refusal::EmptyLine);
    }
    parse_fields(str::from_utf8(line).map_err(|_| Refusal::NotUtf8)?)
}

/// The event of a line that is known to be UTF-8: [`parse`] without that check, for readers that
/// can make it for many lines at once.
///
/// # Errors
/// As [`parse`].
pub fn parse_str(line: &str) -> Result<Event<'_>, Refusal> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Refusal::LineTooLong);
    }
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Refusal::EmptyLine);
    }
    parse_fields(line)
}

#[inline]
fn parse_fields(line: &str) -> Result<Event<'_>, Refusal> {
    let (time, rest) = split_at_comma(line)?;
    let (user, request) = split_user(rest)?;
    let time = Timestamp::parse_bytes(time.as_bytes())?;
    let user = user?;
    // Each branch makes the event itself: handing on an action would copy the largest kind.
    if let Some(rest) = request.strip_prefix(WATCH) {
        let (movie, minute) = read_watch(rest)?;
        Ok(Event { time, user, action: Action::Watch { movie, minute } })
    } else if let Some(rest) = request.strip_prefix(RATE) {
        let (movie, stars) = read_rating(rest)?;
        Ok(Event { time, user, action: Action::Rate { movie, stars } })
    } else if let Some(rest) = request.strip_prefix(RECOMMENDATION) {
        let recommendation = read_recommendation(rest)?;
        Ok(Event { time, user, action: Action::Recommendation(recommendation) })
    } else if [WATCH, RATE, RECOMMENDATION].iter().any(|known| known.starts_with(request)) {
        Err(Refusal::MalformedRequest)
    } else {
        Err(Refusal::UnknownRequest)
    }
}

fn split_at_comma(text: &str) -> Result<(&str, &str), Refusal> {
    let comma = memchr(b',', text.as_bytes()).ok_or(Refusal::MissingField)?;
    Ok((&text[..comma], &text[comma + 1..]))
}

/// Reads the user and gives what follows the comma behind it. A bad user is handed on, because the
/// time is judged before it.
#[inline]
fn split_user(rest: &str) -> Result<(Result<UserId, Refusal>, &str), Refusal> {
    // Nearly every user is a few digits, which one pass can both find the end of and read.
    let (value, digits) = decimal::leading(rest.as_bytes());
    if digits > 0 && rest.as_bytes().get(digits) == Some(&b',') {
        return Ok((UserId::new(value), &rest[digits + 1..]));
    }
    let (user, request) = split_at_comma(rest)?;
    Ok((UserId::parse_bytes(user.as_bytes()), request))
}

/// Reads `<movieid>/<minute>.mpg`. The last slash counts, so that one too many is the id's fault.
#[inline]
fn read_watch(rest: &str) -> Result<(MovieId<'_>, u32), Refusal> {
    let path = rest.strip_suffix(MINUTE_FILE).ok_or(Refusal::MalformedRequest)?;
    let slash = path.bytes().rposition(|byte| byte == b'/').ok_or(Refusal::MalformedRequest)?;
    let movie = MovieId::new(&path[..slash])?;
    let minute = decimal::parse(&path.as_bytes()[slash + 1..])
        .and_then(|minute| i32::try_from(minute).ok())
        .ok_or(Refusal::BadMinute)?;
    Ok((movie, minute.unsigned_abs()))
}

/// Reads `<movieid>=<stars>`. The last equals sign counts, as the last slash does above.
#[inline]
fn read_rating(rest: &str) -> Result<(MovieId<'_>, Stars), Refusal> {
    let equals = rest.bytes().rposition(|byte| byte == b'=').ok_or(Refusal::MalformedRequest)?;
    let movie = MovieId::new(&rest[..equals])?;
    let &[digit] = &rest.as_bytes()[equals + 1..] else {
        return Err(Refusal::BadRating);
    };
    Ok((movie, Stars::new(digit.wrapping_sub(b'0'))?))
}
