use std::time::Duration;

use marquee_catalog::{FaultReason, FetchConfig};
use marquee_synth::{Collection, Fault};

use crate::{Shelf, Watch, api_with, hasty, record};

/// Faults that another request may mend, and what they are called.
fn passing() -> Vec<(Fault, FaultReason)> {
    vec![
        (Fault::TooManyRequests { retry_after: Some("0".into()) }, FaultReason::RateLimited),
        (Fault::TooManyRequests { retry_after: Some("soon".into()) }, FaultReason::RateLimited),
        (Fault::TooManyRequests { retry_after: None }, FaultReason::RateLimited),
        (Fault::Unavailable { retry_after: "0".into() }, FaultReason::ServerError),
        (Fault::Status(500), FaultReason::ServerError),
        (Fault::Status(503), FaultReason::ServerError),
        (Fault::Garbage, FaultReason::NotHttp),
        (Fault::HalfBody, FaultReason::CutShort),
        (Fault::Hangup, FaultReason::ConnectionLost),
        (Fault::Slow(Duration::from_secs(60)), FaultReason::Timeout),
        (Fault::Body(String::new()), FaultReason::BadRecord),
        (Fault::Body("<html>".into()), FaultReason::BadRecord),
        (Fault::Body(r#"{"id": "a"}"#.into()), FaultReason::BadRecord),
        (Fault::Body(record("b")), FaultReason::WrongId),
        (Fault::Body(" ".repeat(1 << 20) + &record("a")), FaultReason::TooLarge),
    ]
}

#[test]
fn what_may_pass_is_asked_for_again() {
    for (fault, reason) in passing() {
        let (shelf, api) = (Shelf::new(), api_with(["a"]));
        api.script(Collection::Movies, "a", [fault.clone()]);
        let timeout = if reason == FaultReason::Timeout { 0.3 } else { 10.0 };
        let config = FetchConfig { timeout, ..hasty() };
        let summary = shelf.fetch(&["a"], &api.movies_url(), &config);
        assert_eq!(summary.reasons.keys().collect::<Vec<_>>(), [&reason], "{fault:?}: {summary:?}");
        assert_eq!((summary.fetched, summary.failed.len()), (1, 0), "{fault:?}: {summary:?}");
        assert_eq!(summary.requests, 1 + summary.retries);
        assert_eq!(summary.requests, api.requests() as u64);
        assert_eq!(summary.rate_limited, u64::from(reason == FaultReason::RateLimited));
        assert_eq!(shelf.saved().title("a"), Some("Title of a"));
        assert_eq!(summary.shortfall(), None);
    }
}

#[test]
fn what_stays_faulty_fails_with_the_last_reason_and_the_others_are_fetched() {
    let (shelf, api) = (Shelf::new(), api_with(["a", "b", "c"]));
    api.script(Collection::Movies, "b", vec![Fault::Hangup, Fault::Hangup, Fault::Status(502)]);
    let config = FetchConfig { retries: 2, ..hasty() };
    let summary = shelf.fetch(&["c", "b", "a"], &api.movies_url(), &config);
    assert_eq!((summary.fetched, summary.requests, summary.retries), (2, 5, 2));
    let [failed] = &summary.failed[..] else { panic!("{summary:?}") };
    assert_eq!((failed.id.as_str(), failed.attempts), ("b", 3));
    assert_eq!(failed.reason, FaultReason::ServerError);
    assert!(failed.detail.contains("status 502"), "{failed:?}");
    assert_eq!(summary.reasons[&FaultReason::ConnectionLost], 2);
    assert!(summary.shortfall().unwrap().starts_with("1 failed"), "{summary:?}");
    assert_eq!(shelf.saved().len(), 2);
    // The fault has passed; only the failed film is asked for.
    let summary = shelf.fetch(&["a", "b", "c"], &api.movies_url(), &config);
    assert_eq!((summary.cached, summary.fetched, summary.requests), (2, 1, 1));
}

#[test]
fn refusals_and_redirects_fail_at_once() {
    for (status, reason) in [
        (400, FaultReason::ClientError),
        (403, FaultReason::ClientError),
        (410, FaultReason::ClientError),
        (301, FaultReason::Redirect),
        (307, FaultReason::Redirect),
        (203, FaultReason::OtherStatus),
    ] {
        let (shelf, api) = (Shelf::new(), api_with(["a", "b"]));
        api.script(Collection::Movies, "a", [Fault::Status(status)]);
        let summary = shelf.fetch(&["a", "b"], &api.movies_url(), &hasty());
        assert_eq!((summary.requests, summary.fetched), (2, 1), "{summary:?}");
        assert_eq!((summary.failed[0].reason, summary.failed[0].attempts), (reason, 1));
        let said = if reason == FaultReason::Redirect { "/elsewhere" } else { "as planned" };
        assert!(summary.failed[0].detail.contains(said), "{summary:?}");
    }
}

#[test]
fn whatever_the_server_sends_the_detail_is_a_short_line() {
    let long = "x\n".repeat(100_000);
    for fault in [
        Fault::Body(record(&long)),
        Fault::Body(format!("{{\"id\": \"a\", \"title\": \"A\", \"genres\": \"{long}\"}}")),
        Fault::TooManyRequests { retry_after: Some(long.replace('\n', " ")) },
        Fault::Status(403),
    ] {
        let (shelf, api) = (Shelf::new(), api_with(["a"]));
        api.script(Collection::Movies, "a", [fault]);
        let config = FetchConfig { retries: 0, max_waits: 0, ..hasty() };
        let summary = shelf.fetch(&["a"], &api.movies_url(), &config);
        let detail = &summary.failed[0].detail;
        assert!(!detail.is_empty() && detail.chars().count() <= 200, "{}", detail.len());
        assert!(!detail.contains('\n'));
    }
}

#[test]
fn a_refusal_counts_from_its_head_on() {
    for (status, fetched) in [(429, 1), (503, 1), (404, 0)] {
        let (shelf, api) = (Shelf::new(), api_with(["a"]));
        api.script(Collection::Movies, "a", [Fault::Stall { status, retry_after: None }]);
        let config = FetchConfig { timeout: 20.0, ..hasty() };
        let summary = shelf.fetch(&["a"], &api.movies_url(), &config);
        assert_eq!((summary.fetched, summary.missing.len()), (fetched, 1 - fetched));
        // Waited for, the body takes until the time-out.
        assert!(summary.seconds < 15.0, "{status}: {summary:?}");
    }
}

#[test]
fn a_film_that_waits_lets_the_others_pass() {
    let (shelf, api) = (Shelf::new(), api_with(["a", "b", "c"]));
    api.script(Collection::Movies, "a", [Fault::Status(500)]);
    // One connection, and a back-off of up to a day.
    let config =
        FetchConfig { concurrency: 1, backoff_base: 86_400.0, backoff_cap: 86_400.0, ..hasty() };
    let mut progress = Watch::new(|done| done == 2);
    let summary = shelf.fetch_with(&["a", "b", "c"], &api.movies_url(), &config, &mut progress);
    assert_eq!((summary.fetched, summary.left), (2, 1));
    let order: Vec<String> = api.exchanges().into_iter().map(|exchange| exchange.id).collect();
    assert_eq!(order, ["a", "b", "c"]);
}

#[test]
fn any_id_arrives_as_it_is() {
    let ids = [
        "100%+wolf+2020",
        "a/b",
        "what?+1972",
        "c#",
        "with space",
        "amélie+2001",
        "七人の侍+1954",
        "..",
        "%2F",
        "+",
        "m*a*s*h+1970",
        "a&b=c;d",
        "\"quoted\"",
        "tab\there",
        "~-._",
    ];
    let (shelf, api) = (Shelf::new(), api_with(ids));
    let summary = shelf.fetch(&ids, &api.movies_url(), &hasty());
    assert_eq!((summary.fetched, summary.requests), (ids.len(), ids.len() as u64), "{summary:?}");
    // The same without the slash at the end of the base.
    let url = api.movies_url();
    let again = Shelf::new().fetch(&ids, url.trim_end_matches('/'), &hasty());
    assert_eq!(again.fetched, ids.len());
    for id in ids {
        assert_eq!(shelf.saved().title(id), Some(format!("Title of {id}").as_str()));
    }
}

#[test]
fn an_id_too_long_for_a_url_is_not_sent() {
    let (shelf, api) = (Shelf::new(), api_with(["a"]));
    let long = "x".repeat(70_000);
    let summary = shelf.fetch(&["a", &long], &api.movies_url(), &hasty());
    assert_eq!((summary.fetched, summary.failed.len()), (1, 1));
    assert_eq!((summary.failed[0].reason, summary.failed[0].attempts), (FaultReason::BadUrl, 0));
    assert_eq!((summary.requests, api.requests()), (1, 1));
}
