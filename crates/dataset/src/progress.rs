/// How a long step tells where it is, and is told to stop.
///
/// Calls come from one thread at a time, often enough for a progress bar and seldom enough to
/// cost nothing. Nothing an implementation does can make the step fail.
pub trait Progress {
    /// The step has `total` units (bytes or rows) to do; `None` when nobody knows.
    fn begin(&mut self, what: &str, total: Option<u64>) {
        let _ = (what, total);
    }

    /// `units` more are done.
    fn advance(&mut self, units: u64) {
        let _ = units;
    }

    /// Whether the step is to stop with an error of kind "cancelled", leaving nothing behind.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Tells nobody and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}
