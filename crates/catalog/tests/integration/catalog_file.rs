use std::path::Path;

use marquee_catalog::{Catalog, CatalogError, Genre, build, read_records};

fn written(name: &str, text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs_err::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn a_catalog_survives_writing_and_reading() {
    let json = br#"{"b+2": {"genres": ["Drama"], "title": "B"}, "a+1": {"genres": [{"id": 3, "name": "War"}], "title": "A"}, "c": {"title": ""}}"#;
    let (_folder, path) = written("movie_catalog.json", json);
    let catalog = Catalog::read(&path).unwrap();
    assert_eq!(catalog.len(), 3);
    assert_eq!(catalog.genres("a+1").collect::<Vec<_>>(), ["War"]);
    assert_eq!(catalog.get("b+2").unwrap().genres, [Genre::Name("Drama".into())]);
    assert_eq!(catalog.genres("unknown").count(), 0);
    let mut text = Vec::new();
    catalog.write(&mut text).unwrap();
    assert!(text.starts_with(b"{\n  \"a+1\": {\n    \"genres\": [\n"));
    assert_eq!(serde_json::from_slice::<Catalog>(&text).unwrap(), catalog);
}

#[test]
fn a_file_that_is_no_catalog_is_named() {
    let (_folder, path) = written("movie_catalog.json", b"[1, 2]");
    let error = Catalog::read(&path).unwrap_err();
    assert!(matches!(error, CatalogError::Format { .. }), "{error:?}");
    assert!(error.to_string().contains("movie_catalog.json"), "{error}");
    let error = Catalog::read(Path::new("no/such/file.json")).unwrap_err();
    assert!(error.to_string().contains("no/such/file.json"), "{error}");
}

#[test]
fn only_wanted_movies_are_added_and_cached_ones_kept() {
    let lines = b"{\"id\": \"a\", \"title\": \"New A\", \"genres\": []}\n\
        \n\
        {\"id\": \"b\", \"title\": \"B\", \"genres\": [{\"id\": 1, \"name\": \"Drama\"}], \"runtime\": \"99\"}\n\
        not json\n\
        {\"id\": \"\", \"title\": \"nameless\"}\n\
        {\"id\": \"b\", \"title\": \"B again\", \"genres\": null}\n\
        {\"id\": \"unwanted\", \"title\": \"U\"}";
    let (_folder, path) = written("movies.jsonl", lines);
    let (records, problems) = read_records(&path).unwrap();
    assert_eq!(records.len(), 4);
    assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [4, 5]);
    let mut catalog: Catalog = serde_json::from_str(r#"{"a": {"title": "Old A"}}"#).unwrap();
    assert!(records[2].movie.genres.is_empty(), "null is no genres");
    let summary = build(&mut catalog, ["c", "b", "a", "b"], records, problems);
    assert_eq!((summary.wanted, summary.cached, summary.added), (3, 1, 1));
    assert_eq!(summary.missing, ["c"]);
    assert_eq!(catalog.title("a"), Some("Old A"));
    assert_eq!(catalog.title("b"), Some("B"));
    assert_eq!(catalog.len(), 2);
}

#[test]
fn runtimes_are_whole_minutes_or_none() {
    for (runtime, expected) in [
        (r#""99""#, Some(99)),
        ("99", Some(99)),
        (r#"" 7 ""#, Some(7)),
        ("0", None),
        (r#""0""#, None),
        (r#""2h""#, None),
        ("-3", None),
        ("1.5", None),
        ("null", None),
        ("99999999999", None),
    ] {
        let text = format!(r#"{{"a": {{"title": "A", "runtime": {runtime}}}}}"#);
        let catalog: Catalog = serde_json::from_str(&text).unwrap();
        assert_eq!(catalog.get("a").unwrap().runtime, expected, "{runtime}");
    }
    let without: Catalog = serde_json::from_str(r#"{"a": {"title": "A"}}"#).unwrap();
    assert!(!serde_json::to_string(&without).unwrap().contains("runtime"));
}
