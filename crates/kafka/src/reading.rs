//! The partitions of a snapshot, one after the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use marquee_dataset::{PartitionRange, RecordFault, RecordSource, Records};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, base_consumer::PartitionQueue},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use crate::{
    KafkaConfig, KafkaError,
    client::{Context, in_words, serve_events},
    topic::{TopicQuery, is_passing},
};

/// How long to wait for a record before asking whether to go on.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a question may take whose answer is only better to have.
const SEEK: Duration = Duration::from_secs(1);

/// How many partitions are fetched ahead of the one that is read: brokers answer for several at a
/// time, and several brokers answer at the same time.
const AHEAD: usize = 3;

/// What the partitions of a snapshot share while they are read.
pub(crate) struct Reading {
    config: KafkaConfig,
    topic: String,
    consumer: Arc<BaseConsumer<Context>>,
    ranges: Vec<PartitionRange>,
    /// The queues of the partitions that are being fetched, by their place.
    open: Mutex<BTreeMap<usize, Arc<PartitionQueue<Context>>>>,
}

/// One partition of a snapshot.
pub(crate) struct Partition {
    reading: Arc<Reading>,
    place: usize,
    range: PartitionRange,
    next: i64,
    ended: bool,
}

impl Reading {
    pub(crate) fn new(
        config: KafkaConfig,
        topic: String,
        consumer: Arc<BaseConsumer<Context>>,
        ranges: Vec<PartitionRange>,
    ) -> Self {
        Self { config, topic, consumer, ranges, open: Mutex::default() }
    }

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

    fn notice(&self, text: &str) {
        self.consumer.context().notices.say(text.to_owned());
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
    /// The partition at this place among the ranges.
    pub(crate) fn new(reading: Arc<Reading>, place: usize) -> Self {
        let range = reading.ranges[place];
        Self { reading, place, range, next: range.start, ended: false }
    }

    fn take(&mut self, offset: i64, value: Option<&[u8]>, records: &mut Records) {
        // Offsets may be missing, where the topic is compacted or written in transactions.
        if offset < self.range.end {
            records.push(offset.max(0) as u64, value);
            self.next = offset + 1;
        }
        self.ended = offset + 1 >= self.range.end;
    }

    /// Goes on where the error passes.
    fn consider(&mut self, error: ClientError) -> Result<(), KafkaError> {
        let (topic, partition) = (self.reading.topic.clone(), self.range.partition);
        match (&error, error.rdkafka_error_code()) {
            // The end of what the broker that is read from has, which may be behind the others: it
            // is looked at where nothing comes.
            (ClientError::PartitionEOF(_), _) => Ok(()),
            (_, Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset)) => {
                let held = self.reading.query().watermarks(partition)?;
                if self.next < held.start {
                    let (wanted, first_available) = (self.next, held.start);
                    return Err(KafkaError::OffsetsGone {
                        topic,
                        partition,
                        wanted,
                        first_available,
                    });
                }
                self.reading.notice("the broker does not have what comes next");
                let next = Offset::Offset(self.next);
                let sought = self.reading.consumer.seek(&topic, partition, next, SEEK);
                sought
                    .or_else(|error| if is_passing(&error) { Ok(()) } else { Err(error) })
                    .map_err(|error| {
                        let offset = self.next;
                        KafkaError::Consume { topic, partition, offset, source: error.into() }
                    })
            }
            _ if is_passing(&error) => {
                self.reading.notice(&in_words(&error));
                Ok(())
            }
            _ => {
                let offset = self.next;
                Err(KafkaError::Consume { topic, partition, offset, source: error.into() })
            }
        }
    }

    /// What to do where nothing came for a while.
    fn wait(&mut self, since: Instant) -> Result<(), RecordFault> {
        if self.reading.config.is_cancelled() {
            return Err(RecordFault::Cancelled);
        }
        serve_events(&self.reading.consumer);
        let notices = &self.reading.consumer.context().notices;
        // Behind the last record there may be marks of transactions, or what was compacted away.
        let fetched = notices.fetched(self.range.partition);
        self.ended = fetched.ended_at.is_some_and(|at| at >= self.range.end);
        let checked = notices.check().and_then(|()| {
            let patience = self.reading.config.patience();
            if self.ended || since.elapsed() < patience { Ok(()) } else { Err(self.stalled()) }
        });
        checked.map_err(|error| RecordFault::Failed(Box::new(error)))
    }

    /// Why nothing came for as long as was to be waited.
    fn stalled(&self) -> KafkaError {
        let (topic, partition) = (self.reading.topic.clone(), self.range.partition);
        let (offset, end) = (self.next, self.range.end);
        let query = TopicQuery { patience: SEEK, ..self.reading.query() };
        match query.watermarks(partition) {
            Ok(held) if held.end < end => {
                KafkaError::OffsetsAhead { topic, partition, wanted: end, end: held.end }
            }
            _ => KafkaError::Stalled {
                topic,
                partition,
                offset,
                end,
                seconds: self.reading.config.patience().as_secs(),
                last: self.reading.consumer.context().notices.last(),
            },
        }
    }
}
