use marquee_events::{Action, MovieId, Outcome, Refusal, parse};

fn rating(value: &str) -> Result<u8, Refusal> {
    let line = format!("2024-09-10T08:39:04,42,GET /rate/the+matrix+1999={value}");
    parse(line.as_bytes()).map(|event| match event.action {
        Action::Rate { stars, .. } => stars.get(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_rating_of_15_is_not_read_as_1() {
    assert_eq!(rating("15"), Err(Refusal::BadRating));
    assert_eq!(rating("5"), Ok(5));
}

#[test]
fn a_rating_of_4_and_a_half_is_not_read_as_4() {
    for value in ["4.5", "4.0", "04", "+4", " 4", "4 ", "0", "6", "9", "-1", "", "four", "٤"] {
        assert_eq!(rating(value), Err(Refusal::BadRating), "{value:?}");
    }
}

#[test]
fn a_time_zone_is_kept_with_and_without_a_fraction() {
    for (time, seconds, nanos) in [
        ("2024-09-10T08:39:04.25+02:00", 1_725_950_344, 250_000_000),
        ("2024-09-10T08:39:04+02:00", 1_725_950_344, 0),
        ("2024-09-10T08:39:04.250-05:30", 1_725_977_344, 250_000_000),
        ("2024-09-10T08:39-05:30", 1_725_977_340, 0),
    ] {
        let line = format!("{time},42,GET /data/m/cube+1997/1.mpg");
        let event = parse(line.as_bytes()).unwrap();
        assert_eq!(event.time.unix_seconds(), seconds, "{time}");
        assert_eq!(event.time.subsec_nanos(), nanos, "{time}");
        assert_eq!(event.time.to_string(), time);
    }
}

#[test]
fn the_events_own_time_is_given() {
    let first = parse(b"2024-09-10T08:39:04,42,GET /data/m/cube+1997/1.mpg").unwrap();
    let second = parse(b"2025-10-17T01:33:45.122692921,42,GET /data/m/cube+1997/2.mpg").unwrap();
    assert_eq!(first.time.instant(), (1_725_957_544, 0));
    assert_eq!(second.time.instant(), (1_760_664_825, 122_692_921));
}

#[test]
fn the_services_own_lines_are_parsed_as_the_platforms_are() {
    let own = "2024-10-27T03:28:23.000120Z,833,recommendation request /recommend/833, status 200, \
               variant=als_model, bucket=0.202534, result: cube+1997,heat+1995, 39 ms, \
               model_version=als-20241026, model_family=als, pipeline_commit=1f2e, \
               pipeline_branch=main, pipeline_dirty=true, data_version=v3, data_sha256=ab, \
               manifest_sha256=cd";
    let platform = "2024-10-27T03:28:23,833,recommendation request host:8082, status 200, \
                    result: cube+1997, heat+1995, 39 ms";
    let ids: Vec<Vec<&str>> = [own, platform]
        .into_iter()
        .map(|line| match parse(line.as_bytes()).unwrap().action {
            Action::Recommendation(recommendation) => match recommendation.outcome {
                Outcome::List(list) => list.ids().map(MovieId::as_str).collect(),
                Outcome::Failure(text) => panic!("{text}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [["cube+1997", "heat+1995"]; 2]);
}

#[test]
fn one_byte_that_is_not_utf8_refuses_its_line_alone() {
    let log = b"2024-09-10T08:39:04,42,GET /data/m/cube+1997/1.mpg\n\xff\xfe garbage\n\
                2024-09-10T08:39:04,42,GET /data/m/caf\xe9+1997/1.mpg\n\
                2024-09-10T08:40:04,42,GET /data/m/cube+1997/2.mpg";
    let reasons: Vec<Option<Refusal>> =
        log.split(|&byte| byte == b'\n').map(|line| parse(line).err()).collect();
    assert_eq!(reasons, [None, Some(Refusal::NotUtf8), Some(Refusal::NotUtf8), None]);
}

#[test]
fn ids_that_real_streams_hold_are_admitted_and_long_runs_of_plus_cost_nothing() {
    let pluses = "+".repeat(60_000);
    for id in ["m*a*s*h+1970", "bat*21+1988", "the+matrix+", "wall-e+2008", pluses.as_str()] {
        let line = format!("2024-09-10T08:39:04,42,GET /data/m/{id}/1.mpg");
        assert!(parse(line.as_bytes()).is_ok(), "{id}");
    }
}
