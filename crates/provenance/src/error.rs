use std::{io, path::PathBuf};

use marquee_dataset::DatasetError;
use thiserror::Error;

/// Why a manifest could not be written, read or believed. Every variant names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// A file could not be read; the source names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A file could not be digested or written; the source names it.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The file is not a manifest.
    #[error("{}: not a model manifest", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// What the JSON reader said, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest was changed after it was written.
    #[error(
        "{}: its digest is {found}, not the {stated} it states; it was changed after training, \
         so restore it or train again",
        path.display()
    )]
    ManifestChanged {
        /// The manifest.
        path: PathBuf,
        /// `manifest_sha256` of the file.
        stated: String,
        /// Digest of the file without that line.
        found: String,
    },
    /// An artifact is not the one the manifest was written for.
    #[error(
        "{}: not the file {} describes; the two are of different trainings, or it was changed, \
         so restore it or train again",
        path.display(),
        manifest.display()
    )]
    ArtifactChanged {
        /// The artifact.
        path: PathBuf,
        /// The manifest.
        manifest: PathBuf,
    },
    /// There is a manifest of this version already.
    #[error("{}: this model version exists already; choose another --model-version", path.display())]
    VersionExists {
        /// The manifest that is there.
        path: PathBuf,
    },
}
