use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{parse::Parsed, quarantine::reason_name};
use crate::{DatasetError, RecordRange, staged::StagedFile};

/// What an ingest run read and made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestReport {
    /// Lines read; the sum of all accepted and quarantined.
    pub lines: u64,
    /// Lines accepted, by kind of event.
    pub accepted: AcceptedCounts,
    /// Interaction rows written: one for each watch and rating.
    pub rows: u64,
    /// Lines refused.
    pub quarantined: u64,
    /// Lines refused, by reason; only reasons that occurred.
    pub reasons: BTreeMap<String, u64>,
    /// Earliest time of a row, in seconds since 1970; null without rows.
    pub first_timestamp: Option<i64>,
    /// Latest time of a row, in seconds since 1970; null without rows.
    pub last_timestamp: Option<i64>,
    /// Bytes of all lines and their ends, as they are when decompressed.
    pub bytes: u64,
    /// Wall time of the run.
    pub seconds: f64,
    /// SHA-256 of the interactions file.
    pub sha256: String,
    /// The topic the lines come from; absent where they come from files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The offsets read of each partition, ascending; absent where lines come from files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<PartitionRange>,
    /// Names topic and offsets: [`dataset_version`]; absent where lines come from files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_version: Option<String>,
}

/// The offsets read of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionRange {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub start: i64,
    /// The offset after the last.
    pub end: i64,
}

/// The name of what these offsets of a topic hold: `kafka:TOPIC@0:17-1200+1:0-1180`.
///
/// Fits a header and a log line: neither topics nor numbers hold commas or white space.
#[must_use]
pub fn dataset_version(topic: &str, partitions: &[PartitionRange]) -> String {
    let range = |range: &PartitionRange| {
        let PartitionRange { partition, start, end } = range;
        format!("{partition}:{start}-{end}")
    };
    let ranges: Vec<String> = partitions.iter().map(range).collect();
    format!("kafka:{topic}@{}", ranges.join("+"))
}

/// Accepted lines by kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedCounts {
    /// Watched minutes.
    pub watch: u64,
    /// Ratings.
    pub rate: u64,
    /// Recommendation requests; they make no interaction rows.
    pub recommendation: u64,
}

/// The topic and the offsets that a [`dataset_version`] names; `None` for another text.
#[must_use]
pub fn parse_dataset_version(version: &str) -> Option<(&str, Vec<PartitionRange>)> {
    let (topic, ranges) = version.strip_prefix("kafka:")?.split_once('@')?;
    let range = |text: &str| {
        let (partition, offsets) = text.split_once(':')?;
        let (start, end) = offsets.split_once('-')?;
        let (partition, start, end) =
            (partition.parse().ok()?, start.parse().ok()?, end.parse().ok()?);
        Some(PartitionRange { partition, start, end })
    };
    Some((topic, ranges.split('+').map(range).collect::<Option<_>>()?))
}

impl IngestReport {
    /// The empty report of logs, some of which may be ranges of a stream.
    pub(super) fn of_ranges(ranges: Vec<RecordRange>) -> Self {
        let mut report = Self::default();
        let Some(first) = ranges.first() else { return report };
        let topic = first.topic.clone();
        let range = |range: RecordRange| {
            let RecordRange { partition, start, end, .. } = range;
            PartitionRange { partition, start, end }
        };
        report.partitions = ranges.into_iter().map(range).collect();
        report.dataset_version = Some(dataset_version(&topic, &report.partitions));
        report.topic = Some(topic);
        report
    }

    /// Adds what a block holds.
    pub(super) fn note(&mut self, parsed: &Parsed) {
        let accepted = parsed.accepted;
        self.lines += parsed.lines;
        self.accepted.watch += accepted.watch;
        self.accepted.rate += accepted.rate;
        self.accepted.recommendation += accepted.recommendation;
        self.rows += accepted.watch + accepted.rate;
        self.quarantined += parsed.refused.len() as u64;
        for refused in &parsed.refused {
            let reason = reason_name(refused.reason);
            match self.reasons.get_mut(reason) {
                Some(count) => *count += 1,
                None => drop(self.reasons.insert(reason.to_owned(), 1)),
            }
        }
        if let Some((first, last)) = parsed.times {
            self.first_timestamp = Some(self.first_timestamp.map_or(first, |old| old.min(first)));
            self.last_timestamp = Some(self.last_timestamp.map_or(last, |old| old.max(last)));
        }
        self.bytes += parsed.bytes();
    }

    /// Reads the report of an earlier run.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be read, [`DatasetError::Report`] when it is none.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        serde_json::from_slice(&fs_err::read(path)?)
            .map_err(|source| DatasetError::Report { path: path.to_owned(), source })
    }

    pub(super) fn stage(&self, path: &Path) -> Result<StagedFile, DatasetError> {
        let mut file = StagedFile::create(path)?;
        file.write_json(self)?;
        file.sync()?;
        Ok(file)
    }
}
