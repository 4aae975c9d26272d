//! The format of the event log once more: slow, obvious, and without any of the parser's code.

use marquee_events::Refusal;

/// The reasons one of which has to be given.
type Reasons = &'static [Refusal];

const BAD_USER_ID: Reasons = &[Refusal::BadUserId];
const MALFORMED_REQUEST: Reasons = &[Refusal::MalformedRequest];
const BAD_MOVIE_ID: Reasons = &[Refusal::BadMovieId];
const BAD_MINUTE: Reasons = &[Refusal::BadMinute];
/// Which of several faults of a recommendation is named is left open.
const BAD_RECOMMENDATION: Reasons =
    &[Refusal::MalformedRequest, Refusal::BadMovieId, Refusal::BadRecommendation];

const WATCH: &str = "GET /data/m/";
const RATE: &str = "GET /rate/";
const RECOMMENDATION: &str = "recommendation request ";

const PROVENANCE: [&str; 8] = [
    "model_version",
    "model_family",
    "pipeline_commit",
    "pipeline_branch",
    "pipeline_dirty",
    "data_version",
    "data_sha256",
    "manifest_sha256",
];

/// The line as it has to be written after it was parsed, or the reasons for refusing it.
pub(crate) fn rewritten(line: &[u8]) -> Result<String, Reasons> {
    if line.len() > 65_536 {
        return Err(&[Refusal::LineTooLong]);
    }
    let line = match line {
        [before @ .., b'\r'] => before,
        whole => whole,
    };
    if line.is_empty() {
        return Err(&[Refusal::EmptyLine]);
    }
    let Ok(line) = String::from_utf8(line.to_vec()) else {
        return Err(&[Refusal::NotUtf8]);
    };
    let fields: Vec<&str> = line.splitn(3, ',').collect();
    let [time, user, request] = fields[..] else {
        return Err(&[Refusal::MissingField]);
    };
    if instant(time).is_none() {
        return Err(&[Refusal::BadTime]);
    }
    let user = number(user, 9_223_372_036_854_775_807).ok_or(BAD_USER_ID)?;
    let request = request_rewritten(request)?;
    Ok(format!("{time},{user},{request}"))
}

fn request_rewritten(request: &str) -> Result<String, Reasons> {
    if let Some(watch) = request.strip_prefix(WATCH) {
        let path = watch.strip_suffix(".mpg").ok_or(MALFORMED_REQUEST)?;
        let (movie, minute) = path.rsplit_once('/').ok_or(MALFORMED_REQUEST)?;
        if !is_movie_id(movie) {
            return Err(BAD_MOVIE_ID);
        }
        let minute = number(minute, 2_147_483_647).ok_or(BAD_MINUTE)?;
        return Ok(format!("{WATCH}{movie}/{minute}.mpg"));
    }
    if let Some(rating) = request.strip_prefix(RATE) {
        let (movie, stars) = rating.rsplit_once('=').ok_or(MALFORMED_REQUEST)?;
        if !is_movie_id(movie) {
            return Err(BAD_MOVIE_ID);
        }
        if !["1", "2", "3", "4", "5"].contains(&stars) {
            return Err(&[Refusal::BadRating]);
        }
        return Ok(request.to_owned());
    }
    if let Some(parts) = request.strip_prefix(RECOMMENDATION) {
        let parts = recommendation_rewritten(parts).ok_or(BAD_RECOMMENDATION)?;
        return Ok(format!("{RECOMMENDATION}{parts}"));
    }
    let cut_short = [WATCH, RATE, RECOMMENDATION].iter().any(|known| known.starts_with(request));
    Err(if cut_short { MALFORMED_REQUEST } else { &[Refusal::UnknownRequest] })
}

fn recommendation_rewritten(parts: &str) -> Option<String> {
    let (target, rest) = parts.split_once(", ")?;
    let (status, rest) = rest.strip_prefix("status ")?.split_once(", ")?;
    let status = number(status, 65_535)?;
    let (assignment, rest) = match rest.strip_prefix("variant=") {
        Some(rest) => {
            let (variant, rest) = rest.split_once(", bucket=")?;
            let (bucket, rest) = rest.split_once(", ")?;
            if !is_token(variant) || !is_bucket(bucket) {
                return None;
            }
            (format!(", variant={variant}, bucket={bucket}"), rest)
        }
        None => (String::new(), rest),
    };
    let pieces: Vec<&str> = rest.strip_prefix("result: ")?.split(", ").collect();
    // A failure may say anything, also `, 12 ms`: the last latency is the one that counts.
    let latency_at = pieces.iter().rposition(|piece| {
        piece.strip_suffix(" ms").is_some_and(|number| is_digits(number) && !number.is_empty())
    })?;
    let result_pieces = &pieces[..latency_at];
    if !is_token(target) || result_pieces.is_empty() {
        return None;
    }
    let result = result_pieces.join(", ");
    let is_result = if status == "200" { is_movie_list(&result) } else { !holds_control(&result) };
    let provenance = &pieces[latency_at + 1..];
    if !is_result || !is_provenance(provenance) {
        return None;
    }
    let latency = number(pieces[latency_at].strip_suffix(" ms")?, u64::MAX)?;
    let provenance: String = provenance.iter().map(|entry| format!(", {entry}")).collect();
    Some(format!(
        "{target}, status {status}{assignment}, result: {result}, {latency} ms{provenance}"
    ))
}

fn is_movie_list(text: &str) -> bool {
    let separator = if text.contains(", ") { ", " } else { "," };
    text.is_empty() || text.split(separator).all(is_movie_id)
}

/// Known keys with values, in the order of the list and none twice.
fn is_provenance(entries: &[&str]) -> bool {
    let mut known = PROVENANCE.iter();
    entries.iter().all(|entry| {
        entry.split_once('=').is_some_and(|(key, value)| {
            // Keys passed over are used up, so that a later entry cannot have them.
            known.any(|next| *next == key) && is_token(value)
        })
    })
}

pub(crate) fn is_movie_id(text: &str) -> bool {
    !text.is_empty()
        && !holds_control(text)
        && !text.chars().any(|c| is_white_space(c) || c == '/' || c == '=' || c == ',')
}

fn is_token(text: &str) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return false;
    };
    !is_white_space(first) && !is_white_space(last) && !holds_control(text) && !text.contains(',')
}

/// From `0.000000` to `1.000000`.
fn is_bucket(text: &str) -> bool {
    text == "1.000000" || (fits(text, "0.000000") && text.starts_with('0'))
}

/// Unicode's category Cc.
fn holds_control(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'))
}

/// Unicode's property `White_Space`.
fn is_white_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

fn is_digits(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

/// A decimal number without its leading zeros; `None` if it is none, or above `max`.
fn number(text: &str, max: u64) -> Option<String> {
    let value: u64 = if is_digits(text) { text.parse().ok()? } else { return None };
    (value <= max).then(|| value.to_string())
}

/// Whether the text is the template with any digits for its zeros.
fn fits(text: &str, template: &str) -> bool {
    text.len() == template.len()
        && text.chars().zip(template.chars()).all(|(c, expected)| match expected {
            '0' => c.is_ascii_digit(),
            _ => c == expected,
        })
}

/// Seconds since 1970-01-01T00:00:00Z, rounded towards the past, and nanoseconds after them;
/// `None` for what is no time.
pub(crate) fn instant(text: &str) -> Option<(i64, u32)> {
    let (date_and_minute, rest) = text.split_at_checked(16)?;
    if !fits(date_and_minute, "0000-00-00T00:00") {
        return None;
    }
    let (clock, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let (second, nanos) = second_and_nanos(clock)?;
    let part = |from: usize, to: usize| -> Option<i64> { text[from..to].parse().ok() };
    let day = day_since_1970(part(0, 4)?, part(5, 7)?, part(8, 10)?)?;
    let wall = day * 86_400 + minute_of_day(part(11, 13)?, part(14, 16)?)? * 60 + second;
    Some((wall - seconds_ahead(zone)?, nanos))
}

/// What may stand between the minute and the zone: nothing, `:ss`, or `:ss.` and 1 to 9 digits.
fn second_and_nanos(clock: &str) -> Option<(i64, u32)> {
    if clock.is_empty() {
        return Some((0, 0));
    }
    let (second, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if !fits(second, ":00") || !is_digits(fraction) || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let second: i64 = second[1..].parse().ok()?;
    (second < 60).then_some((second, format!("{fraction:0<9}").parse().ok()?))
}

fn seconds_ahead(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let sign = match zone.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let offset = &zone[1..];
    if !fits(offset, "00:00") {
        return None;
    }
    Some(sign * minute_of_day(offset[..2].parse().ok()?, offset[3..].parse().ok()?)? * 60)
}

fn minute_of_day(hour: i64, minute: i64) -> Option<i64> {
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Counts every month from the year 0 on; `None` if there is no such day.
fn day_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=12).contains(&month) || !(1..=months[month as usize - 1]).contains(&day) {
        return None;
    }
    // Leap years before this one; the year 0 is one of them.
    let up_to = |every: i64| (year + every - 1) / every;
    let leap_years = up_to(4) - up_to(100) + up_to(400);
    let months_before: i64 = months[..month as usize - 1].iter().sum();
    // 1970-01-01 is 719,528 days after 0000-01-01.
    Some(year * 365 + leap_years + months_before + day - 1 - 719_528)
}
