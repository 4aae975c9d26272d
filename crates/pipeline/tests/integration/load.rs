use marquee_als::{Factors, Matrix, write_npz};
use marquee_pipeline::{LoadedModels, PipelineError, load_models};
use marquee_recommender::{Filter, Request};
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
    let message = refusal(&place);
    assert!(message.contains('3') && message.contains("20"), "{message}");
}

#[test]
fn a_model_without_a_manifest_answers_and_is_noted() {
    let place = trained();
    fs_err::remove_file(place.path("model_manifest.json")).unwrap();
    let models = load(&place);
    assert_eq!(models.rungs.als.unwrap().provenance.model_version, None);
    assert!(models.notes[0].contains("model_manifest.json"), "{:?}", models.notes);
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
    let request = Request { user: model.user_row(4), k: 20, filter: Filter::EVERYTHING };
    let ranked = model.recommend(&request).unwrap();
    assert_eq!(ranked.len(), 3, "the pool");
    assert!(ranked.iter().all(|scored| scored.score == 9.0), "no genre raises a film: {ranked:?}");
}
