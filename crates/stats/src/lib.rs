//! Statistical tests and intervals by their names.
//!
//! Proportions have Wilson's interval ([`Proportion::wilson_interval`]) and are compared with
//! [`two_proportion_z_test`]; where observations of one user hang together, [`ClusteredArms`] gives
//! both with variances between users. [`Bootstrap`] resamples anything else, in the same draws for
//! the same seed on any number of threads. [`quantile`], [`quantile_of_counts`] and [`gini`]
//! describe samples.
//!
//! Each function's documentation names its formula, assumptions and source. What has no value, such
//! as the rate of no trials, is `None` and never 0 or NaN.
//!
//! Compute only: no files, no knowledge of films or users.
//!
//! ```
//! use marquee_stats::{Confidence, Proportion, two_proportion_z_test};
//!
//! let a = Proportion::new(195, 764)?;
//! let b = Proportion::new(117, 457)?;
//! let interval = a.wilson_interval(Confidence::P95).unwrap();
//! assert!(interval.low < 195.0 / 764.0 && 195.0 / 764.0 < interval.high);
//! let test = two_proportion_z_test(a, b, Confidence::P95).unwrap();
//! assert!(test.p_value.unwrap() > 0.9);
//! # Ok::<(), marquee_stats::StatsError>(())
//! ```

mod bootstrap;
mod clustered;
mod error;
mod gini;
mod interval;
mod proportion;
mod quantile;
mod two_proportions;

pub use bootstrap::{Bootstrap, BootstrapEstimate, PairedDifference};
pub use clustered::{ClusteredArms, ClusteredProportion};
pub use error::StatsError;
pub use gini::gini;
pub use interval::{Confidence, Interval, two_sided_p_value};
pub use proportion::Proportion;
pub use quantile::{quantile, quantile_of_counts};
pub use two_proportions::{TwoProportionTest, two_proportion_z_test};
