//! What moved, and the distributions.

use marquee_pages::{
    BarChart, BarSeries, Block, Line, LineChart, Mover, Movers, Shape, Unit, Value,
};

use crate::{DriftPicture, DriftReport, GenreDistribution, Metrics, SidePicture};

/// Genres that are drawn.
const MOST_GENRES: usize = 12;

/// A film or user that moved.
struct Moved {
    name: String,
    before: Option<f64>,
    after: Option<f64>,
    contribution: Option<f64>,
}

/// The films and users that moved most, or hold most of a single table.
pub(super) fn movers(report: &DriftReport) -> Vec<Block> {
    let films: Vec<Moved> = report
        .why
        .films
        .iter()
        .map(|film| Moved {
            name: film.movie_id.clone(),
            before: film.ref_share,
            after: film.cur_share,
            contribution: film.contribution,
        })
        .collect();
    let users: Vec<Moved> = report
        .why
        .users
        .iter()
        .map(|user| Moved {
            name: user.user_id.to_string(),
            before: user.ref_share,
            after: user.cur_share,
            contribution: user.contribution,
        })
        .collect();
    if report.tables.reference.is_none() {
        return vec![holders("Film", &films), holders("User", &users)];
    }
    vec![
        Block::Paragraph(format!("{} {}", summary("film", &films), summary("user", &users))),
        moved("Film", &films),
        moved("User", &users),
    ]
}

/// How much of all that moved these hold.
fn summary(what: &str, moved: &[Moved]) -> String {
    let part: f64 = moved.iter().filter_map(|moved| moved.contribution).sum();
    match moved {
        [] => format!("No {what} moved."),
        [one] => format!("One {what} holds {} of all that moved.", share_of(one)),
        moved => format!(
            "The {} {what}s below hold {} of all that moved between {what}s; the first alone {}.",
            moved.len(),
            Value::Share(part),
            share_of(&moved[0])
        ),
    }
}

fn share_of(moved: &Moved) -> Value {
    Value::in_unit(Unit::Share, moved.contribution, "no rows")
}

fn moved(what: &str, rows: &[Moved]) -> Block {
    let row = |row: &Moved| {
        let change = row.after.zip(row.before).map(|(after, before)| after - before);
        let share = |share| Value::in_unit(Unit::Share, share, "no rows");
        Mover {
            name: row.name.clone(),
            before: share(row.before),
            after: share(row.after),
            change: change.map_or(Value::Missing("no rows".to_owned()), Value::ShareChange),
            weight: change.unwrap_or(0.0),
        }
    };
    Block::Movers(Movers {
        title: format!("{what}s that moved most"),
        caption: "By share of rows.".to_owned(),
        name: what.to_owned(),
        heads: ["Reference", "Current", "Change"].map(str::to_owned),
        rows: rows.iter().map(row).collect(),
    })
}

fn holders(what: &str, rows: &[Moved]) -> Block {
    Block::Bars(BarChart {
        title: format!("{what}s with most rows"),
        caption: "Share of all rows.".to_owned(),
        category: what.to_owned(),
        categories: rows.iter().map(|row| row.name.clone()).collect(),
        ordered: false,
        unit: Unit::Share,
        series: vec![BarSeries {
            name: "share of rows".to_owned(),
            values: rows.iter().map(|row| row.after).collect(),
        }],
    })
}

/// Ratings, activity, concentration, genres and volume of both sides.
pub(super) fn distributions(report: &DriftReport, picture: &DriftPicture) -> Vec<Block> {
    let sides: Vec<(&str, &SidePicture)> = picture
        .reference
        .iter()
        .map(|side| ("reference", side))
        .chain([("current", &picture.current)])
        .collect();
    let mut blocks = vec![ratings(&sides), lorenz(&sides), activity(&sides)];
    if let Metrics::Comparison(metrics) = &report.metrics
        && let Some(distribution) = &metrics.genre_distribution
    {
        blocks.push(genres(distribution));
    }
    blocks.push(week(&sides));
    blocks
}

/// Each count as a share of all; none where there is nothing.
fn shares(counts: impl Iterator<Item = u64> + Clone) -> Vec<Option<f64>> {
    let total: u64 = counts.clone().sum();
    counts.map(|count| (total > 0).then(|| count as f64 / total as f64)).collect()
}

fn ratings(sides: &[(&str, &SidePicture)]) -> Block {
    Block::Bars(BarChart {
        title: "Ratings".to_owned(),
        caption: "Share of rows; a watch without a rating is a 1.".to_owned(),
        category: "Rating".to_owned(),
        categories: (1..=5).map(|star: u8| star.to_string()).collect(),
        ordered: true,
        unit: Unit::Share,
        series: sides
            .iter()
            .map(|(name, side)| BarSeries {
                name: (*name).to_owned(),
                values: shares(side.ratings.iter().copied()),
            })
            .collect(),
    })
}

fn activity(sides: &[(&str, &SidePicture)]) -> Block {
    let bars = sides.last().map_or(&[][..], |(_, side)| &side.activity);
    let name = |&(least, most, _): &(u64, Option<u64>, u64)| match most {
        None => format!("{least}+"),
        Some(most) if most == least => least.to_string(),
        Some(most) => format!("{least}–{most}"),
    };
    Block::Bars(BarChart {
        title: "Rows per user".to_owned(),
        caption: "Share of users.".to_owned(),
        category: "Rows".to_owned(),
        categories: bars.iter().map(name).collect(),
        ordered: true,
        unit: Unit::Share,
        series: sides
            .iter()
            .map(|(name, side)| BarSeries {
                name: (*name).to_owned(),
                values: shares(side.activity.iter().map(|bar| bar.2)),
            })
            .collect(),
    })
}

fn lorenz(sides: &[(&str, &SidePicture)]) -> Block {
    Block::Lines(LineChart {
        title: "Concentration on few films (Lorenz curve)".to_owned(),
        caption: "The further a curve sags below the diagonal, the fewer films hold the rows."
            .to_owned(),
        x_name: "Share of films, least watched first".to_owned(),
        x_unit: Unit::Share,
        y_name: "Share of rows".to_owned(),
        y_unit: Unit::Share,
        lines: sides
            .iter()
            .map(|(name, side)| Line { name: (*name).to_owned(), points: side.lorenz.clone() })
            .collect(),
        diagonal: Some("all films equal".to_owned()),
        shape: Shape::Square,
        ..LineChart::default()
    })
}

fn genres(distribution: &GenreDistribution) -> Block {
    let shown = &distribution.genres[..distribution.genres.len().min(MOST_GENRES)];
    let series = |name: &str, values: Vec<Option<f64>>| BarSeries { name: name.to_owned(), values };
    Block::Bars(BarChart {
        title: "Genres that moved most".to_owned(),
        caption: format!(
            "Share of rows by genre; {} of {} genres.",
            shown.len(),
            distribution.genres.len()
        ),
        category: "Genre".to_owned(),
        categories: shown.iter().map(|genre| genre.genre.clone()).collect(),
        ordered: false,
        unit: Unit::Share,
        series: vec![
            series("reference", shown.iter().map(|genre| genre.ref_share).collect()),
            series("current", shown.iter().map(|genre| genre.cur_share).collect()),
        ],
    })
}

/// Rows by hour of the week, as in an average week of each side.
fn week(sides: &[(&str, &SidePicture)]) -> Block {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let line = |(name, side): &(&str, &SidePicture)| {
        // Of a table shorter than a week every hour came once.
        let weeks = (side.days as f64 / 7.0).max(1.0);
        let hours = side.hours.iter().enumerate();
        Line {
            name: (*name).to_owned(),
            points: hours.map(|(hour, &rows)| (hour as f64, rows as f64 / weeks)).collect(),
        }
    };
    Block::Lines(LineChart {
        title: "Rows by hour of the week".to_owned(),
        caption: "In UTC, averaged over the weeks a table covers.".to_owned(),
        x_name: "Hour of the week".to_owned(),
        x_unit: Unit::Count,
        x_marks: days
            .iter()
            .enumerate()
            .map(|(day, name)| (24.0 * day as f64, (*name).to_owned()))
            .collect(),
        x_names: (0..168_u8)
            .map(|hour| {
                let name = format!("{} {:02}:00", days[usize::from(hour / 24)], hour % 24);
                (f64::from(hour), name)
            })
            .collect(),
        y_name: "Rows an hour".to_owned(),
        y_unit: Unit::Count,
        lines: sides.iter().map(line).collect(),
        ..LineChart::default()
    })
}
