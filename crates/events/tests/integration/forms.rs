use marquee_events::{
    Action, Assignment, Bucket, Event, FailureText, MovieId, MovieList, Outcome, Provenance,
    Recommendation, Stars, Timestamp, Token, UserId, parse, write,
};

fn token(text: &str) -> Token<'_> {
    Token::new(text).unwrap()
}

fn event<'a>(time: &str, user: u64, action: Action<'a>) -> Event<'a> {
    Event { time: time.parse().unwrap(), user: UserId::new(user).unwrap(), action }
}

/// The line parses as the event, and the event writes as the line.
fn check(line: &str, expected: &Event<'_>) {
    assert_eq!(parse(line.as_bytes()), Ok(*expected), "{line}");
    let mut written = b"before".to_vec();
    write(expected, &mut written);
    assert_eq!(String::from_utf8(written).unwrap(), format!("before{line}"));
}

#[test]
fn watch() {
    for id in
        ["the+matrix+1999", "bat*21+1988", "cube+", "m*a*s*h+1970", "a-b.c_d+2001", "amélie+2001"]
    {
        let action = Action::Watch { movie: MovieId::new(id).unwrap(), minute: 57 };
        check(
            &format!("2024-09-10T08:39:04,123672,GET /data/m/{id}/57.mpg"),
            &event("2024-09-10T08:39:04", 123_672, action),
        );
    }
}

#[test]
fn watch_at_the_ends_of_the_ranges() {
    let movie = MovieId::new("cube+1997").unwrap();
    check(
        "0000-01-01T00:00,0,GET /data/m/cube+1997/0.mpg",
        &event("0000-01-01T00:00", 0, Action::Watch { movie, minute: 0 }),
    );
    check(
        "9999-12-31T23:59:59.999999999Z,9223372036854775807,GET /data/m/cube+1997/2147483647.mpg",
        &event(
            "9999-12-31T23:59:59.999999999Z",
            i64::MAX as u64,
            Action::Watch { movie, minute: i32::MAX as u32 },
        ),
    );
}

#[test]
fn leading_zeros_and_a_carriage_return_are_accepted_and_not_written() {
    let movie = MovieId::new("cube+1997").unwrap();
    let expected = event("2024-09-10T08:40", 7, Action::Watch { movie, minute: 3 });
    let line = b"2024-09-10T08:40,007,GET /data/m/cube+1997/003.mpg\r";
    assert_eq!(parse(line), Ok(expected));
    check("2024-09-10T08:40,7,GET /data/m/cube+1997/3.mpg", &expected);
}

#[test]
fn rating() {
    let movie = MovieId::new("the+matrix+1999").unwrap();
    for stars in 1..=5 {
        check(
            &format!("2024-09-10T08:39:04,42,GET /rate/the+matrix+1999={stars}"),
            &event(
                "2024-09-10T08:39:04",
                42,
                Action::Rate { movie, stars: Stars::new(stars).unwrap() },
            ),
        );
    }
}

#[test]
fn recommendation_as_the_platform_logs_it() {
    let list = MovieList::from_joined("the+matrix+1999, bat*21+1988, cube+").unwrap();
    let action = Action::Recommendation(Recommendation {
        target: token("host13.example.org:8082"),
        status: 200,
        assignment: None,
        outcome: Outcome::List(list),
        latency_ms: 96,
        provenance: Provenance::default(),
    });
    check(
        "2024-10-27T01:59:04.906082,84,recommendation request host13.example.org:8082, status 200, \
         result: the+matrix+1999, bat*21+1988, cube+, 96 ms",
        &event("2024-10-27T01:59:04.906082", 84, action),
    );
}

#[test]
fn an_empty_list_is_accepted() {
    for (style, tail) in [("", ""), (", variant=a, bucket=0.000000", ", model_version=m")] {
        let line = format!(
            "2024-10-27T01:59:04Z,84,recommendation request host:8082, status 200{style}, result: , 12 ms{tail}"
        );
        let Action::Recommendation(recommendation) = parse(line.as_bytes()).unwrap().action else {
            panic!("{line}");
        };
        assert_eq!(recommendation.outcome, Outcome::List(MovieList::default()));
        assert_eq!(recommendation.latency_ms, 12);
        let mut written = Vec::new();
        write(&parse(line.as_bytes()).unwrap(), &mut written);
        assert_eq!(written, line.as_bytes());
    }
}

fn service<'a>(provenance: Provenance<'a>) -> Action<'a> {
    Action::Recommendation(Recommendation {
        target: token("/recommend/833"),
        status: 200,
        assignment: Some(Assignment {
            variant: token("popgen_model"),
            bucket: Bucket::from_millionths(952_110).unwrap(),
        }),
        outcome: Outcome::List(MovieList::from_joined("the+matrix+1999,cube+1997").unwrap()),
        latency_ms: 136,
        provenance,
    })
}

const SERVICE: &str = "2024-10-27T03:28:23.000120Z,833,recommendation request /recommend/833, \
                       status 200, variant=popgen_model, bucket=0.952110, \
                       result: the+matrix+1999,cube+1997, 136 ms";

#[test]
fn recommendation_as_the_service_logs_it() {
    let expected = Event {
        time: Timestamp::from_unix_utc(1_729_999_703, 120_000).unwrap(),
        user: UserId::new(833).unwrap(),
        action: service(Provenance::default()),
    };
    check(SERVICE, &expected);
}

#[test]
fn recommendation_with_all_provenance() {
    let provenance = Provenance {
        model_version: Some(token("popgen-20241026120000")),
        model_family: Some(token("popgen")),
        pipeline_commit: Some(token("1f2e3d4c")),
        pipeline_branch: Some(token("feature/a=b")),
        pipeline_dirty: Some(token("false")),
        data_version: Some(token("week 43")),
        data_sha256: Some(token("00ff")),
        manifest_sha256: Some(token("ff00")),
    };
    let line = format!(
        "{SERVICE}, model_version=popgen-20241026120000, model_family=popgen, \
         pipeline_commit=1f2e3d4c, pipeline_branch=feature/a=b, pipeline_dirty=false, \
         data_version=week 43, data_sha256=00ff, manifest_sha256=ff00"
    );
    check(&line, &event("2024-10-27T03:28:23.000120Z", 833, service(provenance)));
}

#[test]
fn recommendation_with_some_provenance() {
    let provenance = Provenance {
        model_family: Some(token("als")),
        data_version: Some(token("800 ms")),
        ..Provenance::default()
    };
    check(
        &format!("{SERVICE}, model_family=als, data_version=800 ms"),
        &event("2024-10-27T03:28:23.000120Z", 833, service(provenance)),
    );
}

fn failure<'a>(status: u16, text: &'a str, latency_ms: u64) -> Action<'a> {
    Action::Recommendation(Recommendation {
        target: token("host:8082"),
        status,
        assignment: None,
        outcome: Outcome::Failure(FailureText::new(text).unwrap()),
        latency_ms,
        provenance: Provenance::default(),
    })
}

#[test]
fn failed_recommendation() {
    let text =
        "java.util.concurrent.TimeoutException: Request timeout to host/10.0.0.1:8082 after 800 ms";
    check(
        &format!(
            "2024-10-27T01:59,84,recommendation request host:8082, status 0, result: {text}, 815 ms"
        ),
        &event("2024-10-27T01:59", 84, failure(0, text, 815)),
    );
}

#[test]
fn failure_texts_may_look_like_the_rest_of_the_line() {
    for text in [
        "",
        ",",
        " , ",
        "a, b, c",
        "after, 800 ms",
        "x, 12 ms, model_version=als-1",
        "result: status 200, variant=a, bucket=0.500000",
        "a+1999, b+2000",
        "k=v, manifest_sha256=ff",
        "délai dépassé",
    ] {
        check(
            &format!(
                "2024-10-27T01:59,84,recommendation request host:8082, status 503, result: {text}, 7 ms"
            ),
            &event("2024-10-27T01:59", 84, failure(503, text, 7)),
        );
    }
}
