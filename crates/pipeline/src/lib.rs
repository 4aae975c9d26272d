//! The steps of the service as library calls, each from files to files.
//!
//! [`train_als`] and [`train_popgen`] read a data set and leave a model's artifacts and its
//! manifest; [`load_models`] reads a folder of them back as the rungs a server answers from
//! and [`serve_models`] answers, while [`AlsRecommender`] writes lists for everybody into a file;
//! [`evaluate_offline`] scores models on films their training did not see and
//! [`evaluate_properties`] says what one is worth and costs;
//! [`demo`] runs everything from a raw log to models with a held-out comparison. Binaries and
//! larger jobs call these; what a step needs to know is in its job struct, checked before any work.
//!
//! This is where models, files and provenance meet: the model crates know no manifests, the
//! server knows no model files. Does not hold: algorithms, terminals.
//!
//! ```no_run
//! use marquee_dataset::NoProgress;
//! use marquee_pipeline::{AlsJob, load_models, train_als};
//!
//! let trained = train_als(&AlsJob::default(), &mut NoProgress)?;
//! assert_eq!(trained.manifest.model_family, "als");
//! assert!(load_models("artifacts".as_ref())?.rungs.als.is_some());
//! # Ok::<(), marquee_pipeline::PipelineError>(())
//! ```

mod als;
mod artifacts;
mod checkpoint;
mod contestant;
mod demo;
mod error;
mod fit;
mod follow;
mod load;
mod offline;
mod offline_page;
mod offline_report;
mod offline_table;
mod parts;
mod popgen;
mod properties;
mod properties_page;
mod properties_report;
mod recommend;
mod recommendations_file;
mod rows;
mod selection;
mod serve;
mod signals;
mod training;
mod tune;
mod validation;

pub use als::{AlsJob, train_als};
pub use artifacts::ArtifactName;
pub use demo::{DemoJob, DemoReport, HeldOutScore, Pick, demo};
pub use error::PipelineError;
pub use follow::{FollowConfig, Following};
pub use load::{LoadedAls, LoadedModels, load_als, load_models};
pub use offline::{OfflineJob, OfflineModel, SplitRule, evaluate_offline};
pub use offline_report::{DataReport, ModelReport, OfflineReport, SplitReport};
pub use popgen::{PopGenJob, train_popgen};
pub use properties::{Family, PropertiesJob, evaluate_properties};
pub use properties_report::{InferenceCost, ModelProperties, PropertiesReport, TrainingCost};
pub use recommend::{
    AlsRecommender, RecommendJob, RecommendSummary, RecommendedFilm, UserRecommendations,
};
pub use recommendations_file::RecommendationsFile;
pub use selection::films_of_genres;
pub use serve::{ServeTopics, serve_models};
pub use signals::{
    DEFAULT_DISLIKE_BELOW, HALF_POINT_MINUTES, NEUTRAL_STARS, SignalConfig, SignalFault, recency,
    share_watched, stars_value,
};
pub use training::Trained;
pub use tune::{
    TuneJob, TuningData, TuningReport, TuningRun, TuningWinner, default_space, tune_als,
};
