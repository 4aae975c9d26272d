use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use marquee_evaluation::Interval;
use serde::Serialize;

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

/// What [`evaluate_properties`](crate::evaluate_properties) found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertiesReport {
    /// The model that was asked for.
    #[serde(flatten)]
    pub model: ModelProperties,
    /// Those beside it.
    pub compared: Vec<ModelProperties>,
}

/// The four properties of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelProperties {
    /// The folder it was loaded from.
    pub artifact_dir: String,
    /// `als`, `popgen`.
    pub model_family: String,
    /// Its version.
    pub model_version: String,
    /// Whether its manifest names the data set it was evaluated with.
    pub trained_on_data_path: bool,
    /// Users evaluated and timed.
    pub evaluated_users: usize,
    /// Of these, without a list from the model that was trained for the evaluation; misses.
    pub users_without_recommendations: usize,
    /// Hit@20 of each user's last film, which a model of the same parameters was trained without;
    /// null over no users, as the next two.
    #[serde(rename = "hit@20")]
    pub hit: Interval,
    /// NDCG@20 of the same.
    #[serde(rename = "ndcg@20")]
    pub ndcg: Interval,
    /// Share of users whose last film is among the saved model's first 20 of all films, seen ones
    /// included: a score on what it was trained on, for comparison with systems that report it.
    #[serde(rename = "leaky_hit@20")]
    pub leaky_hit: Option<f64>,
    /// What its training cost, from the manifest.
    pub training: TrainingCost,
    /// What an answer costs; null where nobody was asked for.
    pub inference: Option<InferenceCost>,
    /// Bytes of each file that answers need.
    pub artifacts: BTreeMap<String, u64>,
    /// Their sum.
    pub artifacts_bytes: u64,
}

/// What a training cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrainingCost {
    /// Wall seconds.
    pub wall_seconds: f64,
    /// Processor seconds of all threads.
    pub cpu_seconds: f64,
    /// Largest resident set.
    pub peak_rss_bytes: u64,
}

/// What a list of 20 costs, one request after another on one thread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InferenceCost {
    /// Requests timed.
    pub requests: usize,
    /// Mean, in milliseconds.
    pub average_ms: f64,
    /// Median; this and the next two are by nearest rank.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// Requests a second.
    pub throughput_qps: f64,
}

impl InferenceCost {
    /// From the seconds of each request; `None` for none.
    #[must_use]
    pub fn of(mut seconds: Vec<f64>) -> Option<Self> {
        if seconds.is_empty() {
            return None;
        }
        seconds.sort_unstable_by(f64::total_cmp);
        let (requests, total) = (seconds.len(), seconds.iter().sum::<f64>());
        let percentile = |share: f64| {
            let rank = (share * requests as f64).ceil().max(1.0) as usize;
            1e3 * seconds[rank.min(requests) - 1]
        };
        Some(Self {
            requests,
            average_ms: 1e3 * total / requests as f64,
            p50_ms: percentile(0.50),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
            throughput_qps: if total > 0.0 { requests as f64 / total } else { 0.0 },
        })
    }
}

impl ModelProperties {
    /// The four properties, a line each; `null` for a number there is none of.
    #[must_use]
    pub fn lines(&self) -> String {
        let (cost, training) = (self.inference.as_ref(), &self.training);
        let timed = |of: fn(&InferenceCost) -> f64| number(cost.map(of), 2);
        format!(
            "Hit@20 (proxy accuracy) over {} users: {}\n\
             Inference latency: avg={} ms, p95={} ms; throughput≈{} q/s\n\
             Model size (artifacts total): {:.2} MiB\n\
             Training cost: wall {:.1} s, CPU {:.1} s, peak {:.0} MiB\n",
            self.evaluated_users,
            number(self.hit.mean, 4),
            timed(|cost| cost.average_ms),
            timed(|cost| cost.p95_ms),
            timed(|cost| cost.throughput_qps),
            self.artifacts_mib(),
            training.wall_seconds,
            training.cpu_seconds,
            training.peak_mib(),
        )
    }
}

impl ModelProperties {
    pub(crate) fn artifacts_mib(&self) -> f64 {
        self.artifacts_bytes as f64 / MIB
    }
}

impl TrainingCost {
    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak_rss_bytes as f64 / MIB
    }
}

impl PropertiesReport {
    /// What the reader should know, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let models = || std::iter::once(&self.model).chain(&self.compared);
        let mut notes = Vec::new();
        if self.model.evaluated_users == 0 {
            notes.push(
                "nothing to test: no user has two films, so none could be held out".to_owned(),
            );
        }
        let other = models().filter(|model| !model.trained_on_data_path);
        notes.extend(other.map(|model| {
            format!(
                "{} in {} was trained on another data set: its accuracy is that of its \
                 parameters on this one",
                model.model_version, model.artifact_dir
            )
        }));
        notes
    }

    /// The models side by side, a row each.
    #[must_use]
    pub fn table(&self) -> impl Display {
        Table(self)
    }
}

struct Table<'a>(&'a PropertiesReport);

impl Display for Table<'_> {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let models = || std::iter::once(&self.0.model).chain(&self.0.compared);
        let name =
            |model: &ModelProperties| format!("{} {}", model.artifact_dir, model.model_version);
        let width = models().map(|model| name(model).chars().count()).max().unwrap_or(0);
        writeln!(
            text,
            "{:<width$}  {:>8}  {:>17}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}  {:>9}  {:>8}  {:>8}  {:>8}",
            "model",
            "Hit@20",
            "interval",
            "leaky",
            "avg ms",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "q/s",
            "size MiB",
            "wall s",
            "CPU s",
            "peak MiB",
        )?;
        for model in models() {
            let (cost, training) = (&model.inference, &model.training);
            let timed =
                |of: fn(&InferenceCost) -> f64, digits| number(cost.as_ref().map(of), digits);
            let interval = match (model.hit.low, model.hit.high) {
                (Some(low), Some(high)) => format!("{low:.4} to {high:.4}"),
                _ => "-".to_owned(),
            };
            writeln!(
                text,
                "{:<width$}  {:>8}  {interval:>17}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}  {:>9.2}  {:>8.1}  {:>8.1}  {:>8.0}",
                name(model),
                number(model.hit.mean, 4),
                number(model.leaky_hit, 4),
                timed(|cost| cost.average_ms, 3),
                timed(|cost| cost.p50_ms, 3),
                timed(|cost| cost.p95_ms, 3),
                timed(|cost| cost.p99_ms, 3),
                timed(|cost| cost.throughput_qps, 0),
                model.artifacts_mib(),
                training.wall_seconds,
                training.cpu_seconds,
                training.peak_mib(),
            )?;
        }
        Ok(())
    }
}

/// A number with so many decimals, or that there is none.
fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "null".to_owned(), |value| format!("{value:.decimals$}"))
}
