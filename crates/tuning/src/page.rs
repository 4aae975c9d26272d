//! A study as a page.

use marquee_pages::{
    BarChart, BarSeries, Block, Cell, Column, Fact, Line, LineChart, Page, Section, Shape, Table,
    Tone, Unit, Value, Verdict,
};

use crate::{Range, Run, Study};

/// Curves that are drawn; more cannot be told apart.
const CURVES: usize = 6;
/// Rows of the leaderboard.
const ROWS: usize = 30;
/// Groups a setting's values are put into.
const GROUPS: usize = 6;

/// The page of a study: the winner on top, the curves of the best trials, scores by each setting,
/// the leaderboard. `score` is what the score is called, `flags` how the winner is written for the
/// program that uses it.
#[must_use]
pub fn page(study: &Study, title: &str, score: &str, flags: Option<&str>) -> Page {
    let seconds: f64 = study.runs.iter().map(|run| run.seconds).sum();
    Page {
        title: title.to_owned(),
        verdict: verdict(study, score),
        facts: vec![
            Fact::new("Trials", Value::Count(study.leaderboard().len() as u64)),
            Fact::new("Runs", Value::Count(study.runs.len() as u64)),
            Fact::new("Seconds of runs", Value::Real(seconds)),
            Fact::new("Seed", Value::Text(study.plan.seed.to_string())),
        ],
        sections: vec![
            Section { heading: "The winner".to_owned(), blocks: winner(flags) },
            Section { heading: "Learning curves".to_owned(), blocks: vec![curves(study, score)] },
            Section {
                heading: "What each setting does".to_owned(),
                blocks: by_setting(study, score),
            },
            Section { heading: "Leaderboard".to_owned(), blocks: vec![leaderboard(study, score)] },
        ],
        footer: "Scores are of validation rows; the test rows were not read.".to_owned(),
    }
}

fn verdict(study: &Study, score: &str) -> Verdict {
    let Some((winner, best)) = study.winner().and_then(|run| Some((run, run.score()?))) else {
        return Verdict {
            tone: Tone::Bad,
            word: "No winner".to_owned(),
            sentence: "No trial came to a score.".to_owned(),
        };
    };
    let given = study.leaderboard().into_iter().filter(|run| run.trial < study.plan.given.len());
    let given = given.filter_map(Run::score).max_by(f64::total_cmp);
    let against = match given {
        Some(given) if winner.trial < study.plan.given.len() => {
            format!("the given settings stay the best, {given:.4}")
        }
        Some(given) => format!("{best:.4} where the best given settings have {given:.4}"),
        None => format!("{best:.4}"),
    };
    let (tone, word) = if study.complete {
        (Tone::Good, format!("Trial {} wins", winner.trial))
    } else {
        (Tone::Warning, format!("Trial {} leads; the search is not complete", winner.trial))
    };
    Verdict { tone, word, sentence: format!("{score}: {against}.") }
}

fn winner(flags: Option<&str>) -> Vec<Block> {
    let text = match flags {
        Some(flags) => format!("As flags: {flags}"),
        None => "There is none.".to_owned(),
    };
    vec![Block::Paragraph(text)]
}

fn curves(study: &Study, score: &str) -> Block {
    let line = |run: &&Run| Line {
        name: format!("trial {}", run.trial),
        points: (1..).zip(&run.curve).map(|(done, score)| (f64::from(done), *score)).collect(),
    };
    Block::Lines(LineChart {
        title: format!("{score} after each iteration"),
        caption: format!("The best {CURVES} trials, the best first."),
        x_name: "Iterations".to_owned(),
        x_unit: Unit::Count,
        x_marks: Vec::new(),
        x_names: Vec::new(),
        y_name: score.to_owned(),
        y_unit: Unit::Real,
        lines: study.leaderboard().iter().take(CURVES).map(line).collect(),
        diagonal: None,
        shape: Shape::Wide,
    })
}

/// Of each setting that was searched the best and the middle score among values alike.
fn by_setting(study: &Study, score: &str) -> Vec<Block> {
    let first: Vec<&Run> = study.runs.iter().filter(|run| run.rung == 0).collect();
    let open = study.space.settings().filter(|(_, range)| range.is_open());
    open.map(|(name, range)| {
        let groups = groups(&first, name, range);
        let scores = |of: fn(&[f64]) -> Option<f64>| {
            groups.iter().map(|(_, scores)| of(scores)).collect::<Vec<_>>()
        };
        Block::Bars(BarChart {
            title: name.to_owned(),
            caption: format!(
                "{score} on the first rung: the middle of the trials of a group, and the best."
            ),
            category: name.to_owned(),
            categories: groups.iter().map(|(name, _)| name.clone()).collect(),
            ordered: true,
            unit: Unit::Real,
            series: vec![
                BarSeries { name: "median".to_owned(), values: scores(median) },
                BarSeries { name: "best".to_owned(), values: scores(greatest) },
            ],
        })
    })
    .collect()
}

/// Scores by value, or by sixths of the range.
fn groups(runs: &[&Run], name: &str, range: &Range) -> Vec<(String, Vec<f64>)> {
    let scored = || runs.iter().filter_map(|run| Some((*run.settings.get(name)?, run.score()?)));
    let place: Box<dyn Fn(f64) -> f64> = match *range {
        Range::OneOf(ref values) => {
            let mut values = values.clone();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let of = |value: f64| scored().filter(|it| it.0 == value).map(|it| it.1).collect();
            return values.iter().map(|&value| (value.to_string(), of(value))).collect();
        }
        Range::Linear { low, high } => Box::new(move |value| (value - low) / (high - low)),
        Range::Log { low, high } => {
            Box::new(move |value: f64| (value / low).ln() / (high / low).ln())
        }
    };
    let mut groups = vec![(f64::INFINITY, f64::NEG_INFINITY, Vec::new()); GROUPS];
    for (value, score) in scored() {
        // A given value may lie outside of the range.
        let group = (place(value).clamp(0.0, 1.0) * GROUPS as f64) as usize;
        let (least, most, scores) = &mut groups[group.min(GROUPS - 1)];
        (*least, *most) = (least.min(value), most.max(value));
        scores.push(score);
    }
    let named =
        |(least, most, scores): (f64, f64, Vec<f64>)| (format!("{least} to {most}"), scores);
    groups.into_iter().filter(|group| !group.2.is_empty()).map(named).collect()
}

fn median(scores: &[f64]) -> Option<f64> {
    let mut scores = scores.to_vec();
    scores.sort_by(f64::total_cmp);
    scores.get(scores.len() / 2).copied()
}

fn greatest(scores: &[f64]) -> Option<f64> {
    scores.iter().copied().max_by(f64::total_cmp)
}

fn leaderboard(study: &Study, score: &str) -> Block {
    let names: Vec<&str> = study.space.settings().map(|(name, _)| name).collect();
    let mut columns = vec![Column::text("Trial"), Column::number(score)];
    columns.push(Column::number("After iterations"));
    columns.extend(names.iter().map(|name| Column::number(name)));
    columns.push(Column::number("Seconds"));
    let row = |run: &&Run| {
        let missing = || run.failure.clone().unwrap_or_else(|| "no score".to_owned());
        let given = if run.trial < study.plan.given.len() { " (given)" } else { "" };
        let mut cells = vec![
            Value::Text(format!("{}{given}", run.trial)),
            run.score().map_or_else(|| Value::Missing(missing()), Value::Real),
            run.best_iteration()
                .map_or_else(|| Value::Missing(missing()), |done| Value::Count(done as u64)),
        ];
        cells.extend(names.iter().map(|&name| Value::Real(run.settings[name])));
        cells.push(Value::Real(run.seconds));
        cells.into_iter().map(Cell::Value).collect()
    };
    Block::Table(Table {
        title: "Trials".to_owned(),
        caption: format!("The best {ROWS}: those that ran longest first, then by score."),
        columns,
        rows: study.leaderboard().iter().take(ROWS).map(row).collect(),
    })
}
