//! The crate's integration tests, one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

/// The files that are filled: who may write them, and when one cannot be.
mod cache;
/// Catalog files, and builds from records.
mod catalog_file;
/// What the configuration and addresses may be.
mod config;
/// Every way an answer can go wrong, and what is made of it.
mod faults;
/// Thousands of films from an API with faults: all found, none asked for twice.
mod many;
/// The negative cache: its file, its age.
mod missing;
/// The rate limit and pauses, by the server's clock.
mod pace;
/// Interruptions, checkpoints, a server that goes away: nothing lost, nothing asked twice.
mod stops;
/// The summary's JSON, key by key.
mod summary;
/// Users: their file, their records.
mod users;

use std::{cell::Cell, collections::BTreeMap};

use marquee_catalog::{Cache, Catalog, FetchConfig, FetchSummary, MissingIds, fetch};
use marquee_dataset::{NoProgress, Progress};
use marquee_synth::{FaultyApi, FaultyApiConfig};
use tempfile::TempDir;

/// A configuration that waits for nothing.
fn hasty() -> FetchConfig {
    FetchConfig {
        rate_limit: 1e6,
        backoff_base: 0.001,
        backoff_cap: 0.01,
        ..FetchConfig::default()
    }
}

fn record(id: &str) -> String {
    serde_json::json!({"id": id, "title": format!("Title of {id}"), "genres": [], "runtime": "99"})
        .to_string()
}

fn movies<'a>(ids: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    ids.into_iter().map(|id| (id.to_owned(), record(id))).collect()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("film+{number:05}")).collect()
}

/// An API that has these films and no faults but scripted ones.
fn api_with<'a>(ids: impl IntoIterator<Item = &'a str>) -> FaultyApi {
    FaultyApi::start(FaultyApiConfig { movies: movies(ids), ..FaultyApiConfig::default() }).unwrap()
}

/// A catalog in a folder of its own.
struct Shelf {
    folder: TempDir,
}

impl Shelf {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    fn cache(&self, url: &str) -> Cache<Catalog> {
        Cache::open(&self.folder.path().join("catalog.json"), &url.parse().unwrap()).unwrap()
    }

    /// The ids of the negative cache's file.
    fn missing(&self) -> Vec<String> {
        let path = self.folder.path().join("catalog_missing.json");
        if !path.exists() {
            return Vec::new();
        }
        MissingIds::read(&path).unwrap().ids().map(str::to_owned).collect()
    }

    /// What is saved; nothing of it comes from memory.
    fn saved(&self) -> Catalog {
        Catalog::read(&self.folder.path().join("catalog.json")).unwrap()
    }

    fn fetch(&self, ids: &[&str], url: &str, config: &FetchConfig) -> FetchSummary {
        self.fetch_with(ids, url, config, &mut NoProgress)
    }

    fn fetch_with(
        &self,
        ids: &[&str],
        url: &str,
        config: &FetchConfig,
        progress: &mut dyn Progress,
    ) -> FetchSummary {
        let ids = ids.iter().map(|&id| id.to_owned());
        let summary = fetch(ids, config, &mut self.cache(url), progress).unwrap();
        assert_eq!(
            summary.wanted,
            summary.cached
                + summary.fetched
                + summary.missing.len()
                + summary.failed.len()
                + summary.left,
            "{summary:?}"
        );
        summary
    }
}

/// Calls a function after each id, and stops when it says so.
struct Watch<F> {
    after: F,
    done: usize,
    stop: Cell<bool>,
}

impl<F: FnMut(usize) -> bool> Watch<F> {
    fn new(after: F) -> Self {
        Self { after, done: 0, stop: Cell::new(false) }
    }
}

impl<F: FnMut(usize) -> bool> Progress for Watch<F> {
    fn advance(&mut self, units: u64) {
        self.done += units as usize;
        self.stop.set(self.stop.get() | (self.after)(self.done));
    }

    fn is_cancelled(&self) -> bool {
        self.stop.get()
    }
}
