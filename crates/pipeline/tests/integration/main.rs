//! Tests of the steps, by what they are about.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod course; // validation, early stopping, checkpoints
mod demo; // everything from a raw log to models
mod load; // folders of artifacts, whole, incomplete and wrong
mod offline; // models on held-out films, against the reference and against themselves
mod properties; // what a model is worth and costs
mod recommend; // lists for everybody, in files
mod signals; // ratings from minutes, stars and time
mod tastes; // that minutes and stars bring a model nearer to tastes that are known
mod train; // data sets to artifacts and manifests

use std::path::{Path, PathBuf};

use marquee_als::AlsConfig;
use marquee_dataset::NoProgress;
use marquee_pipeline::{AlsJob, PipelineError, PopGenJob, Trained, train_als, train_popgen};

/// A folder with a data set of two tastes and a catalog.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut csv = "user_id,movie_id,rating,timestamp\n".to_owned();
        for user in 0..20_u64 {
            for film in 0..6 {
                // Even users watch even films; each leaves one out.
                if film != user / 2 % 6 {
                    let id = 2 * film + user % 2;
                    csv += &format!("{user},film+{id:02},1,{}\n", 100 + film);
                }
            }
        }
        fs_err::write(folder.path().join("data.csv"), csv).unwrap();
        let films = (0..12).map(|id| {
            let genre = ["Drama", "Comedy"][id % 2];
            format!(r#""film+{id:02}": {{"title": "Film {id}", "genres": ["{genre}"]}}"#)
        });
        let catalog = format!("{{{}}}", films.collect::<Vec<_>>().join(","));
        fs_err::write(folder.path().join("movie_catalog.json"), catalog).unwrap();
        Self(folder)
    }

    /// The data set as one with stars and minutes, over eleven days, and `runtimes.json`, a catalog
    /// of short and long films.
    fn write_aggregate(&self) {
        let mut csv = "user_id,movie_id,rating,timestamp,stars,minutes\n".to_owned();
        // Without a pattern, so that whatever ratings are made from moves some film of a list.
        let draw = |user: u64, film: u64, what: u64| {
            let place = user * 7_919 + film * 104_729 + what * 1_299_709;
            place.wrapping_mul(6_364_136_223_846_793_005) >> 40
        };
        for user in 0..40 {
            for film in (0..12).filter(|&film| draw(user, film, 0) % 5 < 3) {
                let draw = |what| draw(user, film, what);
                let stars = (draw(1) % 3 == 0).then_some(1 + draw(2) % 5);
                let rating = stars.unwrap_or(1);
                let stars = stars.map_or(String::new(), |stars| stars.to_string());
                let (time, minutes) = (86_400 * (1 + draw(3) % 11), 1 + draw(4) % 120);
                csv += &format!("{user},film+{film:02},{rating},{time},{stars},{minutes}\n");
            }
        }
        fs_err::write(self.path("data.csv"), csv).unwrap();
        let films = (0..12).map(|id| {
            let (genre, runtime) = (["Drama", "Comedy"][id % 2], 10 + 67 * id % 180);
            format!(
                r#""film+{id:02}": {{"title": "F", "genres": ["{genre}"], "runtime": "{runtime}"}}"#
            )
        });
        let catalog = format!("{{{}}}", films.collect::<Vec<_>>().join(","));
        fs_err::write(self.path("runtimes.json"), catalog).unwrap();
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    fn als_job(&self, version: &str) -> AlsJob {
        AlsJob {
            data_path: self.path("data.csv"),
            artifact_dir: self.0.path().to_owned(),
            model_version: Some(version.parse().unwrap()),
            settings: AlsConfig {
                factors: 4,
                regularization: 1.0,
                alpha: 1.0,
                ..AlsConfig::reference()
            }
            .into(),
            loss: true,
            ..AlsJob::default()
        }
    }

    fn train_als(&self, version: &str) -> Result<Trained, PipelineError> {
        train_als(&self.als_job(version), &mut NoProgress)
    }

    fn train_popgen(&self, version: &str) -> Result<Trained, PipelineError> {
        let job = PopGenJob {
            data_path: self.path("data.csv"),
            catalog: self.path("movie_catalog.json"),
            artifact_dir: self.0.path().to_owned(),
            model_version: Some(version.parse().unwrap()),
            ..PopGenJob::default()
        };
        train_popgen(&job, &mut NoProgress)
    }

    /// Every file with its bytes.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.0.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs_err::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}
