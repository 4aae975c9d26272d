use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    error::RDKafkaErrorCode,
};

use crate::{KafkaConfig, KafkaError, client::in_words};

/// Makes a topic, unless there is one of that name; whether it did.
///
/// The replication is the brokers' default.
///
/// # Errors
/// [`KafkaError::CreateTopic`] with what the brokers said, [`KafkaError::TopicName`],
/// [`KafkaError::Client`].
pub fn create_topic(
    config: &KafkaConfig,
    topic: &str,
    partitions: u16,
) -> Result<bool, KafkaError> {
    check_topic_name(topic)?;
    let failed = |problem: String| KafkaError::CreateTopic { topic: topic.to_owned(), problem };
    let admin: AdminClient<DefaultClientContext> =
        config.client(&[("client.id", "marquee")], &[]).create().map_err(KafkaError::client)?;
    let new = NewTopic::new(topic, i32::from(partitions), TopicReplication::Fixed(-1));
    let options = AdminOptions::new().request_timeout(Some(config.patience()));
    let results = futures_executor::block_on(admin.create_topics([&new], &options))
        .map_err(|error| failed(format!("{} ({})", in_words(&error), config.brokers())))?;
    match results.into_iter().next() {
        Some(Ok(_)) => Ok(true),
        Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(false),
        Some(Err((_, code))) => Err(failed(code.to_string())),
        None => Err(failed("the brokers did not say".to_owned())),
    }
}

/// Whether a topic can have this name: 1 to 249 of letters, digits, `.`, `_` and `-`.
#[must_use]
pub fn is_topic_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=249).contains(&name.len()) && name.bytes().all(allowed) && name != "." && name != ".."
}

pub(crate) fn check_topic_name(topic: &str) -> Result<(), KafkaError> {
    if is_topic_name(topic) {
        return Ok(());
    }
    Err(KafkaError::TopicName { topic: topic.to_owned() })
}
