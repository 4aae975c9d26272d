//! What was rejected, and what the good rows look like.

use std::{collections::BTreeSet, path::Path};

use marquee_pages::{
    BarChart, BarSeries, Block, Flag, Gauge, Gauges, Limit, Line, LineChart, RawLine, RawLines,
    Side, Tone, Unit, Value,
};

use super::written;
use crate::{RejectExample, ValidationReport, Volume};

/// Examples that are shown.
const MOST_EXAMPLES: usize = 20;
/// Bins of time that are drawn as bars; more are drawn as a curve.
const MOST_BARS: i64 = 31;
/// Dates along a curve.
const DATES: i64 = 4;
/// Seconds that a curve spans below which its dates have hours.
const HOURS_BELOW: i64 = 4 * 86_400;

/// The rate against its limit, the reasons and an example of each.
pub(super) fn rejected(report: &ValidationReport) -> Vec<Block> {
    let mut blocks = vec![rate(report)];
    if report.reject_rows > 0 {
        blocks.push(reasons(report));
        blocks.push(examples(report));
    }
    blocks
}

fn rate(report: &ValidationReport) -> Block {
    let flag = match (report.reject_rate, report.passed) {
        (None, _) => Flag::new(Tone::Bad, "refused: no row"),
        (Some(_), true) => Flag::new(Tone::Good, "within the limit"),
        (Some(_), false) => Flag::new(Tone::Bad, "over the limit"),
    };
    let reason = || {
        let known = report.not_computed.get("reject_rate").cloned();
        known.unwrap_or_else(|| "the table holds no row".to_owned())
    };
    Block::Gauges(Gauges {
        title: "Reject rate".to_owned(),
        caption: String::new(),
        gauges: vec![Gauge {
            name: "Rejected rows".to_owned(),
            note: "Share of all rows.".to_owned(),
            unit: Unit::Share,
            value: report.reject_rate.ok_or_else(reason),
            before: None,
            limits: vec![Limit {
                name: "refused".to_owned(),
                value: report.max_reject_rate,
                side: Side::Above,
            }],
            range: None,
            flag,
        }],
    })
}

fn reasons(report: &ValidationReport) -> Block {
    let mut reasons: Vec<(&String, u64)> =
        report.reject_reasons.iter().map(|(reason, rows)| (reason, *rows)).collect();
    reasons.sort_by_key(|&(_, rows)| std::cmp::Reverse(rows));
    Block::Bars(BarChart {
        title: "Rejected rows by reason".to_owned(),
        caption: "A row counts for each of its reasons.".to_owned(),
        category: "Reason".to_owned(),
        categories: reasons
            .iter()
            .map(|(reason, _)| format!("{reason}: {}", super::numbers::meaning(reason)))
            .collect(),
        ordered: false,
        unit: Unit::Count,
        series: vec![BarSeries {
            name: "rows".to_owned(),
            values: reasons.iter().map(|&(_, rows)| Some(rows as f64)).collect(),
        }],
    })
}

/// The first example of each column and reason; a row with several faults is shown once.
fn examples(report: &ValidationReport) -> Block {
    let mut seen = BTreeSet::new();
    let mut lines: Vec<((&str, u64), RawLine)> = Vec::new();
    for example in &report.examples {
        if !seen.insert((&example.column, &example.reason)) {
            continue;
        }
        let fault = match &example.column {
            Some(column) => format!("{column}: {}", example.reason),
            None => example.reason.clone(),
        };
        // Parts of a folder number their rows each for itself.
        let place = (example.source.as_str(), example.line);
        if let Some((_, line)) = lines.iter_mut().find(|(known, _)| *known == place) {
            line.reasons.push(fault);
        } else if lines.len() < MOST_EXAMPLES {
            lines.push((place, raw_line(example, fault, &report.input_path)));
        }
    }
    Block::RawLines(RawLines {
        title: "An example of each fault".to_owned(),
        caption: "Characters that cannot be seen are spelt out. The report has more.".to_owned(),
        lines: lines.into_iter().map(|(_, line)| line).collect(),
    })
}

fn raw_line(example: &RejectExample, fault: String, input: &str) -> RawLine {
    let line = Value::Count(example.line);
    let file = match Path::new(&example.source).file_name() {
        Some(name) if example.source != input => format!("{}, ", name.to_string_lossy()),
        _ => String::new(),
    };
    RawLine {
        place: match example.offset {
            Some(offset) => format!("{file}line {line}, byte {}", Value::Count(offset)),
            None => format!("{file}row {line}"),
        },
        reasons: vec![fault],
        raw: example.raw.clone().into_bytes(),
    }
}

pub(super) fn ratings(report: &ValidationReport) -> Block {
    Block::Bars(BarChart {
        title: "Ratings".to_owned(),
        caption: "Good rows; a watch without a rating is a 1.".to_owned(),
        category: "Rating".to_owned(),
        categories: report.rating_counts.keys().cloned().collect(),
        ordered: true,
        unit: Unit::Count,
        series: vec![BarSeries {
            name: "rows".to_owned(),
            values: report.rating_counts.values().map(|&rows| Some(rows as f64)).collect(),
        }],
    })
}

/// Good rows over time: bars for few bins, a curve for many.
pub(super) fn volume(volume: &Volume) -> Block {
    let width = volume.bin_seconds.max(1);
    let title = match width {
        3_600 => "Rows an hour".to_owned(),
        86_400 => "Rows a day".to_owned(),
        604_800 => "Rows a week".to_owned(),
        width => format!("Rows in {} days", Value::Count(width.unsigned_abs() / 86_400)),
    };
    let (shown, left_out) = without_strays(&volume.bins, width);
    let (Some(&(first, _)), Some(&(last, _))) = (shown.first(), shown.last()) else {
        return Block::Bars(BarChart { title, ..BarChart::default() });
    };
    let caption = match left_out {
        0 => "Good rows, in UTC.".to_owned(),
        1 => "Good rows, in UTC; one that lies far off is left out.".to_owned(),
        rows => format!("Good rows, in UTC; {} that lie far off are left out.", Value::Count(rows)),
    };
    let bins = last.saturating_sub(first) / width + 1;
    if bins > MOST_BARS {
        return Block::Lines(curve(title, caption, shown, width));
    }
    let format = if width < 86_400 { "%d %H:%M" } else { "%Y-%m-%d" };
    let rows_at = |time: i64| {
        let found = shown.binary_search_by_key(&time, |bin| bin.0);
        found.map_or(0, |place| shown[place].1)
    };
    let times = || (0..bins).map(|bin| first + bin * width);
    Block::Bars(BarChart {
        title,
        caption,
        category: if width < 86_400 { "Day and hour" } else { "From" }.to_owned(),
        categories: times().map(|time| written(time, format)).collect(),
        ordered: true,
        unit: Unit::Count,
        series: vec![BarSeries {
            name: "rows".to_owned(),
            values: times().map(|time| Some(rows_at(time) as f64)).collect(),
        }],
    })
}

/// The bins without those, at most 1 % of the rows at each end, that a gap longer than all time
/// between both ends, and than ten bins, parts from the others; and how many rows that leaves out.
/// One row of the year 1970 would press all others into a line.
fn without_strays(bins: &[(i64, u64)], width: i64) -> (&[(i64, u64)], u64) {
    let total: u64 = bins.iter().map(|bin| bin.1).sum();
    let few = |bins: &mut dyn Iterator<Item = &(i64, u64)>| {
        let mut rows = 0;
        let few = bins.take_while(|bin| {
            rows += bin.1;
            rows <= total / 100
        });
        few.count()
    };
    let (early, late) = (few(&mut bins.iter()), bins.len() - few(&mut bins.iter().rev()));
    let core = &bins[early..late];
    let (Some(first), Some(last)) = (core.first(), core.last()) else { return (bins, 0) };
    let large = last.0.saturating_sub(first.0).max(width.saturating_mul(10));
    let is_gap = |place: &usize| bins[*place].0.saturating_sub(bins[*place - 1].0) > large;
    let start = (1..=early).rev().find(is_gap).unwrap_or(0);
    let end = (late..bins.len()).find(is_gap).unwrap_or(bins.len());
    let kept = &bins[start..end];
    (kept, total - kept.iter().map(|bin| bin.1).sum::<u64>())
}

/// Rows over time as a curve that falls to zero where there are none.
fn curve(title: String, caption: String, bins: &[(i64, u64)], width: i64) -> LineChart {
    let mut points: Vec<(i64, u64)> = Vec::with_capacity(bins.len());
    for &(time, rows) in bins {
        if let Some(&(before, _)) = points.last()
            && time - before > width
        {
            points.push((before + width, 0));
            if time - width > before + width {
                points.push((time - width, 0));
            }
        }
        points.push((time, rows));
    }
    let format = if width < 86_400 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    let [first, last] = [bins.first(), bins.last()].map(|bin| bin.map_or(0, |bin| bin.0));
    let dates = (0..=DATES).map(|part| first + (last - first) / DATES * part);
    // Within a few days marks would name one day twice.
    let marked = if last - first < HOURS_BELOW { "%m-%d %H:%M" } else { "%Y-%m-%d" };
    LineChart {
        title,
        caption,
        x_name: "Time".to_owned(),
        x_unit: Unit::Real,
        x_marks: dates.map(|time| (time as f64, written(time, marked))).collect(),
        x_names: points.iter().map(|&(time, _)| (time as f64, written(time, format))).collect(),
        y_name: "Rows".to_owned(),
        y_unit: Unit::Count,
        lines: vec![Line {
            name: "rows".to_owned(),
            points: points.iter().map(|&(time, rows)| (time as f64, rows as f64)).collect(),
        }],
        ..LineChart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_do_not_stretch_time() {
        let week: Vec<(i64, u64)> =
            (0..7).map(|day| (1_700_000_000 + day * 86_400, 1_000)).collect();
        assert_eq!(without_strays(&week, 86_400), (&week[..], 0));
        let mut odd = week.clone();
        odd.insert(0, (0, 60));
        odd.push((4_000_000_000, 1));
        assert_eq!(without_strays(&odd, 86_400), (&week[..], 61));
        // More than a hundredth is no stray.
        odd[0].1 = 90;
        assert_eq!(without_strays(&odd, 86_400), (&odd[..8], 1));
        assert_eq!(without_strays(&[], 86_400), (&[][..], 0));
    }

    #[test]
    fn ordinary_rows_are_not_left_out() {
        // A service that starts small: the first half of its time has a hundredth of its rows.
        let grown: Vec<(i64, u64)> =
            (0..40).map(|day| (day * 86_400, if day < 20 { 5 } else { 1_000 })).collect();
        assert_eq!(without_strays(&grown, 86_400), (&grown[..], 0));
        // One hour of very many rows, and single ones in the hours around.
        let spike: Vec<(i64, u64)> =
            (0..20).map(|hour| (hour * 3_600, if hour == 9 { 10_000 } else { 1 })).collect();
        assert_eq!(without_strays(&spike, 3_600), (&spike[..], 0));
    }

    #[test]
    fn marks_of_a_few_days_have_hours() {
        let marks = |hours: i64| {
            let bins: Vec<(i64, u64)> = (0..hours).map(|hour| (hour * 3_600, 1)).collect();
            let chart = curve(String::new(), String::new(), &bins, 3_600);
            chart.x_marks.into_iter().map(|mark| mark.1).collect::<BTreeSet<_>>()
        };
        assert!(marks(49).contains("01-01 00:00") && marks(49).len() as i64 == DATES + 1);
        assert!(marks(24 * 7).contains("1970-01-01"));
    }

    #[test]
    fn a_curve_falls_to_zero_where_there_are_no_rows() {
        let chart =
            curve(String::new(), String::new(), &[(0, 5), (86_400, 5), (864_000, 5)], 86_400);
        let rows: Vec<f64> = chart.lines[0].points.iter().map(|point| point.1).collect();
        assert_eq!(rows, [5.0, 5.0, 0.0, 0.0, 5.0]);
        assert_eq!(chart.x_names[4].1, "1970-01-11");
    }
}
