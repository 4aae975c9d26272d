//! Search for settings: random draws from ranges, narrowed by successive halving.
//!
//! A [`Space`] says which settings there are, and draws any number of trials from a seed. A
//! [`Plan`] runs all of them for few iterations, the best of these for more, and the best of those
//! for all (successive halving: Jamieson and Talwalkar, *Non-stochastic Best Arm Identification and
//! Hyperparameter Optimization*, 2016; random draws rather than a grid: Bergstra and Bengio, *Random
//! Search for Hyper-Parameter Optimization*, 2012). [`search`] calls what it is given with the
//! settings and the number of iterations, writes every [`Run`] into a [`Journal`] and finds those a
//! journal holds already, so a search that was ended goes on where it was. The [`Study`] ranks the
//! trials; [`page()`] draws it.
//!
//! Knows no model and no data: what a run is, and what its score means, is the caller's. The same
//! seed and scores give the same study, however often it was taken up again.
//!
//! ```
//! use marquee_tuning::{Journal, Plan, Range, Space, search};
//!
//! let space = Space::new([("x", Range::Linear { low: 0.0, high: 1.0 })])?;
//! let plan = Plan { trials: 9, eta: 3, iterations: 9, least: 1, seed: 42, given: Vec::new() };
//! // A score after each iteration; best where x is 0.3.
//! let run = |trial: &marquee_tuning::Settings, iterations: usize| {
//!     Ok((1..=iterations).map(|done| done as f64 - (trial["x"] - 0.3).abs()).collect())
//! };
//! let study = search(&space, &plan, &mut Journal::in_memory(), run, |_| {})?;
//! assert_eq!(study.runs.len(), 9 + 3 + 1);
//! let best = study.leaderboard()[0];
//! assert!((best.settings["x"] - 0.3).abs() < 0.2);
//! # Ok::<(), marquee_tuning::TuningError>(())
//! ```

mod error;
mod journal;
mod page;
mod plan;
mod search;
mod space;
mod study;

pub use error::TuningError;
pub use journal::{JOURNAL_FORMAT, Journal};
pub use page::page;
pub use plan::{Plan, Rung};
pub use search::{Ended, search};
pub use space::{Range, Settings, Space};
pub use study::{Run, Study};
