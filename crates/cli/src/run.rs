use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use tracing_subscriber::EnvFilter;

/// How a run ended that did end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It ran; exit code 0.
    Done,
    /// It ran and wrote its outputs, and the answer is no, for this reason; exit code 1.
    No(String),
}

impl Outcome {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No(_) => 1,
        }
    }
}

/// Runs a binary: logging to stderr, arguments, the job, the exit code.
///
/// An error is printed as one line, its causes after colons, and exits with 2. A closed pipe on
/// stdout is success. `RUST_LOG` sets what is logged (default `info`, of the HTTP library `warn`).
pub fn run<A: Parser>(job: impl FnOnce(A) -> anyhow::Result<Outcome>) -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
    let code = match job(crate::parse()) {
        Ok(outcome) => {
            if let Outcome::No(reason) = &outcome {
                say(reason);
            }
            outcome.code()
        }
        Err(error) if is_closed_pipe(&error) => 0,
        Err(error) => {
            say(&format!("error: {}", chain(&error)));
            2
        }
    };
    ExitCode::from(code)
}

/// What came of printing, where a closed stdout counts as printed: for programs whose exit code says
/// more than whether somebody read the answer.
///
/// # Errors
/// The error of printing, if it is another one.
pub fn unless_closed(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    match printed {
        Err(error) if !is_closed_pipe(&error) => Err(error),
        _ => Ok(()),
    }
}

/// One line: the error and its causes, those left out that the line before says already.
fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line.replace('\n', " ")
}

fn say(line: &str) {
    // There is nowhere to report a closed stderr to.
    let _ = writeln!(io::stderr(), "{line}");
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
