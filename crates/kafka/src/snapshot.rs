use std::{collections::BTreeMap, ops::Range, sync::Arc};

use marquee_dataset::{LogSource, PartitionRange, RecordRange};
use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use crate::{
    KafkaConfig, KafkaError, Start,
    admin::check_topic_name,
    client::Context,
    reading::{Partition, Reading},
    topic::TopicQuery,
};

/// What is to be read is there already, so a broker need not wait for more. Records are fetched ahead
/// into one queue for each partition; where a queue is full, the next fetch is put off for a
/// millisecond, not for a second. Longer queues were slower: their records fell out of the caches.
const DEFAULTS: [(&str, &str); 4] = [
    ("fetch.wait.max.ms", "10"),
    ("fetch.queue.backoff.ms", "1"),
    ("queued.min.messages", "50000"),
    ("queued.max.messages.kbytes", "32768"),
];

/// A range of offsets of every partition of a topic, fixed before the first record is read.
///
/// Records that arrive later, and partitions that are added, belong to the next snapshot. The same
/// ranges give the same records in the same order for as long as the brokers hold them: partition
/// after partition, each by offset.
pub struct Snapshot {
    config: KafkaConfig,
    topic: String,
    consumer: Arc<BaseConsumer<Context>>,
    ranges: Vec<PartitionRange>,
}

impl Snapshot {
    /// Fixes the ranges between a start and the ends that the partitions have now.
    ///
    /// # Errors
    /// [`KafkaError::UnknownTopic`]; [`KafkaError::Unreachable`] when no broker answers for as long
    /// as the configuration's patience; [`KafkaError::OffsetsGone`], [`KafkaError::OffsetsAhead`] or
    /// [`KafkaError::UnknownPartition`] for a start that the topic does not hold;
    /// [`KafkaError::Property`] for a property that does not exist, [`KafkaError::Cancelled`].
    pub fn plan(config: &KafkaConfig, topic: &str, start: &Start) -> Result<Self, KafkaError> {
        let mut snapshot = Self::connect(config, topic)?;
        let held = snapshot.held()?;
        let offsets = match start {
            Start::Beginning => BTreeMap::new(),
            Start::Offsets(offsets) => offsets.clone(),
            Start::Time(time) => {
                let partitions: Vec<i32> = held.keys().copied().collect();
                let mut found = snapshot.query().offsets_at(*time, &partitions)?;
                // Without a record of that time there is nothing to read yet.
                for (&partition, held) in &held {
                    let start = found.entry(partition).or_insert(held.end);
                    // One that came since, or is no longer held.
                    *start = (*start).clamp(held.start, held.end);
                }
                found
            }
        };
        snapshot.check_partitions(offsets.keys(), &held)?;
        for (partition, held) in held {
            let start = offsets.get(&partition).copied().unwrap_or(held.start);
            let range = PartitionRange { partition, start, end: held.end };
            snapshot.check_held(&range, &held)?;
            snapshot.ranges.push(range);
        }
        Ok(snapshot)
    }

    /// Fixes the very ranges that another snapshot had.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), [`KafkaError::OffsetsAhead`] also when a range does not end within
    /// its partition, and [`KafkaError::Range`] for one that ends before it starts.
    pub fn exactly(
        config: &KafkaConfig,
        topic: &str,
        ranges: &[PartitionRange],
    ) -> Result<Self, KafkaError> {
        let mut snapshot = Self::connect(config, topic)?;
        let held = snapshot.held()?;
        snapshot.check_partitions(ranges.iter().map(|range| &range.partition), &held)?;
        for range in ranges {
            let PartitionRange { partition, start, end } = *range;
            if start < 0 || end < start {
                return Err(KafkaError::Range { topic: topic.to_owned(), partition, start, end });
            }
            // An empty range asks for nothing that could be gone.
            if start < end {
                snapshot.check_held(range, &held[&partition])?;
            }
            snapshot.ranges.push(*range);
        }
        snapshot.ranges.sort_unstable();
        Ok(snapshot)
    }

    /// The ranges, by partition.
    #[must_use]
    pub fn ranges(&self) -> &[PartitionRange] {
        &self.ranges
    }

    /// Number of offsets in all ranges: that of the records, where none was compacted away.
    #[must_use]
    pub fn offsets(&self) -> u64 {
        self.ranges.iter().map(|range| range.end.saturating_sub(range.start).max(0) as u64).sum()
    }

    /// The partitions as sources of an ingest run, to be read one after the other.
    ///
    /// While one is read, the next ones are fetched already. The sources fail with [`KafkaError::OffsetsGone`] when
    /// retention overtakes them, and with [`KafkaError::Stalled`] when brokers say nothing for as
    /// long as the configuration's patience; until then outages are waited out.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when reading cannot be prepared.
    pub fn sources(self) -> Result<Vec<LogSource>, KafkaError> {
        self.consumer.assign(&TopicPartitionList::new()).map_err(KafkaError::client)?;
        let ranges = self.ranges.clone();
        let topic = self.topic.clone();
        let reading = Arc::new(Reading::new(self.config, self.topic, self.consumer, self.ranges));
        let source = |(place, range): (usize, PartitionRange)| {
            let PartitionRange { partition, start, end } = range;
            let source = Partition::new(Arc::clone(&reading), place);
            LogSource::from_records(
                RecordRange { topic: topic.clone(), partition, start, end },
                source,
            )
        };
        Ok(ranges.into_iter().enumerate().map(source).collect())
    }

    fn connect(config: &KafkaConfig, topic: &str) -> Result<Self, KafkaError> {
        check_topic_name(topic)?;
        let mut client = config.consumer(&DEFAULTS);
        client.set("statistics.interval.ms", "250");
        let consumer: BaseConsumer<Context> =
            client.create_with_context(Context::new(topic)).map_err(KafkaError::client)?;
        Ok(Self {
            config: config.clone(),
            topic: topic.to_owned(),
            consumer: Arc::new(consumer),
            ranges: Vec::new(),
        })
    }

    fn query(&self) -> TopicQuery<'_> {
        TopicQuery {
            consumer: &self.consumer,
            config: &self.config,
            topic: &self.topic,
            patience: self.config.patience(),
        }
    }

    /// The offsets that each partition holds.
    fn held(&self) -> Result<BTreeMap<i32, Range<i64>>, KafkaError> {
        let query = self.query();
        let partitions = query.partitions()?;
        partitions.into_iter().map(|one| Ok((one, query.watermarks(one)?))).collect()
    }

    fn check_partitions<'a>(
        &self,
        wanted: impl IntoIterator<Item = &'a i32>,
        held: &BTreeMap<i32, Range<i64>>,
    ) -> Result<(), KafkaError> {
        match wanted.into_iter().find(|partition| !held.contains_key(partition)) {
            None => Ok(()),
            Some(&partition) => Err(KafkaError::UnknownPartition {
                topic: self.topic.clone(),
                partition,
                partitions: held.len(),
            }),
        }
    }

    fn check_held(&self, range: &PartitionRange, held: &Range<i64>) -> Result<(), KafkaError> {
        let (topic, partition) = (self.topic.clone(), range.partition);
        let beyond = range.start.max(range.end);
        if range.start < held.start {
            let (wanted, first_available) = (range.start, held.start);
            Err(KafkaError::OffsetsGone { topic, partition, wanted, first_available })
        } else if beyond > held.end {
            Err(KafkaError::OffsetsAhead { topic, partition, wanted: beyond, end: held.end })
        } else {
            Ok(())
        }
    }
}
