//! Every metric against its limits.

use marquee_pages::{Block, Flag, Gauge, Gauges, Limit, Side, Tone, Unit, Value};

use super::numbers::Numbers;
use crate::{Check, CheckLevel, DriftPicture, DriftReport, Relation};

/// Limits from which a share is drawn on the whole of its scale.
const LARGE_SHARE: f64 = 0.3;

/// Five ratings that are equally frequent have the most.
const ENTROPY: &str = "label_degeneracy.rating_entropy_bits";

/// A metric and what follows from it.
pub(super) struct Metric {
    pub(super) gauge: Gauge,
}

impl Metric {
    /// The metric and its value, in a few words.
    pub(super) fn in_words(&self) -> String {
        let value = self.gauge.value.clone();
        let reason = value.clone().err().unwrap_or_default();
        let shown = Value::in_unit(self.gauge.unit, value.ok(), &reason);
        format!("{} {shown}", self.gauge.name)
    }
}

/// The metrics that were checked, the worst first.
pub(super) fn metrics(
    report: &DriftReport,
    picture: &DriftPicture,
    numbers: &Numbers,
) -> Vec<Metric> {
    let mut groups: Vec<Vec<&Check>> = Vec::new();
    for check in &picture.checks {
        match groups.iter_mut().find(|group| group[0].name == check.name) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    let mut metrics: Vec<Metric> =
        groups.iter().map(|checks| metric(checks, report, numbers)).collect();
    metrics.sort_by_key(|metric| match metric.gauge.flag.tone {
        Tone::Bad => 0,
        Tone::Warning => 1,
        Tone::Good => 2,
        Tone::Neutral => 3,
    });
    metrics
}

/// The gauges of `metrics`.
pub(super) fn block(metrics: &[Metric]) -> Block {
    Block::Gauges(Gauges {
        title: "Metrics".to_owned(),
        caption: "Worst first, each bar on a scale of its own. Dashed lines are limits, the \
                  tinted part lies beyond them, a circle is the reference."
            .to_owned(),
        gauges: metrics.iter().map(|metric| metric.gauge.clone()).collect(),
    })
}

fn metric(checks: &[&Check], report: &DriftReport, numbers: &Numbers) -> Metric {
    let name = checks[0].name.as_str();
    let (label, note, unit) = about(name);
    let fall = checks[0].relation == Relation::FallsBy;
    // A fall is drawn as its size, towards the limit; adding zero keeps it from being a negative 0.
    let value = checks[0].value.map(|value| if fall { 0.0 - value } else { value });
    let value = match (report.not_computed.get(name), value) {
        (Some(reason), _) => Err(reason.clone()),
        (None, None) => Err("there is nothing to measure".to_owned()),
        (None, Some(value)) => Ok(value),
    };
    let flag = flag(checks, value.is_ok());
    let whole = unit == Unit::Share && checks.iter().all(|check| check.threshold >= LARGE_SHARE);
    Metric {
        gauge: Gauge {
            name: label,
            note: note.to_owned(),
            unit,
            value,
            before: name
                .contains(".cur.")
                .then(|| name.replace(".cur.", ".ref."))
                .and_then(|reference| numbers.get(&reference)),
            limits: checks.iter().map(|check| limit(check)).collect(),
            range: match name {
                ENTROPY => Some((0.0, 5_f64.log2())),
                _ => (whole && !fall).then_some((0.0, 1.0)),
            },
            flag,
        },
    }
}

/// The worst of what the checks of a metric found.
fn flag(checks: &[&Check], computed: bool) -> Flag {
    let level = |check: &&Check| match check.level {
        CheckLevel::Moderate => "moderate",
        CheckLevel::Strong => "strong",
    };
    let flagged = || checks.iter().filter(|check| check.flagged);
    match (flagged().rfind(|check| check.sets_drift), flagged().next_back()) {
        (Some(check), _) => Flag::new(Tone::Bad, &format!("{}: counts as drift", level(check))),
        (None, Some(check)) => Flag::new(Tone::Warning, &format!("{}: a warning", level(check))),
        (None, None) if computed => Flag::new(Tone::Good, "within limits"),
        (None, None) => Flag::new(Tone::Neutral, "not judged"),
    }
}

fn limit(check: &Check) -> Limit {
    Limit {
        name: match check.level {
            CheckLevel::Moderate => "moderate".to_owned(),
            CheckLevel::Strong => "strong".to_owned(),
        },
        value: check.threshold,
        side: match check.relation {
            Relation::AtLeast | Relation::FallsBy => Side::AtLeast,
            Relation::Below => Side::Below,
            Relation::EitherWay => Side::EitherWay,
        },
    }
}

/// What the number at a place in the report is called, what it means, and how it is written.
fn about(place: &str) -> (String, &'static str, Unit) {
    let distance = "Jensen-Shannon distance, 0 to 1.";
    let known = match place.replace(".cur.", ".").as_str() {
        "rating_psi.psi" => ("Ratings, PSI", "Population stability index.", Unit::Real),
        "rating_distribution.js_distance" => ("Ratings, distance", distance, Unit::Real),
        ENTROPY => ("Ratings, entropy", "In bits; 0 if all are equal, 2.32 at most.", Unit::Real),
        "label_degeneracy.top_rating_share" => {
            ("Most frequent rating", "Share of rows.", Unit::Share)
        }
        "movie_popularity.top10_share" => ("Top 10 films", "Share of rows.", Unit::Share),
        "movie_popularity.gini_movies" => (
            "Films, Gini",
            "0 if all films have as many rows, towards 1 if few hold all.",
            Unit::Real,
        ),
        "movie_popularity.delta.top10_share_delta" => {
            ("Top 10 films, change", "Of their share of rows.", Unit::Points)
        }
        "movie_popularity.delta.top100_share_delta" => {
            ("Top 100 films, change", "Of their share of rows.", Unit::Points)
        }
        "movie_popularity.delta.gini_movies_delta" => ("Films, change of Gini", "", Unit::Real),
        "top100_overlap.overlap" => {
            ("Top 100 films in common", "Of the lists of both sides.", Unit::Share)
        }
        "film_distribution.js_distance" => ("Films, distance", distance, Unit::Real),
        "genre_distribution.js_distance" => ("Genres, distance", distance, Unit::Real),
        "hourly_volume.js_distance" => ("Hours of the week, distance", distance, Unit::Real),
        "hourly_volume.rows_per_day_change" => {
            ("Rows a day, fall", "Below zero they grew.", Unit::Share)
        }
        "hourly_volume.days_change" => (
            "Days covered, fall",
            "Days without rows, or a table that is shorter on purpose: then compare tables of one \
             length, or raise --days-drop.",
            Unit::Share,
        ),
        "film_turnover.new_film_share" => {
            ("New films", "Share of current rows on films the reference lacks.", Unit::Share)
        }
        "film_turnover.vanished_film_share" => {
            ("Vanished films", "Share of the reference's rows on films that are gone.", Unit::Share)
        }
        "user_activity.one_and_done_share" => {
            ("One-and-done users", "Users with one row only.", Unit::Share)
        }
        "activity_collapse.active_users_change" => {
            ("Active users, fall", "Below zero they grew.", Unit::Share)
        }
        "activity_collapse.p95_events_change" => (
            "Rows of busy users, fall",
            "95th percentile of rows per user; below zero it grew.",
            Unit::Share,
        ),
        // A metric without a name of its own goes by its place in the report.
        _ => return (place.to_owned(), "", Unit::Real),
    };
    (known.0.to_owned(), known.1, known.2)
}
