//! Integration tests of the outcomes crate.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

/// A slow evaluation, written from the definition, on logs with known tastes.
mod by_definition;
/// How often intervals of a lift cover the true one.
mod coverage;
/// Windows, control films and verdicts of the feedback loop.
mod feedback;
/// Logs that hold little, nothing or rubbish, and settings out of range.
mod little;
/// Reports as pages.
mod page;
/// Totals, rates and shares of the reference's own reports.
mod reference;
/// Reports as JSON, key for key.
mod report;
/// Availability, latency and lists that are a user's own.
mod service;
/// What is a start, to which list it counts, and which lists are censored.
mod start_rule;
/// Variants from lines and from an experiment, and their comparison.
mod variants;

use std::{path::Path, time::Duration};

use marquee_outcomes::{
    LogBlock, ReportContext, Rule, WatchThrough, WatchThroughConfig, WatchThroughReport,
};

/// A file of the fixtures folder.
fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/reference-run");
    fs_err::read(folder.join(name)).unwrap()
}

fn evaluate(config: WatchThroughConfig, log: impl AsRef<[u8]>) -> WatchThroughReport {
    let mut evaluation = WatchThrough::new(config).unwrap();
    evaluation.take(LogBlock::read(log.as_ref()));
    evaluation.finish(ReportContext::default())
}

fn by(rule: Rule) -> WatchThroughConfig {
    WatchThroughConfig { rule, ..WatchThroughConfig::default() }
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(3_600 * hours)
}

/// A line at a time of day such as `08:40`.
fn line(time: &str, user: u64, request: &str) -> String {
    format!("2024-09-10T{time},{user},{request}\n")
}

fn watch(time: &str, user: u64, film: &str, minute: u32) -> String {
    line(time, user, &format!("GET /data/m/{film}/{minute}.mpg"))
}

/// The line of a list as the platform logs it.
fn shown(time: &str, user: u64, films: &str) -> String {
    line(
        time,
        user,
        &format!("recommendation request host:8082, status 200, result: {films}, 20 ms"),
    )
}

/// The line of a list as the service logs it, with its variant.
fn served(time: &str, user: u64, variant: &str, films: &str) -> String {
    let films = films.replace(", ", ",");
    line(
        &format!("{time}Z"),
        user,
        &format!(
            "recommendation request /recommend/{user}, status 200, variant={variant}, \
             bucket=0.500000, result: {films}, 20 ms"
        ),
    )
}

/// A rating, which only says that the log goes on until then.
fn until(time: &str) -> String {
    line(time, 1_000_000, "GET /rate/end+2000=3")
}
