use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use jiff::Timestamp;
use marquee_dataset::{DatasetError, FileDigest, Progress, StagedFile};
use marquee_provenance::{
    ArtifactDigest, DataDescription, Manifest, ModelVersion, PipelineCode, ResourceUsage,
    TrainingMetadata,
};
use serde::Serialize;
use serde_json::Value;

use crate::{ArtifactName, PipelineError};

/// A model that was trained and written.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Its manifest.
    pub manifest: Manifest,
    /// Where the version's own manifest stands.
    pub manifest_path: PathBuf,
}

impl Trained {
    /// What the person who trained should know, if anything: that rows were merged.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let merged = self.manifest.metadata.merged_rows;
        (merged > 0).then(|| {
            format!(
                "{}: {merged} rows repeat a user and movie and were merged, the latest staying; \
                 run dedup before training",
                self.manifest.data.dataset_path
            )
        })
    }
}

/// What is trained, from what, and where it goes.
pub(crate) struct Plan<'a> {
    pub(crate) family: &'static str,
    pub(crate) manifest_name: ArtifactName,
    pub(crate) data_path: &'a Path,
    pub(crate) artifact_dir: &'a Path,
    pub(crate) manifest_dir: Option<&'a Path>,
    pub(crate) model_version: Option<&'a ModelVersion>,
    pub(crate) data_version: Option<&'a str>,
}

impl<'a> Plan<'a> {
    fn manifest_dir(&self) -> &'a Path {
        self.manifest_dir.unwrap_or(self.artifact_dir)
    }
}

/// The part of a training that is the same for every model: names, times, files, manifest.
pub(crate) struct Training<'a> {
    plan: Plan<'a>,
    dataset: FileDigest,
    version: ModelVersion,
    code: PipelineCode,
    started: Instant,
    usage: ResourceUsage,
    staged: Vec<(ArtifactName, StagedFile)>,
}

/// What a model adds to its manifest.
pub(crate) struct Facts {
    pub(crate) hyperparameters: BTreeMap<String, Value>,
    pub(crate) row_count: u64,
    pub(crate) unique_users: u64,
    pub(crate) unique_movies: u64,
    pub(crate) metadata: TrainingMetadata,
}

impl<'a> Training<'a> {
    /// Checks what can be checked before any work: the version, the data set, the folders.
    pub(crate) fn start(plan: Plan<'a>) -> Result<Self, PipelineError> {
        let (started, usage) = (Instant::now(), ResourceUsage::now());
        let default = || ModelVersion::at(plan.family, Timestamp::now());
        let version = plan.model_version.cloned().unwrap_or_else(default);
        Manifest::check_version_is_new(plan.manifest_dir(), &version)?;
        let dataset = FileDigest::of(plan.data_path)?;
        for folder in [plan.manifest_dir(), plan.artifact_dir] {
            drop(StagedFile::create(&plan.manifest_name.within(folder))?);
        }
        Ok(Self {
            plan,
            dataset,
            version,
            code: PipelineCode::discover(Path::new(".")),
            started,
            usage,
            staged: Vec::new(),
        })
    }

    /// SHA-256 of the data set.
    pub(crate) fn dataset_sha256(&self) -> &str {
        &self.dataset.sha256
    }

    /// Opens an artifact to be written.
    pub(crate) fn create(&self, name: ArtifactName) -> Result<StagedFile, PipelineError> {
        Ok(StagedFile::create(&name.within(self.plan.artifact_dir))?)
    }

    /// Takes an artifact that is written.
    pub(crate) fn add(&mut self, name: ArtifactName, file: StagedFile) {
        self.staged.push((name, file));
    }

    /// Writes a value as compact JSON and takes it.
    pub(crate) fn add_json(
        &mut self,
        name: ArtifactName,
        value: &impl Serialize,
    ) -> Result<(), PipelineError> {
        let mut file = self.create(name)?;
        serde_json::to_writer(&mut file, value)
            .map_err(std::io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|source| file.failed(source))?;
        self.add(name, file);
        Ok(())
    }

    /// Puts all artifacts in place, then the manifests, which vouch for them.
    ///
    /// Everything is on the disk before the first moves, so what an error or a kill can interrupt
    /// is a few renames; whoever loads the folder then is told by the digests. `progress` is asked
    /// right before that for the last time whether to stop.
    pub(crate) fn finish(
        mut self,
        facts: Facts,
        progress: &dyn Progress,
    ) -> Result<Trained, PipelineError> {
        let data_path = self.plan.data_path;
        if FileDigest::of(data_path)? != self.dataset {
            return Err(PipelineError::DatasetChanged { path: data_path.to_owned() });
        }
        let artifacts = self.digests()?;
        let (manifest, text) = self.manifest(facts, artifacts).sealed()?;
        let (manifest_dir, name) = (self.plan.manifest_dir(), self.plan.manifest_name);
        Manifest::check_version_is_new(manifest_dir, &self.version)?;
        let manifest_path = Manifest::version_path(manifest_dir, &self.version);
        let mut paths = vec![manifest_path.clone(), name.within(manifest_dir)];
        if manifest_dir != self.plan.artifact_dir {
            // A server looks beside the artifacts.
            paths.push(name.within(self.plan.artifact_dir));
        }
        let manifests: Vec<StagedFile> =
            paths.iter().map(|path| Manifest::stage(&text, path)).collect::<Result<_, _>>()?;
        if progress.is_cancelled() {
            return Err(DatasetError::Cancelled.into());
        }
        for file in self.staged.into_iter().map(|(_, file)| file).chain(manifests) {
            file.commit()?;
        }
        Ok(Trained { manifest, manifest_path })
    }

    fn digests(&mut self) -> Result<BTreeMap<String, ArtifactDigest>, PipelineError> {
        let mut artifacts = BTreeMap::new();
        for (name, file) in &mut self.staged {
            let digest = file.digest()?;
            let artifact = ArtifactDigest {
                path: file.path().display().to_string(),
                sha256: digest.sha256,
                size_bytes: digest.size_bytes,
            };
            artifacts.insert(name.as_str().to_owned(), artifact);
        }
        Ok(artifacts)
    }

    fn manifest(&self, facts: Facts, artifacts: BTreeMap<String, ArtifactDigest>) -> Manifest {
        let usage = ResourceUsage::now();
        let sha256 = &self.dataset.sha256;
        Manifest {
            artifacts,
            data: DataDescription {
                dataset_path: self.plan.data_path.display().to_string(),
                dataset_version: self.plan.data_version.unwrap_or(sha256).to_owned(),
                dataset_sha256: sha256.clone(),
                dataset_size_bytes: self.dataset.size_bytes,
                row_count: facts.row_count,
                unique_movies: facts.unique_movies,
                unique_users: facts.unique_users,
            },
            deployed_at: None,
            hyperparameters: facts.hyperparameters,
            manifest_sha256: String::new(),
            metadata: TrainingMetadata {
                cpu_seconds: usage.cpu.saturating_sub(self.usage.cpu).as_secs_f64(),
                peak_rss_bytes: usage.peak_rss_bytes,
                training_seconds: self.started.elapsed().as_secs_f64(),
                ..facts.metadata
            },
            model_family: self.plan.family.to_owned(),
            model_version: self.version.as_str().to_owned(),
            pipeline: self.code.clone(),
            trained_at: Manifest::timestamp(Timestamp::now()),
        }
    }
}

/// The fields of a configuration as hyper-parameters.
pub(crate) fn hyperparameters(config: &impl Serialize) -> BTreeMap<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}
