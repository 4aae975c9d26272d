//! Controlled experiments: the configuration file and who gets which variant.
//!
//! An [`ExperimentConfig`] lists weighted variants; [`Experiment`] is one that was checked.
//! [`Experiment::assign`] places a user on the line from 0 to 1 by a hash of the salt and the user
//! id, so a user keeps a variant for as long as salt and weights stay, on every machine and in
//! every process. [`load`] reads the file; a file that is wrong is an error, never a default.
//!
//! Not here: what a variant serves, and what came of it.
//!
//! ```
//! use marquee_experiment::{Experiment, ExperimentConfig, Variant};
//!
//! let variant = |name: &str, weight| Variant { name: String::from(name), weight };
//! let experiment = Experiment::new(ExperimentConfig {
//!     experiment_id: String::from("als_vs_popgen"),
//!     salt: String::from("als-popgen-v1"),
//!     variants: vec![variant("als_model", 0.6), variant("popgen_model", 0.4)],
//! })?;
//! assert_eq!(experiment.assign(1).variant, "als_model");
//! assert_eq!(experiment.assign(3).variant, "popgen_model");
//! # Ok::<(), marquee_experiment::ExperimentError>(())
//! ```

mod assign;
mod config;
mod error;

pub use assign::{Assignment, Experiment};
pub use config::{ExperimentConfig, Variant, load};
pub use error::ExperimentError;
