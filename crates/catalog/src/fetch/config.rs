use std::time::Duration;

use crate::CatalogError;

/// How an API is asked.
///
/// ```
/// use marquee_catalog::FetchConfig;
///
/// let config = FetchConfig { rate_limit: 0.0, ..FetchConfig::default() };
/// assert_eq!(
///     config.validate().unwrap_err().to_string(),
///     "the rate limit is 0: it must be from 0.0001 to 1000000 requests a second"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FetchConfig {
    /// Requests a second over all connections, retries included, 0.0001 to 1,000,000. Default
    /// [`DEFAULT_RATE_LIMIT`](Self::DEFAULT_RATE_LIMIT).
    pub rate_limit: f64,
    /// Seconds a request may take, from the look-up of the host to the last byte of the answer,
    /// 0.001 to 3600. Default [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT).
    pub timeout: f64,
    /// Requests about an id after the first one failed. Default
    /// [`DEFAULT_RETRIES`](Self::DEFAULT_RETRIES).
    pub retries: u32,
    /// Connections, each with one request at a time, 1 to 256. Default
    /// [`DEFAULT_CONCURRENCY`](Self::DEFAULT_CONCURRENCY).
    pub concurrency: usize,
    /// Days after which an id that was answered with 404 is asked about again; 0 asks every time.
    /// Default [`DEFAULT_NEGATIVE_DAYS`](Self::DEFAULT_NEGATIVE_DAYS).
    pub negative_days: u32,
    /// Answers (200 or 404) from one save to the next, at least 1. Default
    /// [`DEFAULT_CHECKPOINT_EVERY`](Self::DEFAULT_CHECKPOINT_EVERY).
    pub checkpoint_every: u64,
    /// Seconds from the last save after which anything new is saved, however little, 0 to 86,400;
    /// so it is before a pause as long as that. Default
    /// [`DEFAULT_CHECKPOINT_SECONDS`](Self::DEFAULT_CHECKPOINT_SECONDS).
    pub checkpoint_seconds: f64,
    /// Ids that may fail one after the other for want of a server, without an answer between that
    /// shows one ([`FaultReason`](crate::FaultReason)), before it is taken for gone; also how often
    /// in a row it may ask to wait. At least 1. Default
    /// [`DEFAULT_GIVE_UP_AFTER`](Self::DEFAULT_GIVE_UP_AFTER).
    pub give_up_after: u32,
    /// How often the server may ask to wait when it is asked about one id; once more, and the id
    /// fails. Default [`DEFAULT_MAX_WAITS`](Self::DEFAULT_MAX_WAITS).
    pub max_waits: u32,
    /// Seconds that bound the back-off after the first fault of an id, 0 to 86,400; every further
    /// fault doubles it. Default [`DEFAULT_BACKOFF_BASE`](Self::DEFAULT_BACKOFF_BASE).
    pub backoff_base: f64,
    /// Seconds no back-off exceeds, 0 to 86,400. Default
    /// [`DEFAULT_BACKOFF_CAP`](Self::DEFAULT_BACKOFF_CAP).
    pub backoff_cap: f64,
    /// Seconds that are waited at most where `Retry-After` asks for more, 0 to 86,400. Default
    /// [`DEFAULT_RETRY_AFTER_CAP`](Self::DEFAULT_RETRY_AFTER_CAP).
    pub retry_after_cap: f64,
    /// Bytes a body may have, 1 to 2³⁰; more is a fault. Default
    /// [`DEFAULT_MAX_BODY`](Self::DEFAULT_MAX_BODY).
    pub max_body: u64,
}

impl FetchConfig {
    /// Default of [`rate_limit`](Self::rate_limit).
    pub const DEFAULT_RATE_LIMIT: f64 = 10.0;
    /// Default of [`timeout`](Self::timeout).
    pub const DEFAULT_TIMEOUT: f64 = 10.0;
    /// Default of [`retries`](Self::retries).
    pub const DEFAULT_RETRIES: u32 = 5;
    /// Default of [`concurrency`](Self::concurrency).
    pub const DEFAULT_CONCURRENCY: usize = 4;
    /// Default of [`negative_days`](Self::negative_days).
    pub const DEFAULT_NEGATIVE_DAYS: u32 = 7;
    /// Default of [`checkpoint_every`](Self::checkpoint_every).
    pub const DEFAULT_CHECKPOINT_EVERY: u64 = 500;
    /// Default of [`checkpoint_seconds`](Self::checkpoint_seconds).
    pub const DEFAULT_CHECKPOINT_SECONDS: f64 = 30.0;
    /// Default of [`give_up_after`](Self::give_up_after).
    pub const DEFAULT_GIVE_UP_AFTER: u32 = 50;
    /// Default of [`max_waits`](Self::max_waits).
    pub const DEFAULT_MAX_WAITS: u32 = 20;
    /// Default of [`backoff_base`](Self::backoff_base).
    pub const DEFAULT_BACKOFF_BASE: f64 = 0.25;
    /// Default of [`backoff_cap`](Self::backoff_cap).
    pub const DEFAULT_BACKOFF_CAP: f64 = 30.0;
    /// Default of [`retry_after_cap`](Self::retry_after_cap): 5 minutes.
    pub const DEFAULT_RETRY_AFTER_CAP: f64 = 300.0;
    /// Default of [`max_body`](Self::max_body): 1 MiB.
    pub const DEFAULT_MAX_BODY: u64 = 1 << 20;

    /// Checks every field against its range.
    ///
    /// # Errors
    /// The variant of [`CatalogError`] for the first field that is out of range.
    pub fn validate(&self) -> Result<(), CatalogError> {
        if !(0.0001..=1e6).contains(&self.rate_limit) {
            return Err(CatalogError::RateLimit { value: self.rate_limit });
        }
        if !(0.001..=3600.0).contains(&self.timeout) {
            return Err(CatalogError::Timeout { value: self.timeout });
        }
        if !(1..=256).contains(&self.concurrency) {
            return Err(CatalogError::Concurrency { value: self.concurrency });
        }
        if self.checkpoint_every == 0 {
            return Err(CatalogError::CheckpointEvery);
        }
        if self.give_up_after == 0 {
            return Err(CatalogError::GiveUpAfter);
        }
        if !(1..=1 << 30).contains(&self.max_body) {
            return Err(CatalogError::MaxBody { value: self.max_body });
        }
        for (field, value) in [
            ("checkpoint_seconds", self.checkpoint_seconds),
            ("backoff_base", self.backoff_base),
            ("backoff_cap", self.backoff_cap),
            ("retry_after_cap", self.retry_after_cap),
        ] {
            if !(0.0..=86_400.0).contains(&value) {
                return Err(CatalogError::Wait { field, value });
            }
        }
        Ok(())
    }

    /// How long to wait after `faults` faults in a row (from 1): exponential back-off with full
    /// jitter, `jitter` · min([`backoff_cap`](Self::backoff_cap),
    /// [`backoff_base`](Self::backoff_base) · 2^(faults − 1)), where `jitter` is drawn evenly from
    /// 0..1. The configuration must be valid.
    ///
    /// ```
    /// use marquee_catalog::FetchConfig;
    ///
    /// let config = FetchConfig::default();
    /// let longest = [1, 2, 3, 7, 8, u32::MAX].map(|n| config.backoff(n, 1.0).as_secs_f64());
    /// assert_eq!(longest, [0.25, 0.5, 1.0, 16.0, 30.0, 30.0]);
    /// assert_eq!(config.backoff(3, 0.5).as_secs_f64(), 0.5);
    /// ```
    #[must_use]
    pub fn backoff(&self, faults: u32, jitter: f64) -> Duration {
        // Past 2^1000 the cap rules, and the exponent still fits.
        let doublings = faults.saturating_sub(1).min(1000).cast_signed();
        let longest = (self.backoff_base * 2f64.powi(doublings)).min(self.backoff_cap);
        seconds(longest * jitter.clamp(0.0, 1.0))
    }

    /// Time between the starts of two requests.
    pub(crate) fn interval(&self) -> Duration {
        seconds(1.0 / self.rate_limit)
    }

    pub(crate) fn time_limit(&self) -> Duration {
        seconds(self.timeout)
    }

    pub(crate) fn checkpoint_age(&self) -> Duration {
        seconds(self.checkpoint_seconds)
    }

    pub(crate) fn longest_pause(&self) -> Duration {
        seconds(self.retry_after_cap)
    }

    pub(crate) fn negative_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.negative_days) * 86_400)
    }
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            rate_limit: Self::DEFAULT_RATE_LIMIT,
            timeout: Self::DEFAULT_TIMEOUT,
            retries: Self::DEFAULT_RETRIES,
            concurrency: Self::DEFAULT_CONCURRENCY,
            negative_days: Self::DEFAULT_NEGATIVE_DAYS,
            checkpoint_every: Self::DEFAULT_CHECKPOINT_EVERY,
            checkpoint_seconds: Self::DEFAULT_CHECKPOINT_SECONDS,
            give_up_after: Self::DEFAULT_GIVE_UP_AFTER,
            max_waits: Self::DEFAULT_MAX_WAITS,
            backoff_base: Self::DEFAULT_BACKOFF_BASE,
            backoff_cap: Self::DEFAULT_BACKOFF_CAP,
            retry_after_cap: Self::DEFAULT_RETRY_AFTER_CAP,
            max_body: Self::DEFAULT_MAX_BODY,
        }
    }
}

/// The fields' ranges keep these far from what a `Duration` cannot hold.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}
