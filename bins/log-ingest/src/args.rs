use std::path::PathBuf;

use clap::Parser;
use marquee_cli::{BrokerTimeout, KafkaArgs};
use marquee_dataset::IngestOutputs;
use marquee_kafka::{KafkaConfig, Start};

/// Turn raw event logs, or a Kafka topic, into an interactions table (csv or Parquet).
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Event log to read, also .gz or .zst; repeat for several, `-` is standard input
    #[arg(
        long = "log",
        value_name = "FILE",
        required_unless_present = "brokers",
        conflicts_with = "brokers"
    )]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    timeout: BrokerTimeout,
    /// Topic to read, to the end it has now; that of the report for --after and --offsets
    #[arg(long, value_name = "TOPIC", requires = "brokers")]
    topic: Option<String>,
    /// Where to start: beginning, a time such as 2026-11-01T00:00:00Z, or
    /// PARTITION:OFFSET,PARTITION:OFFSET [default: beginning]
    #[arg(long, value_name = "START", requires = "topic")]
    start: Option<Start>,
    /// Start where the data set of that ingest report ends
    #[arg(long, value_name = "REPORT.json", requires = "brokers", conflicts_with = "start")]
    after: Option<PathBuf>,
    /// Make the data set of that ingest report again, from the offsets it names
    #[arg(
        long,
        value_name = "REPORT.json",
        requires = "brokers",
        conflicts_with_all = ["start", "after"]
    )]
    offsets: Option<PathBuf>,
    /// Interactions to write, .csv or .parquet
    #[arg(long, value_name = "FILE", default_value = "data/interactions.csv")]
    out: PathBuf,
    /// Single events with minutes and stars to write, .parquet
    #[arg(long, value_name = "FILE")]
    events_out: Option<PathBuf>,
    /// Refused lines to write, JSON Lines with the reason and the place of each
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What is to be done, checked.
pub(crate) struct Job {
    pub(crate) source: Source,
    pub(crate) outputs: IngestOutputs,
    pub(crate) threads: Option<usize>,
}

pub(crate) enum Source {
    Files(Vec<PathBuf>),
    Topic { config: KafkaConfig, topic: Option<String>, range: TopicRange },
}

/// Which part of a topic is read.
pub(crate) enum TopicRange {
    From(Start),
    After(PathBuf),
    Of(PathBuf),
}

impl Args {
    pub(crate) fn into_job(self) -> anyhow::Result<Job> {
        let source = match &self.kafka.brokers {
            None => Source::Files(self.logs),
            Some(brokers) => {
                let kafka = &self.kafka;
                let patience = self.timeout.broker_timeout;
                let patience = patience.unwrap_or(KafkaConfig::DEFAULT_PATIENCE);
                let config = KafkaConfig::new(brokers)
                    .with_patience(patience)
                    .with_properties(kafka.config.as_deref(), &kafka.properties)?;
                let range = match (self.after, self.offsets, self.start) {
                    (Some(report), _, _) => TopicRange::After(report),
                    (None, Some(report), _) => TopicRange::Of(report),
                    (None, None, start) => TopicRange::From(start.unwrap_or(Start::Beginning)),
                };
                let is_named = !matches!(range, TopicRange::From(_)) || self.topic.is_some();
                anyhow::ensure!(is_named, "--brokers needs --topic TOPIC, or --after or --offsets");
                Source::Topic { config, topic: self.topic, range }
            }
        };
        let outputs = IngestOutputs {
            interactions: self.out,
            events: self.events_out,
            quarantine: self.quarantine,
            report: self.report,
        };
        Ok(Job { source, outputs, threads: self.threads })
    }
}

impl Source {
    /// The files that must stay as they are. A report may take the place of the one it comes after.
    pub(crate) fn files(&self) -> &[PathBuf] {
        match self {
            Self::Files(logs) => logs,
            Self::Topic { range: TopicRange::Of(report), .. } => std::slice::from_ref(report),
            Self::Topic { .. } => &[],
        }
    }
}
