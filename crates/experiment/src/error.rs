use std::{io, path::PathBuf};

use thiserror::Error;

/// Why an experiment cannot be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The file cannot be read; the source names it.
    #[error("cannot read the experiment file")]
    Read(#[source] io::Error),
    /// Something is wrong with a file's content.
    #[error("experiment file {} is not usable", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<ExperimentError>,
    },
    /// Not JSON, a key too many or missing, or a value of the wrong kind.
    #[error(
        "not of the form {{\"experiment_id\", \"salt\", \"variants\": [{{\"name\", \"weight\"}}]}}"
    )]
    Json(#[source] serde_json::Error),
    /// A bare `NaN`, `Infinity` or `-Infinity`, which some JSON writers emit for a number.
    #[error(
        "line {line} holds {value}, which is not a number: write a finite weight of 0 or more there"
    )]
    NotFinite {
        /// The line, from 1.
        line: usize,
        /// The word found.
        value: &'static str,
    },
    /// A text that must not be empty is.
    #[error("{field} is empty")]
    Empty {
        /// The key of the file.
        field: &'static str,
    },
    /// There are no variants.
    #[error("there are no variants: list at least one")]
    NoVariants,
    /// Two variants have the same name.
    #[error("variant {name:?} stands twice: every variant needs a name of its own")]
    DuplicateVariant {
        /// The name.
        name: String,
    },
    /// A weight is negative, infinite or not a number.
    #[error("variant {name:?} has weight {weight}: a weight is a finite number of 0 or more")]
    Weight {
        /// The variant.
        name: String,
        /// Its weight.
        weight: f64,
    },
    /// No weight is above 0, or their sum is not finite.
    #[error("the weights add up to {sum}: the sum must be positive and finite")]
    WeightSum {
        /// The sum.
        sum: f64,
    },
    /// A variant that the caller cannot serve.
    #[error("variant {name:?} is unknown: the variants are {}", allowed.join(", "))]
    UnknownVariant {
        /// The variant.
        name: String,
        /// The names there are.
        allowed: Vec<String>,
    },
}
