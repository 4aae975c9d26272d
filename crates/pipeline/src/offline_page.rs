//! The report of an evaluation as a page.

use jiff::Timestamp;
use marquee_evaluation::{Difference, Interval, Metric, ModelEvaluation};
use marquee_pages::{
    Block, Cell, Column, Estimate, EstimateGroup, Estimates, Fact, Flag, Page, Section, Table,
    Tone, Unit, Value, Verdict,
};

use crate::OfflineReport;

/// The metric that models are ranked by: it counts where in the list a film stands.
const DECIDING: Metric = Metric::Ndcg;

impl OfflineReport {
    /// The report as a page: which model leads and by how much, every metric with its interval, the
    /// differences between models, what the lists are like, groups with their gaps, and what the
    /// numbers are made from.
    #[must_use]
    pub fn page(&self) -> Page {
        let mut sections = vec![Section {
            heading: "How well held-out films are found".to_owned(),
            blocks: (0..self.cut_offs().len()).map(|place| self.metrics(place)).collect(),
        }];
        if let Some(deepest) = self.cut_offs().len().checked_sub(1) {
            if !self.differences.is_empty() {
                sections.push(Section {
                    heading: "Which differences can be told from chance".to_owned(),
                    blocks: self.difference_blocks(deepest),
                });
            }
            sections.push(Section {
                heading: "For whom, and for which films".to_owned(),
                blocks: self.group_blocks(deepest),
            });
            sections.push(Section {
                heading: "What the lists are like".to_owned(),
                blocks: (0..=deepest).map(|place| self.lists(place)).collect(),
            });
        }
        sections.push(Section {
            heading: "What the numbers are made from".to_owned(),
            blocks: self.origin(),
        });
        Page {
            title: format!("Held-out evaluation on {}", self.data.path),
            verdict: self.verdict(),
            facts: self.facts(),
            sections,
            footer: "Written by offline-eval. Names of numbers are those of its JSON report."
                .to_owned(),
        }
    }

    fn evaluations(&self) -> impl Iterator<Item = &ModelEvaluation> {
        self.models.iter().map(|model| &model.evaluation)
    }

    fn names(&self) -> Vec<String> {
        self.evaluations().map(|evaluation| evaluation.model.clone()).collect()
    }

    fn cut_offs(&self) -> Vec<usize> {
        let first = self.models.first();
        first.iter().flat_map(|model| &model.evaluation.at).map(|at| at.k).collect()
    }

    /// Who leads by the deciding metric at the deepest cut-off, and whether that can be told from
    /// chance.
    fn verdict(&self) -> Verdict {
        let place = self.cut_offs().len().saturating_sub(1);
        let value = |model: &ModelEvaluation| {
            model.at.get(place).and_then(|at| at.metrics.get(DECIDING).mean)
        };
        let mut ranked: Vec<(&str, f64)> = self
            .evaluations()
            .filter_map(|model| value(model).map(|value| (model.model.as_str(), value)))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let metric = self.named(DECIDING, place);
        match ranked[..] {
            [] => Verdict {
                tone: Tone::Warning,
                word: "Nothing to test".to_owned(),
                sentence: match self.notes.iter().find(|note| note.contains("nothing to test")) {
                    Some(note) => sentence(note),
                    None => "No model has a score.".to_owned(),
                },
            },
            [(name, score)] => Verdict {
                tone: Tone::Neutral,
                word: format!("{metric} of {score:.3}"),
                sentence: format!(
                    "{name} was evaluated alone{}; name another model to compare it with.",
                    self.interval_of(name, place)
                ),
            },
            [(first, _), (second, _), ..] => self.leader(first, second, place),
        }
    }

    fn interval_of(&self, name: &str, place: usize) -> String {
        let model = self.evaluations().find(|evaluation| evaluation.model == name);
        let interval = model.map(|model| *model.at[place].metrics.get(DECIDING));
        match interval.and_then(|interval| interval.low.zip(interval.high)) {
            Some((low, high)) => format!(" ({low:.3} to {high:.3})"),
            None => String::new(),
        }
    }

    fn leader(&self, first: &str, second: &str, place: usize) -> Verdict {
        let metric = self.named(DECIDING, place);
        let found = self.between(first, second, place);
        let by = found.difference.unwrap_or_default();
        let (Some(low), Some(high)) = (found.low, found.high) else {
            return Verdict {
                tone: Tone::Neutral,
                word: format!("{first} is ahead"),
                sentence: format!(
                    "By {by:.3} {metric} of {second}; without draws nothing says how surely."
                ),
            };
        };
        let p = found.p_value.map_or(String::new(), |p| format!(", p = {p:.3}"));
        let level = 100.0 * self.bootstrap.level;
        if self.tells(&found) {
            Verdict {
                tone: Tone::Good,
                word: format!("{first} leads"),
                sentence: format!(
                    "Its {metric} lies {by:.3} above that of {second}, the next \
                     ({level:.0} % interval {low:.3} to {high:.3}{p})."
                ),
            }
        } else {
            Verdict {
                tone: Tone::Warning,
                word: "No clear leader".to_owned(),
                sentence: format!(
                    "{first} is ahead of {second} by {by:.3} {metric}, which is not told from \
                     chance ({level:.0} % interval {low:.3} to {high:.3}{p})."
                ),
            }
        }
    }

    /// Whether a difference is told from chance, by its interval and its p-value: where few users
    /// differ, one of them alone says so too soon.
    fn tells(&self, found: &Difference) -> bool {
        let clear =
            found.low.is_some_and(|low| low > 0.0) || found.high.is_some_and(|high| high < 0.0);
        clear && found.p_value.is_some_and(|p| p <= 1.0 - self.bootstrap.level)
    }

    /// The deciding metric of one model minus that of another.
    fn between(&self, model: &str, baseline: &str, place: usize) -> Difference {
        let pair = |a: &str, b: &str| {
            let pair = self.differences.iter().find(|pair| pair.model == a && pair.baseline == b);
            pair.map(|pair| *pair.at[place].metrics.get(DECIDING))
        };
        let turned = |found: Difference| Difference {
            difference: found.difference.map(|value| -value),
            low: found.high.map(|value| -value),
            high: found.low.map(|value| -value),
            p_value: found.p_value,
        };
        pair(model, baseline).or_else(|| pair(baseline, model).map(turned)).unwrap_or_default()
    }

    fn named(&self, metric: Metric, place: usize) -> String {
        let k = self.cut_offs().get(place).copied().unwrap_or_default();
        format!("{}@{k}", title_of(metric))
    }

    fn facts(&self) -> Vec<Fact> {
        let split = &self.split;
        let count = |name: &str, value: usize| Fact::new(name, Value::Count(value as u64));
        let mut facts = vec![
            count("Users asked for", split.evaluated_users),
            count("Held-out films", split.holdout_interactions),
            count("Held out, in no training row", split.unknown_film_interactions),
            count("Rows of training", split.train_interactions),
            count("Films of training", split.train_films),
            count("Users left out", split.left_out_users),
        ];
        let rule = match (split.holdout_per_user, split.boundary) {
            (Some(1), _) => "each user's last film".to_owned(),
            (Some(films), _) => format!("each user's last {films} films"),
            (None, Some(boundary)) => match Timestamp::from_second(boundary) {
                Ok(time) => format!("from {}", time.strftime("%Y-%m-%d %H:%M UTC")),
                Err(_) => format!("from second {boundary}"),
            },
            (None, None) => split.rule.to_owned(),
        };
        facts.push(Fact::new("Held out", Value::Text(rule)));
        facts
    }

    fn metrics(&self, place: usize) -> Block {
        let groups = Metric::ALL.map(|metric| EstimateGroup {
            name: self.named(metric, place),
            estimates: self
                .evaluations()
                .map(|model| estimate(model.at[place].metrics.get(metric)))
                .collect(),
        });
        Block::Estimates(Estimates {
            title: format!("The first {} films", self.cut_offs()[place]),
            caption: format!(
                "Means over all users with {:.0} % intervals; who got no list counts as a miss.",
                100.0 * self.bootstrap.level
            ),
            category: "Metric".to_owned(),
            series: self.names(),
            groups: groups.to_vec(),
            ..Estimates::default()
        })
    }

    fn difference_blocks(&self, deepest: usize) -> Vec<Block> {
        let chart = |metric: Metric| {
            let groups = self.differences.iter().map(|pair| {
                let found = pair.at[deepest].metrics.get(metric);
                EstimateGroup {
                    name: format!("{} minus {}", pair.model, pair.baseline),
                    estimates: vec![Estimate {
                        value: found.difference,
                        interval: found.low.zip(found.high),
                    }],
                }
            });
            Block::Estimates(Estimates {
                title: format!("Differences in {}", self.named(metric, deepest)),
                caption: "Over the same users; told from chance where the interval is clear of 0 \
                          and p is small enough."
                    .to_owned(),
                category: "Models".to_owned(),
                signed: true,
                series: vec!["difference".to_owned()],
                groups: groups.collect(),
                ..Estimates::default()
            })
        };
        vec![chart(DECIDING), chart(Metric::Hit), self.difference_table(deepest)]
    }

    fn difference_table(&self, deepest: usize) -> Block {
        let mut rows = Vec::new();
        for pair in &self.differences {
            for metric in Metric::ALL {
                let found = pair.at[deepest].metrics.get(metric);
                let mut row = vec![
                    text(format!("{} minus {}", pair.model, pair.baseline)),
                    text(self.named(metric, deepest)),
                ];
                row.extend([found.difference, found.low, found.high].map(change));
                row.push(real(found.p_value));
                row.push(Cell::Flag(self.judged(found)));
                rows.push(row);
            }
        }
        let numbers = ["Difference", "From", "To", "p"].map(Column::number);
        let mut columns = vec![Column::text("Models"), Column::text("Metric")];
        columns.extend(numbers);
        columns.push(Column::text("Says"));
        Block::Table(Table {
            title: "Every metric".to_owned(),
            caption: format!(
                "p is that of the paired randomization test. Of {} differences a few look clear by \
                 chance alone.",
                rows.len()
            ),
            columns,
            rows,
        })
    }

    /// What is to be made of a difference.
    fn judged(&self, found: &Difference) -> Flag {
        match found.difference {
            Some(difference) if self.tells(found) && difference > 0.0 => {
                Flag::new(Tone::Good, "more")
            }
            Some(_) if self.tells(found) => Flag::new(Tone::Bad, "less"),
            Some(_) if found.low.is_some() => Flag::new(Tone::Neutral, "unclear"),
            _ => Flag::new(Tone::Neutral, "no interval"),
        }
    }

    fn lists(&self, place: usize) -> Block {
        let group = |name: &str, of: fn(&marquee_evaluation::AtCutOff) -> Interval| EstimateGroup {
            name: name.to_owned(),
            estimates: self.evaluations().map(|model| estimate(&of(&model.at[place]))).collect(),
        };
        Block::Estimates(Estimates {
            title: format!("Lists of {} films", self.cut_offs()[place]),
            caption: "Coverage: films that anybody is shown. Novelty: share of users who have not \
                      seen a film. Diversity: genres that two films of a list do not share. \
                      Exposure Gini: 0 where all films are shown alike, towards 1 where few are."
                .to_owned(),
            category: "Quality".to_owned(),
            series: self.names(),
            groups: vec![
                group("coverage", |at| at.coverage),
                group("novelty", |at| at.novelty),
                group("diversity", |at| at.diversity),
                group("exposure Gini", |at| at.exposure_gini),
            ],
            ..Estimates::default()
        })
    }

    fn group_blocks(&self, deepest: usize) -> Vec<Block> {
        let Some(first) = self.models.first() else { return Vec::new() };
        let groupings = first.evaluation.groups.iter().enumerate();
        let mut blocks: Vec<Block> = groupings
            .filter(|(_, grouped)| !grouped.groups.is_empty())
            .map(|(place, grouped)| {
                let groups = grouped.groups.iter().enumerate().map(|(group, named)| {
                    let of = |model: &ModelEvaluation| {
                        let at = &model.groups[place].groups[group].at[deepest];
                        estimate(at.metrics.get(DECIDING))
                    };
                    EstimateGroup {
                        name: format!("{}: {} users", named.name, Value::Count(named.users as u64)),
                        estimates: self.evaluations().map(of).collect(),
                    }
                });
                Block::Estimates(Estimates {
                    title: format!("{} by {}", self.named(DECIDING, deepest), grouped.by),
                    category: "Group".to_owned(),
                    series: self.names(),
                    groups: groups.collect(),
                    ..Estimates::default()
                })
            })
            .collect();
        blocks.push(self.gap_table(deepest));
        blocks
    }

    fn gap_table(&self, deepest: usize) -> Block {
        let mut rows = Vec::new();
        for model in self.evaluations() {
            for grouped in &model.groups {
                for gaps in grouped.gaps.get(deepest).into_iter() {
                    for metric in [Metric::Hit, DECIDING] {
                        let gap = gaps.metrics.get(metric);
                        rows.push(vec![
                            text(grouped.by.clone()),
                            text(model.model.clone()),
                            text(self.named(metric, deepest)),
                            real(Some(gap.difference)),
                            real(gap.low),
                            real(gap.high),
                            text(gap.best.clone()),
                            text(gap.worst.clone()),
                        ]);
                    }
                }
            }
        }
        let mut columns = ["Division", "Model", "Metric"].map(Column::text).to_vec();
        columns.extend(["Gap", "From", "To"].map(Column::number));
        columns.extend(["Best", "Worst"].map(Column::text));
        Block::Table(Table {
            title: "Gaps between groups".to_owned(),
            caption: format!(
                "The best group minus the worst, of those with {} users or more.",
                marquee_evaluation::MIN_GROUP_USERS
            ),
            columns,
            rows,
        })
    }

    fn origin(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> =
            self.notes.iter().map(|note| Block::Paragraph(sentence(note))).collect();
        let rows = self.models.iter().map(|model| {
            let settings = model.hyperparameters.iter();
            let settings: Vec<String> =
                settings.map(|(name, value)| format!("{name} {value}")).collect();
            let or = |value: &Option<String>, other: &str| {
                text(value.clone().unwrap_or_else(|| other.to_owned()))
            };
            vec![
                text(model.evaluation.model.clone()),
                or(&model.artifact_dir, "trained on the training part"),
                or(&model.model_version, "–"),
                text(settings.join(", ")),
                Cell::Value(Value::Count(model.evaluation.users_without_recommendations as u64)),
            ]
        });
        let mut columns = ["Model", "From", "Version", "Settings"].map(Column::text).to_vec();
        columns.push(Column::number("Users without a list"));
        blocks.push(Block::Table(Table {
            title: "Models".to_owned(),
            caption: format!(
                "Data: {} rows, SHA-256 {}. Intervals: {} resamples of users, seed {}.",
                Value::Count(self.data.rows as u64),
                self.data.sha256,
                Value::Count(self.bootstrap.draws as u64),
                self.bootstrap.seed
            ),
            columns,
            rows: rows.collect(),
        }));
        blocks
    }
}

fn estimate(interval: &Interval) -> Estimate {
    Estimate { value: interval.mean, interval: interval.low.zip(interval.high) }
}

fn title_of(metric: Metric) -> &'static str {
    match metric {
        Metric::Hit => "Hit",
        Metric::Precision => "Precision",
        Metric::Recall => "Recall",
        Metric::Ndcg => "NDCG",
        Metric::Mrr => "MRR",
        Metric::Map => "MAP",
    }
}

fn text(text: String) -> Cell {
    Cell::Value(Value::Text(text))
}

fn real(number: Option<f64>) -> Cell {
    Cell::Value(Value::in_unit(Unit::Real, number, ""))
}

fn change(number: Option<f64>) -> Cell {
    Cell::Value(number.map_or(Value::Missing(String::new()), Value::Change))
}

/// A note as a sentence.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}
