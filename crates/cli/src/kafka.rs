use std::{path::PathBuf, time::Duration};

use clap::Args;

/// The flags of every program that reads or writes a Kafka topic.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(id = "kafka", multiple = true)]
pub struct KafkaArgs {
    /// Kafka brokers; several divided by commas
    #[arg(long, value_name = "HOST:PORT")]
    pub brokers: Option<String>,
    /// Property of librdkafka, such as compression.type=zstd; repeat for several
    #[arg(long = "kafka-property", value_name = "NAME=VALUE", requires = "brokers")]
    pub properties: Vec<String>,
    /// File of such properties, one a line; those given by flag come after
    #[arg(long = "kafka-config", value_name = "FILE", requires = "brokers")]
    pub config: Option<PathBuf>,
}

/// The flag of those among them that end, and so do not wait for brokers for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct BrokerTimeout {
    /// Seconds to wait for brokers that do not answer [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "brokers")]
    pub broker_timeout: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| String::from("not a number of seconds"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(String::from("not a number of seconds above 0")),
    }
}
