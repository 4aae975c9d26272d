use marquee_als::AlsConfig;
use marquee_dataset::{NoProgress, read_seen};
use marquee_pipeline::{AlsJob, PipelineError, SignalConfig, load_als, train_als};
use marquee_recommender::{ItemRow, Recent, Recommender, Request, UserRow};

use crate::Workplace;

const HEADER: &str = "user_id,movie_id,rating,timestamp,stars,minutes\n";

/// Users 0 to 9 of one taste, each of whom leaves a film out; user 3 gave film 1 one star.
fn aggregate(place: &Workplace) {
    let mut csv = HEADER.to_owned();
    for user in 0..10 {
        for film in (0..6).filter(|film| *film != user % 6) {
            let stars = match (user, film) {
                (3, 1) => "1",
                (_, 2) => "5",
                _ => "",
            };
            let rating = if stars.is_empty() { "1" } else { stars };
            let minutes = if film == 4 { 5 } else { 90 };
            csv += &format!("{user},film+{film:02},{rating},{},{stars},{minutes}\n", 100 + film);
        }
    }
    fs_err::write(place.path("data.csv"), csv).unwrap();
}

fn job(place: &Workplace, version: &str, signals: SignalConfig) -> AlsJob {
    let job = place.als_job(version);
    AlsJob {
        settings: AlsConfig { factors: 3, ..job.settings.config.clone() }.into(),
        signals,
        ..job
    }
}

fn both() -> SignalConfig {
    SignalConfig { minutes: true, stars: true, ..SignalConfig::default() }
}

#[test]
fn ratings_of_a_training_are_those_of_its_signals() {
    let place = Workplace::new();
    aggregate(&place);
    let trained = train_als(&job(&place, "v", both()), &mut NoProgress).unwrap();
    let (seen, ratings) = read_seen(&place.path("seen.npz"), 10, 6).unwrap();
    let ratings = ratings.unwrap();
    // Of user 3: all films but the fourth.
    let found: Vec<f32> = seen.places(UserRow(3)).map(|place| ratings[place]).collect();
    assert_eq!(found, [0.75, -1.0, 1.25, (5.0_f64 / 35.0) as f32, 0.75]);
    let signals = &trained.manifest.hyperparameters["signals"];
    let expected = serde_json::json!(
        {"minutes": true, "stars": true, "dislike_below": 2, "half_life_days": null}
    );
    assert_eq!(*signals, expected);
}

#[test]
fn a_film_disliked_live_lowers_its_like_where_stars_count() {
    let place = Workplace::new();
    let score = |signals: SignalConfig, version: &str| {
        aggregate(&place);
        train_als(&job(&place, version, signals), &mut NoProgress).unwrap();
        let model = load_als(place.0.path()).unwrap().model;
        let recent = [
            Recent { item: ItemRow(0), rating: Some(5.0) },
            Recent { item: ItemRow(1), rating: Some(1.0) },
        ];
        let request = Request { recent: &recent, ..Request::unseen(None, 6) };
        let list = model.recommend(&request).unwrap();
        assert!(list.iter().all(|scored| scored.item.0 > 1));
        list.iter().map(|scored| scored.score).sum::<f32>()
    };
    let plain = score(SignalConfig::default(), "plain");
    let stars = score(SignalConfig { stars: true, ..SignalConfig::default() }, "stars");
    assert!(stars < plain, "{stars}, {plain}");
}

#[test]
fn runtimes_come_from_the_catalog_which_is_named_by_its_digest() {
    let place = Workplace::new();
    aggregate(&place);
    let catalog = r#"{"film+00": {"title": "0", "runtime": "180"}, "film+04": {"title": "4"}}"#;
    fs_err::write(place.path("runtimes.json"), catalog).unwrap();
    let job = AlsJob { catalog: Some(place.path("runtimes.json")), ..job(&place, "v", both()) };
    let trained = train_als(&job, &mut NoProgress).unwrap();
    let (seen, ratings) = read_seen(&place.path("seen.npz"), 10, 6).unwrap();
    let first = seen.places(UserRow(3)).next().unwrap();
    assert_eq!(ratings.unwrap()[first], 0.5);
    assert_eq!(trained.manifest.metadata.catalog_sha256.map(|digest| digest.len()), Some(64));
}

#[test]
fn a_table_without_the_columns_says_what_to_do() {
    let place = Workplace::new();
    let before = place.files();
    let error = train_als(&job(&place, "v", both()), &mut NoProgress).unwrap_err();
    assert!(matches!(error, PipelineError::Dataset(_)), "{error:?}");
    assert!(error.to_string().contains("dedup --strategy aggregate"), "{error}");
    assert_eq!(place.files(), before);
    // Recency needs no column but the time.
    let aged = SignalConfig { half_life_days: Some(1.0), ..SignalConfig::default() };
    train_als(&job(&place, "v", aged), &mut NoProgress).unwrap();
}
