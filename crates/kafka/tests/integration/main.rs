//! Tests of the Kafka crate, by what they are about. They run against librdkafka's mock cluster, or
//! against the brokers of `MARQUEE_TEST_BROKERS`, but for what only the mock cluster can do.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod faults; // brokers that go, topics that are not there, records that are gone
mod follower; // reading on as records arrive
mod producer; // lines to records
mod snapshot; // addressed ranges, and the same bytes again

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use marquee_dataset::{
    DatasetError, IngestOutputs, IngestReport, NoProgress, QuarantineRecord, ingest,
};
use marquee_kafka::{KafkaConfig, LineProducer, Overflow, Snapshot};
use tempfile::TempDir;

/// Lines of watches by users `from..until`, each with its line end.
fn lines(from: u64, until: u64) -> Vec<u8> {
    let line = |user| format!("2025-10-17T01:33:45,{user},GET /data/m/heat+1995/0.mpg\n");
    (from..until).map(line).collect::<String>().into_bytes()
}

fn produce(config: &KafkaConfig, topic: &str, lines: &[u8]) {
    let mut producer = LineProducer::new(config, topic, Overflow::Wait).unwrap();
    producer.write_all(lines).unwrap();
    producer.finish().unwrap();
}

/// What an ingest run of a snapshot made.
struct Made {
    folder: TempDir,
    report: IngestReport,
}

impl Made {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rows(&self) -> String {
        fs_err::read_to_string(self.path("rows.csv")).unwrap()
    }

    fn quarantined(&self) -> Vec<QuarantineRecord> {
        let text = fs_err::read_to_string(self.path("bad.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn outputs(folder: &Path) -> IngestOutputs {
    IngestOutputs {
        interactions: folder.join("rows.csv"),
        events: Some(folder.join("events.parquet")),
        quarantine: Some(folder.join("bad.jsonl")),
        report: Some(folder.join("report.json")),
    }
}

fn try_make(snapshot: Snapshot) -> Result<Made, DatasetError> {
    let folder = tempfile::tempdir().unwrap();
    let sources = snapshot.sources().unwrap();
    let report = ingest(sources, &outputs(folder.path()), &mut NoProgress)?;
    Ok(Made { folder, report })
}

fn make(snapshot: Snapshot) -> Made {
    try_make(snapshot).unwrap()
}
