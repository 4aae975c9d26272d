use std::{fmt, ops::ControlFlow};

use crate::Factors;

/// Which factors a half-step solves for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// User factors, with item factors fixed.
    User,
    /// Item factors, with user factors fixed.
    Item,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::User => "user",
            Self::Item => "item",
        })
    }
}

/// A half-step that is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The iteration it belongs to, from 1.
    pub iteration: usize,
    /// How many iterations there will be.
    pub iterations: usize,
    /// The side it solved for.
    pub side: Side,
    /// Wall time of the half-step in seconds, without that of the loss.
    pub seconds: f64,
    /// The loss after it, where the observer [wanted](Observer::wants_loss) it.
    pub loss: Option<f64>,
}

/// Hears of a training's progress and may stop it.
///
/// All methods have defaults that ask for nothing, so an observer implements what it needs.
pub trait Observer {
    /// Whether the loss is to be computed after this half-step. It costs a pass over the ratings
    /// and a Gram matrix, a small part of a half-step.
    fn wants_loss(&self, iteration: usize, side: Side) -> bool {
        let _ = (iteration, side);
        false
    }

    /// Takes note of a half-step. [`ControlFlow::Break`] ends the training with
    /// [`AlsError::Cancelled`](crate::AlsError::Cancelled).
    fn half_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        let _ = progress;
        ControlFlow::Continue(())
    }

    /// Looks at the factors an iteration ends with, after its half-steps were told: to validate or
    /// keep them. [`ControlFlow::Break`] ends the training there, with these factors as its result.
    fn iteration(&mut self, iteration: usize, factors: &Factors) -> ControlFlow<()> {
        let _ = (iteration, factors);
        ControlFlow::Continue(())
    }
}

/// The observer that wants nothing and lets a training run to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silent;

impl Observer for Silent {}
