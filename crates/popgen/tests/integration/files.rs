use std::{io::Write, path::Path};

use marquee_dataset::StagedFile;
use marquee_popgen::{
    PopGenConfig, read_audience, read_popularity, read_preferences, write_audience,
    write_popularity, write_preferences,
};
use marquee_recommender::{Recommender, Request};

use crate::{Parts, table};

fn parts() -> Parts {
    Parts::of(&table(&[
        (10, "d1", 5),
        (9, "c1", 1),
        (9, "both", 2),
        (100, "none", 1),
        (2, "d1", 1),
    ]))
}

fn write_all(parts: &Parts, folder: &Path) {
    let mut file = StagedFile::create(&folder.join("pop.parquet")).unwrap();
    write_popularity(&parts.table, &mut file).unwrap();
    file.commit().unwrap();
    let mut file = StagedFile::create(&folder.join("prefs.parquet")).unwrap();
    write_preferences(parts.audience.users(), &parts.preferences, &mut file).unwrap();
    file.commit().unwrap();
    let mut file = StagedFile::create(&folder.join("seen.npz")).unwrap();
    write_audience(&parts.audience, &mut file).unwrap();
    file.commit().unwrap();
}

#[test]
fn a_model_read_back_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let parts = parts();
    write_all(&parts, folder.path());
    let table = read_popularity(&folder.path().join("pop.parquet")).unwrap();
    let audience = read_audience(&folder.path().join("seen.npz"), table.len()).unwrap();
    let preferences =
        read_preferences(&folder.path().join("prefs.parquet"), audience.users()).unwrap();
    assert_eq!((&table, &audience), (&*parts.table, &*parts.audience));
    assert_eq!(preferences, parts.preferences);
    let read = Parts { table: table.into(), audience: audience.into(), preferences };
    let (before, after) =
        (parts.popgen(PopGenConfig::default()), read.popgen(PopGenConfig::default()));
    for user in [2, 9, 10, 100, 7] {
        let request = Request::unseen(before.user_row(user), 10);
        assert_eq!(before.recommend(&request), after.recommend(&request));
    }
}

#[test]
fn files_of_another_training_or_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let parts = parts();
    write_all(&parts, folder.path());
    let path = |name: &str| folder.path().join(name);
    let error = read_audience(&path("seen.npz"), 1).unwrap_err();
    assert!(error.to_string().contains("seen.npz"), "{error}");
    let others = marquee_dataset::UserVocabulary::new([1, 2, 3]);
    let error = read_preferences(&path("prefs.parquet"), &others).unwrap_err();
    assert!(error.to_string().contains("is not among the users"), "{error}");
    let error = read_popularity(&path("prefs.parquet")).unwrap_err();
    assert!(error.to_string().contains("no column movie_id"), "{error}");
    fs_err::File::create(path("pop.parquet")).unwrap().write_all(b"PAR1 not").unwrap();
    let error = read_popularity(&path("pop.parquet")).unwrap_err();
    assert!(error.to_string().contains("pop.parquet"), "{error}");
    let error = read_popularity(Path::new("no/pop.parquet")).unwrap_err();
    assert!(error.to_string().contains("no/pop.parquet"), "{error}");
}
