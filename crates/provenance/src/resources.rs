use std::time::Duration;

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// What this process has used since it started, all threads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResourceUsage {
    /// Processor time, user and system.
    pub cpu: Duration,
    /// Largest resident set so far, in bytes.
    pub peak_rss_bytes: u64,
}

impl ResourceUsage {
    /// As the system counts it now; zero where it does not say.
    #[must_use]
    pub fn now() -> Self {
        let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Self::default() };
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        // Linux counts in KiB, Apple's systems in bytes.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        Self {
            cpu: Duration::from_micros(micros.unsigned_abs()),
            peak_rss_bytes: usage.max_rss().unsigned_abs() * unit,
        }
    }
}

/// The name of this machine, `unknown` where it has none.
pub(crate) fn host() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_else(|| "unknown".to_owned())
}
