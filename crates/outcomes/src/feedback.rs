//! Whether what is shown draws watching towards itself.

mod config;
mod control;
mod page;
mod report;
mod windows;

pub use config::FeedbackConfig;
use marquee_stats::{Bootstrap, Confidence};
pub use page::feedback_page;
pub use report::{
    Concentration, ConcentrationTrend, Control, ControlWindow, FeedbackReport, Reinforcement,
    ReinforcementWindow, WindowSummary,
};
use windows::Windows;

use crate::{
    LogBlock, OutcomesError,
    block::{LogEvent, RefusedLines, add_refused},
    instant::Instant,
    order::Leap,
};

/// Compares, window by window, how much the films shown most are watched before and after.
///
/// The log is cut into windows of equal length from the second of its first event. For every window
/// with lists and a window on both sides, K are the films shown most in it; their share of all
/// watch lines in the window after, less that in the window before, is the window's delta. As
/// popularity moves by itself, each film of K is paired with a film that was *not* shown in the
/// window and had been watched about as often until the window before; what K gains beyond these is
/// the effect. It is that of showing only as far as what is shown does not itself follow what was
/// watched just before.
///
/// Memory: 40 bytes for each film and each window it is shown or watched in, and the events of the
/// first [`late_bound`](FeedbackConfig::late_bound), which decide where the windows begin.
#[derive(Debug)]
pub struct FeedbackLoop {
    config: FeedbackConfig,
    confidence: Confidence,
    bootstrap: Bootstrap,
    lines: u64,
    refused: RefusedLines,
    /// Events up to the bound after the earliest; then the windows are known and this stays empty.
    opening: Vec<LogEvent>,
    leap: Leap,
    earliest: Option<Instant>,
    latest: Option<Instant>,
    windows: Option<Windows>,
    before_the_first: u64,
}

impl FeedbackLoop {
    /// An analysis that has seen nothing yet.
    ///
    /// # Errors
    /// Those of [`FeedbackConfig::validate`].
    pub fn new(config: FeedbackConfig) -> Result<Self, OutcomesError> {
        let (confidence, bootstrap) = config.validate()?;
        Ok(Self {
            leap: Leap::new(config.late_bound),
            config,
            confidence,
            bootstrap,
            lines: 0,
            refused: RefusedLines::new(),
            opening: Vec::new(),
            earliest: None,
            latest: None,
            windows: None,
            before_the_first: 0,
        })
    }

    /// Takes the next block of the log.
    pub fn take(&mut self, block: LogBlock) {
        self.lines += block.lines;
        add_refused(&mut self.refused, block.refused);
        for event in block.events {
            for event in self.leap.pass(self.latest, event).into_iter().flatten() {
                self.count(event);
            }
        }
    }

    /// The report of all that was taken, of a log of this name.
    ///
    /// # Errors
    /// [`OutcomesError::TooManyWindows`] where the log spans more than 20,000.
    pub fn finish(mut self, log_file: &str) -> Result<FeedbackReport, OutcomesError> {
        if let Some(event) = self.leap.held.take() {
            self.count(event);
        }
        self.begin();
        report::make(&self, log_file)
    }

    fn count(&mut self, event: LogEvent) {
        if let Some(windows) = &mut self.windows {
            self.latest = self.latest.max(Some(event.time));
            self.before_the_first += u64::from(!windows.count(&event));
            return;
        }
        let bound = self.config.late_bound;
        if self.latest.is_some_and(|latest| event.time < latest.minus(bound)) {
            self.before_the_first += 1;
            return;
        }
        let latest = self.latest.map_or(event.time, |latest| latest.max(event.time));
        let earliest = self.earliest.map_or(event.time, |first| first.min(event.time));
        (self.latest, self.earliest) = (Some(latest), Some(earliest));
        self.opening.push(event);
        if latest > earliest.plus(bound) {
            self.begin();
        }
    }

    /// Counts the opening, now that its first event is known.
    fn begin(&mut self) {
        let Some(earliest) = self.earliest else { return };
        let config = &self.config;
        let windows =
            self.windows.get_or_insert_with(|| Windows::new(earliest.seconds, config.window));
        for event in std::mem::take(&mut self.opening) {
            windows.count(&event);
        }
    }
}
