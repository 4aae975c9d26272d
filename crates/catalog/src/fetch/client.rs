use std::{
    io::ErrorKind,
    time::{Duration, SystemTime},
};

use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, header},
};

use super::{FaultReason, FetchConfig, Reply, reply::Detail};

/// Sends single requests; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    agent: Agent,
    max_body: u64,
}

impl Client {
    pub(super) fn new(config: &FetchConfig) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(config.time_limit()))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(config.concurrency)
            .max_idle_connections_per_host(config.concurrency)
            .user_agent(concat!("marquee/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            // The API stands beside the service; what the environment says of the way to the
            // internet does not concern it.
            .proxy(None)
            .build()
            .new_agent();
        Self { agent, max_body: config.max_body }
    }

    /// Sends one request and reads as much of its answer as tells what it is. Blocks for at most
    /// the time-out.
    pub(super) fn get(&self, url: &str) -> Reply {
        match self.agent.get(url).call() {
            Ok(response) => self.read(response),
            Err(error) => fault(&error, FaultReason::ConnectionLost),
        }
    }

    /// Breaks off what all clones are doing, but for connections that are being made.
    pub(super) fn shut_down(&self) {
        self.agent.clone().shutdown();
    }

    /// What an answer is, by its head where that says all: a body that never ends must not hold up
    /// a pause that everybody has to keep. Not reading it costs the connection.
    fn read(&self, mut response: Response<Body>) -> Reply {
        let status = response.status();
        let head = || Detail::new(&format!("status {status}"));
        let wait = |reason| {
            let asked = retry_after(response.headers());
            Reply::Wait { reason, detail: head(), asked }
        };
        let (reason, again) = match status.as_u16() {
            200 => {
                return match self.body(&mut response) {
                    Ok(body) => Reply::Record(body),
                    Err(error) => fault(&error, FaultReason::CutShort),
                };
            }
            404 => return Reply::Missing,
            429 => return wait(FaultReason::RateLimited),
            503 if response.headers().contains_key(header::RETRY_AFTER) => {
                return wait(FaultReason::ServerError);
            }
            503 => {
                let reason = FaultReason::ServerError;
                return Reply::Fault { reason, detail: head(), again: true };
            }
            300..400 => {
                let target = response.headers().get(header::LOCATION);
                let target = target.and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
                let detail = Detail::new(&format!("status {status}, to {target}"));
                return Reply::Fault { reason: FaultReason::Redirect, detail, again: false };
            }
            500..600 => (FaultReason::ServerError, true),
            400..500 => (FaultReason::ClientError, false),
            _ => (FaultReason::OtherStatus, false),
        };
        let text = self.body(&mut response).as_deref().map(first_line).unwrap_or_default();
        Reply::Fault { reason, detail: Detail::new(&format!("status {status}{text}")), again }
    }

    fn body(&self, response: &mut Response<Body>) -> Result<Vec<u8>, ureq::Error> {
        response.body_mut().with_config().limit(self.max_body).read_to_vec()
    }
}

/// What went wrong below the level of HTTP statuses; `broken` where the connection ended early.
fn fault(error: &ureq::Error, broken: FaultReason) -> Reply {
    let reason = match error {
        ureq::Error::Timeout(_) => FaultReason::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => FaultReason::Unreachable,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => FaultReason::Timeout,
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => FaultReason::Unreachable,
            _ => broken,
        },
        ureq::Error::BodyExceedsLimit(_) => FaultReason::TooLarge,
        ureq::Error::BodyStalled => FaultReason::CutShort,
        ureq::Error::Http(_) | ureq::Error::BadUri(_) => FaultReason::BadUrl,
        _ => FaultReason::NotHttp,
    };
    let detail = Detail::new(&error.to_string());
    Reply::Fault { reason, detail, again: reason != FaultReason::BadUrl }
}

/// The beginning of a body for people, after a colon; nothing of an empty one.
fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(String::new, |line| format!(": {line}"))
}

/// What `Retry-After` asks for: seconds, or the time until an HTTP date. `None` where it is absent
/// or neither.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are for ever, until the cap.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(SystemTime::now()).unwrap_or_default())
}
