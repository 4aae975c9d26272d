//! Watch-through of recommended lists, for every variant.

mod arms;
mod config;
mod exposure;
mod notes;
mod page;
mod report;
mod service;
mod verdict;

use arms::Arms;
pub use config::{Rule, UnknownRule, WatchThroughConfig};
use exposure::Exposures;
use marquee_stats::Confidence;
pub use page::watch_through_page;
pub use report::{
    ArmReport, Breakdown, ByArm, ClusteredZTest, ListPosition, ReportContext, ServiceReport,
    WatchThroughPicture, WatchThroughReport, ZTest,
};
use service::Service;

use crate::{
    LogBlock, OutcomesError,
    block::{Answer, LogEvent, RefusedLines, What, add_refused},
    instant::Instant,
    order::Reorder,
};

/// Counts, in one pass over the log, which lists led to a film being watched.
///
/// By [`Rule::Start`] a list is converted when its user *starts* one of its films after it was
/// shown and within the window: a watch line of a film of which the user has had no other within
/// [`play_gap`](WatchThroughConfig::play_gap). A start is attributed once, to the latest list that
/// holds the film. A list whose window reaches past the last event of the log is censored: counted
/// apart and not among the lists. [`Rule::Reference`] counts as the reference system does.
///
/// Memory: what is open at a time (lists in their window, films that were played within the gap,
/// events within [`late_bound`](WatchThroughConfig::late_bound)), and 32 bytes for each user and
/// variant that were ever shown a list, without which lists of one user cannot be told from lists
/// of many. Cost: linear in the lines; of a start, also in the open lists of its user.
#[derive(Debug)]
pub struct WatchThrough {
    config: WatchThroughConfig,
    confidence: Confidence,
    order: Reorder,
    lines: u64,
    refused: RefusedLines,
    arms: Arms,
    exposures: Exposures,
    service: Service,
}

impl WatchThrough {
    /// An evaluation that has seen nothing yet.
    ///
    /// # Errors
    /// Those of [`WatchThroughConfig::validate`].
    pub fn new(config: WatchThroughConfig) -> Result<Self, OutcomesError> {
        let confidence = config.validate()?;
        Ok(Self {
            confidence,
            order: Reorder::new(config.late_bound),
            lines: 0,
            refused: RefusedLines::new(),
            arms: Arms::new(config.experiment.clone()),
            exposures: Exposures::new(&config),
            service: Service::default(),
            config,
        })
    }

    /// Takes the next block of the log.
    pub fn take(&mut self, block: LogBlock) {
        self.lines += block.lines;
        add_refused(&mut self.refused, block.refused);
        let mut events = block.events;
        if self.config.rule == Rule::Reference {
            // The reference knows the second in which a list was shown, and lets watches in the rest
            // of it count.
            for event in &mut events {
                if matches!(event.what, What::Answer(_)) {
                    event.time = event.time.floor();
                }
            }
        }
        for event in self.order.take(events) {
            self.process(event);
        }
    }

    /// The report of all that was taken.
    #[must_use]
    pub fn finish(self, context: ReportContext) -> WatchThroughReport {
        self.finish_with_picture(context).0
    }

    /// The report of all that was taken and what its page draws beside it.
    #[must_use]
    pub fn finish_with_picture(
        mut self,
        context: ReportContext,
    ) -> (WatchThroughReport, WatchThroughPicture) {
        for event in self.order.finish() {
            self.process(event);
        }
        self.exposures.finish(self.order.latest(), &mut self.arms);
        report::make(self, context)
    }

    fn process(&mut self, event: LogEvent) {
        self.exposures.close_before(event.time, &mut self.arms);
        match event.what {
            What::Rate => {}
            What::Watch(film) => {
                if let Some(arm) = self.exposures.watch(event.user, film, event.time) {
                    self.arms.count_start(arm);
                }
            }
            What::Answer(answer) => self.answer(event.user, event.time, *answer),
        }
    }

    fn answer(&mut self, user: u64, time: Instant, answer: Answer) {
        let arm = self.arms.place_of(user, answer.variant.as_deref());
        self.service.count(user, &answer);
        self.arms.count_answer(arm, &answer);
        if answer.status == Answer::OK && !answer.films.is_empty() {
            self.exposures.show(user, time, answer.films, arm);
        }
    }
}
