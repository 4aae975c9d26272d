use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    rt::{
        System,
        signal::unix::{SignalKind, signal},
    },
};

use crate::{Application, Service, ServingError, Telemetry, routes};

/// How long open requests may take to end once the server is told to stop. With what the last log
/// lines may take, a stop lasts 10 seconds at most.
const DRAIN_SECONDS: u64 = 5;
const LAST_LINES: Duration = Duration::from_millis(2_500);

/// Where and how the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// `HOST:PORT` to listen on; port 0 takes a free one.
    pub bind: String,
    /// Worker threads; `None` is one for each core.
    pub workers: Option<NonZeroUsize>,
    /// The folder with the reports behind the gauges of `/metrics`.
    pub artifact_dir: PathBuf,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: String::from("0.0.0.0:8082"),
            workers: None,
            artifact_dir: PathBuf::from("artifacts"),
        }
    }
}

/// A server that answers.
#[derive(Debug, Clone)]
pub struct Running {
    /// The address listened on.
    pub address: SocketAddr,
    /// Ends it.
    pub stopper: Stopper,
}

/// Ends a server from any thread.
#[derive(Debug, Clone)]
pub struct Stopper(ServerHandle);

impl Stopper {
    /// Does what SIGTERM does: no new connections, open requests are answered, then [`serve`]
    /// returns. Does not wait for that.
    pub fn stop(&self) {
        // The order is given by the call; the future only waits until it has been carried out.
        drop(self.0.stop(true));
    }
}

/// Runs the service on the calling thread and its workers until SIGTERM, SIGINT or
/// [`Stopper::stop`]; calls `on_ready` once connections are accepted.
///
/// When it is told to stop, requests under way have 5 seconds to end, then the log lines still
/// waiting are written; it is over within 10 seconds. Signals are taken by the whole process for as
/// long as it lives.
///
/// # Errors
/// [`ServingError::Bind`] when the address cannot be listened on, otherwise
/// [`ServingError::Server`] or [`ServingError::Metrics`].
pub fn serve(
    config: &ServerConfig,
    service: Service,
    telemetry: Telemetry,
    on_ready: impl FnOnce(Running),
) -> Result<(), ServingError> {
    let application = Arc::new(Application::new(service, telemetry, &config.artifact_dir)?);
    let result = System::new().block_on(run(config, Arc::clone(&application), on_ready));
    if !application.telemetry().close(LAST_LINES) {
        tracing::warn!("the log's reader does not keep up: the last lines are lost");
    }
    result
}

async fn run(
    config: &ServerConfig,
    application: Arc<Application>,
    on_ready: impl FnOnce(Running),
) -> Result<(), ServingError> {
    let stop = stop_signal()?;
    let mut server =
        HttpServer::new(move || App::new().configure(routes(Arc::clone(&application))))
            .shutdown_signal(stop)
            .shutdown_timeout(DRAIN_SECONDS);
    if let Some(workers) = config.workers {
        server = server.workers(workers.get());
    }
    let bind = |source| ServingError::Bind { address: config.bind.clone(), source };
    let server = server.bind(&config.bind).map_err(bind)?;
    let address = server.addrs().first().copied();
    let running = server.run();
    if let Some(address) = address {
        on_ready(Running { address, stopper: Stopper(running.handle()) });
    }
    running.await.map_err(ServingError::Server)
}

/// Ends with the first SIGTERM or SIGINT.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, ServingError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServingError::Server)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServingError::Server)?;
    Ok(poll_fn(move |context| {
        // Both are polled, so that both can wake.
        let terminated = terminate.poll_recv(context).is_ready();
        let interrupted = interrupt.poll_recv(context).is_ready();
        if terminated || interrupted { Poll::Ready(()) } else { Poll::Pending }
    }))
}
