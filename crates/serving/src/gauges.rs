//! The gauges of `/metrics` that come from reports in the artifact directory.
//!
//! They are read at every scrape into a registry of their own, so a report that is gone, broken or
//! without a value takes its gauge with it: absence is never shown as 0.

use std::{io, path::Path, time::SystemTime};

use prometheus::{Gauge, GaugeVec, Opts, Registry, proto::MetricFamily};
use serde_json::Value;

const EVAL_RESULTS: &str = "eval_results.json";
const DRIFT_REPORT: &str = "drift_report.json";

/// A gauge and where in its report the value stands: the first place that holds one counts.
struct Reading {
    name: &'static str,
    help: &'static str,
    places: &'static [&'static str],
}

const EVAL_READINGS: [Reading; 1] = [Reading {
    name: "model_hit_at_20",
    help: "Hit@20 of the last offline evaluation",
    places: &["/model_hit_at_20", "/hit@20"],
}];

const DRIFT_READINGS: [Reading; 6] = [
    Reading {
        name: "data_drift_rating_psi",
        help: "Population stability index of ratings against the reference",
        places: &["/metrics/rating_psi/psi"],
    },
    Reading {
        name: "data_drift_movie_popularity_gini",
        help: "Gini coefficient of rows per film",
        places: &[
            "/metrics/movie_popularity/cur/gini_movies",
            "/metrics/movie_popularity/gini_movies",
        ],
    },
    Reading {
        name: "data_drift_top10_share",
        help: "Share of rows on the ten films with most",
        places: &[
            "/metrics/movie_popularity/cur/top10_share",
            "/metrics/movie_popularity/top10_share",
        ],
    },
    Reading {
        name: "data_drift_top100_share",
        help: "Share of rows on the hundred films with most",
        places: &[
            "/metrics/movie_popularity/cur/top100_share",
            "/metrics/movie_popularity/top100_share",
        ],
    },
    Reading {
        name: "data_drift_one_and_done_share",
        help: "Share of active users with one event only",
        places: &[
            "/metrics/user_activity/cur/one_and_done_share",
            "/metrics/user_activity/one_and_done_share",
        ],
    },
    Reading {
        name: "data_drift_detected",
        help: "1 when the last drift check found drift, else 0",
        places: &["/drift_detected"],
    },
];

/// What the reports of the directory say now. Reads two small files.
pub(crate) fn gather(artifact_dir: &Path) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let registry = Registry::new();
    let ages = GaugeVec::new(
        Opts::new("report_age_seconds", "Seconds since the report behind the gauges was written"),
        &["report"],
    )?;
    registry.register(Box::new(ages.clone()))?;
    for (file, readings) in
        [(EVAL_RESULTS, EVAL_READINGS.as_slice()), (DRIFT_REPORT, &DRIFT_READINGS)]
    {
        let Some(report) = read(&artifact_dir.join(file)) else { continue };
        if let Some(age) = report.age_seconds {
            ages.with_label_values(&[file]).set(age);
        }
        for reading in readings {
            if let Some(value) = reading.places.iter().find_map(|place| report.value(place)) {
                let gauge = Gauge::new(reading.name, reading.help)?;
                gauge.set(value);
                registry.register(Box::new(gauge))?;
            }
        }
    }
    Ok(registry.gather())
}

struct Report {
    content: Value,
    age_seconds: Option<f64>,
}

/// `None` when the file is missing or no JSON; the latter is logged.
fn read(path: &Path) -> Option<Report> {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(%error, "report not read, its gauges are left out");
            return None;
        }
    };
    let content = serde_json::from_slice(&bytes)
        .map_err(|error| {
            tracing::warn!(path = %path.display(), %error, "report is no JSON, its gauges are left out");
        })
        .ok()?;
    let written = fs_err::metadata(path).and_then(|metadata| metadata.modified());
    let age_seconds = written
        .ok()
        .and_then(|written| SystemTime::now().duration_since(written).ok())
        .map(|age| age.as_secs_f64());
    Some(Report { content, age_seconds })
}

impl Report {
    fn value(&self, place: &str) -> Option<f64> {
        match self.content.pointer(place)? {
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }
}
