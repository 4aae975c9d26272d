use std::{env, path::Path};

use marquee_experiment::Experiment;
use marquee_provenance::PipelineCode;
use marquee_serving::{BuildInfo, Running, ServerConfig, Service, Telemetry};

use crate::{LoadedModels, PipelineError};

/// Serves loaded models until a signal ends it, each recommendation being a log line on stdout.
///
/// The build in `/health` is this crate's version and the commit of the working folder, or of
/// `PIPELINE_GIT_COMMIT`.
///
/// # Errors
/// [`PipelineError::Serving`] when the experiment lists a variant that is not served, or the
/// address cannot be listened on.
pub fn serve_models(
    config: &ServerConfig,
    models: LoadedModels,
    experiment: Option<Experiment>,
    on_ready: impl FnOnce(Running),
) -> Result<(), PipelineError> {
    let build = BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: PipelineCode::discover(Path::new(".")).git_commit,
    };
    let service = Service::new(models.rungs, experiment, models.titles, build)?;
    let telemetry = Telemetry::start(std::io::stdout(), Telemetry::DEFAULT_CAPACITY)?;
    Ok(marquee_serving::serve(config, service, telemetry, on_ready)?)
}
