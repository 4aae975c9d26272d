use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use marquee_dataset::{LogSource, PartitionRange, RecordFault, RecordRange, RecordSource, Records};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, base_consumer::PartitionQueue},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use crate::{
    KafkaConfig, KafkaError, Start,
    admin::check_topic_name,
    client::{Context, in_words, serve_events},
    topic::{TopicQuery, is_passing},
};

/// How long to wait for a record before asking whether to go on.
const GLANCE: Duration = Duration::from_millis(100);

/// How many partitions are fetched ahead of the one that is read: brokers answer for several at a
/// time, and several brokers answer at the same time.
const AHEAD: usize = 3;

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
    /// [`KafkaError::Client`] for a property that does not exist.
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
    /// While one is read, the next is fetched already. `is_cancelled` is asked at least ten times a
    /// second where records are waited for. The sources fail with [`KafkaError::OffsetsGone`] when
    /// retention overtakes them, and with [`KafkaError::Stalled`] when brokers say nothing for as
    /// long as the configuration's patience; until then outages are waited out.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when reading cannot be prepared.
    pub fn sources(
        self,
        is_cancelled: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Vec<LogSource>, KafkaError> {
        self.consumer.assign(&TopicPartitionList::new()).map_err(KafkaError::client)?;
        let ranges = self.ranges.clone();
        let reading = Arc::new(Reading {
            config: self.config,
            topic: self.topic,
            consumer: self.consumer,
            ranges: self.ranges,
            open: Mutex::default(),
            is_cancelled: Box::new(is_cancelled),
        });
        let source = |(place, range): (usize, PartitionRange)| {
            let PartitionRange { partition, start, end } = range;
            let topic = reading.topic.clone();
            let reading = Arc::clone(&reading);
            let source = Partition { reading, place, range, next: start, ended: false };
            LogSource::from_records(RecordRange { topic, partition, start, end }, source)
        };
        Ok(ranges.into_iter().enumerate().map(source).collect())
    }

    fn connect(config: &KafkaConfig, topic: &str) -> Result<Self, KafkaError> {
        check_topic_name(topic)?;
        let client = config.consumer(&DEFAULTS);
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

/// What the partitions of a snapshot share while they are read.
struct Reading {
    config: KafkaConfig,
    topic: String,
    consumer: Arc<BaseConsumer<Context>>,
    ranges: Vec<PartitionRange>,
    /// The queues of the partitions that are being fetched, by their place.
    open: Mutex<BTreeMap<usize, Arc<PartitionQueue<Context>>>>,
    is_cancelled: Box<dyn Fn() -> bool + Send + Sync>,
}

/// One partition of a snapshot.
struct Partition {
    reading: Arc<Reading>,
    place: usize,
    range: PartitionRange,
    next: i64,
    ended: bool,
}

impl Reading {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<PartitionQueue<Context>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a partition fetched from the start of its range, if it is not yet.
    fn open(&self, place: usize) -> Result<Arc<PartitionQueue<Context>>, KafkaError> {
        let mut open = self.lock();
        if let Some(queue) = open.get(&place) {
            return Ok(Arc::clone(queue));
        }
        let range = self.ranges[place];
        // Before it is assigned: a record must not find its way into the queue of all.
        let queue = self.consumer.split_partition_queue(&self.topic, range.partition);
        let queue = Arc::new(queue.ok_or_else(|| KafkaError::UnknownPartition {
            topic: self.topic.clone(),
            partition: range.partition,
            partitions: self.ranges.len(),
        })?);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, range.partition, Offset::Offset(range.start))
            .and_then(|()| self.consumer.incremental_assign(&list))
            .map_err(KafkaError::client)?;
        open.insert(place, Arc::clone(&queue));
        Ok(queue)
    }

    /// The queue of a partition; the next ones with anything to read are fetched from now on.
    fn open_with_next(&self, place: usize) -> Result<Arc<PartitionQueue<Context>>, KafkaError> {
        let queue = self.open(place)?;
        let rest = self.ranges.iter().enumerate().skip(place + 1);
        for (next, _) in rest.filter(|(_, range)| range.start < range.end).take(AHEAD) {
            self.open(next)?;
        }
        Ok(queue)
    }

    fn close(&self, place: usize) {
        if self.lock().remove(&place).is_some() {
            let mut list = TopicPartitionList::new();
            list.add_partition(&self.topic, self.ranges[place].partition);
            // A partition that stays assigned costs memory and nothing else.
            if let Err(error) = self.consumer.incremental_unassign(&list) {
                tracing::debug!(%error, "kafka: a partition that was read stays assigned");
            }
        }
    }

    fn query(&self) -> TopicQuery<'_> {
        TopicQuery {
            consumer: &self.consumer,
            config: &self.config,
            topic: &self.topic,
            patience: self.config.patience(),
        }
    }
}

impl RecordSource for Partition {
    fn fill(&mut self, records: &mut Records) -> Result<(), RecordFault> {
        if self.ended || self.next >= self.range.end {
            return Ok(());
        }
        let failed = |error: KafkaError| RecordFault::Failed(Box::new(error));
        let queue = self.reading.open_with_next(self.place).map_err(failed)?;
        serve_events(&self.reading.consumer);
        // Asked of the clock only where nothing comes: records come by the million.
        let mut waiting_since = None;
        while !records.is_full() && !self.ended {
            // A poll that may wait asks the clock several times, one that may not, hardly.
            match queue.poll(Duration::ZERO).or_else(|| queue.poll(GLANCE)) {
                Some(Ok(message)) => {
                    waiting_since = None;
                    self.take(message.offset(), message.payload(), records);
                }
                Some(Err(error)) => self.consider(error).map_err(failed)?,
                None => self.wait(*waiting_since.get_or_insert_with(Instant::now))?,
            }
        }
        if self.ended {
            drop(queue);
            self.reading.close(self.place);
        }
        Ok(())
    }
}

impl Partition {
    fn take(&mut self, offset: i64, value: Option<&[u8]>, records: &mut Records) {
        // Offsets may be missing, where the topic is compacted or written in transactions.
        if offset < self.range.end {
            records.push(offset.max(0) as u64, value);
            self.next = offset + 1;
        }
        self.ended = offset + 1 >= self.range.end;
    }

    /// Goes on where the error passes, and ends where it says that nothing more comes.
    fn consider(&mut self, error: ClientError) -> Result<(), KafkaError> {
        let (topic, partition) = (self.reading.topic.clone(), self.range.partition);
        let (offset, wanted) = (self.next, self.next);
        match (&error, error.rdkafka_error_code()) {
            (ClientError::PartitionEOF(_), _) => {
                let end = self.reading.query().watermarks(partition)?.end;
                if end < self.range.end {
                    let wanted = self.range.end;
                    return Err(KafkaError::OffsetsAhead { topic, partition, wanted, end });
                }
                // What is left are marks of transactions, or was compacted away.
                self.ended = true;
                Ok(())
            }
            (_, Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset)) => {
                let held = self.reading.query().watermarks(partition)?;
                if wanted < held.start {
                    let first_available = held.start;
                    return Err(KafkaError::OffsetsGone {
                        topic,
                        partition,
                        wanted,
                        first_available,
                    });
                }
                Err(KafkaError::OffsetsAhead { topic, partition, wanted, end: held.end })
            }
            _ if is_passing(&error) => {
                self.reading.consumer.context().notices.say(in_words(&error));
                Ok(())
            }
            _ => Err(KafkaError::Consume { topic, partition, offset, source: error.into() }),
        }
    }

    fn wait(&self, since: Instant) -> Result<(), RecordFault> {
        let reading = &self.reading;
        if (reading.is_cancelled)() {
            return Err(RecordFault::Cancelled);
        }
        serve_events(&reading.consumer);
        let notices = &reading.consumer.context().notices;
        let checked = notices.check().and_then(|()| {
            if since.elapsed() < reading.config.patience() {
                return Ok(());
            }
            Err(KafkaError::Stalled {
                topic: reading.topic.clone(),
                partition: self.range.partition,
                offset: self.next,
                end: self.range.end,
                seconds: reading.config.patience().as_secs(),
                last: notices.last(),
            })
        });
        checked.map_err(|error| RecordFault::Failed(Box::new(error)))
    }
}
