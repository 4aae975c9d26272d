//! The report as a page.

use marquee_pages::{
    Block, Cell, Column, Estimate, EstimateGroup, Estimates, Fact, Line, LineChart, Page, Section,
    Table, Tone, Unit, Value, Verdict,
};

use super::{Concentration, FeedbackReport, WindowSummary};

/// Windows that are drawn and listed: the last ones.
const MOST_WINDOWS: usize = 500;

/// Dates along a chart.
const DATES: usize = 6;

/// The page of a report: the verdict, the effect with its interval and beside its control, window
/// by window, how concentrated showing and watching are over time, and every window's numbers.
#[must_use]
pub fn feedback_page(report: &FeedbackReport) -> Page {
    let windows = Drawn::of(report);
    Page {
        title: format!("Feedback loop in {}", report.log_file),
        verdict: verdict(report),
        facts: facts(report),
        sections: vec![
            Section {
                heading: "Does showing draw watching?".to_owned(),
                blocks: vec![effects(report), windows.gains(report), windows.shares(report)],
            },
            Section {
                heading: "Concentration over time".to_owned(),
                blocks: vec![windows.concentration(report), trend(report)],
            },
            Section {
                heading: "Window by window".to_owned(),
                blocks: vec![windows.volume(report), windows.listing(report)],
            },
        ],
        footer: "Written by feedback-check. The JSON report holds these numbers and more."
            .to_owned(),
    }
}

fn verdict(report: &FeedbackReport) -> Verdict {
    let word = report.verdict.word;
    let tone = match word {
        "reinforcing" | "too little to judge" => Tone::Warning,
        "no reinforcement shown" => Tone::Good,
        _ => Tone::Neutral,
    };
    let (first, rest) = word.split_at(1);
    Verdict {
        tone,
        word: first.to_uppercase() + rest,
        sentence: format!("By this log, {}.", report.verdict.because),
    }
}

fn facts(report: &FeedbackReport) -> Vec<Fact> {
    vec![
        Fact::new("Windows", Value::Count(report.num_windows)),
        Fact::new("Hours of a window", Value::Real(report.window_hours)),
        Fact::new("Films looked at in each", Value::Count(report.top_k as u64)),
        Fact::new(
            "Windows compared",
            Value::Count(report.popularity_reinforcement.window_results.len() as u64),
        ),
        Fact::new("Films shown, mean", Value::in_unit(Unit::Real, report.mean_unique_recs, "none")),
        Fact::new(
            "Gini of showing, mean",
            Value::in_unit(Unit::Real, report.mean_gini_recs, "none"),
        ),
        Fact::new("Lines", Value::Count(report.total_log_lines)),
        Fact::new("Lines that are no event", Value::Count(report.refused_lines)),
        Fact::new("Events left out as too late", Value::Count(report.late_events)),
    ]
}

fn effects(report: &FeedbackReport) -> Block {
    let group = |name: &str, value: Option<f64>, interval: Option<[f64; 2]>| EstimateGroup {
        name: name.to_owned(),
        estimates: vec![Estimate { value, interval: interval.map(|[low, high]| (low, high)) }],
    };
    let delta = report.popularity_reinforcement.avg_delta_watch_share;
    Block::Estimates(Estimates {
        title: "Gain of the films shown most".to_owned(),
        caption: format!(
            "Their share of all watching in the window after less that in the window before, mean \
             over windows, with intervals of confidence {}. Films alike that were not shown take out \
             what popularity does by itself.",
            Unit::Share.exactly(report.confidence)
        ),
        category: "Compared".to_owned(),
        unit: Unit::Points,
        signed: true,
        series: vec!["gain".to_owned()],
        groups: vec![
            group(
                "beyond films alike that were not shown",
                report.control.avg_effect,
                report.control.effect_interval,
            ),
            group("by themselves", delta, report.delta_interval),
        ],
    })
}

fn trend(report: &FeedbackReport) -> Block {
    let trend = &report.concentration_trend;
    let rows = [
        ("Gini of films shown", trend.gini_shown_per_day),
        ("Gini of films watched", trend.gini_watched_per_day),
        ("Share of the ten films shown most", trend.top10_share_shown_per_day),
        ("Share of the ten films watched most", trend.top10_share_watched_per_day),
    ];
    let change = |slope: Option<f64>| {
        slope.map_or(Value::Missing("fewer than three windows".to_owned()), Value::Change)
    };
    Block::Table(Table {
        title: "Change per day".to_owned(),
        caption: "Slope of the straight line through the windows, without the last one.".to_owned(),
        columns: vec![Column::text("Of"), Column::number("Per day")],
        rows: rows
            .map(|(name, slope)| {
                vec![Cell::Value(Value::Text(name.to_owned())), Cell::Value(change(slope))]
            })
            .into(),
    })
}

/// Values by the number of their window.
type Values = Vec<(u64, Option<f64>)>;

/// The windows that are drawn.
struct Drawn {
    first: usize,
    /// Where a window stands along a chart and what is written there.
    marks: Vec<(f64, String)>,
    names: Vec<(f64, String)>,
    left_out: String,
}

impl Drawn {
    fn of(report: &FeedbackReport) -> Self {
        let count = report.window_summaries.len();
        let first = count.saturating_sub(MOST_WINDOWS);
        let windows = || report.window_summaries.iter().enumerate().skip(first);
        let step = (count - first).div_ceil(DATES).max(1);
        let left_out = match first {
            0 => String::new(),
            first => format!(" The first {first} windows are not drawn."),
        };
        Self {
            first,
            marks: windows()
                .step_by(step)
                .map(|(at, window)| (at as f64, day(window).to_owned()))
                .collect(),
            names: windows().map(|(at, window)| (at as f64, minute(window).to_owned())).collect(),
            left_out,
        }
    }

    /// A chart of values by the number of their window.
    fn chart(
        &self,
        title: &str,
        caption: &str,
        (y_name, y_unit): (&str, Unit),
        lines: Vec<(&str, Values)>,
    ) -> Block {
        let lines = lines.into_iter().map(|(name, values)| {
            let points = values.into_iter().filter(|&(at, _)| at >= self.first as u64);
            let points = points.map(|(at, value)| (at as f64, value.unwrap_or(f64::NAN)));
            Line { name: name.to_owned(), points: points.collect() }
        });
        Block::Lines(LineChart {
            title: title.to_owned(),
            caption: format!("{caption}{}", self.left_out),
            x_name: "Start of the window, UTC".to_owned(),
            x_marks: self.marks.clone(),
            x_names: self.names.clone(),
            y_name: y_name.to_owned(),
            y_unit,
            lines: lines.collect(),
            ..LineChart::default()
        })
    }

    fn gains(&self, report: &FeedbackReport) -> Block {
        let results = &report.popularity_reinforcement.window_results;
        let by_themselves =
            results.iter().map(|result| (result.window_index, result.delta_watch_share));
        let beyond =
            report.control.windows.iter().map(|window| (window.window_index, Some(window.effect)));
        self.chart(
            "Gain in each window",
            "Above 0 the films shown most were watched more after than before.",
            ("Gain of share of watching", Unit::Points),
            vec![
                ("by themselves", by_themselves.collect()),
                ("beyond films alike that were not shown", beyond.collect()),
            ],
        )
    }

    fn shares(&self, report: &FeedbackReport) -> Block {
        let results = &report.popularity_reinforcement.window_results;
        let before =
            results.iter().map(|result| (result.window_index, result.prev_watch_share_topk));
        let after =
            results.iter().map(|result| (result.window_index, result.next_watch_share_topk));
        self.chart(
            "Share of watching of the films shown most",
            "In the windows before and after the one they were shown in.",
            ("Share of watching", Unit::Share),
            vec![("window before", before.collect()), ("window after", after.collect())],
        )
    }

    fn concentration(&self, report: &FeedbackReport) -> Block {
        let values = |value: fn(&Concentration) -> Option<f64>| {
            (0..).zip(&report.concentration).map(|(at, window)| (at, value(window))).collect()
        };
        self.chart(
            "Concentration of showing and watching",
            "Gini: 0 where all films have as much, towards 1 where few have all.",
            ("Gini, or share", Unit::Real),
            vec![
                ("Gini of showing", values(|window| window.gini_shown)),
                ("Gini of watching", values(|window| window.gini_watched)),
                ("ten films shown most", values(|window| window.top10_share_shown)),
                ("ten films watched most", values(|window| window.top10_share_watched)),
            ],
        )
    }

    fn volume(&self, report: &FeedbackReport) -> Block {
        let values = |value: fn(&WindowSummary) -> u64| {
            let windows = (0..).zip(&report.window_summaries);
            windows.map(|(at, window)| (at, Some(value(window) as f64))).collect()
        };
        self.chart(
            "Films shown and minutes watched",
            "The last window may be cut short by the end of the log.",
            ("Count", Unit::Count),
            vec![
                ("films in lists", values(|window| window.rec_count)),
                ("watch lines", values(|window| window.watch_count)),
            ],
        )
    }

    fn listing(&self, report: &FeedbackReport) -> Block {
        let rows = report.window_summaries.iter().skip(self.first).map(|window| {
            [
                Value::Text(minute(window).to_owned()),
                Value::Count(window.coverage as u64),
                Value::Count(window.rec_count),
                Value::Count(window.watch_count),
                Value::Real(window.gini),
            ]
            .map(Cell::Value)
            .into()
        });
        Block::Table(Table {
            title: "Windows".to_owned(),
            caption: format!("By their start, UTC.{}", self.left_out),
            columns: vec![
                Column::text("Start"),
                Column::number("Different films shown"),
                Column::number("Films in lists"),
                Column::number("Watch lines"),
                Column::number("Gini of showing"),
            ],
            rows: rows.collect(),
        })
    }
}

/// The day a window begins, without its year, and the minute; years past 9999 as they are.
fn day(window: &WindowSummary) -> &str {
    window.start.get(5..10).unwrap_or(&window.start)
}

fn minute(window: &WindowSummary) -> &str {
    window.start.get(..16).unwrap_or(&window.start)
}
