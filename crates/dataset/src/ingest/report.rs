use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::parse::Parsed;
use crate::{DatasetError, staged::StagedFile};

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

impl IngestReport {
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
            match self.reasons.get_mut(refused.reason.as_str()) {
                Some(count) => *count += 1,
                None => drop(self.reasons.insert(refused.reason.as_str().to_owned(), 1)),
            }
        }
        if let Some((first, last)) = parsed.times {
            self.first_timestamp = Some(self.first_timestamp.map_or(first, |old| old.min(first)));
            self.last_timestamp = Some(self.last_timestamp.map_or(last, |old| old.max(last)));
        }
        self.bytes += parsed.bytes();
    }

    pub(super) fn stage(&self, path: &Path) -> Result<StagedFile, DatasetError> {
        let mut file = StagedFile::create(path)?;
        file.write_json(self)?;
        file.sync()?;
        Ok(file)
    }
}
