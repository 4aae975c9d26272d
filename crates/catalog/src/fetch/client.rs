use std::{
    io::ErrorKind,
    time::{Duration, SystemTime},
};

use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, header},
};

use super::{FaultReason, FetchConfig, Reply};

/// Characters of a refusal's body that are reported.
const DETAIL_CHARS: usize = 120;

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

    /// Sends one request and reads its answer to the end. Blocks for at most the time-out.
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

    fn read(&self, mut response: Response<Body>) -> Reply {
        let body = response.body_mut().with_config().limit(self.max_body).read_to_vec();
        let status = response.status();
        let detail = || {
            let text = body.as_deref().map(first_line).unwrap_or_default();
            format!("status {status}{text}").trim_end().to_owned()
        };
        let fault = |reason| Reply::Fault { reason, detail: detail(), again: false };
        match status.as_u16() {
            200 => match body {
                Ok(body) => Reply::Record(body),
                Err(error) => self::fault(&error, FaultReason::CutShort),
            },
            404 => Reply::Missing,
            429 => Reply::Wait {
                reason: FaultReason::RateLimited,
                detail: detail(),
                asked: retry_after(response.headers()),
            },
            503 if response.headers().contains_key(header::RETRY_AFTER) => Reply::Wait {
                reason: FaultReason::ServerError,
                detail: detail(),
                asked: retry_after(response.headers()),
            },
            500..600 => {
                Reply::Fault { reason: FaultReason::ServerError, detail: detail(), again: true }
            }
            400..500 => fault(FaultReason::ClientError),
            300..400 => {
                let target = response.headers().get(header::LOCATION);
                let target = target.and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
                let detail = format!("status {status}, to {target}");
                Reply::Fault { reason: FaultReason::Redirect, detail, again: false }
            }
            _ => fault(FaultReason::OtherStatus),
        }
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
    Reply::Fault { reason, detail: error.to_string(), again: reason != FaultReason::BadUrl }
}

/// The beginning of a body for people, after a colon; nothing of an empty one.
fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let shown: String = line.chars().filter(|char| !char.is_control()).take(DETAIL_CHARS).collect();
    if shown.is_empty() { shown } else { format!(": {shown}") }
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
