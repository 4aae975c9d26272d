//! Which code, data and settings made a model: the manifest beside every model.
//!
//! A [`Manifest`] names the model, the commit it was trained with ([`PipelineCode`]), the data by
//! digest ([`DataDescription`]), the settings, every artifact by digest, and what training cost
//! ([`TrainingMetadata`]). It vouches for itself: `manifest_sha256` is the digest of the file
//! without that line, so `grep -v '"manifest_sha256":' FILE | sha256sum` checks it.
//!
//! Does not hold: models, training, HTTP. The only crate that knows git.
//!
//! ```
//! use marquee_provenance::{ModelVersion, VersionError};
//!
//! assert_eq!("als-20261123".parse::<ModelVersion>()?.as_str(), "als-20261123");
//! assert!("../escape".parse::<ModelVersion>().is_err());
//! # Ok::<(), VersionError>(())
//! ```

mod code;
mod error;
mod manifest;
mod resources;
mod version;

pub use code::PipelineCode;
pub use error::ProvenanceError;
pub use manifest::{ArtifactDigest, DataDescription, Manifest, TrainingMetadata};
pub use resources::ResourceUsage;
pub use version::{ModelVersion, VersionError};
