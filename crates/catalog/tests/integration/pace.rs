use std::time::{Duration, SystemTime};

use marquee_catalog::FetchConfig;
use marquee_synth::{Collection, Exchange, Fault, FaultyApi, FaultyApiConfig};

use crate::{Shelf, api_with, hasty, movies, numbered};

/// Of the requests that arrive in any window of w seconds, at most `connections` were sent before
/// it began and at most 1 + w · `rate` in it.
fn assert_paced(exchanges: &[Exchange], rate: f64, connections: usize) {
    for (first, from) in exchanges.iter().enumerate() {
        for (last, to) in exchanges.iter().enumerate().skip(first) {
            let window = (to.at - from.at).as_secs_f64();
            let most = window * rate + 1.0 + connections as f64;
            let count = last - first + 1;
            assert!(count as f64 <= most, "{count} requests within {window} s");
        }
    }
}

#[test]
fn requests_keep_to_the_rate_limit_retries_and_pauses_included() {
    let (ids, rate) = (numbered(60), 80.0);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let api = FaultyApi::start(FaultyApiConfig {
        movies: movies(ids.iter().copied()),
        faults: 0.3,
        retry_after: 0,
        slow: Duration::from_millis(30),
        ..FaultyApiConfig::default()
    })
    .unwrap();
    // A pause in the middle: no slots are saved up in it.
    let pause = Fault::TooManyRequests { retry_after: Some("1".to_owned()) };
    api.script(Collection::Movies, ids[30], [pause]);
    let config = FetchConfig { rate_limit: rate, concurrency: 3, ..hasty() };
    let summary = Shelf::new().fetch(&ids, &api.movies_url(), &config);
    assert!(summary.retries > 5, "{summary:?}");
    assert_paced(&api.exchanges(), rate, config.concurrency);
}

#[test]
fn nobody_asks_while_the_server_wants_to_be_left_alone() {
    let second = Duration::from_secs(1);
    for fault in [
        Fault::TooManyRequests { retry_after: Some("1".to_owned()) },
        Fault::Unavailable { retry_after: "1".to_owned() },
    ] {
        let ids = numbered(40);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let api = api_with(ids.iter().copied());
        api.script(Collection::Movies, ids[20], [fault.clone()]);
        let config = FetchConfig { concurrency: 4, rate_limit: 1000.0, ..hasty() };
        let summary = Shelf::new().fetch(&ids, &api.movies_url(), &config);
        assert_eq!((summary.fetched, summary.requests), (40, 41), "{summary:?}");
        let exchanges = api.exchanges();
        let asked = exchanges.iter().position(|exchange| exchange.fault.is_some()).unwrap();
        let end = exchanges[asked].at + second;
        // Before half of it is over the client has the answer; what comes then was under way.
        let pause = end - second / 2..end;
        let during = exchanges.iter().filter(|later| pause.contains(&later.at));
        assert!(during.count() < config.concurrency, "{exchanges:?}");
        let again = exchanges[asked + 1..].iter().find(|later| later.id == ids[20]).unwrap();
        assert!(again.at >= end, "{exchanges:?}");
    }
}

#[test]
fn one_connection_waits_exactly_as_asked() {
    let api = api_with(["a", "b"]);
    let pause = Fault::TooManyRequests { retry_after: Some("1".to_owned()) };
    api.script(Collection::Movies, "a", [pause]);
    let config = FetchConfig { concurrency: 1, ..hasty() };
    Shelf::new().fetch(&["a", "b"], &api.movies_url(), &config);
    let [first, second, third] = &api.exchanges()[..] else { panic!("{:?}", api.exchanges()) };
    assert!(second.at >= first.at + Duration::from_secs(1), "{first:?} {second:?}");
    assert_eq!((third.at < second.at, third.status), (false, Some(200)));
}

#[test]
fn a_date_is_waited_for_and_the_cap_cuts_long_waits() {
    let api = api_with(["a"]);
    let end = SystemTime::now() + Duration::from_secs(2);
    let date = httpdate::fmt_http_date(end);
    api.script(
        Collection::Movies,
        "a",
        [
            Fault::TooManyRequests { retry_after: Some("Sun, 06 Nov 1994 08:49:37 GMT".into()) },
            Fault::TooManyRequests { retry_after: Some(date.clone()) },
        ],
    );
    let summary = Shelf::new().fetch(&["a"], &api.movies_url(), &hasty());
    assert_eq!((summary.fetched, summary.rate_limited), (1, 2));
    assert!(SystemTime::now() >= httpdate::parse_http_date(&date).unwrap());

    // Without the cap this takes a day, or for ever.
    let too_long = ["86400", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"];
    let faults = too_long.map(|text| Fault::TooManyRequests { retry_after: Some(text.into()) });
    api.script(Collection::Movies, "a", faults);
    let config = FetchConfig { retry_after_cap: 0.05, ..hasty() };
    let summary = Shelf::new().fetch(&["a"], &api.movies_url(), &config);
    assert_eq!((summary.fetched, summary.rate_limited), (1, 3));
}
