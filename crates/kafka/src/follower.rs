use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use crate::{
    KafkaConfig, KafkaError,
    admin::check_topic_name,
    client::{Context, in_words},
    topic::{TopicQuery, is_passing},
};

/// How often the topic is looked at for new partitions.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often it is, while it cannot be found.
const SEARCH_EVERY: Duration = Duration::from_secs(1);
/// How long a look may hold up the records: brokers that are there answer in milliseconds.
const LOOK: Duration = Duration::from_millis(500);

/// A record is handed on as soon as a broker has it; few are fetched ahead, as they are taken
/// faster than they come.
const DEFAULTS: [(&str, &str); 4] = [
    ("fetch.wait.max.ms", "20"),
    ("fetch.error.backoff.ms", "100"),
    ("reconnect.backoff.max.ms", "1000"),
    ("queued.max.messages.kbytes", "16384"),
];

/// Reads a topic from given offsets on, for as long as it is asked to.
///
/// It waits for brokers and topics that are not there (yet), reads partitions that are added from
/// their beginning, and where retention has overtaken it goes on with the first record that is
/// held, counting what it missed. Records of a partition come in the order of their offsets; the
/// order among partitions is that of their arrival.
pub struct Follower {
    config: KafkaConfig,
    topic: String,
    consumer: BaseConsumer<Context>,
    /// The next offset of each partition that is read, or was read before.
    positions: BTreeMap<i32, i64>,
    assigned: Vec<i32>,
    looked: Option<Instant>,
    /// Whether all partitions were found at the last look.
    is_complete: bool,
    /// Whether a broker has said that it does not hold what was to be read.
    is_out_of_range: bool,
    /// Whether all records that were fetched are handed on.
    is_drained: bool,
    lost: u64,
}

/// A record of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// What it holds; `None` for one without a value.
    pub value: Option<&'a [u8]>,
}

/// Where a [`Follower`] stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowerStatus {
    /// Whether a broker is connected, as of the last second.
    pub is_connected: bool,
    /// Records that the brokers have and the follower has not, as of the last second; `None` before
    /// all partitions have told their ends, and while brokers are away.
    pub lag: Option<u64>,
    /// Records that retention removed before they were read.
    pub lost: u64,
    /// What went wrong last, unless it goes well again.
    pub problem: Option<String>,
}

impl Follower {
    /// A follower that starts at `positions`, the next offset of each partition; others are read
    /// from their beginning. Asks no broker yet.
    ///
    /// # Errors
    /// [`KafkaError::TopicName`], and [`KafkaError::Client`] for a property that does not exist.
    pub fn new(
        config: &KafkaConfig,
        topic: &str,
        positions: BTreeMap<i32, i64>,
    ) -> Result<Self, KafkaError> {
        check_topic_name(topic)?;
        let mut client = config.consumer(&DEFAULTS);
        client.set("statistics.interval.ms", "1000");
        client.set("enable.partition.eof", "false");
        let consumer =
            client.create_with_context(Context::new(topic)).map_err(KafkaError::client)?;
        Ok(Self {
            config: config.clone(),
            topic: topic.to_owned(),
            consumer,
            positions,
            assigned: Vec::new(),
            looked: None,
            is_complete: false,
            is_out_of_range: false,
            is_drained: false,
            lost: 0,
        })
    }

    /// Hands on at most `most` records, waiting at most `wait` for the first; how many it were.
    /// Looks after the topic meanwhile, which may take half a second where brokers do not answer.
    pub fn poll(&mut self, wait: Duration, most: usize, mut take: impl FnMut(Record<'_>)) -> usize {
        self.look();
        let mut taken = 0;
        let mut wait = wait;
        while taken < most {
            match self.consumer.poll(wait) {
                None => {
                    self.is_drained = true;
                    break;
                }
                Some(Ok(message)) => {
                    self.is_drained = false;
                    let (partition, offset) = (message.partition(), message.offset());
                    take(Record { partition, offset, value: message.payload() });
                    self.positions.insert(partition, offset + 1);
                    taken += 1;
                }
                Some(Err(error)) => {
                    self.recover(&error);
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        taken
    }

    /// The next offset of each partition.
    #[must_use]
    pub fn positions(&self) -> &BTreeMap<i32, i64> {
        &self.positions
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> FollowerStatus {
        let notices = &self.consumer.context().notices;
        let is_connected = notices.is_connected();
        let behind = |&partition: &i32| {
            let fetched = notices.fetched(partition);
            let position = self.positions.get(&partition).copied().unwrap_or(0);
            // Behind the last record there may be what is none.
            let ended_at = fetched.ended_at.filter(|_| self.is_drained);
            let position = position.max(ended_at.unwrap_or(0));
            Some(fetched.end?.saturating_sub(position).max(0) as u64)
        };
        let lag = match self.assigned.as_slice() {
            assigned if is_connected && self.is_complete => assigned.iter().map(behind).sum(),
            _ => None,
        };
        FollowerStatus { is_connected, lag, lost: self.lost, problem: notices.problem() }
    }

    /// Finds the partitions of the topic, now and again. Those that cannot be asked just now, because
    /// none leads them, are left for the next time.
    fn look(&mut self) {
        let every = if self.is_complete { LOOK_EVERY } else { SEARCH_EVERY };
        if self.looked.is_some_and(|looked| looked.elapsed() < every) {
            return;
        }
        let found = self.query().partitions();
        let mut problem = None;
        let mut new = Vec::new();
        match found {
            Ok(found) => {
                for partition in newcomers(&self.assigned, &found) {
                    match self.query().watermarks(partition) {
                        Ok(held) => new.push((partition, held)),
                        Err(error) => problem = Some(error),
                    }
                }
            }
            Err(error) => problem = Some(error),
        }
        self.looked = Some(Instant::now());
        self.is_complete = problem.is_none();
        if !new.is_empty() {
            for (partition, held) in new {
                self.resume(partition, &held);
                self.assigned.push(partition);
            }
            self.assign();
        }
        match problem {
            Some(error) => self.report(error.to_string()),
            None => {
                self.is_out_of_range = false;
                self.consumer.context().notices.forget();
            }
        }
    }

    /// Sets a partition to where it was left, or where that is not held, to the first record there
    /// is.
    fn resume(&mut self, partition: i32, held: &Range<i64>) {
        let position = self.positions.get(&partition).copied();
        let (next, lost) = resumed(position, held, self.is_out_of_range);
        let topic = &self.topic;
        if lost > 0 {
            tracing::warn!(
                "{topic}/{partition}: {lost} records are no longer held; going on with the first \
                 that is available, offset {next}"
            );
        } else if position.is_some_and(|position| next < position) {
            tracing::warn!(
                "{topic}/{partition} ends at offset {next}, before where it was read to: records \
                 were taken back, or the topic was made anew; going on with what comes next"
            );
        }
        self.lost += lost;
        self.positions.insert(partition, next);
    }

    fn assign(&mut self) {
        let mut list = TopicPartitionList::new();
        let added = self.assigned.iter().try_for_each(|&partition| {
            let offset = self.positions.get(&partition).copied().unwrap_or(0);
            list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))
        });
        if let Err(error) = added.and_then(|()| self.consumer.assign(&list)) {
            self.report(error.to_string());
            // Tried again with the next look.
            self.assigned.clear();
            self.is_complete = false;
        }
    }

    fn recover(&mut self, error: &ClientError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset) => {
                // Which partition it is, the error does not say: all are looked at again.
                self.assigned.clear();
                (self.looked, self.is_complete, self.is_out_of_range) = (None, false, true);
            }
            _ if is_passing(error) => self.consumer.context().notices.say(in_words(error)),
            _ => self.report(error.to_string()),
        }
    }

    /// Says what went wrong, once for as long as it is the same.
    fn report(&self, problem: String) {
        let notices = &self.consumer.context().notices;
        if notices.problem().as_ref() != Some(&problem) {
            tracing::warn!("following {}: {problem}", self.topic);
        }
        notices.say(problem);
    }

    fn query(&self) -> TopicQuery<'_> {
        TopicQuery {
            consumer: &self.consumer,
            config: &self.config,
            topic: &self.topic,
            patience: LOOK,
        }
    }
}

/// The partitions that are not read yet.
fn newcomers<'a>(assigned: &'a [i32], found: &'a [i32]) -> impl Iterator<Item = i32> + 'a {
    found.iter().copied().filter(|partition| !assigned.contains(partition))
}

/// The next offset to read of a partition that holds these, and how many records were missed.
///
/// That it ends before the position is believed once a broker has refused the position: an end may be
/// told by one that is behind.
fn resumed(position: Option<i64>, held: &Range<i64>, is_out_of_range: bool) -> (i64, u64) {
    match position {
        None => (held.start, 0),
        Some(position) if position < held.start => (held.start, (held.start - position) as u64),
        Some(position) if position > held.end && is_out_of_range => (held.end, 0),
        Some(position) => (position, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_that_are_added_are_read_and_none_twice() {
        let new =
            |assigned: &[i32], found: &[i32]| -> Vec<i32> { newcomers(assigned, found).collect() };
        assert_eq!(new(&[], &[0, 1, 2]), [0, 1, 2]);
        assert_eq!(new(&[0, 1, 2], &[0, 1, 2, 3, 4]), [3, 4]);
        assert!(new(&[0, 1], &[0, 1]).is_empty());
        // A topic that was made anew with fewer partitions.
        assert!(new(&[0, 1], &[0]).is_empty());
    }

    #[test]
    fn reading_goes_on_where_it_was_left_or_with_what_is_held() {
        for (position, held, refused, expected) in [
            (None, 0..10, false, (0, 0)),
            (None, 7..10, false, (7, 0)),
            (Some(8), 7..10, false, (8, 0)),
            (Some(10), 7..10, true, (10, 0)),
            (Some(2), 7..10, false, (7, 5)),
            (Some(2), 7..10, true, (7, 5)),
            // An end that is behind, and one that was refused.
            (Some(11), 7..10, false, (11, 0)),
            (Some(11), 7..10, true, (10, 0)),
        ] {
            assert_eq!(resumed(position, &held, refused), expected, "{position:?} of {held:?}");
        }
    }
}
