//! What a comparison comes to.

use super::WatchThroughReport;
use crate::Finding;

pub(crate) fn of(report: &WatchThroughReport) -> Finding {
    let Some(rate) = report.watch_through_rate else {
        return Finding::new("nothing to judge", nothing(report));
    };
    let Some(plain) = &report.z_test else {
        let interval = report
            .watch_through_interval
            .map(|ends| format!(", {} to {} by users", percent(ends[0]), percent(ends[1])));
        let lists = report.total_recommendation_events;
        return Finding::new(
            "no comparison",
            format!(
                "{} of {lists} lists led to a watch{}; two variants with lists are needed to compare",
                percent(rate),
                interval.unwrap_or_default()
            ),
        );
    };
    let tested = report.clustered_z_test.as_ref().map(|clustered| &clustered.test);
    let Some((test, p_value)) = tested.and_then(|test| Some((test, test.p_value?))) else {
        let (a, b) = (&plain.variant_a, &plain.variant_b);
        return Finding::new(
            "too little to judge",
            format!("{a} and {b} have too few users, or lists that all came out alike"),
        );
    };
    let [low, high] = test.confidence_interval;
    let numbers = format!(
        "{:+.1} points of watch-through, {:+.1} to {:+.1}, by users, {}",
        100.0 * test.effect_size,
        100.0 * low,
        100.0 * high,
        p_in_words(p_value)
    );
    let (a, b) = (&test.variant_a, &test.variant_b);
    if p_value >= test.alpha {
        return Finding::new("no difference shown", format!("{a} less {b} is {numbers}"));
    }
    let (ahead, behind) = if test.effect_size > 0.0 { (a, b) } else { (b, a) };
    Finding::new(
        "difference shown",
        format!("{ahead} does better than {behind} ({a} less {b}: {numbers})"),
    )
}

/// Why there is no rate.
pub(crate) fn nothing(report: &WatchThroughReport) -> String {
    match report.censored_recommendation_events {
        0 => String::from("no recommendation was shown, so there is no rate"),
        censored => format!(
            "all {censored} lists were shown less than the window before the log ends: none can be \
             judged yet"
        ),
    }
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", 100.0 * rate)
}

fn p_in_words(p_value: f64) -> String {
    if p_value < 0.001 { String::from("p below 0.001") } else { format!("p = {p_value:.3}") }
}
