//! The report, key for key.

use std::collections::BTreeMap;

use marquee_stats::BootstrapEstimate;
use serde::Serialize;

use super::{
    FeedbackLoop,
    control::{History, Matched},
    windows::Windows,
};
use crate::{
    Finding, OutcomesError,
    instant::{Instant, hours},
};

/// The most windows that are reported.
const MOST_WINDOWS: u64 = 20_000;

/// A result rests on the windows before and after, so results are drawn three in a row.
const BLOCK: u32 = 3;

/// Fewer results give no interval.
const FEWEST_RESULTS: usize = 5;

/// What `feedback-check` writes. Shares are 0 to 1, and null where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedbackReport {
    /// The log's name.
    pub log_file: String,
    /// Hours of a window.
    pub window_hours: f64,
    /// How many of the films shown most are looked at.
    pub top_k: usize,
    /// Windows from the first event to the last.
    pub num_windows: u64,
    /// Mean of the windows' `coverage`.
    pub mean_unique_recs: Option<f64>,
    /// Mean of the windows' `gini`.
    pub mean_gini_recs: Option<f64>,
    /// Films shown most, before and after.
    pub popularity_reinforcement: Reinforcement,
    /// Every window.
    pub window_summaries: Vec<WindowSummary>,
    /// Of `avg_delta_watch_share`, by a moving block bootstrap over windows; null with fewer than
    /// five.
    pub delta_interval: Option<[f64; 2]>,
    /// The films shown most beside films alike that were not shown.
    pub control: Control,
    /// How unequal what is shown and watched is, window by window.
    pub concentration: Vec<Concentration>,
    /// How that changes.
    pub concentration_trend: ConcentrationTrend,
    /// What it comes to: `reinforcing`, `dampening`, `no reinforcement shown` or
    /// `too little to judge`, and the numbers behind it.
    pub verdict: Finding,
    /// 1 − alpha, of the intervals.
    pub confidence: f64,
    /// Lines of the log, whether they are events or not.
    pub total_log_lines: u64,
    /// Lines that are no event.
    pub refused_lines: u64,
    /// The same by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Events from before the first window, which came too late to move it, and single ones far
    /// ahead of their neighbours: left out.
    pub late_events: u64,
}

/// The reference's measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reinforcement {
    /// Mean of `delta_watch_share` over the windows that have one.
    pub avg_delta_watch_share: Option<f64>,
    /// Windows with lists and a window on both sides.
    pub window_results: Vec<ReinforcementWindow>,
}

/// The films shown most in a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReinforcementWindow {
    /// The window's number, from 0.
    pub window_index: u64,
    /// When it begins.
    pub window_start: String,
    /// The films' share of all watch lines in the window before; null without such a line.
    pub prev_watch_share_topk: Option<f64>,
    /// The same in the window after.
    pub next_watch_share_topk: Option<f64>,
    /// After less before.
    pub delta_watch_share: Option<f64>,
    /// How many films they are.
    pub topk: usize,
    /// How many different films were shown.
    pub unique_recs: usize,
}

/// A window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowSummary {
    /// When it begins.
    pub start: String,
    /// When the next begins; of the last window, which has none, its own start.
    pub end: String,
    /// How many different films were shown.
    pub coverage: usize,
    /// The Gini coefficient of how often each of them was; 0 without any.
    pub gini: f64,
    /// Films shown, repeated ones as often as they were.
    pub rec_count: u64,
    /// Watch lines.
    pub watch_count: u64,
}

/// Films shown most beside films that had been watched as often and were not shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// Mean of the windows' `effect`: the reinforcement beyond what popularity does by itself.
    pub avg_effect: Option<f64>,
    /// Its interval, by a moving block bootstrap over windows; null with fewer than five.
    pub effect_interval: Option<[f64; 2]>,
    /// Windows with a pair of films.
    pub windows: Vec<ControlWindow>,
}

/// The pairs of a window. Shares are of all watch lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlWindow {
    /// The window's number, from 0.
    pub window_index: u64,
    /// Pairs of films.
    pub pairs: usize,
    /// Share of the shown films in the window before.
    pub shown_prev_share: f64,
    /// Share of the shown films in the window after.
    pub shown_next_share: f64,
    /// Share of their partners in the window before.
    pub control_prev_share: f64,
    /// Share of their partners in the window after.
    pub control_next_share: f64,
    /// What the shown films gained less what their partners gained.
    pub effect: f64,
}

/// How unequal a window is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Concentration {
    /// When the window begins.
    pub start: String,
    /// The Gini coefficient over films shown.
    pub gini_shown: Option<f64>,
    /// The Gini coefficient over films watched, by watch lines.
    pub gini_watched: Option<f64>,
    /// What the ten films shown most have of all that is shown.
    pub top10_share_shown: Option<f64>,
    /// What the ten films watched most have of all watch lines.
    pub top10_share_watched: Option<f64>,
}

/// Slopes of straight lines through the windows, by least squares, per day; null with fewer than
/// three windows that have the value. The last window is left out, as the log may end within it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConcentrationTrend {
    /// Of `gini_shown`.
    pub gini_shown_per_day: Option<f64>,
    /// Of `gini_watched`.
    pub gini_watched_per_day: Option<f64>,
    /// Of `top10_share_shown`.
    pub top10_share_shown_per_day: Option<f64>,
    /// Of `top10_share_watched`.
    pub top10_share_watched_per_day: Option<f64>,
}

pub(crate) fn make(
    analysis: &FeedbackLoop,
    log_file: &str,
) -> Result<FeedbackReport, OutcomesError> {
    let empty = Windows::new(0, analysis.config.window);
    let windows = analysis.windows.as_ref().unwrap_or(&empty);
    let count = count_windows(analysis, windows)?;
    let summaries: Vec<WindowSummary> =
        (0..count).map(|number| summary(windows, number, count)).collect();
    let coverage = summaries.iter().map(|window| window.coverage as f64);
    let ginis = summaries.iter().map(|window| window.gini);
    let (results, control) = compare(analysis, windows, count);
    let deltas: Vec<f64> = results.iter().filter_map(|result| result.delta_watch_share).collect();
    let effects: Vec<f64> = control.iter().map(|window| window.effect).collect();
    let delta_interval = analysis.interval(&deltas);
    let effect_interval = analysis.interval(&effects);
    let concentration: Vec<Concentration> =
        (0..count).map(|number| concentration(windows, number)).collect();
    Ok(FeedbackReport {
        log_file: log_file.to_owned(),
        window_hours: hours(analysis.config.window),
        top_k: analysis.config.top_k,
        num_windows: count,
        mean_unique_recs: mean(&coverage.collect::<Vec<_>>()),
        mean_gini_recs: mean(&ginis.collect::<Vec<_>>()),
        verdict: verdict(&deltas, delta_interval, &effects, effect_interval),
        popularity_reinforcement: Reinforcement {
            avg_delta_watch_share: mean(&deltas),
            window_results: results,
        },
        window_summaries: summaries,
        delta_interval,
        control: Control { avg_effect: mean(&effects), effect_interval, windows: control },
        concentration_trend: trend(&concentration, windows.length),
        concentration,
        confidence: analysis.confidence.level(),
        total_log_lines: analysis.lines,
        refused_lines: analysis.refused.values().sum(),
        refused: analysis.refused.clone(),
        late_events: analysis.before_the_first + analysis.leap.left_out,
    })
}

fn count_windows(analysis: &FeedbackLoop, windows: &Windows) -> Result<u64, OutcomesError> {
    let Some(latest) = analysis.latest else { return Ok(0) };
    let count = windows.number_of(latest.seconds).map_or(0, |last| last + 1);
    if count > MOST_WINDOWS {
        return Err(OutcomesError::TooManyWindows {
            windows: count,
            first: text(windows.origin),
            last: latest.text(),
            most: MOST_WINDOWS,
        });
    }
    Ok(count)
}

/// Films shown most, alone and beside their partners, in every window that allows it.
fn compare(
    analysis: &FeedbackLoop,
    windows: &Windows,
    count: u64,
) -> (Vec<ReinforcementWindow>, Vec<ControlWindow>) {
    let mut results = Vec::new();
    let mut control = Vec::new();
    let mut history = History::new(windows);
    for number in 1..count.saturating_sub(1) {
        let window = windows.window(number);
        if number > 1 {
            history.add(windows.window(number - 2));
        }
        if window.shown_total == 0 {
            continue;
        }
        let films = window.most_shown(analysis.config.top_k);
        let (before, after) = (windows.window(number - 1), windows.window(number + 1));
        let prev = before.share(films.iter().copied());
        let next = after.share(films.iter().copied());
        results.push(ReinforcementWindow {
            window_index: number,
            window_start: text(windows.start_of(number)),
            prev_watch_share_topk: prev,
            next_watch_share_topk: next,
            delta_watch_share: prev.zip(next).map(|(prev, next)| next - prev),
            topk: films.len(),
            unique_recs: window.coverage(),
        });
        // Without a window before the one before there is nothing to find partners by.
        if number > 1 {
            let matched = history.partners(windows, number, &films);
            control.extend(compare_matched(windows, number, &matched));
        }
    }
    (results, control)
}

fn compare_matched(windows: &Windows, number: u64, matched: &Matched) -> Option<ControlWindow> {
    let (before, after) = (windows.window(number - 1), windows.window(number + 1));
    if matched.shown.is_empty() {
        return None;
    }
    let shown_prev_share = before.share(matched.shown.iter().copied())?;
    let shown_next_share = after.share(matched.shown.iter().copied())?;
    let control_prev_share = before.share(matched.control.iter().copied())?;
    let control_next_share = after.share(matched.control.iter().copied())?;
    Some(ControlWindow {
        window_index: number,
        pairs: matched.shown.len(),
        shown_prev_share,
        shown_next_share,
        control_prev_share,
        control_next_share,
        effect: (shown_next_share - shown_prev_share) - (control_next_share - control_prev_share),
    })
}

fn summary(windows: &Windows, number: u64, count: u64) -> WindowSummary {
    let window = windows.window(number);
    let start = windows.start_of(number);
    let end = if number + 1 < count { windows.start_of(number + 1) } else { start };
    WindowSummary {
        start: text(start).replace('T', " "),
        end: text(end).replace('T', " "),
        coverage: window.coverage(),
        gini: window.gini_shown().unwrap_or(0.0),
        rec_count: window.shown_total,
        watch_count: window.watched_total,
    }
}

fn concentration(windows: &Windows, number: u64) -> Concentration {
    let window = windows.window(number);
    Concentration {
        start: text(windows.start_of(number)),
        gini_shown: window.gini_shown(),
        gini_watched: window.gini_watched(),
        top10_share_shown: window.top10_shown(),
        top10_share_watched: window.top10_watched(),
    }
}

fn trend(windows: &[Concentration], window_seconds: u64) -> ConcentrationTrend {
    let whole = &windows[..windows.len().saturating_sub(1)];
    let days = window_seconds as f64 / 86_400.0;
    let slope = |value: fn(&Concentration) -> Option<f64>| {
        let points: Vec<(f64, f64)> = whole
            .iter()
            .enumerate()
            .filter_map(|(number, window)| Some((number as f64 * days, value(window)?)))
            .collect();
        slope_of(&points)
    };
    ConcentrationTrend {
        gini_shown_per_day: slope(|window| window.gini_shown),
        gini_watched_per_day: slope(|window| window.gini_watched),
        top10_share_shown_per_day: slope(|window| window.top10_share_shown),
        top10_share_watched_per_day: slope(|window| window.top10_share_watched),
    }
}

/// The slope of the line through the points, by least squares; `None` with fewer than three.
fn slope_of(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let joint: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Some(joint / spread)
}

impl FeedbackLoop {
    fn interval(&self, values: &[f64]) -> Option<[f64; 2]> {
        if values.len() < FEWEST_RESULTS {
            return None;
        }
        let mean = self.bootstrap.block_mean(values, BLOCK, self.confidence);
        mean.map(|BootstrapEstimate { interval, .. }| interval.ends())
    }
}

/// Judges by the films' partners where there are enough windows with some, else by the films alone.
fn verdict(
    deltas: &[f64],
    delta_interval: Option<[f64; 2]>,
    effects: &[f64],
    effect_interval: Option<[f64; 2]>,
) -> Finding {
    let (values, [low, high], beside) = match (effect_interval, delta_interval) {
        (Some(interval), _) => (effects, interval, "beyond films alike that were not shown"),
        (None, Some(interval)) => {
            (deltas, interval, "with no film alike that was not shown to compare with")
        }
        (None, None) => {
            return Finding::new(
                "too little to judge",
                format!(
                    "{} windows can be compared with the ones before and after, and \
                     {FEWEST_RESULTS} are needed",
                    deltas.len()
                ),
            );
        }
    };
    let (word, films) = if low > 0.0 {
        ("reinforcing", "gain in watching")
    } else if high < 0.0 {
        ("dampening", "lose in watching")
    } else {
        ("no reinforcement shown", "neither gain nor lose for certain")
    };
    let mean = 100.0 * mean(values).unwrap_or(0.0);
    let because = format!(
        "the films shown most {films}, {beside} (mean change {mean:+.2} points of all watching, \
         interval {:+.2} to {:+.2}, {} windows)",
        100.0 * low,
        100.0 * high,
        values.len()
    );
    Finding::new(word, because)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn text(second: i64) -> String {
    Instant { seconds: second, nanos: 0 }.text()
}
