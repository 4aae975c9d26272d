use std::time::{Duration, Instant};

/// Of this many seconds at most one goes into saving.
const SHARE: u32 = 20;

/// When to save: after a number of answers, but the longer a save takes, the more seldom.
///
/// The whole file is written each time. As its time is at most a fixed share of the run's, the cost
/// of all saves grows with the number of answers and not with its square.
#[derive(Debug)]
pub(super) struct Checkpoints {
    every: u64,
    answers: u64,
    last: Instant,
    cost: Duration,
}

impl Checkpoints {
    pub(super) fn new(every: u64) -> Self {
        Self { every, answers: 0, last: Instant::now(), cost: Duration::ZERO }
    }

    pub(super) fn answered(&mut self) {
        self.answers += 1;
    }

    pub(super) fn is_due(&self) -> bool {
        self.answers >= self.every && self.last.elapsed() >= self.cost * (SHARE - 1)
    }

    /// The file was saved just now, which took `cost`.
    pub(super) fn saved(&mut self, cost: Duration) {
        (self.answers, self.last, self.cost) = (0, Instant::now(), cost);
    }
}
