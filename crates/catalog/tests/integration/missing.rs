use std::time::{Duration, SystemTime};

use marquee_catalog::{ApiUrl, Cache, Catalog, CatalogError, FetchConfig, MissingIds};

use crate::{Shelf, api_with, hasty};

fn base() -> ApiUrl {
    "http://films.example/movie/".parse().unwrap()
}

/// RFC 3339 of a time so many hours ago.
fn hours_ago(hours: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let second = now.cast_signed() - hours * 3600;
    let mut missing = MissingIds::new(&base());
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second.cast_unsigned());
    missing.insert("x".to_owned(), time);
    let mut text = Vec::new();
    missing.write(&mut text).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    json["missing"]["x"].as_str().unwrap().to_owned()
}

#[test]
fn a_404_is_remembered_for_its_days() {
    let (shelf, api) = (Shelf::new(), api_with(["back"]));
    let old = serde_json::json!({
        "young": hours_ago(6 * 24), "old": hours_ago(8 * 24), "back": hours_ago(8 * 24),
        "future": hours_ago(-24), "unwanted": hours_ago(400 * 24),
        "elsewhere": "2020-02-29T12:00:00+01:00",
    });
    // The same base, however it is spelt.
    let url = api.movies_url();
    let old = serde_json::json!({"api": url, "missing": old}).to_string();
    shelf.write("catalog_missing.json", &old);
    let url = url.trim_end_matches('/');
    let ids = ["young", "old", "back", "future"];
    let summary = shelf.fetch(&ids, url, &hasty());
    let mut asked: Vec<String> = api.exchanges().into_iter().map(|exchange| exchange.id).collect();
    asked.sort();
    assert_eq!(asked, ["back", "future", "old"]);
    assert_eq!((summary.known_missing, summary.fetched), (1, 1));
    assert_eq!(summary.missing, ["future", "old", "young"]);
    assert_eq!(shelf.missing(), ["elsewhere", "future", "old", "unwanted", "young"]);
    // All are young now; with no days at all, all are asked for.
    assert_eq!(shelf.fetch(&ids, url, &hasty()).requests, 0);
    let config = FetchConfig { negative_days: 0, ..hasty() };
    assert_eq!(shelf.fetch(&ids, url, &config).requests, 3);
}

#[test]
fn what_one_address_does_not_have_another_is_asked_for() {
    let (shelf, api, other) = (Shelf::new(), api_with([]), api_with(["a"]));
    assert_eq!(shelf.fetch(&["a", "b"], &api.movies_url(), &hasty()).missing, ["a", "b"]);
    let summary = shelf.fetch(&["a", "b"], &other.movies_url(), &hasty());
    assert_eq!((summary.known_missing, summary.fetched, summary.requests), (0, 1, 2));
    assert_eq!(shelf.missing(), ["b"]);
    let path = shelf.folder.path().join("catalog_missing.json");
    assert_eq!(MissingIds::read(&path).unwrap().api(), other.movies_url());
}

#[test]
fn the_file_is_ids_and_times_in_utc() {
    let mut missing = MissingIds::new(&base());
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_987);
    missing.insert("heat+1995".to_owned(), time);
    let mut text = Vec::new();
    missing.write(&mut text).unwrap();
    let expected = r#"{
  "api": "http://films.example/movie/",
  "missing": {
    "heat+1995": "2023-11-14T22:13:20Z"
  }
}
"#;
    assert_eq!(String::from_utf8(text).unwrap(), expected);
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
    for text in [
        "[]",
        "",
        r#"{"a": "2024-01-01T00:00:00Z"}"#,
        r#"{"api": "http://films.example/movie/"}"#,
        r#"{"api": "http://films.example/movie/", "missing": {"a": 1}}"#,
        r#"{"api": "http://films.example/movie/", "missing": {"a": "yesterday"}}"#,
        r#"{"api": "http://films.example/movie/", "missing": {"a": "2024-01-01"}}"#,
        r#"{"api": "http://films.example/movie/", "missing": {}, "more": 1}"#,
    ] {
        shelf.write("catalog_missing.json", text);
        let error = Cache::<Catalog>::open(&out, &base()).unwrap_err();
        assert!(matches!(error, CatalogError::Missing { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains("catalog_missing.json"), "{error}");
        assert!(error.to_string().contains("delete the file"), "{error}");
    }
    assert!(!out.exists());
}
