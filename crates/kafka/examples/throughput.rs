//! Times a snapshot ingest of a topic beside a bare consume loop over the same records.
//!
//! `throughput BROKERS TOPIC LINES [ROUNDS]` makes the topic with three partitions and fills it with
//! as many watch and rating lines, unless it is there; then each round reads it with a loop that does
//! nothing but count, and as `log-ingest` does, to csv and to Parquet. Prints one JSON object a
//! round, in lines a second.
#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    io::{BufWriter, Write},
    time::{Duration, Instant},
};

use marquee_dataset::{IngestOutputs, NoProgress, PartitionRange, ingest};
use marquee_kafka::{KafkaConfig, LineProducer, Overflow, Snapshot, Start, create_topic};
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

/// Those of a snapshot, which make the bare loop faster too.
const PROPERTIES: [(&str, &str); 4] = [
    ("fetch.wait.max.ms", "10"),
    ("fetch.queue.backoff.ms", "1"),
    ("queued.min.messages", "50000"),
    ("queued.max.messages.kbytes", "32768"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [brokers, topic, lines, rest @ ..] = arguments.as_slice() else {
        return Err("usage: throughput BROKERS TOPIC LINES [ROUNDS]".into());
    };
    let lines: u64 = lines.parse()?;
    let rounds: u32 = rest.first().map_or(Ok(3), |rounds| rounds.parse())?;
    let config = KafkaConfig::new(brokers);
    if create_topic(&config, topic, 3)? {
        fill(&config, topic, lines)?;
    }
    let ranges = Snapshot::plan(&config, topic, &Start::Beginning)?.ranges().to_vec();
    let folder = tempfile::tempdir()?;
    for _ in 0..rounds {
        let by_default = bare(brokers, topic, &ranges, &[])?;
        let bare = bare(brokers, topic, &ranges, &PROPERTIES)?;
        let mut rates = Vec::new();
        for name in ["rows.csv", "rows.parquet"] {
            let started = Instant::now();
            let snapshot = Snapshot::exactly(&config, topic, &ranges)?;
            let interactions = folder.path().join(name);
            let outputs = IngestOutputs { interactions, ..IngestOutputs::default() };
            let report = ingest(snapshot.sources()?, &outputs, &mut NoProgress)?;
            rates.push(report.lines as f64 / started.elapsed().as_secs_f64());
        }
        let (csv, parquet) = (rates[0], rates[1]);
        println!(
            "{{\"bare_by_default\": {by_default:.0}, \"bare\": {bare:.0}, \"csv\": {csv:.0}, \"parquet\": {parquet:.0}, \
             \"csv_of_bare\": {:.3}, \"parquet_of_bare\": {:.3}}}",
            csv / bare,
            parquet / bare
        );
    }
    Ok(())
}

fn fill(config: &KafkaConfig, topic: &str, lines: u64) -> Result<(), Box<dyn Error>> {
    let mut producer = BufWriter::new(LineProducer::new(config, topic, Overflow::Wait)?);
    for number in 0..lines {
        // Spread over users and films by steps that share no factor with their number.
        let (user, film) = (number * 7_919 % 1_000_003, number * 104_729 % 27_000);
        let (minute, second) = (number / 60 % 60, number % 60);
        let time = format!("2025-10-17T01:{minute:02}:{second:02}");
        if number % 20 == 0 {
            writeln!(producer, "{time},{user},GET /rate/film+number+{film}+1995={}", 1 + film % 5)?;
        } else {
            let at = number % 120;
            writeln!(producer, "{time},{user},GET /data/m/film+number+{film}+1995/{at}.mpg")?;
        }
    }
    producer.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish()?;
    Ok(())
}

/// Lines a second of a loop that takes every record and counts it.
fn bare(
    brokers: &str,
    topic: &str,
    ranges: &[PartitionRange],
    properties: &[(&str, &str)],
) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("group.id", "bare")
        .set("enable.auto.commit", "false");
    for (name, value) in properties {
        config.set(*name, *value);
    }
    let consumer: BaseConsumer = config.create()?;
    let mut list = TopicPartitionList::new();
    let mut left = BTreeMap::new();
    for range in ranges.iter().filter(|range| range.start < range.end) {
        list.add_partition_offset(topic, range.partition, Offset::Offset(range.start))?;
        left.insert(range.partition, range.end);
    }
    consumer.assign(&list)?;
    let (mut records, mut bytes) = (0_u64, 0);
    while !left.is_empty() {
        let Some(message) = consumer.poll(Duration::from_secs(10)) else {
            return Err("nothing came for ten seconds".into());
        };
        let message = message?;
        let end = left.get(&message.partition()).copied().unwrap_or(0);
        if message.offset() < end {
            records += 1;
            bytes += message.payload_len();
        }
        if message.offset() + 1 >= end {
            left.remove(&message.partition());
        }
    }
    if bytes == 0 {
        return Err("the topic holds nothing".into());
    }
    Ok(records as f64 / started.elapsed().as_secs_f64())
}
