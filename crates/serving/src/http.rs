use std::{
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime},
};

use actix_web::{
    HttpRequest, HttpResponse, Resource, Responder,
    http::{
        Method, StatusCode,
        header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    },
    web::{self, Bytes, Data, ServiceConfig},
};
use marquee_events::UserId;
use prometheus::TextEncoder;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Decision, LIST_LENGTH, LiveFeed, LiveStatus, Service, ServingError, Telemetry, gauges,
    labels::Label,
    line::{Served, Shown},
    live,
};

static EXPERIMENT_ID: HeaderName = HeaderName::from_static("x-experiment-id");
static EXPERIMENT_VARIANT: HeaderName = HeaderName::from_static("x-experiment-variant");
static MODEL_VERSION: HeaderName = HeaderName::from_static("x-model-version");
static PIPELINE_COMMIT: HeaderName = HeaderName::from_static("x-pipeline-commit");
static DATA_VERSION: HeaderName = HeaderName::from_static("x-data-version");
static MODEL_MANIFEST: HeaderName = HeaderName::from_static("x-model-manifest");
static RECOMMENDATION_SOURCE: HeaderName = HeaderName::from_static("x-recommendation-source");

static PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
static JSON: HeaderValue = HeaderValue::from_static("application/json");
static METRICS_TEXT: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

const PLAIN_ROUTE: &str = "/recommend";
const JSON_ROUTE: &str = "/v1/recommend";

const BAD_USER_ID: &str = "the user id must be a decimal number from 0 to 9223372036854775807";
const BAD_K: &str = "k must be a whole number from 1 to 100";
const NO_MODEL: &str = "no model is loaded";
const NO_ANSWER: &str = "no loaded model has a list for this user";
const NOT_FOUND: &str = "there is nothing at this path";
const METHOD_NOT_ALLOWED: &str = "only GET is answered here";

/// What all workers of a server share: the service, the writer of its log lines, and where the
/// reports behind the gauges stand.
pub struct Application {
    service: Service,
    telemetry: Telemetry,
    artifact_dir: PathBuf,
}

impl Application {
    /// Puts the parts together; `artifact_dir` is where `/metrics` looks for `eval_results.json`
    /// and `drift_report.json`.
    ///
    /// # Errors
    /// [`ServingError::Metrics`] when the counter of dropped lines cannot join the others.
    pub fn new(
        service: Service,
        telemetry: Telemetry,
        artifact_dir: impl Into<PathBuf>,
    ) -> Result<Self, ServingError> {
        service.metrics().register(telemetry.dropped_counter())?;
        Ok(Self { service, telemetry, artifact_dir: artifact_dir.into() })
    }

    /// The service behind the routes.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The writer of its log lines.
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

/// The routes, for [`actix_web::App::configure`]; other paths answer 404, other methods 405.
pub fn routes(application: Arc<Application>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        // Routes are tried in this order.
        config
            .app_data(Data::from(application))
            // A scope of fixed text is found by comparison, a parameter in the path by a regular
            // expression, which costs more than all the rest of an answer's routing.
            .service(web::scope(PLAIN_ROUTE).default_service(web::to(recommend)))
            .service(web::scope(JSON_ROUTE).default_service(web::to(recommend_json)))
            .service(get("/health/live", live))
            .service(get("/health/ready", ready))
            .service(get("/health", health))
            .service(get("/metrics", metrics))
            .default_service(web::to(not_found));
    }
}

fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).get(handler).default_service(web::to(method_not_allowed))
}

async fn recommend(request: HttpRequest, application: Data<Application>) -> HttpResponse {
    let started = Instant::now();
    let user = match requested_user(&request, PLAIN_ROUTE) {
        Ok(user) => user,
        Err(no_user) => return no_user.respond(text),
    };
    let service = &application.service;
    let decision = service.decide(user, LIST_LENGTH);
    let list = decision.answer().map(Answer::joined);
    let latency = started.elapsed();
    service.count(&decision, latency);
    application.telemetry.offer(&Served {
        at: SystemTime::now(),
        user,
        variant: decision.label(),
        bucket: decision.bucket(),
        latency,
        shown: decision
            .answer()
            .zip(list.as_deref())
            .map(|(answer, list)| Shown { list, labels: &answer.rung.labels }),
    });
    let mut response = match list {
        Some(list) => respond(StatusCode::OK, &PLAIN_TEXT, Bytes::from(list)),
        None => text(StatusCode::SERVICE_UNAVAILABLE, no_answer(service)),
    };
    insert_headers(response.headers_mut(), service, &decision);
    response
}

/// The query of the JSON route.
#[derive(Deserialize)]
struct ListQuery {
    k: Option<usize>,
}

#[derive(Serialize)]
struct ListBody<'a> {
    user_id: u64,
    source: &'a str,
    variant: &'a str,
    model_version: Option<&'a str>,
    items: Vec<ListItem<'a>>,
}

#[derive(Serialize)]
struct ListItem<'a> {
    movie_id: &'a str,
    title: &'a str,
    score: f32,
}

async fn recommend_json(request: HttpRequest, application: Data<Application>) -> HttpResponse {
    let user = match requested_user(&request, JSON_ROUTE) {
        Ok(user) => user,
        Err(no_user) => return no_user.respond(json_error),
    };
    let k = match web::Query::<ListQuery>::from_query(request.query_string()) {
        Ok(query) => query.k.unwrap_or(LIST_LENGTH),
        Err(_) => 0,
    };
    if !(1..=100).contains(&k) {
        return json_error(StatusCode::BAD_REQUEST, BAD_K);
    }
    let service = &application.service;
    let decision = service.decide(user, k);
    let Some(answer) = decision.answer() else {
        return json_error(StatusCode::SERVICE_UNAVAILABLE, no_answer(service));
    };
    let body = ListBody {
        user_id: user.get(),
        source: answer.source().as_str(),
        variant: decision.variant(),
        model_version: answer.model_version(),
        items: list_items(service, answer),
    };
    json(StatusCode::OK, &body)
}

fn list_items<'a>(service: &'a Service, answer: &'a Answer<'_>) -> Vec<ListItem<'a>> {
    let item = |movie_id: &'a str, score| ListItem {
        movie_id,
        title: service.titles().get(movie_id).unwrap_or(movie_id),
        score,
    };
    answer.items().iter().map(|scored| item(answer.movie_id(scored.item), scored.score)).collect()
}

async fn live() -> HttpResponse {
    json(StatusCode::OK, &StatusBody { status: "alive", reason: None })
}

async fn ready(application: Data<Application>) -> HttpResponse {
    if application.service.is_ready() {
        json(StatusCode::OK, &StatusBody { status: "ready", reason: None })
    } else {
        let body = StatusBody { status: "not ready", reason: Some(NO_MODEL) };
        json(StatusCode::SERVICE_UNAVAILABLE, &body)
    }
}

#[derive(Serialize)]
struct StatusBody {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct HealthBody<'a> {
    status: &'a str,
    model_version: Option<&'a str>,
    build: &'a str,
    git_commit: Option<&'a str>,
    experiment_id: Option<&'a str>,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<LiveStatus>,
}

async fn health(application: Data<Application>) -> HttpResponse {
    let service = &application.service;
    let body = HealthBody {
        status: if service.is_ready() { "ok" } else { "not ready" },
        model_version: service.model_version(),
        build: &service.build().version,
        git_commit: service.build().git_commit.as_deref(),
        experiment_id: service.experiment_id(),
        timestamp: jiff::Timestamp::now().to_string(),
        live: service.live().map(LiveFeed::status),
    };
    json(StatusCode::OK, &body)
}

async fn metrics(application: Data<Application>) -> HttpResponse {
    let shared = application.into_inner();
    // Reports are files: reading them must not hold up the answers of this worker.
    let text = web::block(move || {
        let mut families = shared.service.metrics().gather();
        families.extend(gauges::gather(&shared.artifact_dir)?);
        if let Some(feed) = shared.service.live() {
            families.extend(live::gather(&feed.status())?);
        }
        if let Some(counts) = shared.telemetry.copy_counts() {
            families.extend(live::gather_copies(counts)?);
        }
        TextEncoder::new().encode_to_string(&families)
    })
    .await;
    match text {
        Ok(Ok(body)) => respond(StatusCode::OK, &METRICS_TEXT, Bytes::from(body)),
        Ok(Err(error)) => {
            tracing::error!(%error, "metrics cannot be written");
            text_error()
        }
        Err(error) => {
            tracing::error!(%error, "metrics cannot be gathered");
            text_error()
        }
    }
}

async fn not_found() -> HttpResponse {
    text(StatusCode::NOT_FOUND, NOT_FOUND)
}

async fn method_not_allowed() -> HttpResponse {
    only_get()
}

fn only_get() -> HttpResponse {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    response
}

/// Why a request for a list names no user.
enum NoUser {
    Path,
    Method,
    Id,
}

impl NoUser {
    /// The answer; `refuse` makes the one for a user id that is not admitted.
    fn respond(self, refuse: fn(StatusCode, &'static str) -> HttpResponse) -> HttpResponse {
        match self {
            Self::Path => text(StatusCode::NOT_FOUND, NOT_FOUND),
            Self::Method => only_get(),
            Self::Id => refuse(StatusCode::BAD_REQUEST, BAD_USER_ID),
        }
    }
}

/// The user of `GET <route>/<userid>`.
fn requested_user(request: &HttpRequest, route: &str) -> Result<UserId, NoUser> {
    let segment = request
        .path()
        .strip_prefix(route)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| !rest.contains('/'))
        .ok_or(NoUser::Path)?;
    if request.method() != Method::GET {
        return Err(NoUser::Method);
    }
    segment.parse().map_err(|_| NoUser::Id)
}

fn no_answer(service: &Service) -> &'static str {
    if service.is_ready() { NO_ANSWER } else { NO_MODEL }
}

/// The variant is the one assigned; what tells of a model is that of the model that answered.
fn insert_headers(headers: &mut HeaderMap, service: &Service, decision: &Decision<'_>) {
    let mut insert = |name: &HeaderName, label: Option<&Label>| {
        if let Some(label) = label {
            headers.insert(name.clone(), label.header());
        }
    };
    insert(&EXPERIMENT_ID, service.experiment_label());
    insert(&EXPERIMENT_VARIANT, Some(decision.label()));
    let Some(answer) = decision.answer() else { return };
    let labels = &answer.rung.labels;
    insert(&MODEL_VERSION, labels.model_version.as_ref());
    insert(&PIPELINE_COMMIT, labels.pipeline_commit.as_ref());
    insert(&DATA_VERSION, labels.data_version.as_ref());
    insert(&MODEL_MANIFEST, labels.manifest_sha256.as_ref());
    let source = HeaderValue::from_static(answer.source().as_str());
    headers.insert(RECOMMENDATION_SOURCE.clone(), source);
}

fn respond(status: StatusCode, content_type: &HeaderValue, body: Bytes) -> HttpResponse {
    let mut response = HttpResponse::new(status).set_body(body).map_into_boxed_body();
    response.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    // Names go out as they are documented, for readers that compare them letter by letter.
    response.head_mut().set_camel_case_headers(true);
    response
}

fn text(status: StatusCode, line: &'static str) -> HttpResponse {
    respond(status, &PLAIN_TEXT, Bytes::from_static(line.as_bytes()))
}

fn text_error() -> HttpResponse {
    text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written; the log says why")
}

fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(bytes) => respond(status, &JSON, Bytes::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            text(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written as JSON")
        }
    }
}

fn json_error(status: StatusCode, error: &'static str) -> HttpResponse {
    #[derive(Serialize)]
    struct ErrorBody {
        error: &'static str,
    }
    json(status, &ErrorBody { error })
}
