//! The four properties of models as a page.

use marquee_pages::{
    BarChart, BarSeries, Block, Cell, Column, Estimate, EstimateGroup, Estimates, Fact, Page,
    Section, Table, Tone, Unit, Value, Verdict,
};

use crate::{InferenceCost, ModelProperties, PropertiesReport};

impl PropertiesReport {
    /// The report as a page: what the model is worth and costs, beside the others.
    #[must_use]
    pub fn page(&self) -> Page {
        let model = &self.model;
        Page {
            title: format!("{} in {}", model.model_version, model.artifact_dir),
            verdict: self.verdict(),
            facts: facts(model),
            sections: vec![
                Section {
                    heading: "What it is worth".to_owned(),
                    blocks: vec![self.accuracy(), self.leaky()],
                },
                Section {
                    heading: "What it costs".to_owned(),
                    blocks: vec![self.latency(), self.numbers()],
                },
                Section {
                    heading: "What to know".to_owned(),
                    blocks: match self.notes() {
                        notes if notes.is_empty() => {
                            vec![Block::Paragraph("Nothing of note.".to_owned())]
                        }
                        notes => notes.into_iter().map(Block::Paragraph).collect(),
                    },
                },
            ],
            footer: "Written by als-eval or popgen-eval.".to_owned(),
        }
    }

    fn models(&self) -> impl Iterator<Item = &ModelProperties> {
        std::iter::once(&self.model).chain(&self.compared)
    }

    fn names(&self) -> Vec<String> {
        self.models().map(|model| model.model_version.clone()).collect()
    }

    /// The accuracy beside the best of the others. Intervals of single models overlap more often
    /// than those of a difference would, so that they name no leader.
    fn verdict(&self) -> Verdict {
        let Some(hit) = self.model.hit.mean else {
            return Verdict {
                tone: Tone::Warning,
                word: "Nothing to test".to_owned(),
                sentence: "No user has two films, so none could be held out.".to_owned(),
            };
        };
        let interval = match (self.model.hit.low, self.model.hit.high) {
            (Some(low), Some(high)) => format!(" ({low:.3} to {high:.3})"),
            _ => String::new(),
        };
        let others = self
            .compared
            .iter()
            .filter_map(|model| model.hit.mean.map(|hit| (model.model_version.as_str(), hit)));
        let beside = match others.max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((name, best)) => format!(
                "; the best of the others, {name}, finds {best:.3}. Whether they differ beyond \
                 chance is what offline-eval tells."
            ),
            None => ".".to_owned(),
        };
        Verdict {
            tone: Tone::Neutral,
            word: format!("Hit@20 of {hit:.3}"),
            sentence: format!(
                "With these parameters {hit:.3} of held-out films{interval} are among the first \
                 20{beside}"
            ),
        }
    }

    fn accuracy(&self) -> Block {
        let group = |name: &str, of: fn(&ModelProperties) -> marquee_evaluation::Interval| {
            let estimates = self.models().map(of);
            EstimateGroup {
                name: name.to_owned(),
                estimates: estimates
                    .map(|found| Estimate {
                        value: found.mean,
                        interval: found.low.zip(found.high),
                    })
                    .collect(),
            }
        };
        Block::Estimates(Estimates {
            title: "Held-out accuracy".to_owned(),
            caption: "Each user's last film, by a model of the same parameters that was trained \
                      without it."
                .to_owned(),
            category: "Metric".to_owned(),
            series: self.names(),
            groups: vec![group("Hit@20", |model| model.hit), group("NDCG@20", |model| model.ndcg)],
            ..Estimates::default()
        })
    }

    fn leaky(&self) -> Block {
        Block::Bars(BarChart {
            title: "leaky_hit@20".to_owned(),
            caption: "The same film, asked of the model that was trained on it, seen films not \
                      left out: no measure of worth, for comparison with systems that report it."
                .to_owned(),
            category: "Model".to_owned(),
            categories: self.names(),
            series: vec![BarSeries {
                name: "leaky_hit@20".to_owned(),
                values: self.models().map(|model| model.leaky_hit).collect(),
            }],
            ..BarChart::default()
        })
    }

    fn latency(&self) -> Block {
        let series = |name: &str, of: fn(&InferenceCost) -> f64| BarSeries {
            name: name.to_owned(),
            values: self.models().map(|model| model.inference.as_ref().map(of)).collect(),
        };
        Block::Bars(BarChart {
            title: "Milliseconds for a list of 20".to_owned(),
            caption: "One request after another on one thread.".to_owned(),
            category: "Model".to_owned(),
            categories: self.names(),
            series: vec![
                series("median", |cost| cost.p50_ms),
                series("p95", |cost| cost.p95_ms),
                series("p99", |cost| cost.p99_ms),
            ],
            ..BarChart::default()
        })
    }

    fn numbers(&self) -> Block {
        let real = |number: Option<f64>| Cell::Value(Value::in_unit(Unit::Real, number, ""));
        let rows = self.models().map(|model| {
            let cost = model.inference.as_ref();
            vec![
                Cell::Value(Value::Text(model.model_version.clone())),
                Cell::Value(Value::Text(model.model_family.clone())),
                Cell::Value(Value::Text(model.artifact_dir.clone())),
                real(cost.map(|cost| cost.throughput_qps)),
                real(Some(model.artifacts_mib())),
                real(Some(model.training.wall_seconds)),
                real(Some(model.training.cpu_seconds)),
                real(Some(model.training.peak_mib())),
            ]
        });
        let mut columns = ["Version", "Family", "Folder"].map(Column::text).to_vec();
        columns.extend(
            ["Answers/s", "Files, MiB", "Training, s", "CPU, s", "Peak, MiB"].map(Column::number),
        );
        Block::Table(Table {
            title: "Inference, size and training".to_owned(),
            caption: "Training as the manifests tell it.".to_owned(),
            columns,
            rows: rows.collect(),
        })
    }
}

fn facts(model: &ModelProperties) -> Vec<Fact> {
    let milliseconds = |of: fn(&InferenceCost) -> f64| {
        let number = model.inference.as_ref().map(of);
        Value::in_unit(Unit::Real, number, "nobody was asked for")
    };
    vec![
        Fact::new("Users asked for", Value::Count(model.evaluated_users as u64)),
        Fact::new("Average, ms", milliseconds(|cost| cost.average_ms)),
        Fact::new("p95, ms", milliseconds(|cost| cost.p95_ms)),
        Fact::new("Files, MiB", Value::Real(model.artifacts_mib())),
        Fact::new("Training, s", Value::Real(model.training.wall_seconds)),
        Fact::new("Training peak, MiB", Value::Real(model.training.peak_mib())),
    ]
}
