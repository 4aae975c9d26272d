use std::{collections::BTreeMap, fmt, path::Path, sync::Arc, time::Duration};

use rdkafka::ClientConfig;

use crate::KafkaError;

/// How to reach the brokers: their addresses, and properties of librdkafka.
///
/// Any [property of librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md)
/// may be set, but for the few that say what is read or where; those have parameters of their own.
#[derive(Clone)]
pub struct KafkaConfig {
    brokers: String,
    properties: BTreeMap<String, String>,
    patience: Duration,
    is_cancelled: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Without the values of properties, which may be secrets.
impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("properties", &self.properties.keys())
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// Properties that would change what is read, and what sets them instead.
const RESERVED: [(&str, &str); 8] = [
    ("bootstrap.servers", "the addresses of the brokers are given apart (--brokers)"),
    ("metadata.broker.list", "the addresses of the brokers are given apart (--brokers)"),
    ("auto.offset.reset", "where reading starts is given apart, and lost offsets are an error"),
    ("enable.auto.commit", "offsets are kept with what was made of the records"),
    ("enable.auto.offset.store", "offsets are kept with what was made of the records"),
    ("enable.partition.eof", "the end of a partition must be told"),
    ("isolation.level", "records are read once they are committed"),
    ("statistics.interval.ms", "ends and the lag are taken from the statistics"),
];

impl KafkaConfig {
    /// How long a run waits for brokers that say nothing, where nothing else is said.
    pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

    /// Brokers as `HOST:PORT`, several divided by commas; one that answers is enough.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            properties: BTreeMap::new(),
            patience: Self::DEFAULT_PATIENCE,
            is_cancelled: Arc::new(|| false),
        }
    }

    /// Sets the properties of a file, if there is one, and then those given one by one.
    ///
    /// # Errors
    /// As [`set_from_file`](Self::set_from_file) and [`set`](Self::set).
    pub fn with_properties(
        mut self,
        file: Option<&Path>,
        properties: &[String],
    ) -> Result<Self, KafkaError> {
        if let Some(path) = file {
            self.set_from_file(path)?;
        }
        properties.iter().try_for_each(|property| self.set(property))?;
        Ok(self)
    }

    /// How long a run waits for brokers that say nothing before it gives up; they may go and come
    /// back meanwhile. A [`Follower`](crate::Follower) never gives up.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks this, several times a second, where brokers are waited for, whether to give up.
    #[must_use]
    pub fn with_cancel(self, is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { is_cancelled: Arc::new(is_cancelled), ..self }
    }

    /// Sets a property given as `name=value`.
    ///
    /// # Errors
    /// [`KafkaError::Property`] for text without `=`, or a property that is set otherwise.
    pub fn set(&mut self, property: &str) -> Result<(), KafkaError> {
        let problem = |problem: &str| KafkaError::Property {
            // What stands behind the name may be a secret.
            name: property.split([' ', '=', ':']).next().unwrap_or_default().to_owned(),
            problem: problem.to_owned(),
        };
        let (name, value) = property.split_once('=').ok_or_else(|| problem("no name=value"))?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return Err(problem("no name=value"));
        }
        if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
            return Err(problem(instead));
        }
        self.properties.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Sets the properties of a file: `name=value` on a line of its own each, `#` before a comment.
    ///
    /// # Errors
    /// [`KafkaError::Io`] when it cannot be read, [`KafkaError::File`] with the line for one that
    /// is no property.
    pub fn set_from_file(&mut self, path: &Path) -> Result<(), KafkaError> {
        for (place, line) in fs_err::read_to_string(path)?.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            self.set(line).map_err(|source| KafkaError::File {
                path: path.to_owned(),
                line: place + 1,
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    /// The brokers' addresses.
    #[must_use]
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        (self.is_cancelled)()
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// librdkafka's configuration: `defaults`, then the properties, then what must be so.
    pub(crate) fn client(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut client = ClientConfig::new();
        for (name, value) in defaults {
            client.set(*name, *value);
        }
        for (name, value) in &self.properties {
            client.set(name, value);
        }
        client.set("bootstrap.servers", &self.brokers);
        for (name, value) in fixed {
            client.set(*name, *value);
        }
        client
    }

    /// That of a consumer that is told what to read.
    pub(crate) fn consumer(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut all = vec![("group.id", "marquee"), ("client.id", "marquee")];
        all.extend(defaults);
        self.client(
            &all,
            &[
                ("auto.offset.reset", "error"),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("isolation.level", "read_committed"),
                ("enable.partition.eof", "true"),
            ],
        )
    }
}
