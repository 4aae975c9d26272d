use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    core::Collector, proto::MetricFamily,
};

use crate::Source;

/// Upper bounds of the latency buckets, in milliseconds; the platform waits for 600.
const LATENCY_BUCKETS_MS: [f64; 10] =
    [1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 600.0, 1000.0];

/// The counters of one service. Labels are variants and sources only, so the number of series is
/// fixed when the service is made.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
    als_live: IntCounter,
    als: IntCounter,
    popgen: IntCounter,
    popularity: IntCounter,
    none: IntCounter,
}

/// The series of one variant, looked up once: a look-up by label costs more than the counting.
pub(crate) struct ArmMetrics {
    requests: IntCounter,
    latency: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "experiment_reco_requests_total",
                "Recommendation requests by the variant assigned",
            ),
            &["variant"],
        )?;
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "experiment_reco_latency_ms",
                "Time to make a recommendation list, in milliseconds, by the variant assigned",
            )
            .buckets(LATENCY_BUCKETS_MS.to_vec()),
            &["variant"],
        )?;
        let sources = IntCounterVec::new(
            Opts::new(
                "recommendation_source_total",
                "Recommendation requests by the rung that answered, none where no rung did",
            ),
            &["source"],
        )?;
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(latency.clone()))?;
        registry.register(Box::new(sources.clone()))?;
        let source = |source: Source| sources.with_label_values(&[source.as_str()]);
        Ok(Self {
            registry,
            requests,
            latency,
            als_live: source(Source::AlsLive),
            als: source(Source::Als),
            popgen: source(Source::Popgen),
            popularity: source(Source::Popularity),
            none: sources.with_label_values(&["none"]),
        })
    }

    pub(crate) fn arm(&self, variant: &str) -> ArmMetrics {
        ArmMetrics {
            requests: self.requests.with_label_values(&[variant]),
            latency: self.latency.with_label_values(&[variant]),
        }
    }

    pub(crate) fn register(
        &self,
        metric: impl Collector + 'static,
    ) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(metric))
    }

    pub(crate) fn count_source(&self, source: Option<Source>) {
        let counter = match source {
            Some(Source::AlsLive) => &self.als_live,
            Some(Source::Als) => &self.als,
            Some(Source::Popgen) => &self.popgen,
            Some(Source::Popularity) => &self.popularity,
            None => &self.none,
        };
        counter.inc();
    }

    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

impl ArmMetrics {
    pub(crate) fn count(&self, latency: Duration) {
        self.requests.inc();
        self.latency.observe(latency.as_secs_f64() * 1000.0);
    }
}
