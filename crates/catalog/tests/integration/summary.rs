use std::collections::BTreeMap;

use marquee_catalog::FetchConfig;
use marquee_synth::{Collection, Fault};
use serde::Deserialize;

use crate::{Shelf, api_with, hasty};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    wanted: u64,
    cached: u64,
    known_missing: u64,
    fetched: u64,
    missing: Vec<String>,
    failed: Vec<Failed>,
    left: u64,
    reasons: BTreeMap<String, u64>,
    requests: u64,
    retries: u64,
    rate_limited: u64,
    seconds: f64,
    interrupted: bool,
    gave_up: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    id: String,
    reason: String,
    attempts: u64,
    detail: String,
}

#[test]
fn the_json_object_has_these_keys_and_no_others() {
    let (shelf, api) = (Shelf::new(), api_with(["a", "b", "c"]));
    shelf.write("catalog.json", r#"{"a": {"title": "A"}}"#);
    api.script(Collection::Movies, "b", [Fault::TooManyRequests { retry_after: None }]);
    api.script(Collection::Movies, "c", [Fault::Status(403)]);
    let config = FetchConfig { concurrency: 1, ..hasty() };
    let summary = shelf.fetch(&["a", "b", "c", "d", "b"], &api.movies_url(), &config);
    let text = serde_json::to_string(&summary).unwrap();
    let summary: Summary = serde_json::from_str(&text).unwrap();
    assert_eq!((summary.wanted, summary.cached, summary.fetched, summary.left), (4, 1, 1, 0));
    assert_eq!((summary.known_missing, &summary.missing[..]), (0, &["d".to_owned()][..]));
    assert_eq!((summary.requests, summary.retries, summary.rate_limited), (4, 1, 1));
    assert_eq!((summary.interrupted, summary.gave_up), (false, false));
    assert!(summary.seconds >= 0.0);
    let reasons = [("client_error".to_owned(), 1), ("rate_limited".to_owned(), 1)];
    assert_eq!(summary.reasons, reasons.into());
    let failed = &summary.failed[0];
    assert_eq!((failed.id.as_str(), failed.reason.as_str()), ("c", "client_error"));
    assert_eq!((failed.attempts, failed.detail.contains("403")), (1, true));
}

#[test]
fn an_answer_of_404_only_is_no_shortfall() {
    let (shelf, api) = (Shelf::new(), api_with([]));
    let summary = shelf.fetch(&["a", "b"], &api.movies_url(), &hasty());
    assert_eq!((summary.missing.len(), summary.shortfall()), (2, None));
    assert!(shelf.saved().is_empty(), "a catalog is there all the same");
    let none = shelf.fetch(&[], &api.movies_url(), &hasty());
    assert_eq!((none.wanted, none.requests), (0, 0));
}
