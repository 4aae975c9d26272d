use std::{
    io,
    path::{Path, PathBuf},
};

use marquee_als::AlsError;
use marquee_catalog::CatalogError;
use marquee_dataset::{DatasetError, ZeroHoldout};
use marquee_kafka::KafkaError;
use marquee_live::LiveError;
use marquee_popgen::PopGenError;
use marquee_provenance::ProvenanceError;
use marquee_serving::ServingError;
use thiserror::Error;

use crate::SignalFault;

/// Why a step failed. A training that failed changed nothing, unless a file could not be put in its
/// place when all were written: then some are of the new model and some of the old one, the digests
/// of the manifest tell whoever loads them, and the model is to be trained again. Of other steps
/// each says what it leaves.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A table or another file; the source names it.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The catalog; the source names it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Settings, training or files of the ALS model.
    #[error(transparent)]
    Als(#[from] AlsError),
    /// Settings or files of the popularity and genre model.
    #[error(transparent)]
    PopGen(#[from] PopGenError),
    /// A manifest, or an artifact that is not the one its manifest describes.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// What the ratings of a training are to be made from.
    #[error(transparent)]
    Signals(#[from] SignalFault),
    /// A setting of a training is 0, or is of no use without another.
    #[error("{setting} is {given}: {rule}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// The value given.
        given: usize,
        /// What it must be.
        rule: &'static str,
    },
    /// A search for settings that cannot be made or kept.
    #[error(transparent)]
    Tuning(marquee_tuning::TuningError),
    /// A search was cancelled; what ran is in its journal.
    #[error("the search was stopped after {runs} runs; the same command goes on from {}", path.display())]
    SearchStopped {
        /// The journal.
        path: PathBuf,
        /// Runs it holds.
        runs: usize,
    },
    /// A model whose ratings were made from minutes or stars is to be trained again on a table that
    /// has none.
    #[error(
        "{}: the model in {} was trained with --signals, and this table has no columns stars and \
         minutes; give the table of dedup --strategy aggregate that it was trained on",
        data_path.display(),
        folder.display()
    )]
    SignalsNeeded {
        /// The artifact folder.
        folder: PathBuf,
        /// The table.
        data_path: PathBuf,
    },
    /// A model that was trained with a catalog is to be trained again without one.
    #[error(
        "the model in {} was trained with a catalog that knows how long films are; name that one \
         with --catalog",
        folder.display()
    )]
    CatalogNeeded {
        /// The artifact folder.
        folder: PathBuf,
    },
    /// A model that was trained with a catalog is to be trained again with another one.
    #[error(
        "{}: not the catalog that the model in {} was trained with, whose SHA-256 is {expected}; \
         name that one with --catalog",
        catalog.display(),
        folder.display()
    )]
    OtherCatalog {
        /// The catalog given.
        catalog: PathBuf,
        /// The artifact folder.
        folder: PathBuf,
        /// The digest in the manifest.
        expected: String,
    },
    /// A checkpoint is not one of the training that is to go on.
    #[error(
        "{}: the training cannot go on from this checkpoint: {problem}; train without --resume to \
         start over",
        path.display()
    )]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// The split for the held-out comparison.
    #[error(transparent)]
    Split(#[from] ZeroHoldout),
    /// Brokers or their configuration.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The file of recent films; the source names it.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The file of recent films is that of another topic.
    #[error(
        "{} is of the topic {found:?}, not {wanted:?}; name another file with --live-state, or \
         delete this one to start over",
        path.display()
    )]
    OtherTopic {
        /// The file.
        path: PathBuf,
        /// Its topic.
        found: String,
        /// The topic that is to be followed.
        wanted: String,
    },
    /// The thread that follows a topic cannot be started.
    #[error("cannot start the follower of the topic")]
    Thread(#[source] io::Error),
    /// The server.
    #[error(transparent)]
    Serving(#[from] ServingError),
    /// A training was cancelled, before any file changed.
    #[error("the training was stopped; what stood in {} before still does", folder.display())]
    Cancelled {
        /// The artifact folder.
        folder: PathBuf,
    },
    /// A training was cancelled, before any file changed but its checkpoint.
    #[error(
        "the training was stopped; what stood in {} before still does, and with --resume the \
         training goes on from {}",
        folder.display(),
        checkpoint.display()
    )]
    Paused {
        /// The artifact folder.
        folder: PathBuf,
        /// The checkpoint.
        checkpoint: PathBuf,
    },
    /// The files of a model, each readable, make no model together.
    #[error("{}: the files of the {family} model do not make a model; train it again", folder.display())]
    Unfit {
        /// The artifact folder.
        folder: PathBuf,
        /// The model's family.
        family: &'static str,
        /// What does not fit, or cannot be answered with.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row map is malformed.
    #[error("{}: not a map of ids to rows; train the model again", path.display())]
    RowMap {
        /// The map.
        path: PathBuf,
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// A data set has no rows.
    #[error(
        "{}: the data set holds no rows; the model that is there was left as it is",
        path.display()
    )]
    EmptyDataset {
        /// The data set.
        path: PathBuf,
    },
    /// The data set was replaced while a model was trained on it.
    #[error("{}: the data set changed during the training; train again", path.display())]
    DatasetChanged {
        /// The data set.
        path: PathBuf,
    },
    /// A manifest is of another model, or leaves out files of this one.
    #[error("{}: not the manifest of a {expected} model with all its files", path.display())]
    WrongManifest {
        /// The manifest.
        path: PathBuf,
        /// The family it should be of.
        expected: &'static str,
    },
    /// Not enough history to hold anything out.
    #[error("{}: no user has enough films for any to be held out", path.display())]
    NothingHeldOut {
        /// The data set.
        path: PathBuf,
    },
    /// A setting of an evaluation is out of range, or what it needs was not given.
    #[error("cannot evaluate: {problem}")]
    Evaluation {
        /// What is wrong and what to do.
        problem: String,
    },
    /// A model was trained on what it would be scored on.
    #[error(
        "{model}: {why}; its score would say nothing, so evaluate a model that was trained without \
         the held-out rows (--split-out writes them and the others)"
    )]
    TrainedOnHeldOut {
        /// The model.
        model: String,
        /// How that is known.
        why: String,
    },
    /// A split put the same pair of user and movie into both parts.
    #[error(
        "{pairs} held-out pairs are in the training part too, such as user {user_id} with \
         {movie_id}; nothing was evaluated"
    )]
    LeakingSplit {
        /// How many.
        pairs: usize,
        /// The user of the first.
        user_id: u64,
        /// The film of the first.
        movie_id: String,
    },
    /// A model has no manifest, which says what it was trained with and what that cost.
    #[error("{}: no manifest of a {family} model; train one with {family}-train", folder.display())]
    NoManifest {
        /// The artifact folder.
        folder: PathBuf,
        /// The model's family.
        family: &'static str,
    },
    /// A genre was named that no film of the catalog has.
    #[error("genre {name:?} is not in the catalog; it holds {}", listed(known))]
    UnknownGenre {
        /// The name.
        name: String,
        /// Those the catalog holds, in byte order.
        known: Vec<String>,
    },
    /// A folder holds no model.
    #[error(
        "{}: no model can be loaded ({problems}); train one with als-train or popgen-train",
        folder.display()
    )]
    NoModel {
        /// The artifact folder.
        folder: PathBuf,
        /// What was looked for in vain.
        problems: String,
    },
}

impl From<io::Error> for PipelineError {
    fn from(error: io::Error) -> Self {
        Self::Dataset(DatasetError::Io(error))
    }
}

impl PipelineError {
    /// This error of a training, with the folder named where it was cancelled.
    pub(crate) fn of_training_in(self, folder: &Path) -> Self {
        match self {
            Self::Dataset(DatasetError::Cancelled) | Self::Als(AlsError::Cancelled { .. }) => {
                Self::Cancelled { folder: folder.to_owned() }
            }
            other => other,
        }
    }
}

fn listed(genres: &[String]) -> String {
    if genres.is_empty() { "no genre at all".to_owned() } else { genres.join(", ") }
}
