use std::time::{Duration, SystemTime};

use marquee_catalog::{Cache, Catalog, CatalogError, FetchConfig, MissingIds};

use crate::{Shelf, api_with, hasty};

/// RFC 3339 of a time so many hours ago.
fn hours_ago(hours: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let second = now.cast_signed() - hours * 3600;
    let mut missing = MissingIds::default();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second.cast_unsigned());
    missing.insert("x".to_owned(), time);
    let mut text = Vec::new();
    missing.write(&mut text).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    json["x"].as_str().unwrap().to_owned()
}

#[test]
fn a_404_is_remembered_for_its_days() {
    let (shelf, api) = (Shelf::new(), api_with(["back"]));
    let old = serde_json::json!({
        "young": hours_ago(6 * 24), "old": hours_ago(8 * 24), "back": hours_ago(8 * 24),
        "future": hours_ago(-24), "unwanted": hours_ago(400 * 24),
        "elsewhere": "2020-02-29T12:00:00+01:00",
    });
    shelf.write("catalog_missing.json", &old.to_string());
    let ids = ["young", "old", "back", "future"];
    let summary = shelf.fetch(&ids, &api.movies_url(), &hasty());
    let mut asked: Vec<String> = api.exchanges().into_iter().map(|exchange| exchange.id).collect();
    asked.sort();
    assert_eq!(asked, ["back", "future", "old"]);
    assert_eq!((summary.known_missing, summary.fetched), (1, 1));
    assert_eq!(summary.missing, ["future", "old", "young"]);
    let known = shelf.cache();
    let left: Vec<&str> = known.missing().ids().collect();
    assert_eq!(left, ["elsewhere", "future", "old", "unwanted", "young"]);
    // All are young now; with no days at all, all are asked for.
    assert_eq!(shelf.fetch(&ids, &api.movies_url(), &hasty()).requests, 0);
    let config = FetchConfig { negative_days: 0, ..hasty() };
    assert_eq!(shelf.fetch(&ids, &api.movies_url(), &config).requests, 3);
}

#[test]
fn the_file_is_ids_and_times_in_utc() {
    let mut missing = MissingIds::default();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_987);
    missing.insert("heat+1995".to_owned(), time);
    let mut text = Vec::new();
    missing.write(&mut text).unwrap();
    assert_eq!(text, b"{\n  \"heat+1995\": \"2023-11-14T22:13:20Z\"\n}\n");
    let second = time - Duration::from_millis(987);
    assert!(missing.remembers("heat+1995", second, Duration::from_secs(1)));
    assert!(!missing.remembers("heat+1995", second, Duration::ZERO));
    assert!(!missing.remembers("heat+1995", second - Duration::from_secs(1), Duration::MAX));
    assert!(!missing.remembers("other", time, Duration::MAX));
}

#[test]
fn a_file_that_is_none_is_refused_with_the_remedy() {
    let shelf = Shelf::new();
    let out = shelf.folder.path().join("catalog.json");
    for text in ["[]", "{\"a\": 1}", "{\"a\": \"yesterday\"}", "{\"a\": \"2024-01-01\"}", ""] {
        shelf.write("catalog_missing.json", text);
        let error = Cache::<Catalog>::open(&out).unwrap_err();
        assert!(matches!(error, CatalogError::Missing { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains("catalog_missing.json"), "{error}");
        assert!(error.to_string().contains("delete the file"), "{error}");
    }
    assert!(!out.exists());
}
