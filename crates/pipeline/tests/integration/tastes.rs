//! Logs whose users' tastes are known: films outside them are mostly abandoned and get fewer stars.

use std::path::PathBuf;

use marquee_als::{AlsConfig, AlsModel};
use marquee_dataset::{
    IngestOutputs, InteractionsWriter, LogSource, NoProgress, aggregate, ingest, read_events,
};
use marquee_pipeline::{AlsJob, SignalConfig, load_als, train_als};
use marquee_recommender::{Recommender, Request, UserRow};
use marquee_synth::{Synth, SynthConfig};

const K: usize = 20;

fn signals(minutes: bool, stars: bool) -> SignalConfig {
    SignalConfig { minutes, stars, ..SignalConfig::default() }
}

/// Users with known tastes and the aggregated table of what they did.
struct Audience {
    synth: Synth,
    folder: tempfile::TempDir,
}

impl Audience {
    /// `added` makes lines that follow those of the log.
    fn new(seed: u64, added: impl Fn(&Synth) -> String) -> Self {
        let config = SynthConfig {
            users: 800,
            movies: 480,
            sessions: 16_000,
            seed,
            mean_minutes: 15.0,
            abandon_share: 0.8,
            rating_share: 0.3,
            taste_share: 0.55,
            ..SynthConfig::default()
        };
        let synth = Synth::new(config).unwrap();
        let audience = Self { synth, folder: tempfile::tempdir().unwrap() };
        let mut log = Vec::new();
        audience.synth.write_log(&mut log).unwrap();
        log.extend(added(&audience.synth).into_bytes());
        fs_err::write(audience.path("raw.log"), log).unwrap();
        audience.aggregate();
        audience
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As `log-ingest --events-out` and `dedup --strategy aggregate` do.
    fn aggregate(&self) {
        let outputs = IngestOutputs {
            interactions: self.path("interactions.csv"),
            events: Some(self.path("events.parquet")),
            quarantine: None,
            report: None,
        };
        let log = LogSource::open(&self.path("raw.log")).unwrap();
        ingest(vec![log], &outputs, &mut NoProgress).unwrap();
        let events = read_events(&self.path("events.parquet"), &mut NoProgress).unwrap();
        let mut writer =
            InteractionsWriter::create_aggregated(&self.path("aggregate.parquet")).unwrap();
        writer.append_aggregated(&aggregate(&events)).unwrap();
        writer.finish().unwrap().commit().unwrap();
    }

    /// The model of the signals, as `als-train` makes it and a server loads it.
    fn train(&self, alpha: f64, signals: SignalConfig) -> AlsModel {
        let folder = tempfile::tempdir().unwrap();
        let config =
            AlsConfig { factors: 16, regularization: 1.0, alpha, ..AlsConfig::reference() };
        let job = AlsJob {
            data_path: self.path("aggregate.parquet"),
            artifact_dir: folder.path().to_owned(),
            settings: config.into(),
            signals,
            ..AlsJob::default()
        };
        train_als(&job, &mut NoProgress).unwrap();
        load_als(folder.path()).unwrap().model
    }

    /// The share of each user's list of 20 that is of their tastes, mean over users.
    fn taste_precision(&self, model: &AlsModel) -> f64 {
        let shares: Vec<f64> = self
            .rows(model)
            .map(|(row, groups)| {
                // The model has no list for who only ever disliked: that counts as 0.
                let list = model.recommend(&Request::unseen(Some(row), K)).unwrap_or_default();
                let hits = list.iter().filter(|scored| {
                    let film = self.synth.movie(model.movie_id(scored.item));
                    film.is_some_and(|film| groups.contains(&film.taste_group()))
                });
                hits.count() as f64 / K as f64
            })
            .collect();
        shares.iter().sum::<f64>() / shares.len() as f64
    }

    /// The users the model knows, each with their taste groups.
    fn rows(&self, model: &AlsModel) -> impl Iterator<Item = (UserRow, &[u16])> {
        self.synth
            .users()
            .iter()
            .filter_map(|user| Some((model.user_row(user.id())?, user.taste_groups())))
    }

    /// The place, from 1, of a film in the list of each user who has not seen it.
    fn ranks(&self, model: &AlsModel, movie_id: &str) -> Vec<usize> {
        self.rows(model)
            .filter_map(|(row, _)| {
                let request = Request::unseen(Some(row), self.synth.movies().len() + 1);
                let list = model.recommend(&request)?;
                list.iter().position(|scored| model.movie_id(scored.item) == movie_id)
            })
            .map(|place| place + 1)
            .collect()
    }
}

const PANNED: &str = "the+panned+one+2024";

/// Every other user with a liking for the first group watches the film, and gives it one star.
fn panned(synth: &Synth) -> String {
    let fans = synth.users().iter().filter(|user| user.taste_groups().contains(&0));
    let mut lines = String::new();
    for user in fans.step_by(2) {
        let id = user.id();
        for minute in 0..9 {
            lines +=
                &format!("2025-10-01T20:0{minute}:00,{id},GET /data/m/{PANNED}/{minute}.mpg\n");
        }
        lines += &format!("2025-10-01T20:10:00,{id},GET /rate/{PANNED}=1\n");
    }
    lines
}

/// The trainings compared: each with the confidence that suits its ratings, as shares of films that
/// were watched are small numbers.
fn trainings() -> [(f64, SignalConfig); 4] {
    [
        (1.0, signals(false, false)),
        (16.0, signals(true, false)),
        (1.0, signals(false, true)),
        (8.0, signals(true, true)),
    ]
}

#[test]
fn minutes_and_stars_bring_lists_nearer_to_tastes() {
    let seeds = [1, 2, 3];
    let mut means = [0.0; 4];
    for seed in seeds {
        let audience = Audience::new(seed, |_| String::new());
        let found = trainings()
            .map(|(alpha, signals)| audience.taste_precision(&audience.train(alpha, signals)));
        assert!(found[1..].iter().all(|precision| *precision > found[0]), "{seed}: {found:?}");
        for (mean, precision) in means.iter_mut().zip(found) {
            *mean += precision / seeds.len() as f64;
        }
    }
    let [plain, minutes, stars, both] = means;
    // About half of the differences there are.
    assert!(minutes > plain + 0.05, "{means:?}");
    assert!(stars > plain + 0.004, "{means:?}");
    assert!(both > plain + 0.06 && both > minutes, "{means:?}");
}

#[test]
fn a_film_its_audience_pans_leaves_the_lists() {
    let audience = Audience::new(1, panned);
    let ranks = |signals| audience.ranks(&audience.train(1.0, signals), PANNED);
    let (plain, stars) = (ranks(signals(false, false)), ranks(signals(false, true)));
    let mean = |ranks: &[usize]| ranks.iter().sum::<usize>() as f64 / ranks.len() as f64;
    assert_eq!(plain.len(), stars.len());
    // Half of the fall there is, of 480 places.
    assert!(mean(&stars) > mean(&plain) + 28.0, "{} {}", mean(&plain), mean(&stars));
    let listed = plain.iter().zip(&stars).filter(|(plain, _)| **plain <= K);
    let kept = listed.clone().filter(|(_, stars)| **stars <= K).count();
    let listed = listed.count();
    assert!(listed >= 25, "without stars it is in {listed} lists");
    assert!(kept * 4 < listed, "{kept} of {listed} lists still have it");
}
