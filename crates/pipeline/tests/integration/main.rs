//! Tests of the steps, by what they are about.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod course; // validation, early stopping, checkpoints
mod demo; // everything from a raw log to models
mod load; // folders of artifacts, whole, incomplete and wrong
mod offline; // models on held-out films, against the reference and against themselves
mod properties; // what a model is worth and costs
mod recommend; // lists for everybody, in files
mod signals; // ratings from minutes, stars and time
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
