use std::{ops::ControlFlow, path::Path};

use marquee_als::{AlsConfig, Factors, Observer, Resumption, Side, resume, train};
use marquee_dataset::{Csr, Progress};

use crate::{
    PipelineError,
    checkpoint::{self, Checkpoint, Curves, Identity},
    validation::Validation,
};

/// Factors to be found, and what is done on the way.
pub(crate) struct Fit<'a> {
    pub(crate) ratings: &'a Csr,
    pub(crate) config: &'a AlsConfig,
    /// Whether the loss after each iteration is computed.
    pub(crate) loss: bool,
    pub(crate) validation: Option<&'a Validation>,
    pub(crate) patience: Option<usize>,
    pub(crate) checkpoints: Option<Checkpoints<'a>>,
}

/// Where and how often the state of a training is written.
pub(crate) struct Checkpoints<'a> {
    pub(crate) path: &'a Path,
    pub(crate) every: usize,
    pub(crate) identity: &'a Identity,
}

/// Factors that were found, and how it went.
pub(crate) struct Fitted {
    pub(crate) factors: Factors,
    pub(crate) curves: Curves,
}

impl<'a> Fit<'a> {
    /// All iterations on these ratings, and nothing else.
    pub(crate) fn plain(ratings: &'a Csr, config: &'a AlsConfig) -> Self {
        Self { ratings, config, loss: false, validation: None, patience: None, checkpoints: None }
    }

    /// Trains, from a checkpoint if there is one.
    pub(crate) fn run(
        &self,
        from: Option<Checkpoint>,
        progress: &mut dyn Progress,
    ) -> Result<Fitted, PipelineError> {
        let total = (self.config.iterations as u64).saturating_mul(2);
        progress.begin("training ALS", Some(total));
        let mut watcher =
            Watcher { fit: self, progress, curves: Curves::default(), best: None, fault: None };
        let trained = match from {
            None => train(self.ratings, self.config, &mut watcher),
            Some(Checkpoint { iteration, curves, factors, best }) => {
                tracing::info!("going on after iteration {iteration}");
                watcher.progress.advance(2 * iteration as u64);
                (watcher.curves, watcher.best) = (curves, best);
                let from = Resumption { iteration, factors };
                resume(self.ratings, self.config, from, &mut watcher)
            }
        };
        let Watcher { curves, best, fault, .. } = watcher;
        let factors = trained?;
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Fitted { factors: best.unwrap_or(factors), curves }),
        }
    }
}

struct Watcher<'a> {
    fit: &'a Fit<'a>,
    progress: &'a mut dyn Progress,
    curves: Curves,
    /// The factors that validated best, where that decides.
    best: Option<Factors>,
    fault: Option<PipelineError>,
}

impl Watcher<'_> {
    fn look(&mut self, iteration: usize, factors: &Factors) -> Result<bool, PipelineError> {
        let mut goes_on = true;
        if let Some(validation) = self.fit.validation {
            let ndcg = validation.ndcg(factors)?;
            tracing::info!("iteration {iteration}: NDCG@20 {ndcg:.5} on the films held out");
            goes_on = self.note(iteration, ndcg, factors);
        }
        if let Some(Checkpoints { path, every, identity }) = &self.fit.checkpoints
            && goes_on
            && iteration.is_multiple_of(*every)
            && iteration < self.fit.config.iterations
        {
            let state = (iteration, &self.curves);
            checkpoint::write(path, identity, state, factors, self.best.as_ref())?;
        }
        Ok(goes_on)
    }

    /// Takes note of a validation; says whether the training goes on.
    fn note(&mut self, iteration: usize, ndcg: f64, factors: &Factors) -> bool {
        self.curves.validation.push(ndcg);
        let Some(patience) = self.fit.patience else { return true };
        match self.curves.best_iteration {
            Some(best) if ndcg <= self.curves.validation[best - 1] => iteration - best < patience,
            _ => {
                self.curves.best_iteration = Some(iteration);
                self.best = Some(factors.clone());
                true
            }
        }
    }
}

impl Observer for Watcher<'_> {
    fn wants_loss(&self, _iteration: usize, side: Side) -> bool {
        self.fit.loss && side == Side::Item
    }

    fn half_step(&mut self, done: &marquee_als::Progress) -> ControlFlow<()> {
        match done.side {
            Side::User => self.curves.iteration_seconds.push(done.seconds),
            Side::Item => {
                if let Some(seconds) = self.curves.iteration_seconds.last_mut() {
                    *seconds += done.seconds;
                }
            }
        }
        self.curves.loss.extend(done.loss);
        self.progress.advance(1);
        if self.progress.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn iteration(&mut self, iteration: usize, factors: &Factors) -> ControlFlow<()> {
        match self.look(iteration, factors) {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(()),
            Err(fault) => {
                self.fault = Some(fault);
                ControlFlow::Break(())
            }
        }
    }
}
