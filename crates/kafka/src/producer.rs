use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer},
};

use crate::{
    KafkaConfig, KafkaError,
    admin::check_topic_name,
    client::{Notices, in_words, log},
};

/// With idempotence a line whose acknowledgement is lost is not written twice, and order is kept.
const DEFAULTS: [(&str, &str); 5] = [
    ("client.id", "marquee"),
    ("enable.idempotence", "true"),
    ("queue.buffering.max.messages", "100000"),
    ("queue.buffering.max.kbytes", "65536"),
    ("reconnect.backoff.max.ms", "1000"),
];

/// Lines that wait when a producer is dropped are waited for so long, and then given up.
const LAST_LINES: Duration = Duration::from_secs(2);

/// What happens to a line when brokers take lines more slowly than they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// The writer waits, for as long as the configuration's patience while no line is taken; then
    /// writing fails.
    Wait,
    /// The line is dropped and counted.
    Drop,
}

/// Writes lines of the event log to a topic, each as a record.
///
/// The key is the line's second field, the user, so that the brokers keep what one user does in
/// order. Lines wait in a queue of 100,000 lines or 64 MiB, whichever is reached first, until a
/// broker has them; the properties `queue.buffering.max.messages` and `queue.buffering.max.kbytes`
/// set other bounds.
pub struct LineProducer {
    producer: ThreadedProducer<Deliveries>,
    topic: String,
    overflow: Overflow,
    patience: Duration,
    /// The start of a line whose end is still to come.
    rest: Vec<u8>,
}

/// Counts what became of lines; may be kept and read while they are written.
#[derive(Debug, Clone, Default)]
pub struct ProducerCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    delivered: AtomicU64,
    dropped: AtomicU64,
}

impl ProducerCounts {
    /// Lines that brokers have taken.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.0.delivered.load(Ordering::Relaxed)
    }

    /// Lines that were dropped: because the queue was full, or no broker took them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

struct Deliveries {
    counts: ProducerCounts,
    notices: Notices,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
        self.notices.say(reason.to_owned());
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => drop(self.counts.0.delivered.fetch_add(1, Ordering::Relaxed)),
            Err((error, _)) => {
                self.notices.say(in_words(error));
                self.counts.0.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl LineProducer {
    /// A producer to a topic; asks no broker yet.
    ///
    /// # Errors
    /// [`KafkaError::TopicName`], and [`KafkaError::Client`] for a property that does not exist.
    pub fn new(config: &KafkaConfig, topic: &str, overflow: Overflow) -> Result<Self, KafkaError> {
        check_topic_name(topic)?;
        let context = Deliveries { counts: ProducerCounts::default(), notices: Notices::default() };
        let producer = config
            .client(&DEFAULTS, &[])
            .create_with_context(context)
            .map_err(KafkaError::client)?;
        let (topic, patience) = (topic.to_owned(), config.patience());
        Ok(Self { producer, topic, overflow, patience, rest: Vec::new() })
    }

    /// What becomes of the lines.
    #[must_use]
    pub fn counts(&self) -> ProducerCounts {
        self.producer.context().counts.clone()
    }

    /// Waits until brokers have taken every line, for as long as the configuration's patience.
    ///
    /// # Errors
    /// [`KafkaError::NotDelivered`] with the number of those they have not.
    pub fn finish(self) -> Result<(), KafkaError> {
        let patience = self.patience;
        self.finish_within(patience)
    }

    /// [`finish`](Self::finish) with a patience of its own.
    ///
    /// # Errors
    /// [`KafkaError::NotDelivered`] with the number of those they have not.
    pub fn finish_within(mut self, patience: Duration) -> Result<(), KafkaError> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            // A line that finds no room is counted as dropped.
            let _ = self.send(&rest);
        }
        // Whether lines are left is asked below, for any reason there may be.
        let _ = self.producer.flush(patience);
        let left = self.producer.in_flight_count().max(0) as u64;
        let lines = left + self.counts().dropped();
        if lines == 0 {
            return Ok(());
        }
        let last = self.producer.context().notices.last();
        Err(KafkaError::NotDelivered { topic: self.topic.clone(), lines, last })
    }

    fn send(&self, line: &[u8]) -> io::Result<()> {
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic).payload(line);
        if let Some(user) = line.split(|&byte| byte == b',').nth(1) {
            record = record.key(user);
        }
        let Deliveries { counts, notices } = &**self.producer.context();
        let mut waited = Waited::default();
        loop {
            let Err((error, refused)) = self.producer.send(record) else { return Ok(()) };
            let is_full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !is_full || self.overflow == Overflow::Drop {
                notices.say(in_words(&error));
                counts.0.dropped.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            if waited.without_delivery(counts.delivered()) >= self.patience {
                let (topic, last) = (self.topic.clone(), notices.last());
                let lines = self.producer.in_flight_count().max(0) as u64 + counts.dropped();
                let error = KafkaError::NotDelivered { topic, lines, last };
                return Err(io::Error::new(io::ErrorKind::TimedOut, error));
            }
            record = refused;
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// How long a writer has waited without any line being taken.
#[derive(Default)]
struct Waited {
    since: Option<(Instant, u64)>,
}

impl Waited {
    fn without_delivery(&mut self, delivered: u64) -> Duration {
        match self.since {
            Some((since, before)) if before == delivered => since.elapsed(),
            _ => {
                self.since = Some((Instant::now(), delivered));
                Duration::ZERO
            }
        }
    }
}

impl Drop for LineProducer {
    fn drop(&mut self) {
        // What is left after that is counted by nobody: the program is ending.
        let _ = self.producer.flush(LAST_LINES);
    }
}

/// With [`Overflow::Drop`] it neither waits nor fails: what is not taken is counted.
impl Write for LineProducer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(line) if self.rest.is_empty() => self.send(line)?,
                Some(end) => {
                    let mut line = std::mem::take(&mut self.rest);
                    line.extend_from_slice(end);
                    self.send(&line)?;
                }
                None => self.rest.extend_from_slice(part),
            }
        }
        Ok(bytes.len())
    }

    /// Returns at once: brokers take lines when they do. [`LineProducer::finish`] waits.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
