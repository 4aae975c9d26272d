use std::{io, path::PathBuf};

use rdkafka::error::KafkaError as ClientError;
use thiserror::Error;

/// Why a topic cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KafkaError {
    /// A file cannot be read; the source names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A property cannot be set. Its value, which may be a secret, is not told.
    #[error("the Kafka property {name:?} cannot be used: {problem}")]
    Property {
        /// The property's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of a property file is no property.
    #[error("{}, line {line}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: Box<Self>,
    },
    /// librdkafka cannot start with its configuration.
    #[error("cannot set up the Kafka client")]
    Client(#[source] Box<ClientError>),
    /// The brokers refuse this client: wrong credentials, or none.
    #[error("the brokers refuse this client: {reason}")]
    Refused {
        /// What they said.
        reason: String,
    },
    /// It was asked to stop while brokers were waited for.
    #[error("stopped while waiting for brokers; nothing was written")]
    Cancelled,
    /// No broker answered for as long as was to be waited.
    #[error(
        "no answer from {brokers} within {seconds} s; check --brokers and that a broker runs there \
         (last: {last})"
    )]
    Unreachable {
        /// The addresses.
        brokers: String,
        /// How long was waited.
        seconds: u64,
        /// The last thing librdkafka said.
        last: String,
    },
    /// There is no such topic.
    #[error("the topic {topic:?} does not exist on {brokers}; check --topic")]
    UnknownTopic {
        /// The topic.
        topic: String,
        /// Where it was looked for.
        brokers: String,
    },
    /// A name that no topic can have.
    #[error(
        "{topic:?} cannot name a topic; names are 1 to 249 letters, digits, '.', '_' and '-', \
         and neither . nor .."
    )]
    TopicName {
        /// The name.
        topic: String,
    },
    /// There is no such partition.
    #[error("the topic {topic} has {partitions} partitions, and {partition} is none of them")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: i32,
        /// Number of partitions there are.
        partitions: usize,
    },
    /// Records that were to be read are no longer kept.
    #[error(
        "{topic}/{partition}: offset {wanted} is no longer held; \
         the first that is available is {first_available}"
    )]
    OffsetsGone {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was to be read.
        wanted: i64,
        /// The first offset there is.
        first_available: i64,
    },
    /// Records that were to be read are not there yet, or the topic was made anew.
    #[error(
        "{topic}/{partition}: offset {wanted} lies beyond its end, {end}; \
         is it another topic of that name?"
    )]
    OffsetsAhead {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was to be read.
        wanted: i64,
        /// The end of the partition.
        end: i64,
    },
    /// A start that is none.
    #[error(
        "{start:?} is no start; write beginning, a time such as 2026-11-01T00:00:00Z, \
         or offsets as PARTITION:OFFSET,PARTITION:OFFSET"
    )]
    Start {
        /// The start as it was given.
        start: String,
    },
    /// A range of offsets that is none.
    #[error("{topic}/{partition}: {start} to {end} is no range of offsets")]
    Range {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The first offset.
        start: i64,
        /// The offset after the last.
        end: i64,
    },
    /// Brokers answered, and then said nothing for as long as was to be waited.
    #[error(
        "{topic}/{partition}: nothing came from the brokers for {seconds} s at offset {offset} of \
         {end} (last: {last}); run again when they are back"
    )]
    Stalled {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The next offset to be read.
        offset: i64,
        /// Where reading was to end.
        end: i64,
        /// How long was waited.
        seconds: u64,
        /// The last thing librdkafka said.
        last: String,
    },
    /// A broker refused, or sent what cannot be read.
    #[error("cannot read {topic}/{partition} at offset {offset}")]
    Consume {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The next offset to be read.
        offset: i64,
        /// What librdkafka said.
        #[source]
        source: Box<ClientError>,
    },
    /// The brokers cannot be asked about a topic.
    #[error("cannot ask {brokers} about the topic {topic}")]
    Ask {
        /// The addresses.
        brokers: String,
        /// The topic.
        topic: String,
        /// What librdkafka said.
        #[source]
        source: Box<ClientError>,
    },
    /// A topic cannot be made.
    #[error("cannot make the topic {topic}: {problem}")]
    CreateTopic {
        /// The topic.
        topic: String,
        /// What the broker said.
        problem: String,
    },
    /// Lines handed over were not taken by the brokers.
    #[error("{lines} lines were not taken by the topic {topic} (last: {last})")]
    NotDelivered {
        /// The topic.
        topic: String,
        /// How many.
        lines: u64,
        /// The last thing librdkafka said.
        last: String,
    },
}

impl KafkaError {
    /// That librdkafka refuses; of a property its name and the reason, not the value.
    pub(crate) fn client(source: ClientError) -> Self {
        match source {
            ClientError::ClientConfig(_, problem, name, _) => Self::Property { name, problem },
            source => Self::Client(Box::new(source)),
        }
    }
}
