use std::{
    cell::Cell,
    collections::BTreeMap,
    time::{Duration, Instant},
};

use marquee_catalog::{Catalog, FaultReason, FetchConfig};
use marquee_dataset::Progress;
use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig};

use crate::{Shelf, Watch, api_with, hasty, movies, numbered, record};

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let ids = numbered(300);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let api = FaultyApi::start(FaultyApiConfig {
        movies: movies(ids.iter().copied().filter(|id| !id.ends_with('3'))),
        faults: 0.05,
        retry_after: 0,
        slow: Duration::from_millis(10),
        ..FaultyApiConfig::default()
    })
    .unwrap();
    let shelf = Shelf::new();
    let mut known = 0;
    for _ in 0..3 {
        let mut progress = Watch::new(|done| done >= 70);
        let summary = shelf.fetch_with(&ids, &api.movies_url(), &hasty(), &mut progress);
        assert!(summary.interrupted && !summary.gave_up, "{summary:?}");
        assert_eq!(summary.cached + summary.known_missing, known, "{summary:?}");
        assert!(summary.left > 0 && summary.shortfall().unwrap().starts_with("interrupted"));
        known = summary.wanted - summary.left;
        assert_eq!(shelf.saved().len() + shelf.missing().len(), known);
    }
    let summary = shelf.fetch(&ids, &api.movies_url(), &hasty());
    assert_eq!((summary.left, summary.interrupted), (0, false));
    assert_eq!((shelf.saved().len(), summary.missing.len()), (270, 30));
    let mut answers: BTreeMap<String, u32> = BTreeMap::new();
    for exchange in api.exchanges() {
        let whole = exchange.is_record() || exchange.status == Some(404);
        *answers.entry(exchange.id).or_default() += u32::from(whole);
    }
    assert!(answers.values().all(|&count| count == 1), "{answers:?}");
}

/// Stops as soon as the server was asked.
struct StopWhenAsked<'a>(&'a FaultyApi);

impl Progress for StopWhenAsked<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.requests() > 0
    }
}

#[test]
fn neither_a_slow_answer_nor_a_long_pause_holds_up_an_interruption() {
    for fault in [
        Fault::Slow(Duration::from_secs(3600)),
        Fault::TooManyRequests { retry_after: Some("3600".to_owned()) },
    ] {
        let (shelf, api) = (Shelf::new(), api_with(["a", "b"]));
        api.script(Collection::Movies, "a", [fault.clone()]);
        let config = FetchConfig {
            timeout: 3600.0,
            retry_after_cap: 3600.0,
            concurrency: 1,
            ..FetchConfig::default()
        };
        let started = Instant::now();
        let summary =
            shelf.fetch_with(&["a", "b"], &api.movies_url(), &config, &mut StopWhenAsked(&api));
        // An hour, if it were held up.
        assert!(started.elapsed() < Duration::from_secs(600));
        assert_eq!((summary.interrupted, summary.left), (true, 2), "{fault:?}: {summary:?}");
        assert!(shelf.saved().is_empty());
    }
}

#[test]
fn what_is_known_is_saved_on_the_way() {
    let ids = numbered(25);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
    let path = shelf.folder.path().join("catalog.json");
    let mut saved = Vec::new();
    let mut progress = Watch::new(|_| {
        saved.push(if path.exists() { Catalog::read(&path).unwrap().len() } else { 0 });
        false
    });
    let config = FetchConfig { checkpoint_every: 10, ..hasty() };
    shelf.fetch_with(&ids, &api.movies_url(), &config, &mut progress);
    assert_eq!((saved[9], saved[10]), (0, 10), "{saved:?}");
    assert_eq!(shelf.saved().len(), 25);
}

#[test]
fn what_is_known_is_saved_in_time_and_before_a_pause() {
    let ids = numbered(25);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
    let path = shelf.folder.path().join("catalog.json");
    let saved = || if path.exists() { Catalog::read(&path).unwrap().len() } else { 0 };
    let mut seen = 0;
    let mut progress = Watch::new(|_| {
        seen = saved();
        false
    });
    let config = FetchConfig { checkpoint_every: 1000, checkpoint_seconds: 0.0, ..hasty() };
    shelf.fetch_with(&ids[..20], &api.movies_url(), &config, &mut progress);
    // All but those that came while a save would have cost too much of the time.
    assert!(seen >= 1, "{seen}");

    // The last five, of which the fifth is put off for an hour.
    let later = Fault::TooManyRequests { retry_after: Some("3600".to_owned()) };
    api.script(Collection::Movies, ids[24], [later]);
    let progress =
        &mut StopWhenSaved { saved: &saved, most: 24, seen: Cell::new(0), polls: Cell::new(0) };
    let config = FetchConfig { concurrency: 1, retry_after_cap: 3600.0, ..FetchConfig::default() };
    let config = FetchConfig { rate_limit: 1e6, ..config };
    let summary = shelf.fetch_with(&ids, &api.movies_url(), &config, progress);
    assert!(summary.interrupted && summary.fetched == 4, "{summary:?}");
    assert_eq!(progress.seen.get(), 24, "saved before the pause, not at its end");
}

/// Stops when so many films are saved, or after a while.
struct StopWhenSaved<'a> {
    saved: &'a dyn Fn() -> usize,
    most: usize,
    seen: Cell<usize>,
    polls: Cell<u32>,
}

impl Progress for StopWhenSaved<'_> {
    fn is_cancelled(&self) -> bool {
        self.seen.set((self.saved)());
        self.seen.get() == self.most || self.polls.replace(self.polls.get() + 1) > 100
    }
}

#[test]
fn a_server_that_is_down_is_given_up_and_nothing_lost() {
    let api = api_with(["a"]);
    let url = api.movies_url();
    drop(api);
    let shelf = Shelf::new();
    shelf.write("catalog.json", r#"{"held": {"genres": [], "title": "Held"}}"#);
    let mut ids = numbered(200);
    ids.push("held".to_owned());
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let config = FetchConfig { retries: 2, ..hasty() };
    let summary = shelf.fetch(&ids, &url, &config);
    assert!(summary.gave_up, "{summary:?}");
    assert!(summary.left >= 100, "{}", summary.left);
    assert!(summary.failed.len() >= 50);
    assert!(summary.failed.iter().all(|failed| failed.reason == FaultReason::Unreachable));
    assert!(summary.failed.iter().all(|failed| failed.attempts == 3));
    let said = summary.shortfall().unwrap();
    assert!(said.starts_with("gave up") && said.contains("refused"), "{said}");
    assert_eq!(shelf.saved().title("held"), Some("Held"));
    assert!(shelf.missing().is_empty());
}

#[test]
fn a_server_that_goes_away_is_given_up_and_what_it_said_is_saved() {
    let ids = numbered(400);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let api = api_with(ids.iter().copied());
    let url = api.movies_url();
    let (shelf, mut api) = (Shelf::new(), Some(api));
    let mut progress = Watch::new(|done| {
        if done == 100 {
            api = None;
        }
        false
    });
    let config = FetchConfig { retries: 1, ..hasty() };
    let summary = shelf.fetch_with(&ids, &url, &config, &mut progress);
    assert!(summary.gave_up && summary.fetched >= 100, "{summary:?}");
    assert_eq!(shelf.saved().len(), summary.fetched);
    // A new server stands where the old one did, or anywhere.
    let api = api_with(ids.iter().copied());
    let rest = shelf.fetch(&ids, &api.movies_url(), &config);
    assert_eq!((rest.cached, rest.fetched), (summary.fetched, 400 - summary.fetched));
    assert_eq!(rest.requests, rest.fetched as u64);
}

#[test]
fn an_answer_between_failures_keeps_the_run_going() {
    let ids = numbered(40);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
    for pair in ids.chunks(3).filter(|chunk| chunk.len() == 3) {
        for id in &pair[..2] {
            api.script(Collection::Movies, id, [Fault::Status(500)]);
        }
    }
    let config = FetchConfig { give_up_after: 3, concurrency: 1, retries: 0, ..hasty() };
    let summary = shelf.fetch(&ids, &api.movies_url(), &config);
    assert_eq!((summary.failed.len(), summary.fetched, summary.gave_up), (26, 14, false));
    let config = FetchConfig { give_up_after: 2, ..config };
    api.script(Collection::Movies, ids[0], [Fault::Status(502)]);
    api.script(Collection::Movies, ids[1], [Fault::Hangup]);
    let summary = shelf.fetch(&ids, &api.movies_url(), &config);
    assert_eq!((summary.requests, summary.gave_up), (2, true));
}

#[test]
fn a_server_that_refuses_is_there() {
    for refusal in [
        Fault::Status(403),
        Fault::Status(301),
        Fault::Status(203),
        Fault::Body("no record".to_owned()),
        Fault::Body(record("another")),
        Fault::Body(" ".repeat(1 << 20) + "{}"),
    ] {
        let ids = numbered(12);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
        for id in &ids[..10] {
            api.script(Collection::Movies, id, [refusal.clone()]);
        }
        let config = FetchConfig { give_up_after: 3, concurrency: 1, retries: 0, ..hasty() };
        let summary = shelf.fetch(&ids, &api.movies_url(), &config);
        assert_eq!((summary.failed.len(), summary.fetched, summary.gave_up), (10, 2, false));
        // One between failures of a server starts their count again.
        for (id, fault) in ids[..5].iter().zip([500, 500, 0, 500, 500]) {
            let fault = if fault == 0 { refusal.clone() } else { Fault::Status(fault) };
            api.script(Collection::Movies, id, [fault]);
        }
        let summary = shelf.fetch(&ids, &api.movies_url(), &config);
        assert_eq!((summary.failed.len(), summary.fetched, summary.gave_up), (5, 5, false));
    }
}

#[test]
fn a_server_that_only_puts_off_is_given_up() {
    let (shelf, api) = (Shelf::new(), api_with(["a"]));
    let later = || Fault::TooManyRequests { retry_after: Some("0".to_owned()) };
    api.script(Collection::Movies, "a", (0..100).map(|_| later()));
    let config = FetchConfig { give_up_after: 7, retries: 0, ..hasty() };
    let summary = shelf.fetch(&["a"], &api.movies_url(), &config);
    assert_eq!((summary.gave_up, summary.left, summary.requests), (true, 1, 7), "{summary:?}");
}

#[test]
fn a_film_that_is_always_put_off_does_not_keep_the_run_from_its_end() {
    let ids = numbered(60);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
    let later = || Fault::TooManyRequests { retry_after: Some("0".to_owned()) };
    api.script(Collection::Movies, ids[0], (0..100).map(|_| later()));
    let config = FetchConfig {
        max_waits: 5,
        concurrency: 1,
        backoff_base: 0.05,
        backoff_cap: 0.1,
        ..hasty()
    };
    let summary = shelf.fetch(&ids, &api.movies_url(), &config);
    assert_eq!((summary.fetched, summary.failed.len(), summary.left), (59, 1, 0), "{summary:?}");
    assert_eq!((summary.requests, summary.failed[0].attempts), (59 + 6, 6), "{summary:?}");
}
