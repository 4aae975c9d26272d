use std::time::{Duration, Instant};

use marquee_als::{AlsConfig, AlsSettings};
use marquee_catalog::Catalog;
use marquee_dataset::{Csr, Progress, RatingMatrix};
use marquee_tuning::{Ended, Settings, Study};

use super::{
    TuneJob,
    report::{TuningData, TuningReport},
    rows_before_the_test,
    settings::{config, half_life, of_config},
};
use crate::{PipelineError, SignalConfig, fit::Fit, rows::Rows, validation::Validation};

/// Trains and scores trials.
pub(super) struct Objective<'a> {
    job: &'a TuneJob,
    catalog: Option<Catalog>,
    rows: Rows,
    aside: u64,
    /// The matrix of the values last wanted, since most searches vary no half-life.
    held: Held,
}

/// Ratings to train on and films to validate with, under one half-life.
struct Held {
    half_life_days: Option<f64>,
    validation: Validation,
    left: Csr,
}

impl<'a> Objective<'a> {
    pub(super) fn read(
        job: &'a TuneJob,
        progress: &mut dyn Progress,
    ) -> Result<Self, PipelineError> {
        let catalog = job.catalog.as_deref().map(Catalog::read).transpose()?;
        let (rows, aside) = rows_before_the_test(job, progress)?;
        if rows.table().is_empty() {
            return Err(PipelineError::EmptyDataset { path: job.data_path.clone() });
        }
        let held = Held::of(job, &rows, catalog.as_ref(), job.signals.half_life_days);
        if held.validation.is_empty() {
            return Err(PipelineError::NothingHeldOut { path: job.data_path.clone() });
        }
        Ok(Self { job, catalog, rows, aside, held })
    }

    /// The defaults and the reference preset, as settings of the space; one where they are the same.
    pub(super) fn given(&self) -> Vec<Settings> {
        let mut given =
            vec![of_config(&AlsSettings::default().for_ratings(&self.held.left), &self.held.left)];
        let reference = of_config(&AlsConfig::reference(), &self.held.left);
        if reference != given[0] {
            given.push(reference);
        }
        // A half-life that all trials have is none of a preset's.
        for settings in &mut given {
            settings.retain(|name, _| self.job.space.settings().any(|(known, _)| known == name));
        }
        given.truncate(self.job.trials);
        given
    }

    /// The validation after each iteration.
    pub(super) fn run(
        &mut self,
        settings: &Settings,
        iterations: usize,
        progress: &dyn Progress,
        deadline: Option<Instant>,
    ) -> Result<Vec<f64>, Ended> {
        let mut watch = Watch { progress, deadline };
        if watch.is_cancelled() {
            return Err(Ended::Stopped);
        }
        let days = half_life(settings).or(self.job.signals.half_life_days);
        if days != self.held.half_life_days {
            self.held = Held::of(self.job, &self.rows, self.catalog.as_ref(), days);
        }
        let config = AlsConfig { iterations, ..self.config(settings) };
        let fit = Fit {
            validation: Some(&self.held.validation),
            patience: Some(self.job.patience),
            ..Fit::plain(&self.held.left, &config)
        };
        match fit.run(None, &mut watch) {
            Ok(fitted) => Ok(fitted.curves.validation),
            Err(_) if watch.is_cancelled() => Err(Ended::Stopped),
            Err(error) => Err(Ended::Failed(error.to_string())),
        }
    }

    pub(super) fn config(&self, settings: &Settings) -> AlsConfig {
        config(settings, &self.held.left, &self.job.base())
    }

    pub(super) fn report(&self, study: Study, sha256: String, took: Duration) -> TuningReport {
        let data = TuningData {
            path: self.job.data_path.display().to_string(),
            sha256,
            rows_put_aside: self.aside,
            train_rows: self.held.left.entries() as u64,
            users: self.held.left.rows() as u64,
            movies: self.held.left.columns() as u64,
            validation_users: self.held.validation.users() as u64,
        };
        let config = |settings: &Settings| self.config(settings);
        TuningReport::new(self.job, study, data, config, took)
    }
}

impl Held {
    fn of(
        job: &TuneJob,
        rows: &Rows,
        catalog: Option<&Catalog>,
        half_life_days: Option<f64>,
    ) -> Self {
        let signals = SignalConfig { half_life_days, ..job.signals.clone() };
        let matrix = RatingMatrix::with_values(rows.table(), &rows.values(&signals, catalog));
        let (validation, left) = Validation::split(rows.table(), &matrix, job.validation);
        Self { half_life_days, validation, left }
    }
}

/// Stops a training when the search is to end. It tells nothing: a search counts trials.
struct Watch<'a> {
    progress: &'a dyn Progress,
    deadline: Option<Instant>,
}

impl Progress for Watch<'_> {
    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled() || self.deadline.is_some_and(|end| Instant::now() >= end)
    }
}
