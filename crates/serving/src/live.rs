//! What users did lately, as the service asks for it and tells of it.

use std::{collections::BTreeMap, sync::Arc};

use marquee_live::RecentFilm;
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge, Opts, Registry, proto::MetricFamily};
use serde::{Deserialize, Serialize};

use crate::CopyCounts;

/// Follows the events of users. Asked for every answer, from all workers at once.
pub trait LiveFeed: Send + Sync {
    /// Puts the films a user touched lately into `films`, most recent first; none for a user it
    /// knows nothing of. What was in `films` goes.
    fn recent(&self, user_id: u64, films: &mut Vec<RecentFilm>);

    /// Where it stands.
    fn status(&self) -> LiveStatus;
}

impl<T: LiveFeed> LiveFeed for Arc<T> {
    fn recent(&self, user_id: u64, films: &mut Vec<RecentFilm>) {
        T::recent(self, user_id, films);
    }

    fn status(&self) -> LiveStatus {
        T::status(self)
    }
}

/// Where a [`LiveFeed`] stands: `live` in the body of `/health`, and the metrics `live_*`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveStatus {
    /// The topic that is followed.
    pub topic: String,
    /// Whether a broker is connected.
    pub connected: bool,
    /// Events that the brokers have and that were not read yet; null while that is not known.
    pub lag: Option<u64>,
    /// Events read in the last second.
    pub events_per_second: f64,
    /// Events taken since the start, by kind: `watch`, `rate`, `recommendation`.
    pub events: BTreeMap<String, u64>,
    /// Records refused since the start, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Records that the brokers removed before they were read.
    pub lost: u64,
    /// Users something is known of.
    pub users: u64,
    /// Films of all of them.
    pub films: u64,
    /// Users forgotten because there were too many films.
    pub evicted_users: u64,
    /// Memory for all that, in bytes.
    pub memory_bytes: u64,
    /// When the state was last saved, RFC 3339; null before.
    pub saved_at: Option<String>,
    /// What went wrong last and has not gone well since.
    pub problem: Option<String>,
}

/// Seconds since a time; none for text that is none, or a time to come.
fn age_seconds(at: &str) -> Option<f64> {
    let at: jiff::Timestamp = at.parse().ok()?;
    let age = jiff::Timestamp::now().duration_since(at).as_secs_f64();
    (age >= 0.0).then_some(age)
}

/// The metrics of lines that were copied.
pub(crate) fn gather_copies(counts: CopyCounts) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let registry = Registry::new();
    for (name, help, value) in [
        ("recommendation_copy_delivered_total", "Log lines the topic has taken", counts.delivered),
        ("recommendation_copy_dropped_total", "Log lines the topic has not taken", counts.dropped),
    ] {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        registry.register(Box::new(counter))?;
    }
    Ok(registry.gather())
}

/// The metrics of a status, made anew at every scrape: what is not known is absent.
pub(crate) fn gather(status: &LiveStatus) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let registry = Registry::new();
    let gauge = |name: &str, help: &str, value: f64| {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        registry.register(Box::new(gauge))
    };
    let count = |name: &str, help: &str, value: u64| {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        registry.register(Box::new(counter))
    };
    let counts = |name: &str, help: &str, label: &str, values: &BTreeMap<String, u64>| {
        let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
        for (value, &number) in values {
            counters.with_label_values(&[value]).inc_by(number);
        }
        registry.register(Box::new(counters))
    };
    let connected = IntGauge::new("live_connected", "1 while a broker is connected, else 0")?;
    connected.set(i64::from(status.connected));
    registry.register(Box::new(connected))?;
    if let Some(lag) = status.lag {
        gauge("live_lag_events", "Events in the topic that were not read yet", lag as f64)?;
    }
    gauge("live_events_per_second", "Events read in the last second", status.events_per_second)?;
    gauge("live_users", "Users of whom recent films are known", status.users as f64)?;
    gauge("live_films", "Recent films of all users", status.films as f64)?;
    gauge("live_memory_bytes", "Memory for recent films", status.memory_bytes as f64)?;
    if let Some(age) = status.saved_at.as_deref().and_then(age_seconds) {
        gauge("live_saved_age_seconds", "Seconds since recent films were last saved", age)?;
    }
    counts("live_events_total", "Events taken from the topic", "kind", &status.events)?;
    counts("live_rejected_total", "Records of the topic refused", "reason", &status.rejected)?;
    count("live_lost_total", "Records removed before they were read", status.lost)?;
    count(
        "live_evicted_users_total",
        "Users forgotten because there were too many films",
        status.evicted_users,
    )?;
    Ok(registry.gather())
}
