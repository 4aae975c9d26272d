use std::time::{Duration, Instant};

use super::FetchConfig;

/// Of this many seconds at most one goes into saving.
const SHARE: u32 = 20;

/// When to save: after a number of answers, or a time if there were any, but the longer a save takes,
/// the more seldom.
///
/// The whole file is written each time. As its time is at most a fixed share of the run's, the cost
/// of all saves grows with the number of answers and not with its square.
#[derive(Debug)]
pub(super) struct Checkpoints {
    every: u64,
    age: Duration,
    answers: u64,
    last: Instant,
    cost: Duration,
}

impl Checkpoints {
    pub(super) fn new(config: &FetchConfig) -> Self {
        Self {
            every: config.checkpoint_every,
            age: config.checkpoint_age(),
            answers: 0,
            last: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    pub(super) fn answered(&mut self) {
        self.answers += 1;
    }

    pub(super) fn is_due(&self) -> bool {
        let since = self.last.elapsed();
        let enough = self.answers >= self.every || (self.answers > 0 && since >= self.age);
        enough && since >= self.cost * (SHARE - 1)
    }

    /// Whether to save at the beginning of a pause, in which saving costs no time.
    pub(super) fn is_due_before(&self, pause: Duration) -> bool {
        self.answers > 0 && pause >= self.age
    }

    /// Saving was tried just now, which took `cost`.
    pub(super) fn tried(&mut self, cost: Duration) {
        (self.answers, self.last, self.cost) = (0, Instant::now(), cost);
    }
}
