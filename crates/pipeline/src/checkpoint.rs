use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use marquee_als::{Factors, ITEM_FACTORS, Matrix, USER_FACTORS};
use marquee_dataset::{DatasetError, NpzReader, NpzWriter, StagedFile};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ArtifactName, PipelineError};

/// The form of the file; another one cannot be taken up again.
const FORMAT: u32 = 1;

const STATE: &str = "state";
const BEST_USER_FACTORS: &str = "best_user_factors";
const BEST_ITEM_FACTORS: &str = "best_item_factors";

/// What makes two trainings the same: one goes on only from a checkpoint of the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) catalog_sha256: Option<String>,
    pub(crate) dataset_sha256: String,
    pub(crate) hyperparameters: BTreeMap<String, Value>,
    pub(crate) loss: bool,
}

/// What a training has told up to the end of an iteration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Curves {
    pub(crate) iteration_seconds: Vec<f64>,
    pub(crate) loss: Vec<f64>,
    pub(crate) validation: Vec<f64>,
    /// The iteration with the best validation, from 1, where that decides on the model.
    pub(crate) best_iteration: Option<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    curves: Curves,
    format: u32,
    identity: Identity,
    iteration: usize,
}

/// A training after some of its iterations.
pub(crate) struct Checkpoint {
    pub(crate) iteration: usize,
    pub(crate) curves: Curves,
    pub(crate) factors: Factors,
    pub(crate) best: Option<Factors>,
}

/// Where the checkpoint of a folder stands.
pub(crate) fn path(artifact_dir: &Path) -> PathBuf {
    ArtifactName::AlsCheckpoint.within(artifact_dir)
}

/// Puts a checkpoint in its place, over the one before.
pub(crate) fn write(
    path: &Path,
    identity: &Identity,
    (iteration, curves): (usize, &Curves),
    factors: &Factors,
    best: Option<&Factors>,
) -> Result<(), PipelineError> {
    let state =
        State { curves: curves.clone(), format: FORMAT, identity: identity.clone(), iteration };
    let text = serde_json::to_vec(&state).map_err(std::io::Error::from)?;
    let mut file = StagedFile::create(path)?;
    let mut write = || -> std::io::Result<()> {
        let mut npz = NpzWriter::new(&mut file);
        npz.array(STATE, &[text.len() as u64], &text)?;
        let mut matrix = |name, matrix: &Matrix| {
            let shape = [matrix.rows() as u64, matrix.columns() as u64];
            npz.array(name, &shape, matrix.as_slice())
        };
        matrix(USER_FACTORS, &factors.users)?;
        matrix(ITEM_FACTORS, &factors.items)?;
        if let Some(best) = best {
            matrix(BEST_USER_FACTORS, &best.users)?;
            matrix(BEST_ITEM_FACTORS, &best.items)?;
        }
        npz.finish().map(drop)
    };
    write().map_err(|source| file.failed(source))?;
    file.sync()?;
    Ok(file.commit()?)
}

/// The checkpoint at `path`, if there is one; it must be one of the same training.
pub(crate) fn read(path: &Path, identity: &Identity) -> Result<Option<Checkpoint>, PipelineError> {
    if !path.exists() {
        return Ok(None);
    }
    let unfit = |problem: String| PipelineError::Checkpoint { path: path.to_owned(), problem };
    let mut npz = NpzReader::open(path)?;
    let (_, text) = npz.array::<u8>(STATE)?;
    let state: State = serde_json::from_slice(&text)
        .map_err(|error| unfit(format!("its state is not one this program wrote ({error})")))?;
    if state.format != FORMAT {
        return Err(unfit(format!("its format is {}, not {FORMAT}", state.format)));
    }
    if let Some(difference) = difference(&state.identity, identity) {
        return Err(unfit(difference));
    }
    let mut matrix = |name| -> Result<Matrix, PipelineError> {
        let (shape, values) = npz.array::<f32>(name)?;
        let size = |place: usize| shape.get(place).map_or(0, |&size| size as usize);
        Ok(Matrix::new(size(0), size(1), values)?)
    };
    let factors = Factors { users: matrix(USER_FACTORS)?, items: matrix(ITEM_FACTORS)? };
    let best = match state.curves.best_iteration {
        Some(_) => {
            Some(Factors { users: matrix(BEST_USER_FACTORS)?, items: matrix(BEST_ITEM_FACTORS)? })
        }
        None => None,
    };
    Ok(Some(Checkpoint { iteration: state.iteration, curves: state.curves, factors, best }))
}

/// Takes the checkpoint away, if there is one.
pub(crate) fn remove(path: &Path) -> Result<(), PipelineError> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DatasetError::Io(error).into())
        }
        _ => Ok(()),
    }
}

/// The first thing two trainings differ in.
fn difference(found: &Identity, wanted: &Identity) -> Option<String> {
    if found.dataset_sha256 != wanted.dataset_sha256 {
        return Some("it is of other data".to_owned());
    }
    if found.catalog_sha256 != wanted.catalog_sha256 {
        return Some("it is of another catalog".to_owned());
    }
    if found.loss != wanted.loss {
        return Some("one of both computes the loss (--loss), the other does not".to_owned());
    }
    let names = found.hyperparameters.keys().chain(wanted.hyperparameters.keys());
    let of = |identity: &Identity, name: &str| {
        identity.hyperparameters.get(name).map_or("nothing".to_owned(), Value::to_string)
    };
    let mut names = names.filter(|name| of(found, name) != of(wanted, name));
    let name = names.next()?;
    Some(format!("its {name} is {}, not {}", of(found, name), of(wanted, name)))
}
