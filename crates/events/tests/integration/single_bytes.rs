use marquee_events::{Refusal, parse};

/// Inserts every byte value at every place of `field` between `before` and `after`, and holds the
/// outcome against `expected`, which sees the field with the byte in it.
fn check(before: &str, field: &str, after: &str, expected: impl Fn(&str) -> Result<(), Refusal>) {
    for byte in 0..=u8::MAX {
        for at in 0..=field.len() {
            let mut mutated = field.as_bytes().to_vec();
            mutated.insert(at, byte);
            let line = [before.as_bytes(), &mutated, after.as_bytes()].concat();
            let reason = match str::from_utf8(&mutated) {
                Ok(field) => expected(field).err(),
                Err(_) => Some(Refusal::NotUtf8),
            };
            assert_eq!(parse(&line).err(), reason, "{}", line.escape_ascii());
        }
    }
}

fn allow(allowed: bool, refusal: Refusal) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { Err(refusal) }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_movie_id(text: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || "/=,".contains(c);
    !text.is_empty() && !text.contains(refused)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(|c: char| c == ',' || c.is_control())
}

/// What a time that starts `2024-09-10T08:39` and has a byte more is worth at the head of a line.
fn judge_time(text: &str) -> Result<(), Refusal> {
    // At a comma the time ends and the user begins, and what follows that is no request.
    let (time, user) = match text.split_once(',') {
        Some((time, user)) => (time, Some(user)),
        None => (text, None),
    };
    let rest = time.strip_prefix("2024-09-10T08:39");
    let rest = rest.map(|rest| rest.strip_prefix(":04").unwrap_or(rest));
    let is_time = rest.is_some_and(|rest| match rest.strip_prefix('.') {
        Some(fraction) => is_digits(fraction.strip_suffix('Z').unwrap_or(fraction)),
        None => matches!(rest, "" | "Z"),
    });
    allow(is_time, Refusal::BadTime)?;
    match user {
        None => Ok(()),
        Some(user) if is_digits(user) => Err(Refusal::UnknownRequest),
        Some(_) => Err(Refusal::BadUserId),
    }
}

#[test]
fn in_a_time() {
    for time in ["2024-09-10T08:39:04", "2024-09-10T08:39:04.25"] {
        check("", time, ",42,GET /rate/cube+1997=3", judge_time);
    }
}

#[test]
fn in_a_user_id() {
    check("2024-09-10T08:39:04,", "42", ",GET /rate/cube+1997=3", |text| match text {
        ",42" => Err(Refusal::BadUserId),
        // The user ends at the comma, and what follows it is no request.
        "4,2" | "42," => Err(Refusal::UnknownRequest),
        _ => allow(is_digits(text), Refusal::BadUserId),
    });
}

#[test]
fn in_a_watched_movie_id() {
    check("2024-09-10T08:39:04,42,GET /data/m/", "cube+1997", "/3.mpg", |text| {
        allow(is_movie_id(text), Refusal::BadMovieId)
    });
}

#[test]
fn in_a_minute() {
    check("2024-09-10T08:39:04,42,GET /data/m/cube+1997/", "31", ".mpg", |text| {
        // A slash more belongs to the movie id.
        let refusal = if text.contains('/') { Refusal::BadMovieId } else { Refusal::BadMinute };
        allow(is_digits(text), refusal)
    });
}

#[test]
fn in_a_rated_movie_id() {
    check("2024-09-10T08:39:04,42,GET /rate/", "cube+1997", "=3", |text| {
        allow(is_movie_id(text), Refusal::BadMovieId)
    });
}

#[test]
fn in_a_rating() {
    for field in ["3", ""] {
        check("2024-09-10T08:39:04,42,GET /rate/cube+1997=", field, "", |text| {
            // A carriage return that ends the line is no part of it.
            let text = text.strip_suffix('\r').unwrap_or(text);
            // An equals sign more belongs to the movie id.
            let refusal = if text.contains('=') { Refusal::BadMovieId } else { Refusal::BadRating };
            allow(matches!(text, "1" | "2" | "3" | "4" | "5"), refusal)
        });
    }
}

const TAIL: &str = ", status 200, variant=a, bucket=0.500000, result: a+1,b+2, 12 ms";
const REQUEST: &str = "2024-09-10T08:39:04,42,recommendation request";

#[test]
fn in_a_target() {
    check(&format!("{REQUEST} "), "host:80", TAIL, |text| match text {
        _ if text.contains(',') => Err(Refusal::MalformedRequest),
        _ => allow(is_token(text), Refusal::BadRecommendation),
    });
}

#[test]
fn in_a_status() {
    check(&format!("{REQUEST} h, status "), "20", ", result: x, 12 ms", |text| {
        if text == "200" {
            return Ok(());
        }
        let refusal =
            if text.contains(',') { Refusal::MalformedRequest } else { Refusal::BadRecommendation };
        allow(is_digits(text), refusal)
    });
}

#[test]
fn in_a_variant_and_a_bucket() {
    let before = format!("{REQUEST} h, status 200, variant=");
    check(&before, "als", ", bucket=0.500000, result: a+1,b+2, 12 ms", |text| {
        let refusal =
            if text.contains(',') { Refusal::MalformedRequest } else { Refusal::BadRecommendation };
        allow(is_token(text), refusal)
    });
    let before = format!("{REQUEST} h, status 200, variant=a, bucket=");
    check(&before, "0.50000", ", result: a+1,b+2, 12 ms", |text| {
        let decimals = text.strip_prefix("0.").or(text.strip_prefix("1."));
        let is_bucket = decimals.is_some_and(|decimals| decimals.len() == 6 && is_digits(decimals));
        let refusal =
            if text.contains(',') { Refusal::MalformedRequest } else { Refusal::BadRecommendation };
        allow(is_bucket, refusal)
    });
}

#[test]
fn in_a_list() {
    let before = format!("{REQUEST} h, status 200, result: ");
    check(&before, "a+1, b+2", ", 12 ms", |text| {
        allow(text.split(", ").all(is_movie_id), Refusal::BadMovieId)
    });
    check(&before, "a+1,b+2", ", 12 ms", |text| {
        let uniform = [",", ", "].iter().any(|&separator| text.split(separator).all(is_movie_id));
        allow(uniform, Refusal::BadMovieId)
    });
}

#[test]
fn in_a_failure() {
    let before = format!("{REQUEST} h, status 0, result: ");
    check(&before, "a, b=c", ", 12 ms", |text| {
        allow(!text.contains(char::is_control), Refusal::BadRecommendation)
    });
}

#[test]
fn in_a_latency() {
    let before = format!("{REQUEST} h, status 200, result: a+1");
    check(&before, ", 12", " ms", |text| {
        if text.ends_with(',') {
            // The comma takes the space that `ms` needs before it.
            return Err(Refusal::MalformedRequest);
        }
        let Some((list, number)) = text.rsplit_once(", ") else {
            return Err(Refusal::MalformedRequest);
        };
        allow(is_digits(number), Refusal::BadRecommendation)?;
        allow(is_movie_id(&format!("a+1{list}")), Refusal::BadMovieId)
    });
}

#[test]
fn in_a_provenance_value() {
    let before = format!("{REQUEST} h, status 200, result: a+1, 12 ms, model_version=");
    check(&before, "als-1", ", data_sha256=0f", |text| match text {
        // The piece after a comma and a space is no entry; without the space it is a bad value.
        _ if text.contains(", ") => Err(Refusal::MalformedRequest),
        _ => allow(is_token(text), Refusal::BadRecommendation),
    });
}
