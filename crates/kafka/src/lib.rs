//! Kafka topics as logs whose every record has an address.
//!
//! A record is named by topic, partition and offset, so a data set is named by ranges of offsets and
//! can be made again for as long as the brokers hold them. [`Snapshot`] reads the ranges between a
//! [`Start`] and the ends that a topic has now, and gives them as the sources of an ingest run;
//! [`Follower`] goes on reading where a program left off, as records arrive; [`LineProducer`]
//! writes lines to a topic. What the lines mean is no concern of this crate.
//!
//! The only crate that knows librdkafka. It joins no consumer group and commits no offsets: where a
//! reader stands is kept beside what it made of the records, so both are whole or absent together.
//! Every property of librdkafka can be set ([`KafkaConfig`]), but for those that decide what is
//! read. librdkafka is built with it; TLS and SASL by SCRAM are behind the feature `tls`, Kerberos
//! behind `kerberos`.
//!
//! ```
//! use marquee_dataset::{IngestOutputs, NoProgress, ingest};
//! use marquee_kafka::{LineProducer, Overflow, Snapshot, Start, TestCluster};
//! use std::io::Write;
//!
//! let cluster = TestCluster::start()?;
//! let topic = cluster.topic("watches", 3)?;
//! let mut producer = LineProducer::new(&cluster.config(), &topic, Overflow::Wait)?;
//! producer.write_all(b"2025-10-17T01:33:45,7,GET /data/m/heat+1995/0.mpg\n")?;
//! producer.finish()?;
//!
//! let snapshot = Snapshot::plan(&cluster.config(), &topic, &Start::Beginning)?;
//! let folder = tempfile::tempdir()?;
//! let outputs =
//!     IngestOutputs { interactions: folder.path().join("rows.csv"), ..IngestOutputs::default() };
//! let report = ingest(snapshot.sources()?, &outputs, &mut NoProgress)?;
//! assert_eq!((report.rows, report.partitions.len()), (1, 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admin;
mod client;
mod config;
mod error;
mod follower;
mod producer;
mod reading;
mod snapshot;
mod start;
mod test_cluster;
mod topic;

pub use admin::{create_topic, is_topic_name};
pub use config::KafkaConfig;
pub use error::KafkaError;
pub use follower::{Follower, FollowerStatus, Record};
pub use producer::{LineProducer, Overflow, ProducerCounts};
pub use snapshot::Snapshot;
pub use start::Start;
pub use test_cluster::TestCluster;
