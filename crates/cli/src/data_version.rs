use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use marquee_dataset::IngestReport;

/// How the data set of a training is named.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DataVersionArgs {
    /// The data set's name [default: its SHA-256]
    #[arg(long, value_name = "NAME")]
    pub data_version: Option<String>,
    /// Take that name from the report of log-ingest: topic and offsets
    #[arg(long, value_name = "REPORT.json", conflicts_with = "data_version")]
    pub data_report: Option<PathBuf>,
}

impl DataVersionArgs {
    /// The name, if one is given.
    ///
    /// # Errors
    /// When the report cannot be read, or is of files, which have no such name.
    pub fn resolve(self) -> anyhow::Result<Option<String>> {
        let Some(path) = self.data_report else { return Ok(self.data_version) };
        let version = IngestReport::read(&path)?.dataset_version;
        let version = version.with_context(|| {
            format!("{}: that run read files, so it names no data version", path.display())
        })?;
        Ok(Some(version))
    }
}
