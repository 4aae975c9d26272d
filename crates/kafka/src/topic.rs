//! What the brokers say of a topic, asked until they answer or patience ends.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, KafkaResult, RDKafkaErrorCode},
    metadata::{MetadataPartition, MetadataTopic},
};

use crate::{
    KafkaConfig, KafkaError,
    client::{Context, in_words, serve_events},
};

/// How long one question may take; a broker that is back is asked anew within this time, and so long
/// nobody asks whether to go on.
const QUESTION: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(200);

/// Asks about one topic.
pub(crate) struct TopicQuery<'a> {
    pub(crate) consumer: &'a BaseConsumer<Context>,
    pub(crate) config: &'a KafkaConfig,
    pub(crate) topic: &'a str,
    /// How long to go on asking.
    pub(crate) patience: Duration,
}

impl TopicQuery<'_> {
    /// The partitions, ascending.
    pub(crate) fn partitions(&self) -> Result<Vec<i32>, KafkaError> {
        self.ask(|timeout| {
            let metadata = self.consumer.fetch_metadata(Some(self.topic), timeout)?;
            partitions_of(metadata.topics(), self.topic)
        })
    }

    /// The offsets a partition holds: from the first to the one after the last.
    pub(crate) fn watermarks(&self, partition: i32) -> Result<Range<i64>, KafkaError> {
        self.ask(|timeout| {
            let found = self.consumer.fetch_watermarks(self.topic, partition, timeout);
            let (low, high) = found.map_err(|error| match error.rdkafka_error_code() {
                // The partition is one of the topic's: it has no leader just now.
                Some(code) if is_unknown(code) => {
                    ClientError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable)
                }
                _ => error,
            })?;
            Ok(low..high)
        })
    }

    /// The first offset of each partition that is not older than a time in milliseconds; none for
    /// partitions without such a record.
    pub(crate) fn offsets_at(
        &self,
        time: i64,
        partitions: &[i32],
    ) -> Result<BTreeMap<i32, i64>, KafkaError> {
        self.ask(|timeout| {
            let mut wanted = TopicPartitionList::new();
            for &partition in partitions {
                wanted.add_partition_offset(self.topic, partition, Offset::Offset(time))?;
            }
            let found = self.consumer.offsets_for_times(wanted, timeout)?;
            found
                .elements()
                .into_iter()
                .filter_map(|element| {
                    let partition = element.partition();
                    match (element.error(), element.offset()) {
                        (Err(error), _) => Some(Err(error)),
                        (Ok(()), Offset::Offset(offset)) => Some(Ok((partition, offset))),
                        (Ok(()), _) => None,
                    }
                })
                .collect()
        })
    }

    /// Asks until there is an answer, a refusal that asking again does not change, or no patience.
    fn ask<T>(&self, question: impl Fn(Duration) -> KafkaResult<T>) -> Result<T, KafkaError> {
        let started = Instant::now();
        let notices = &self.consumer.context().notices;
        loop {
            let left = self.patience.saturating_sub(started.elapsed());
            let error = match question(QUESTION.min(left).max(Duration::from_millis(10))) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // Among them are those that say why there is no answer.
            serve_events(self.consumer);
            notices.check()?;
            if self.config.is_cancelled() {
                return Err(KafkaError::Cancelled);
            }
            let code = error.rdkafka_error_code();
            if code.is_some_and(is_unknown) {
                let (topic, brokers) = (self.topic.to_owned(), self.config.brokers().to_owned());
                return Err(KafkaError::UnknownTopic { topic, brokers });
            }
            if code == Some(RDKafkaErrorCode::InvalidTopic) {
                return Err(KafkaError::TopicName { topic: self.topic.to_owned() });
            }
            if !is_passing(&error) {
                let (topic, brokers) = (self.topic.to_owned(), self.config.brokers().to_owned());
                return Err(KafkaError::Ask { brokers, topic, source: error.into() });
            }
            if started.elapsed() >= self.patience {
                return Err(KafkaError::Unreachable {
                    brokers: self.config.brokers().to_owned(),
                    seconds: self.patience.as_secs(),
                    last: notices.problem().unwrap_or_else(|| in_words(&error)),
                });
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn is_unknown(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(code, UnknownPartition | UnknownTopic | UnknownTopicOrPartition)
}

/// Whether the error may be gone when the brokers are back, or have settled who leads.
pub(crate) fn is_passing(error: &ClientError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::TimedOutQueue
                | Code::WaitingForCoordinator
                | Code::WaitCache
                | Code::NetworkException
                | Code::BrokerNotAvailable
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::ReplicaNotAvailable
                | Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::PreferredLeaderNotAvailable
                | Code::FencedLeaderEpoch
                | Code::UnknownLeaderEpoch
                | Code::OffsetNotAvailable
        )
    )
}

/// The partitions of a topic in the answer about it, ascending.
pub(crate) fn partitions_of(topics: &[MetadataTopic], name: &str) -> KafkaResult<Vec<i32>> {
    let missing = ClientError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition);
    let topic = topics.iter().find(|topic| topic.name() == name).ok_or(missing)?;
    if let Some(error) = topic.error() {
        return Err(ClientError::MetadataFetch(error.into()));
    }
    let mut partitions: Vec<i32> = topic.partitions().iter().map(MetadataPartition::id).collect();
    if partitions.is_empty() {
        return Err(ClientError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable));
    }
    partitions.sort_unstable();
    Ok(partitions)
}
