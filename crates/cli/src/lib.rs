//! What all binaries share: exit codes, arguments, logging, progress, answers as JSON.
//!
//! A binary is `main: run(|args| …)` with [`run`], which sets logging up, parses arguments
//! ([`parse`]), and turns the [`Outcome`] or the error chain into the exit code: 0 done, 1 it ran
//! and the answer is no, 2 it could not run; and 130 where a second signal ended it ([`Interrupt`]). stdout carries the answer ([`print_json`]), stderr
//! the log and the progress bar ([`TerminalProgress`]).
//!
//! Does not hold: anything a library would need; only binaries depend on it.
//!
//! ```
//! use marquee_cli::Outcome;
//!
//! assert_eq!(Outcome::Done.code(), 0);
//! assert_eq!(Outcome::No("reject rate over the limit".to_owned()).code(), 1);
//! ```

mod als;
mod arguments;
mod data_version;
mod kafka;
mod output;
mod progress;
mod run;
mod signals;

pub use als::AlsArgs;
pub use arguments::{check_distinct, dashed, parse, set_threads};
pub use data_version::DataVersionArgs;
pub use kafka::{BrokerTimeout, KafkaArgs};
pub use output::{print_json, print_text, print_written};
pub use progress::{Interrupt, TerminalProgress};
pub use run::{Outcome, run, unless_closed};
pub use signals::SignalArgs;
