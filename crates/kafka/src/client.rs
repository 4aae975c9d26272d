use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Statistics,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use crate::KafkaError;

/// What librdkafka tells beside records.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Told>>);

/// Where the fetching of a partition stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fetched {
    /// Where a reader comes to the end, as the broker that is read from has it.
    pub(crate) end: Option<i64>,
    /// The position at which it last came to an end: behind the last record, and behind what is no
    /// record, such as marks of transactions.
    pub(crate) ended_at: Option<i64>,
}

/// Statistics older than this say nothing any more.
const STALE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct Told {
    last: Option<String>,
    partitions: BTreeMap<i32, Fetched>,
    is_connected: bool,
    /// When the statistics were last told.
    at: Option<Instant>,
    /// Why the brokers refuse this client, if they said so.
    refused: Option<String>,
}

impl Notices {
    /// The last thing said about what went wrong.
    pub(crate) fn last(&self) -> String {
        self.with(|told| told.last.clone()).unwrap_or_else(|| "nothing".to_owned())
    }

    /// Forgets what went wrong, because it goes well again.
    pub(crate) fn forget(&self) {
        self.with(|told| told.last = None);
    }

    /// What went wrong last and was not forgotten.
    pub(crate) fn problem(&self) -> Option<String> {
        self.with(|told| told.last.clone())
    }

    pub(crate) fn say(&self, text: String) {
        self.with(|told| told.last = Some(text));
    }

    /// Where the fetching of a partition stands, as of the last statistics.
    pub(crate) fn fetched(&self, partition: i32) -> Fetched {
        self.with(|told| told.partitions.get(&partition).copied()).unwrap_or_default()
    }

    /// Whether a broker is connected, as of the last statistics, if these are not old.
    pub(crate) fn is_connected(&self) -> bool {
        self.with(|told| told.is_connected && told.at.is_some_and(|at| at.elapsed() < STALE))
    }

    /// Fails where the brokers refuse the client, which waiting does not change.
    pub(crate) fn check(&self) -> Result<(), KafkaError> {
        self.with(|told| told.refused.take())
            .map_or(Ok(()), |reason| Err(KafkaError::Refused { reason }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Told) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hands librdkafka's words to the log and to [`Notices`].
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) notices: Notices,
    /// The topic whose ends are wanted.
    topic: String,
}

impl Context {
    pub(crate) fn new(topic: &str) -> Self {
        Self { notices: Notices::default(), topic: topic.to_owned() }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
        // That all are down follows on why each of them is, which says more.
        let adds_nothing = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown)
            && self.notices.problem().is_some();
        if !adds_nothing {
            self.notices.say(reason.to_owned());
        }
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication) {
            self.notices.with(|told| told.refused = Some(reason.to_owned()));
        }
    }

    fn stats(&self, statistics: Statistics) {
        let is_connected = statistics.brokers.values().any(|broker| broker.state == "UP");
        let topic = statistics.topics.get(&self.topic);
        let partitions = topic.into_iter().flat_map(|topic| &topic.partitions);
        let known = |offset: i64| (offset >= 0).then_some(offset);
        // Of a partition without a leader nothing is known.
        let partitions = partitions
            .filter(|(partition, told)| **partition >= 0 && told.leader >= 0)
            .map(|(&partition, told)| {
                // A reader of what is committed comes no further than the last stable offset.
                let end = known(told.ls_offset).or(known(told.hi_offset));
                (partition, Fetched { end, ended_at: known(told.eof_offset) })
            })
            .collect();
        let all_up = statistics
            .brokers
            .values()
            .filter(|broker| broker.nodeid >= 0)
            .all(|broker| broker.state == "UP");
        self.notices.with(|told| {
            told.is_connected = is_connected;
            told.partitions = partitions;
            told.at = Some(Instant::now());
            // What went wrong with brokers that are all there again is over.
            if is_connected && all_up {
                told.last = None;
            }
        });
    }
}

impl ConsumerContext for Context {}

/// Has a consumer's events handed out, of which there may be many; it must have no records.
pub(crate) fn serve_events(consumer: &BaseConsumer<Context>) {
    for _ in 0..32 {
        if let Some(Err(error)) = consumer.poll(Duration::ZERO) {
            let reason = in_words(&error);
            consumer.context().error(error, &reason);
        }
    }
}

/// What librdkafka calls an error, without where it occurred.
pub(crate) fn in_words(error: &ClientError) -> String {
    error.rdkafka_error_code().map_or_else(|| error.to_string(), |code| code.to_string())
}

/// librdkafka's own log. It calls errors what it tries again by itself, so its levels are lowered.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::warn!("kafka: {facility}: {message}");
        }
        _ => tracing::debug!("kafka: {facility}: {message}"),
    }
}
