use marquee_catalog::{Cache, Catalog, CatalogError, FetchConfig, OutLock};

use crate::{Shelf, Watch, api_with, hasty, numbered};

const URL: &str = "http://films.example/movie/";

#[test]
fn of_two_runs_on_one_output_the_second_is_refused() {
    let shelf = Shelf::new();
    let out = shelf.folder.path().join("catalog.json");
    let mut first = shelf.cache(URL);
    let other_folder = shelf.folder.path().join("folder/..").join("catalog.json");
    fs_err::create_dir(shelf.folder.path().join("folder")).unwrap();
    for path in [&out, &other_folder] {
        let error = Cache::<Catalog>::open(path, &URL.parse().unwrap()).unwrap_err();
        assert!(matches!(error, CatalogError::Locked { .. }), "{error:?}");
        assert!(error.to_string().contains("catalog.json: another run"), "{error}");
        assert!(matches!(OutLock::take(path).unwrap_err(), CatalogError::Locked { .. }));
    }
    // Another output in the same folder is free.
    drop(OutLock::take(&shelf.folder.path().join("users.jsonl")).unwrap());
    first.save().unwrap();
    drop(first);
    drop(shelf.cache(URL));
    let entries = fs_err::read_dir(shelf.folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["catalog.json", "folder"], "the lock's file went with it");
}

#[test]
fn the_file_a_killed_run_left_is_no_lock() {
    let shelf = Shelf::new();
    shelf.write(".catalog.json.lock", "");
    drop(shelf.cache(URL));
}

#[test]
fn a_checkpoint_that_fails_is_tried_again_at_the_next() {
    let ids = numbered(150);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (shelf, api) = (Shelf::new(), api_with(ids.iter().copied()));
    let path = shelf.folder.path().join("catalog.json");
    let mut saved = Vec::new();
    let mut progress = Watch::new(|done| {
        match done {
            5 => fs_err::create_dir(&path).unwrap(),
            15 => fs_err::remove_dir(&path).unwrap(),
            _ => {}
        }
        saved.push(if path.is_file() { Catalog::read(&path).unwrap().len() } else { 0 });
        false
    });
    let config = FetchConfig { checkpoint_every: 10, rate_limit: 200.0, ..hasty() };
    let summary = shelf.fetch_with(&ids, &api.movies_url(), &config, &mut progress);
    assert_eq!((summary.fetched, shelf.saved().len()), (150, 150));
    // A save that took long puts off the one after it.
    assert!(saved[19] == 0 && saved[149] >= 20, "{saved:?}");
}
