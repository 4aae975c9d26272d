use marquee_events::{MAX_LINE_BYTES, Refusal, parse};

#[track_caller]
fn check(reason: Refusal, lines: &[&str]) {
    for line in lines {
        assert_eq!(parse(line.as_bytes()).err(), Some(reason), "{line:?}");
    }
}

/// The reasons for requests that stand behind a good time and user.
#[track_caller]
fn check_requests(reason: Refusal, requests: &[&str]) {
    for request in requests {
        let line = format!("2024-09-10T08:39:04,42,{request}");
        assert_eq!(parse(line.as_bytes()).err(), Some(reason), "{request:?}");
    }
}

#[test]
fn empty_line() {
    check(Refusal::EmptyLine, &["", "\r"]);
}

#[test]
fn line_too_long() {
    let fixed = "2024-09-10T08:39:04,42,GET /rate/=3";
    let line = |length: usize| {
        let id = "a".repeat(length - fixed.len());
        format!("2024-09-10T08:39:04,42,GET /rate/{id}=3").into_bytes()
    };
    assert!(parse(&line(MAX_LINE_BYTES)).is_ok());
    assert_eq!(parse(&line(MAX_LINE_BYTES + 1)), Err(Refusal::LineTooLong));
    assert_eq!(parse(&vec![0xff; MAX_LINE_BYTES + 1]), Err(Refusal::LineTooLong));
    let mut with_return = line(MAX_LINE_BYTES);
    with_return.push(b'\r');
    assert_eq!(parse(&with_return), Err(Refusal::LineTooLong));
}

#[test]
fn not_utf8_comes_before_what_the_fields_hold() {
    for line in [&b"\xff"[..], b"no,time \xc3,x", b"2024-09-10T08:39:04,42,GET /rate/a=3\xf0"] {
        assert_eq!(parse(line), Err(Refusal::NotUtf8));
    }
}

#[test]
fn missing_field() {
    check(
        Refusal::MissingField,
        &[" ", "a", ",", "2024-09-10T08:39:04", "2024-09-10T08:39:04,42", "\r\r", "é"],
    );
    check(Refusal::MissingField, &["42,GET /data/m/cube+1997/1.mpg"]);
}

#[test]
fn fields_are_judged_from_the_left() {
    check(
        Refusal::BadTime,
        &[",,", ",42,GET /rate/a=3", "2024,x,y", "\u{feff}2024-09-10T08:39,1,"],
    );
    check(Refusal::BadUserId, &["2024-09-10T08:39:04,,POST", "2024-09-10T08:39:04,x,GET /rate/=9"]);
    check(
        Refusal::BadUserId,
        &[
            "2024-09-10T08:39,9223372036854775808,GET /rate/a=3",
            "2024-09-10T08:39,-1,GET /rate/a=3",
            "2024-09-10T08:39,+1,GET /rate/a=3",
            "2024-09-10T08:39, 1,GET /rate/a=3",
        ],
    );
    let digits = "9".repeat(60_000);
    check(Refusal::BadUserId, &[&format!("2024-09-10T08:39,{digits},GET /rate/a=3")]);
}

#[test]
fn unknown_request() {
    check_requests(
        Refusal::UnknownRequest,
        &[
            "POST /data/m/cube+1997/1.mpg",
            "get /data/m/cube+1997/1.mpg",
            " GET /data/m/cube+1997/1.mpg",
            "GET  /data/m/cube+1997/1.mpg",
            "GET /recommend/42",
            "recommendation reply host:8082",
            "42,GET /data/m/cube+1997/1.mpg",
        ],
    );
}

#[test]
fn a_known_request_that_is_cut_short_is_malformed() {
    let whole = [
        "GET /data/m/cube+1997/1.mpg",
        "GET /rate/cube+1997=3",
        "recommendation request host:8082, status 200, variant=a, bucket=0.500000, result: a+1,b+2, 12 ms",
    ];
    for request in whole {
        for end in 0..request.len() {
            let cut = &request[..end];
            let reason = match cut {
                "GET /rate/cube+1997=" => Refusal::BadRating,
                _ => Refusal::MalformedRequest,
            };
            check_requests(reason, &[cut]);
        }
    }
    check_requests(
        Refusal::MalformedRequest,
        &["GET /data/m/1.mpg", "GET /data/m/cube+1997/1.mpg ", "GET /data/m/cube+1997/1.mp4"],
    );
}

#[test]
fn bad_movie_id() {
    check_requests(
        Refusal::BadMovieId,
        &[
            "GET /data/m//1.mpg",
            "GET /data/m/city +of+god+2002/1.mpg",
            "GET /data/m/city\u{a0}of/x.mpg",
            "GET /data/m/a/b/1.mpg",
            "GET /data/m/a=b/1.mpg",
            "GET /data/m/a,b/1.mpg",
            "GET /data/m/a\u{85}b/1.mpg",
            "GET /rate/=3",
            "GET /rate/a=b=3",
            "GET /rate/a/b=3",
            "GET /rate/a b=15",
        ],
    );
}

#[test]
fn bad_minute() {
    check_requests(
        Refusal::BadMinute,
        &[
            "GET /data/m/cube+1997/.mpg",
            "GET /data/m/cube+1997/x.mpg",
            "GET /data/m/cube+1997/-1.mpg",
            "GET /data/m/cube+1997/1.5.mpg",
            "GET /data/m/cube+1997/2147483648.mpg",
            "GET /data/m/cube+1997/18446744073709551617.mpg",
            "GET /data/m/cube+1997/1 .mpg",
        ],
    );
}

const LIST: &str = "result: a+1, b+2, 12 ms";

#[test]
fn bad_recommendation() {
    let provenance = |tail: &str| format!("recommendation request h, status 200, {LIST}, {tail}");
    for request in [
        format!("recommendation request , status 200, {LIST}"),
        format!("recommendation request  h, status 200, {LIST}"),
        format!("recommendation request h, status , {LIST}"),
        format!("recommendation request h, status OK, {LIST}"),
        format!("recommendation request h, status -1, {LIST}"),
        format!("recommendation request h, status 65536, {LIST}"),
        format!("recommendation request h, status 200, variant=, bucket=0.500000, {LIST}"),
        format!("recommendation request h, status 200, variant=a, bucket=0.5, {LIST}"),
        format!("recommendation request h, status 200, variant=a, bucket=1.000001, {LIST}"),
        "recommendation request h, status 200, result: a+1, -2 ms".to_owned(),
        "recommendation request h, status 200, result: a+1, 1.5 ms".to_owned(),
        "recommendation request h, status 200, result: a+1, 18446744073709551616 ms".to_owned(),
        "recommendation request h, status 0, result: a\tb, 12 ms".to_owned(),
        provenance("model_version="),
        provenance("model_version= x"),
        provenance("model_family=als, model_version=als-1"),
        provenance("model_version=als-1, model_version=als-2"),
    ] {
        check_requests(Refusal::BadRecommendation, &[&request]);
    }
}

#[test]
fn recommendations_that_lack_a_part_are_malformed() {
    for request in [
        format!("recommendation request h,status 200, {LIST}"),
        format!("recommendation request h, 200, {LIST}"),
        format!("recommendation request h, status 200, variant=a, {LIST}"),
        format!("recommendation request h, status 200, bucket=0.500000, {LIST}"),
        format!("recommendation request h, status 200, {LIST}, colour=red"),
        format!("recommendation request h, status 200, {LIST}, "),
        "recommendation request h, status 200, result:, 12 ms".to_owned(),
        "recommendation request h, status 200, result: 12 ms".to_owned(),
        "recommendation request h, status 200, result: a+1, model_version=als-1".to_owned(),
        "recommendation request h, status 0, result: timeout".to_owned(),
    ] {
        check_requests(Refusal::MalformedRequest, &[&request]);
    }
}

#[test]
fn a_list_with_a_bad_id_is_refused_for_the_id() {
    for list in
        ["a b", "a+1,b 2", "a+1, b/2", "a+1,", "a+1,,b+2", "a+1,b+2, c+3", "model_version=1"]
    {
        let request = format!("recommendation request h, status 200, result: {list}, 12 ms");
        check_requests(Refusal::BadMovieId, &[&request]);
    }
}
