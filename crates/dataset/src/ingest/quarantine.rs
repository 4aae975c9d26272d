use std::{io::Write, path::Path, str};

use base64::{Engine, engine::general_purpose::STANDARD};
use marquee_events::{MAX_LINE_BYTES, Refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    DatasetError,
    lines::LongLine,
    staged::{StagedFile, hex},
};

/// The reason of a record of a stream that has no value, beside those of [`Refusal`].
pub const NULL_PAYLOAD: &str = "null_payload";

/// The name of a reason; of a record without a value there is no other.
pub(super) fn reason_name(reason: Option<Refusal>) -> &'static str {
    reason.map_or(NULL_PAYLOAD, Refusal::as_str)
}

/// A refused line, as one line of the quarantine file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineRecord {
    /// The log file, `-` for standard input, `TOPIC/PARTITION` of a stream.
    pub source: String,
    /// The line's number in its source, from 1; of a stream, in the range that was read.
    pub line: u64,
    /// Where the line starts in its source, in bytes; of a stream, the record's offset.
    pub offset: u64,
    /// Why it was refused: a name of [`Refusal`], or [`NULL_PAYLOAD`].
    pub reason: String,
    /// The line without its end, if it is UTF-8; of a line over 64 KiB the first 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The same bytes in Base64, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// Length of the whole line, for one over 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// SHA-256 of the whole line, for one over 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl QuarantineRecord {
    fn new(source: &str, line: u64, offset: u64, reason: &str, kept: &[u8]) -> Self {
        let raw = str::from_utf8(kept).ok().map(str::to_owned);
        Self {
            source: source.to_owned(),
            line,
            offset,
            reason: reason.to_owned(),
            raw_base64: raw.is_none().then(|| STANDARD.encode(kept)),
            raw,
            length: None,
            sha256: None,
        }
    }
}

/// Writes quarantine records to a staged file.
pub(super) struct QuarantineWriter {
    file: StagedFile,
}

impl QuarantineWriter {
    pub(super) fn create(path: &Path) -> Result<Self, DatasetError> {
        Ok(Self { file: StagedFile::create(path)? })
    }

    pub(super) fn line(
        &mut self,
        source: &str,
        line: u64,
        offset: u64,
        reason: Option<Refusal>,
        raw: &[u8],
    ) -> Result<(), DatasetError> {
        let kept = &raw[..raw.len().min(MAX_LINE_BYTES)];
        let mut record = QuarantineRecord::new(source, line, offset, reason_name(reason), kept);
        if kept.len() < raw.len() {
            record.length = Some(raw.len() as u64);
            record.sha256 = Some(hex(&Sha256::digest(raw)));
        }
        self.write(&record)
    }

    pub(super) fn long_line(
        &mut self,
        source: &str,
        line: u64,
        offset: u64,
        long: &LongLine,
    ) -> Result<(), DatasetError> {
        let reason = Refusal::LineTooLong.as_str();
        let mut record = QuarantineRecord::new(source, line, offset, reason, &long.head);
        record.length = Some(long.length);
        record.sha256 = Some(long.sha256.clone());
        self.write(&record)
    }

    pub(super) fn finish(mut self) -> Result<StagedFile, DatasetError> {
        self.file.sync()?;
        Ok(self.file)
    }

    fn write(&mut self, record: &QuarantineRecord) -> Result<(), DatasetError> {
        serde_json::to_writer(&mut self.file, record)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|source| self.file.failed(source))
    }
}
