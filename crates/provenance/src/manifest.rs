use std::{
    collections::BTreeMap,
    env,
    io::Write,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use marquee_dataset::{FileDigest, StagedFile, hex};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{ModelVersion, PipelineCode, ProvenanceError, resources::host};

/// Everything known about how a model came to be.
///
/// As JSON: 2-space indent, keys sorted, one key a line. Fields stand in the order of their names,
/// which is what sorts the keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Files of the model by name.
    pub artifacts: BTreeMap<String, ArtifactDigest>,
    /// What it was trained on.
    pub data: DataDescription,
    /// When it was put in service, in UTC; null when written.
    pub deployed_at: Option<String>,
    /// Settings of the training.
    pub hyperparameters: BTreeMap<String, Value>,
    /// Digest of this file without the line of this key.
    pub manifest_sha256: String,
    /// Where and at what cost it was trained.
    pub metadata: TrainingMetadata,
    /// `als`, `popgen`.
    pub model_family: String,
    /// The model's own name.
    pub model_version: String,
    /// The code it was trained with.
    pub pipeline: PipelineCode,
    /// When training ended, in UTC.
    pub trained_at: String,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactDigest {
    /// Where it was written; a server looks for the file name in its own artifact folder.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Length in bytes.
    pub size_bytes: u64,
}

/// The data set a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataDescription {
    /// The file, or folder of Parquet files, as it was named.
    pub dataset_path: String,
    /// SHA-256 of its bytes (of a folder, see [`FileDigest::of`]).
    pub dataset_sha256: String,
    /// Length in bytes.
    pub dataset_size_bytes: u64,
    /// The data set's name; the digest unless another was given.
    pub dataset_version: String,
    /// Rows in the file.
    pub row_count: u64,
    /// Distinct movies.
    pub unique_movies: u64,
    /// Distinct users.
    pub unique_users: u64,
}

/// Where and at what cost a model was trained.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingMetadata {
    /// The iteration whose factors the model has, where one before the last validated best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_iteration: Option<u64>,
    /// SHA-256 of the catalog whose genres or runtimes were used; left out where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog_sha256: Option<String>,
    /// Processor seconds of the training, all threads.
    pub cpu_seconds: f64,
    /// The machine.
    pub host: String,
    /// Wall seconds of each iteration; empty for models without.
    pub iteration_seconds: Vec<f64>,
    /// Loss after each iteration, where it was asked for.
    pub loss: Vec<f64>,
    /// Version of the program.
    pub marquee_version: String,
    /// Rows that repeated a (user, movie) pair and were merged by the dedup rule.
    pub merged_rows: u64,
    /// Largest resident set of the process up to the end of the training.
    pub peak_rss_bytes: u64,
    /// Operating system and processor family.
    pub platform: String,
    /// Threads used.
    pub threads: u64,
    /// Wall seconds of the training, from reading the data set to the last byte written; of one
    /// that was taken up again, since then.
    pub training_seconds: f64,
    /// NDCG@20 on films held out of the training, after each iteration; left out where none were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<f64>,
}

impl TrainingMetadata {
    /// What can be said before training: host, platform, program.
    #[must_use]
    pub fn of_this_machine(threads: usize) -> Self {
        Self {
            host: host(),
            marquee_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{}-{}", env::consts::OS, env::consts::ARCH),
            threads: threads as u64,
            ..Self::default()
        }
    }
}

impl Manifest {
    /// Where the manifest of a version stands: `<folder>/manifests/<version>.json`.
    #[must_use]
    pub fn version_path(folder: &Path, version: &ModelVersion) -> PathBuf {
        folder.join("manifests").join(format!("{version}.json"))
    }

    /// Refuses a version that has a manifest already.
    ///
    /// # Errors
    /// [`ProvenanceError::VersionExists`].
    pub fn check_version_is_new(
        folder: &Path,
        version: &ModelVersion,
    ) -> Result<(), ProvenanceError> {
        let path = Self::version_path(folder, version);
        if path.exists() { Err(ProvenanceError::VersionExists { path }) } else { Ok(()) }
    }

    /// The time now as manifests write it, to the second.
    #[must_use]
    pub fn timestamp(time: Timestamp) -> String {
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The file's text, with `manifest_sha256` filled in.
    ///
    /// # Errors
    /// [`ProvenanceError::Format`] when a hyper-parameter cannot be written as JSON.
    pub fn sealed(mut self) -> Result<(Self, String), ProvenanceError> {
        let text = |manifest: &Self| {
            serde_json::to_string_pretty(manifest).map(|text| text + "\n").map_err(|source| {
                ProvenanceError::Format { path: PathBuf::from("manifest"), source }
            })
        };
        self.manifest_sha256 = digest_without_itself(&text(&self)?);
        let text = text(&self)?;
        Ok((self, text))
    }

    /// Writes a sealed text to `path`, staged.
    ///
    /// # Errors
    /// [`ProvenanceError::Dataset`] when it cannot be written.
    pub fn stage(text: &str, path: &Path) -> Result<StagedFile, ProvenanceError> {
        let mut file = StagedFile::create(path)?;
        file.write_all(text.as_bytes()).map_err(|source| file.failed(source))?;
        file.sync()?;
        Ok(file)
    }

    /// Reads a manifest and checks that it was not changed.
    ///
    /// # Errors
    /// [`ProvenanceError`] when the file cannot be read, is no manifest, or was changed.
    pub fn read(path: &Path) -> Result<Self, ProvenanceError> {
        let text = fs_err::read_to_string(path)?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|source| ProvenanceError::Format { path: path.to_owned(), source })?;
        let found = digest_without_itself(&text);
        if found != manifest.manifest_sha256 {
            let (path, stated) = (path.to_owned(), manifest.manifest_sha256);
            return Err(ProvenanceError::ManifestChanged { path, stated, found });
        }
        Ok(manifest)
    }

    /// Checks that every artifact stands in `folder` under its file name with the stated digest.
    ///
    /// # Errors
    /// [`ProvenanceError::ArtifactChanged`] for the first that does not;
    /// [`ProvenanceError::Dataset`] for one that cannot be read.
    pub fn verify_artifacts(&self, folder: &Path, manifest: &Path) -> Result<(), ProvenanceError> {
        for artifact in self.artifacts.values() {
            let name = Path::new(&artifact.path).file_name().unwrap_or_default();
            let path = folder.join(name);
            let found = FileDigest::of(&path)?;
            if found.sha256 != artifact.sha256 {
                let manifest = manifest.to_owned();
                return Err(ProvenanceError::ArtifactChanged { path, manifest });
            }
        }
        Ok(())
    }
}

/// SHA-256 of the text without the lines that hold the digest.
fn digest_without_itself(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in text.split_inclusive('\n') {
        if !line.contains("\"manifest_sha256\":") {
            hasher.update(line.as_bytes());
        }
    }
    hex(&hasher.finalize())
}
