//! What became of recommendations, from the event log.
//!
//! [`WatchThrough`] counts which lists led to a film being watched, for every variant of an
//! experiment, with intervals and tests that respect that lists of one user hang together.
//! [`FeedbackLoop`] asks whether what is shown draws watching towards itself. Both take the log as
//! [`LogBlock`]s: [`LogBlock::read`] parses bytes on any thread, `take` wants the blocks in the
//! order of the log, and `finish` gives a report that is written as JSON key for key;
//! [`watch_through_page`] and [`feedback_page`] make pages of them.
//!
//! Compute only: no files, no threads, no clock, nothing printed.
//!
//! ```
//! use marquee_outcomes::{LogBlock, ReportContext, WatchThrough, WatchThroughConfig};
//!
//! let log = "2024-09-10T08:00:00,7,recommendation request host:8082, status 200, \
//!            result: heat+1995, big+1988, 20 ms\n\
//!            2024-09-10T08:10:00,7,GET /data/m/big+1988/0.mpg\n\
//!            2024-09-10T12:00:00,9,GET /data/m/heat+1995/0.mpg\n";
//! let mut evaluation = WatchThrough::new(WatchThroughConfig::default())?;
//! evaluation.take(LogBlock::read(log.as_bytes()));
//! let report = evaluation.finish(ReportContext::default());
//! assert_eq!(report.watch_through_rate, Some(1.0));
//! assert_eq!(report.positions[1].converted, 1);
//! # Ok::<(), marquee_outcomes::OutcomesError>(())
//! ```

mod block;
mod counts;
mod error;
mod feedback;
mod finding;
mod instant;
mod online;
mod order;

pub use block::LogBlock;
pub use counts::Distribution;
pub use error::OutcomesError;
pub use feedback::{
    Concentration, ConcentrationTrend, Control, ControlWindow, FeedbackConfig, FeedbackLoop,
    FeedbackReport, Reinforcement, ReinforcementWindow, WindowSummary, feedback_page,
};
pub use finding::Finding;
pub use online::{
    ArmReport, Breakdown, ByArm, ClusteredZTest, ListPosition, ReportContext, Rule, ServiceReport,
    UnknownRule, WatchThrough, WatchThroughConfig, WatchThroughPicture, WatchThroughReport, ZTest,
    watch_through_page,
};
