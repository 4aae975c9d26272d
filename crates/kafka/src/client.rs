use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
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

#[derive(Debug, Default)]
struct Told {
    last: Option<String>,
    ends: BTreeMap<i32, i64>,
    is_connected: bool,
    /// Why the topic cannot be read at all, if a client said so.
    fatal: Option<ClientError>,
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

    /// The ends of the partitions as the brokers last told them.
    pub(crate) fn ends(&self) -> BTreeMap<i32, i64> {
        self.with(|told| told.ends.clone())
    }

    /// Whether a broker is connected, as of the last statistics.
    pub(crate) fn is_connected(&self) -> bool {
        self.with(|told| told.is_connected)
    }

    /// Fails where the client can do nothing any more: wrong credentials, an address that is none.
    pub(crate) fn check(&self) -> Result<(), KafkaError> {
        self.with(|told| told.fatal.take()).map_or(Ok(()), |error| Err(KafkaError::client(error)))
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
            self.notices.with(|told| told.fatal = Some(error));
        }
    }

    fn stats(&self, statistics: Statistics) {
        let is_connected = statistics.brokers.values().any(|broker| broker.state == "UP");
        let topic = statistics.topics.get(&self.topic);
        let ends = topic.into_iter().flat_map(|topic| &topic.partitions);
        let ends: Vec<(i32, i64)> = ends
            .filter(|(partition, told)| **partition >= 0 && told.hi_offset >= 0)
            .map(|(&partition, told)| (partition, told.hi_offset))
            .collect();
        self.notices.with(|told| {
            told.is_connected = is_connected;
            told.ends.extend(ends);
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
