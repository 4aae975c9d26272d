//! The report of an evaluation as tables for people.

use std::fmt::{self, Display, Formatter};

use marquee_evaluation::{AtCutOff, Difference, Interval, Metric};

use crate::OfflineReport;

/// Characters of a metric's name and of a value with its interval.
const NAME_WIDTH: usize = 13;
const VALUE_WIDTH: usize = 22;

impl OfflineReport {
    /// Tables for people: every model's means with their intervals at each cut-off, what its lists
    /// are like, NDCG by groups, and the differences between models.
    #[must_use]
    pub fn table(&self) -> impl Display {
        Table(self)
    }
}

struct Table<'a>(&'a OfflineReport);

impl Display for Table<'_> {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let (report, split) = (self.0, &self.0.split);
        writeln!(
            text,
            "{} users, {} held-out films ({}), {} rows of training; {:.0} % intervals of {} draws",
            split.evaluated_users,
            split.holdout_interactions,
            split.rule,
            split.train_interactions,
            100.0 * report.bootstrap.level,
            report.bootstrap.draws,
        )?;
        for note in &report.notes {
            writeln!(text, "note: {note}")?;
        }
        let places = report.models.first().map_or(0, |model| model.evaluation.at.len());
        for place in 0..places {
            self.metrics(text, place)?;
        }
        if let Some(deepest) = places.checked_sub(1) {
            self.groups(text, deepest)?;
            self.differences(text)?;
        }
        Ok(())
    }
}

impl Table<'_> {
    /// A row for each metric and a column for each model.
    fn metrics(&self, text: &mut Formatter<'_>, place: usize) -> fmt::Result {
        let Some(first) = self.0.models.first() else { return Ok(()) };
        write!(text, "\n{:<NAME_WIDTH$}", format!("k = {}", first.evaluation.at[place].k))?;
        for model in &self.0.models {
            write!(text, "  {:<VALUE_WIDTH$}", model.evaluation.model)?;
        }
        writeln!(text)?;
        for metric in Metric::ALL {
            self.row(text, metric.as_str(), place, &|at| *at.metrics.get(metric))?;
        }
        self.row(text, "coverage", place, &|at| at.coverage)?;
        self.row(text, "novelty", place, &|at| at.novelty)?;
        self.row(text, "diversity", place, &|at| at.diversity)?;
        self.row(text, "exposure gini", place, &|at| at.exposure_gini)
    }

    fn row(
        &self,
        text: &mut Formatter<'_>,
        name: &str,
        place: usize,
        of: &dyn Fn(&AtCutOff) -> Interval,
    ) -> fmt::Result {
        write!(text, "{name:<NAME_WIDTH$}")?;
        for model in &self.0.models {
            let evaluation = &model.evaluation;
            // A longer name makes its column as wide.
            let width = evaluation.model.chars().count().max(VALUE_WIDTH);
            write!(text, "  {:<width$}", interval(&of(&evaluation.at[place])))?;
        }
        writeln!(text)
    }

    fn groups(&self, text: &mut Formatter<'_>, place: usize) -> fmt::Result {
        for model in &self.0.models {
            let evaluation = &model.evaluation;
            let k = evaluation.at[place].k;
            writeln!(text, "\nndcg@{k} of {} by groups", evaluation.model)?;
            for grouped in &evaluation.groups {
                for group in &grouped.groups {
                    let ndcg = interval(&group.at[place].metrics.ndcg);
                    let (by, name, users) = (&grouped.by, &group.name, group.users);
                    writeln!(text, "  {by:<11} {name:<28} {users:>8} users  {ndcg}")?;
                }
            }
        }
        Ok(())
    }

    fn differences(&self, text: &mut Formatter<'_>) -> fmt::Result {
        for pair in &self.0.differences {
            writeln!(text, "\n{} minus {}", pair.model, pair.baseline)?;
            for at in &pair.at {
                for metric in Metric::ALL {
                    let name = format!("{}@{}", metric.as_str(), at.k);
                    writeln!(text, "  {name:<14} {}", difference(at.metrics.get(metric)))?;
                }
            }
        }
        Ok(())
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

fn interval(interval: &Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{} ({low:.4}-{high:.4})", number(interval.mean)),
        _ => number(interval.mean),
    }
}

fn difference(found: &Difference) -> String {
    let Some(difference) = found.difference else { return "-".to_owned() };
    match (found.low, found.high, found.p_value) {
        (Some(low), Some(high), Some(p)) => {
            format!("{difference:+.4} ({low:+.4} to {high:+.4}), p = {p:.4}")
        }
        _ => format!("{difference:+.4}"),
    }
}
