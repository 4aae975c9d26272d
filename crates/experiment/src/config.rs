use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Experiment, ExperimentError};

/// The experiment file, field for field; JSON with exactly these keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentConfig {
    /// Names the experiment in answers and reports. Not empty.
    pub experiment_id: String,
    /// Decides, with the user id, where a user falls: a new salt deals everyone anew. Not empty.
    pub salt: String,
    /// At least one; the order decides which part of the line each takes.
    pub variants: Vec<Variant>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Not empty, and no two alike.
    pub name: String,
    /// The share of users relative to the other weights: finite, 0 or more. With 0 nobody gets the
    /// variant.
    pub weight: f64,
}

/// The checked experiment of a JSON file.
///
/// # Errors
/// [`ExperimentError::Read`] when the file cannot be read, otherwise [`ExperimentError::File`]
/// naming it: around [`ExperimentError::NotFinite`] for a bare `NaN` or `Infinity`,
/// [`ExperimentError::Json`] for other text that is not this format, or what
/// [`Experiment::new`] refuses.
pub fn load(path: impl AsRef<Path>) -> Result<Experiment, ExperimentError> {
    let path = path.as_ref();
    let text = fs_err::read(path).map_err(ExperimentError::Read)?;
    parse(&text).and_then(Experiment::new).map_err(|source| ExperimentError::File {
        path: path.to_path_buf(),
        source: Box::new(source),
    })
}

fn parse(text: &[u8]) -> Result<ExperimentConfig, ExperimentError> {
    serde_json::from_slice(text).map_err(|error| match not_finite_at(text, &error) {
        Some(value) => ExperimentError::NotFinite { line: error.line(), value },
        None => ExperimentError::Json(error),
    })
}

/// The words that Python's `json` writes for numbers JSON does not have.
const NOT_FINITE: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The word at which reading stopped, if it is one of [`NOT_FINITE`].
fn not_finite_at(text: &[u8], error: &serde_json::Error) -> Option<&'static str> {
    let line = text.split(|&byte| byte == b'\n').nth(error.line().checked_sub(1)?)?;
    // The reported column is the word's first byte or, past a sign, its second: longer word first.
    (1..=2).rev().find_map(|back| {
        let rest = line.get(error.column().checked_sub(back)?..)?;
        NOT_FINITE.into_iter().find(|word| rest.starts_with(word.as_bytes()))
    })
}
