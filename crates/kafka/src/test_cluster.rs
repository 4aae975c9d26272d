use std::{
    env,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};

use crate::{KafkaConfig, KafkaError, create_topic};

/// Brokers to test against, with nothing installed.
///
/// librdkafka's mock cluster of one broker, on a port of 127.0.0.1 that other processes reach too,
/// for as long as the value lives. It keeps 5 MiB of records a partition, has no CreateTopics, and
/// writes no transactions. Where the variable `MARQUEE_TEST_BROKERS` names brokers, those are used.
pub struct TestCluster {
    brokers: String,
    mock: Option<MockCluster<'static, DefaultProducerContext>>,
}

impl TestCluster {
    /// The variable that names brokers to be used in place of the mock cluster.
    pub const VARIABLE: &str = "MARQUEE_TEST_BROKERS";

    /// What producers of other programs need to be told, where the brokers are not a mock cluster.
    ///
    /// Tansu 0.6 gives the first record of the last batch for the end of a partition. With one
    /// record in every batch that is the last record, as it should be.
    pub const PROPERTY: &str = "batch.num.messages=1";

    /// Those of `MARQUEE_TEST_BROKERS`, else a mock cluster.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when the mock cluster cannot be started.
    pub fn start() -> Result<Self, KafkaError> {
        match env::var(Self::VARIABLE) {
            Ok(brokers) if !brokers.is_empty() => Ok(Self { brokers, mock: None }),
            _ => Self::mock(),
        }
    }

    /// A mock cluster, whatever the variable says: for what only it can do.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when it cannot be started.
    pub fn mock() -> Result<Self, KafkaError> {
        let _alone = alone();
        let mock = MockCluster::new(1).map_err(KafkaError::client)?;
        Ok(Self { brokers: mock.bootstrap_servers(), mock: Some(mock) })
    }

    /// Where the brokers are.
    #[must_use]
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// A configuration for them, with little patience and [`PROPERTY`](Self::PROPERTY).
    #[must_use]
    pub fn config(&self) -> KafkaConfig {
        let config = KafkaConfig::new(&self.brokers).with_patience(Duration::from_secs(20));
        let mut with_property = config.clone();
        match with_property.set(Self::PROPERTY) {
            Ok(()) if !self.is_mock() => with_property,
            _ => config,
        }
    }

    /// Makes a topic of a new name that starts with `name`; its name.
    ///
    /// # Errors
    /// [`KafkaError::CreateTopic`] or [`KafkaError::Client`].
    pub fn topic(&self, name: &str, partitions: u16) -> Result<String, KafkaError> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let topic = format!("{name}-{}-{number}", std::process::id());
        if let Some(mock) = &self.mock {
            mock.create_topic(&topic, i32::from(partitions), 1).map_err(KafkaError::client)?;
        } else {
            create_topic(&self.config(), &topic, partitions)?;
        }
        Ok(topic)
    }

    /// Whether it is a mock cluster.
    #[must_use]
    pub fn is_mock(&self) -> bool {
        self.mock.is_some()
    }

    /// Cuts all connections of a mock cluster and refuses new ones.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when it cannot be done.
    pub fn down(&self) -> Result<(), KafkaError> {
        let _alone = alone();
        self.mock.as_ref().map_or(Ok(()), |mock| mock.broker_down(-1)).map_err(KafkaError::client)
    }

    /// Has a mock cluster accept connections again.
    ///
    /// # Errors
    /// [`KafkaError::Client`] when it cannot be done.
    pub fn up(&self) -> Result<(), KafkaError> {
        self.mock.as_ref().map_or(Ok(()), |mock| mock.broker_up(-1)).map_err(KafkaError::client)
    }
}

/// Mock clusters of a process start and go down one after the other: a broker that goes down gives
/// its port back for a moment, and librdkafka aborts when another has taken it.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
