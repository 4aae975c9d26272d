use std::io;

use marquee_experiment::ExperimentError;
use thiserror::Error;

/// Why the service cannot be set up or run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServingError {
    /// The experiment lists a variant that is not served.
    #[error("the experiment does not fit this service")]
    Experiment(#[from] ExperimentError),
    /// A metric cannot be registered.
    #[error("cannot set up the metrics")]
    Metrics(#[from] prometheus::Error),
    /// The writer of the service's log lines cannot be started.
    #[error("cannot start the writer of log lines")]
    Telemetry(#[source] io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", remedy(source))]
    Bind {
        /// The address as it was given.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server could not be started, or it broke off.
    #[error("the server cannot run")]
    Server(#[source] io::Error),
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it or choose another port with --bind HOST:PORT"
        }
        io::ErrorKind::PermissionDenied => {
            "that port is reserved; choose one above 1023 with --bind HOST:PORT"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address; choose another with --bind HOST:PORT"
        }
        _ => "give an address of this machine with --bind HOST:PORT",
    }
}
