use std::{env, path::Path, sync::Arc};

use marquee_experiment::Experiment;
use marquee_kafka::{KafkaConfig, LineProducer, Overflow};
use marquee_provenance::PipelineCode;
use marquee_serving::{BuildInfo, CopyCounts, LineCopy, Running, ServerConfig, Service, Telemetry};

use crate::{FollowConfig, Following, LoadedModels, PipelineError};

/// What a server has to do with Kafka: nothing by default.
#[derive(Debug, Clone, Default)]
pub struct ServeTopics {
    /// The topic whose events change answers.
    pub follow: Option<FollowConfig>,
    /// The brokers and the topic that get every recommendation's log line.
    pub telemetry: Option<(KafkaConfig, String)>,
}

/// Serves loaded models until a signal ends it, each recommendation being a log line on stdout and
/// in the topic for telemetry, if there is one. The brokers may come and go: answers go on.
///
/// The build in `/health` is this crate's version and the commit of the working folder, or of
/// `PIPELINE_GIT_COMMIT`.
///
/// # Errors
/// [`PipelineError::Serving`] when the experiment lists a variant that is not served, or the
/// address cannot be listened on; those of [`Following::start`].
pub fn serve_models(
    config: &ServerConfig,
    models: LoadedModels,
    experiment: Option<Experiment>,
    topics: ServeTopics,
    on_ready: impl FnOnce(Running),
) -> Result<(), PipelineError> {
    let build = BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: PipelineCode::discover(Path::new(".")).git_commit,
    };
    let data_version =
        models.rungs.als.as_ref().and_then(|rung| rung.provenance.data_version.clone());
    let mut service = Service::new(models.rungs, experiment, models.titles, build)?;
    let follow = topics.follow.map(|follow| {
        let data_version = follow.data_version.or(data_version);
        Following::start(FollowConfig { data_version, ..follow })
    });
    let following = follow.transpose()?.map(Arc::new);
    if let Some(following) = &following {
        service = service.with_live(Arc::clone(following));
    }
    let copy = topics.telemetry.map(|(kafka, topic)| line_copy(&kafka, &topic)).transpose()?;
    let telemetry = Telemetry::start(std::io::stdout(), copy, Telemetry::DEFAULT_CAPACITY)?;
    marquee_serving::serve(config, service, telemetry, on_ready)?;
    // Here, not where the last worker lets go of it: the program ends without waiting for these.
    if let Some(following) = following {
        following.stop();
    }
    Ok(())
}

fn line_copy(kafka: &KafkaConfig, topic: &str) -> Result<LineCopy, PipelineError> {
    let producer = LineProducer::new(kafka, topic, Overflow::Drop)?;
    let counts = producer.counts();
    Ok(LineCopy {
        sink: Box::new(producer),
        counts: Box::new(move || CopyCounts {
            delivered: counts.delivered(),
            dropped: counts.dropped(),
        }),
    })
}
