//! Turns raw event logs, or a Kafka topic, into an interactions table.
//!
//! Prints the report as JSON. Exit codes: 0 done; 1 done, but no line was a watch or a rating, or
//! what was to be made again came out otherwise; 2 it could not run and wrote nothing.

mod args;

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use args::{Args, Job, Source, TopicRange};
use marquee_cli::{Interrupt, Outcome, TerminalProgress, check_distinct, print_json, set_threads};
use marquee_dataset::{IngestReport, LogSource, ingest};
use marquee_kafka::{Snapshot, Start};

fn main() -> ExitCode {
    marquee_cli::run(|args: Args| run(&args.into_job()?))
}

fn run(job: &Job) -> anyhow::Result<Outcome> {
    set_threads(job.threads)?;
    let inputs = job.source.files();
    let outputs = &job.outputs;
    let optional = [&outputs.events, &outputs.quarantine, &outputs.report];
    check_distinct(
        inputs.iter().filter(|log| log.as_os_str() != "-"),
        optional.into_iter().flatten().chain([&outputs.interactions]),
    )?;
    let interrupt = Interrupt::install()?;
    let (sources, made_before) = open(&job.source, &interrupt)?;
    let mut progress = TerminalProgress::new(interrupt);
    let report = ingest(sources, outputs, &mut progress).context("failed to ingest the log")?;
    progress.finish();
    print_json(&report)?;
    Ok(judge(&report, made_before.as_ref()))
}

/// The sources, and the report of the run that is to be repeated, if one is.
fn open(
    source: &Source,
    interrupt: &Interrupt,
) -> anyhow::Result<(Vec<LogSource>, Option<IngestReport>)> {
    let (config, topic, range) = match source {
        Source::Files(logs) => {
            let sources: anyhow::Result<_> = logs.iter().map(|log| open_file(log)).collect();
            return Ok((sources?, None));
        }
        Source::Topic { config, topic, range } => (config, topic.as_deref(), range),
    };
    let stop = interrupt.clone();
    let config = &config.clone().with_cancel(move || stop.is_set());
    let mut made_before = None;
    let snapshot = match range {
        TopicRange::From(start) => {
            Snapshot::plan(config, topic.context("--topic is missing")?, start)
        }
        TopicRange::After(path) => {
            let report = read_report(path, topic)?;
            let topic = report.topic.as_deref().unwrap_or_default();
            Snapshot::plan(config, topic, &Start::after(&report.partitions))
        }
        TopicRange::Of(path) => {
            let report = made_before.insert(read_report(path, topic)?);
            let topic = report.topic.as_deref().unwrap_or_default();
            Snapshot::exactly(config, topic, &report.partitions)
        }
    };
    let snapshot = snapshot.context("failed to read the topic")?;
    for range in snapshot.ranges() {
        let (partition, start, end) = (range.partition, range.start, range.end);
        tracing::info!("partition {partition}: offsets {start} to {end}");
    }
    Ok((snapshot.sources()?, made_before))
}

fn open_file(log: &Path) -> anyhow::Result<LogSource> {
    if log.as_os_str() == "-" {
        return Ok(LogSource::stdin());
    }
    LogSource::open(log).context("cannot read the log")
}

/// The report of a run that read a topic, which must be the one that is named, if one is.
fn read_report(path: &Path, topic: Option<&str>) -> anyhow::Result<IngestReport> {
    let report = IngestReport::read(path)?;
    let path = path.display();
    let Some(read) = &report.topic else {
        anyhow::bail!("{path}: that run read files, so it names no offsets of a topic");
    };
    anyhow::ensure!(
        topic.is_none_or(|topic| topic == read),
        "{path} is of the topic {read}; leave --topic out, or name that one"
    );
    Ok(report)
}

fn judge(report: &IngestReport, made_before: Option<&IngestReport>) -> Outcome {
    let offsets: i64 = report.partitions.iter().map(|range| range.end - range.start).sum();
    let missing = offsets - report.lines as i64;
    if report.topic.is_some() && missing > 0 {
        tracing::info!(
            "{missing} offsets hold no record: they were compacted away, or mark transactions"
        );
    }
    if let Some(before) = made_before {
        if before.sha256 == report.sha256 {
            tracing::info!("the table has the digest of the run before");
        } else if is_same_content(before, report) {
            // The digest of csv is not that of Parquet.
            tracing::info!(
                "the table holds what that of the run before held, and has another digest: its \
                 format or the version of the program is another"
            );
        } else {
            return Outcome::No(format!(
                "the topic no longer holds what the run before read: {} lines and {} rows then, {} \
                 and {} now",
                before.lines, before.rows, report.lines, report.rows
            ));
        }
    }
    if report.rows == 0 {
        return Outcome::No("no line was a watch or a rating: the table is empty".to_owned());
    }
    Outcome::Done
}

/// Whether two runs read the same, as far as reports tell.
fn is_same_content(one: &IngestReport, other: &IngestReport) -> bool {
    let told = |report: &IngestReport| {
        let times = (report.first_timestamp, report.last_timestamp);
        (report.lines, report.bytes, report.accepted, report.reasons.clone(), times)
    };
    told(one) == told(other)
}
