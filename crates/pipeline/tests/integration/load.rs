use marquee_als::{AlsConfig, Factors, FoldIn, Matrix, write_npz};
use marquee_dataset::{FileDigest, StagedFile, read_seen, write_seen};
use marquee_pipeline::{LoadedModels, PipelineError, load_als, load_models};
use marquee_provenance::Manifest;
use marquee_recommender::{Filter, Recent, Recommender, Request, UserRow};
use marquee_serving::Rung;

use crate::Workplace;

fn trained() -> Workplace {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    place.train_popgen("p1").unwrap();
    place
}

fn load(place: &Workplace) -> LoadedModels {
    load_models(place.0.path()).unwrap()
}

fn best(rung: Option<&Rung>, user_id: u64) -> String {
    let model = rung.unwrap().model.as_ref();
    let ranked = model.recommend(&Request::unseen(model.user_row(user_id), 1)).unwrap();
    model.movie_id(ranked[0].item).to_owned()
}

fn refusal(place: &Workplace) -> String {
    match load_models(place.0.path()) {
        Ok(_) => panic!("the folder is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn trained_models_come_back_with_their_own_provenance() {
    // In the reference popgen answers carry the ALS model's provenance.
    let place = trained();
    let models = load(&place);
    assert_eq!(models.notes, Vec::<String>::new());
    let version = |rung: Option<&Rung>| rung.unwrap().provenance.model_version.clone().unwrap();
    assert_eq!(version(models.rungs.als.as_ref()), "v1");
    assert_eq!(version(models.rungs.popgen.as_ref()), "p1");
    assert_eq!(version(models.rungs.popularity.as_ref()), "p1");
    // User 4 watched all even films but film 04; user 5 all odd ones but film 05.
    for source in [&models.rungs.als, &models.rungs.popgen] {
        assert_eq!(best(source.as_ref(), 4), "film+04");
        assert_eq!(best(source.as_ref(), 5), "film+05");
    }
    assert_eq!(models.titles.get("film+04"), Some("Film 4"));
}

#[test]
fn a_missing_artifact_takes_only_its_rung() {
    // In the reference one missing artifact answers 503 to everyone.
    for (file, als, popgen) in [
        ("als_model.npz", false, true),
        ("user_map.json", false, true),
        ("seen.npz", false, true),
        ("popgen_popularity.parquet", true, false),
        ("popgen_seen.npz", true, false),
    ] {
        let place = trained();
        fs_err::remove_file(place.path(file)).unwrap();
        let models = load(&place);
        assert_eq!(models.rungs.als.is_some(), als, "{file}");
        assert_eq!(models.rungs.popgen.is_some(), popgen, "{file}");
        assert!(models.rungs.popularity.is_some(), "{file}");
        assert!(models.notes.iter().any(|note| note.contains(file)), "{:?}", models.notes);
    }
}

#[test]
fn without_popgen_popularity_is_counted_from_what_als_users_saw() {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    let models = load(&place);
    let model = &models.rungs.popularity.as_ref().unwrap().model;
    assert_eq!(model.name(), "popularity");
    let ranked = model.recommend(&Request::unseen(None, 20)).unwrap();
    assert_eq!(ranked.len(), 12);
    assert!(ranked.is_sorted_by(|a, b| a.score >= b.score));
    // Of the films user 4 has not seen, film+09 is the first that only one of its users left out.
    assert_eq!(best(models.rungs.popularity.as_ref(), 4), "film+09");
    assert_eq!(models.rungs.popularity.unwrap().provenance.model_version.unwrap(), "v1");
}

#[test]
fn an_artifact_of_another_training_is_refused() {
    let (place, other) = (trained(), Workplace::new());
    let csv = fs_err::read_to_string(other.path("data.csv")).unwrap();
    fs_err::write(other.path("data.csv"), csv + "77,film+00,5,9\n").unwrap();
    other.train_als("v2").unwrap();
    fs_err::copy(other.path("user_map.json"), place.path("user_map.json")).unwrap();
    let message = refusal(&place);
    assert!(message.contains("user_map.json") && message.contains("train"), "{message}");
    // Nobody vouches for it now: the shapes themselves tell.
    fs_err::remove_file(place.path("model_manifest.json")).unwrap();
    let message = refusal(&place);
    assert!(message.contains("seen.npz") && message.contains("two trainings"), "{message}");
}

#[test]
fn shapes_that_do_not_match_the_maps_are_refused() {
    let place = trained();
    fs_err::remove_file(place.path("model_manifest.json")).unwrap();
    let factors = Factors {
        users: Matrix::new(3, 4, vec![0.5; 12]).unwrap(),
        items: Matrix::new(12, 4, vec![0.5; 48]).unwrap(),
    };
    let mut file = std::io::Cursor::new(Vec::new());
    write_npz(&factors, &mut file).unwrap();
    fs_err::write(place.path("als_model.npz"), file.into_inner()).unwrap();
    let error = load_models(place.0.path()).err().unwrap();
    let folder = place.0.path().display();
    assert_eq!(
        error.to_string(),
        format!("{folder}: the files of the als model do not make a model; train it again")
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "user_factors has 3 rows but user_map has 20");
}

#[test]
fn a_model_without_a_manifest_answers_and_is_noted() {
    let place = trained();
    fs_err::remove_file(place.path("model_manifest.json")).unwrap();
    let models = load(&place);
    assert_eq!(models.rungs.als.unwrap().provenance.model_version, None);
    assert!(models.notes[0].contains("model_manifest.json"), "{:?}", models.notes);
}

/// A film watched since the training, as a row of the model.
fn watched(model: &dyn Recommender, movie_id: &str) -> Recent {
    Recent { item: model.item_row(movie_id).unwrap(), rating: None }
}

fn live_list(model: &dyn Recommender, user_id: u64, recent: &[Recent]) -> Option<Vec<String>> {
    let request = Request { recent, ..Request::unseen(model.user_row(user_id), 20) };
    let ranked = model.recommend(&request)?;
    Some(ranked.iter().map(|scored| model.movie_id(scored.item).to_owned()).collect())
}

#[test]
fn every_model_takes_films_watched_since_its_training() {
    let place = trained();
    let rungs = load(&place).rungs;
    for rung in [&rungs.als, &rungs.popgen] {
        let model = rung.as_ref().unwrap().model.as_ref();
        assert!(model.learns_recent(), "{}", model.name());
        assert_eq!(live_list(model, 999, &[]), None, "{}: a stranger", model.name());
        // Even films are dramas, and watched by the same people.
        let list = live_list(model, 999, &[watched(model, "film+04")]).unwrap();
        assert_eq!(list.len(), 11, "{}", model.name());
        let even = |id: &String| id[5..].parse::<u32>().unwrap().is_multiple_of(2);
        assert!(list[..2].iter().all(even), "{}: {list:?}", model.name());
    }
    let popularity = rungs.popularity.as_ref().unwrap().model.as_ref();
    let list = live_list(popularity, 999, &[watched(popularity, "film+04")]).unwrap();
    assert!(list.len() == 11 && !list.contains(&"film+04".to_owned()), "{list:?}");
}

#[test]
fn als_folds_in_with_the_settings_and_ratings_of_its_training() {
    let place = Workplace::new();
    let csv = fs_err::read_to_string(place.path("data.csv")).unwrap();
    fs_err::write(place.path("data.csv"), csv + "77,film+00,5,9\n77,film+03,2,9\n").unwrap();
    place.train_als("v1").unwrap();
    let model = load_als(place.0.path()).unwrap().model;
    let config =
        AlsConfig { factors: 4, regularization: 1.0, alpha: 1.0, ..AlsConfig::reference() };
    let users = FoldIn::new(&model.factors().items, &config).unwrap();
    let factors = users.solve(&[(0, 5.0), (3, 2.0), (7, 1.0)]).unwrap();
    let expected = model.recommend_for(&factors, &[0, 3, 7], 20, &Filter::default()).unwrap();
    let recent = [watched(&model, "film+07")];
    let request = Request { recent: &recent, ..Request::unseen(model.user_row(77), 20) };
    assert_eq!(model.recommend(&request), expected);
    // Without the manifest nobody knows the settings.
    fs_err::remove_file(place.path("model_manifest.json")).unwrap();
    let loaded = load_als(place.0.path()).unwrap();
    assert!(!loaded.model.folds_in());
    assert!(loaded.notes[1].contains("live films only filter"), "{:?}", loaded.notes);
    let before = live_list(&loaded.model, 77, &[]).unwrap();
    let after = live_list(&loaded.model, 77, &recent).unwrap();
    let left: Vec<String> = before.into_iter().filter(|id| id != "film+07").collect();
    assert_eq!(after, left);
}

#[test]
fn a_training_that_left_no_ratings_counts_films_as_watched() {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    let (seen_path, manifest_path) = (place.path("seen.npz"), place.path("model_manifest.json"));
    let (seen, ratings) = read_seen(&seen_path, 20, 12).unwrap();
    assert_eq!(ratings, Some(vec![1.0; 100]));
    let mut file = StagedFile::create(&seen_path).unwrap();
    write_seen(&seen, None, &mut file).unwrap();
    file.commit().unwrap();
    let mut manifest = Manifest::read(&manifest_path).unwrap();
    let digest = FileDigest::of(&seen_path).unwrap();
    let artifact = manifest.artifacts.get_mut("seen.npz").unwrap();
    (artifact.sha256, artifact.size_bytes) = (digest.sha256, digest.size_bytes);
    fs_err::write(&manifest_path, manifest.sealed().unwrap().1).unwrap();
    let loaded = load_als(place.0.path()).unwrap();
    assert!(loaded.notes[0].contains("seen.npz holds no ratings"), "{:?}", loaded.notes);
    assert!(loaded.model.folds_in());
    let recent = [watched(&loaded.model, "film+01")];
    let request = Request { recent: &recent, ..Request::unseen(Some(UserRow(0)), 20) };
    assert!(loaded.model.recommend(&request).is_some());
}

#[test]
fn a_folder_without_models_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_models(folder.path()).err().unwrap();
    assert!(matches!(error, PipelineError::NoModel { .. }), "{error:?}");
    assert!(error.to_string().contains("als_model.npz"), "{error}");
    assert!(error.to_string().contains("als-train"), "{error}");
}

#[test]
fn genres_are_those_of_the_training_whatever_becomes_of_the_catalog() {
    let place = trained();
    fs_err::remove_file(place.path("movie_catalog.json")).unwrap();
    let models = load(&place);
    assert_eq!(best(models.rungs.popgen.as_ref(), 4), "film+04");
    assert_eq!(models.titles.get("film+04"), None);
    assert!(models.notes[0].contains("movie_catalog.json"), "{:?}", models.notes);
}

#[test]
fn a_manifest_of_another_model_is_refused() {
    let place = trained();
    fs_err::copy(place.path("popgen_manifest.json"), place.path("model_manifest.json")).unwrap();
    let message = refusal(&place);
    assert!(message.contains("model_manifest.json") && message.contains("als"), "{message}");
}

#[test]
fn settings_of_the_training_reach_the_server() {
    let place = Workplace::new();
    let job = marquee_pipeline::PopGenJob {
        data_path: place.path("data.csv"),
        catalog: place.path("movie_catalog.json"),
        artifact_dir: place.0.path().to_owned(),
        config: marquee_popgen::PopGenConfig { alpha: 0.0, pool: 3 },
        ..marquee_pipeline::PopGenJob::default()
    };
    marquee_pipeline::train_popgen(&job, &mut marquee_dataset::NoProgress).unwrap();
    let models = load(&place);
    let model = &models.rungs.popgen.as_ref().unwrap().model;
    let user = model.user_row(4);
    let request = Request { filter: Filter::EVERYTHING, ..Request::unseen(user, 20) };
    let ranked = model.recommend(&request).unwrap();
    assert_eq!(ranked.len(), 3, "the pool");
    assert!(ranked.iter().all(|scored| scored.score == 9.0), "no genre raises a film: {ranked:?}");
}
