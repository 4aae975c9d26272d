use std::time::{Duration, Instant, SystemTime};

use marquee_dataset::Progress;

use crate::{Cache, CatalogError, Records};

mod api_url;
mod checkpoints;
mod client;
mod config;
mod crew;
mod reply;
mod schedule;
mod summary;

pub use api_url::ApiUrl;
pub use config::FetchConfig;
pub use reply::FaultReason;
pub use summary::{FailedId, FetchSummary};

use checkpoints::Checkpoints;
use crew::{Answer, Crew};
use reply::{Detail, Reply};
use schedule::{Next, Schedule, Ticket};

/// Longest sleep before the caller's wish to stop is looked at.
const POLL: Duration = Duration::from_millis(100);

/// How long requests that are under way may still be answered after a stop.
const GRACE: Duration = Duration::from_millis(500);

/// A pause from which on the log says why nothing happens.
const NOTABLE_PAUSE: Duration = Duration::from_secs(5);

/// Asks the API of `cache` about all of `ids` that the cache neither holds nor remembers as missing,
/// and saves what it answers.
///
/// Ids are asked about in byte order, each once however often it is given. An answer becomes a
/// record (200) or an entry of the negative cache (404). Answers that may be better another time
/// ([`FaultReason`]) are followed by up to [`FetchConfig::retries`] more requests, each after a
/// back-off in which other ids are asked about; 429 and 503 with `Retry-After` hold back all
/// requests for the time they name and are no fault of the id, but one that is put off more than
/// [`FetchConfig::max_waits`] times fails. Between the starts of any two requests lies
/// 1 / [`FetchConfig::rate_limit`] at least, retries included, and an idle time earns no later
/// burst; over a connection that is slow, at most as many requests as there are connections can
/// arrive closer together than they were sent.
///
/// The cache is saved every [`FetchConfig::checkpoint_every`] answers, after
/// [`FetchConfig::checkpoint_seconds`] if there was one and before a pause as long as that; all of
/// them only while saving takes no more than a twentieth of the time, or in a pause. A save that
/// fails is a warning, and the next one is tried. It is saved at the end, also when the run stops
/// early: because `progress` says so, or because [`FetchConfig::give_up_after`] ids in a row failed
/// for want of a server. A server that refuses ids, redirects or answers with wrong records is
/// there, so such failures end nothing. After a stop requests under way have half a second left,
/// and their connections are closed; only a connection that is still being made lives on, in a
/// thread, until its own time-out. Calling again goes on where the last run stopped.
///
/// # Errors
/// [`CatalogError`] when the configuration is not valid, threads cannot be started, or saving fails
/// at the end: then what the last checkpoint wrote is still there. Faulty answers are no error but
/// a part of the summary.
pub fn fetch<R: Records>(
    ids: impl IntoIterator<Item = String>,
    config: &FetchConfig,
    cache: &mut Cache<R>,
    progress: &mut dyn Progress,
) -> Result<FetchSummary, CatalogError> {
    config.validate()?;
    let started = Instant::now();
    let mut ids: Vec<String> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut summary = FetchSummary { wanted: ids.len(), ..FetchSummary::default() };
    ids.retain(|id| !cache.records().holds(id));
    summary.cached = summary.wanted - ids.len();
    let now = SystemTime::now();
    let (remembered, ids): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| cache.missing().remembers(id, now, config.negative_age()));
    summary.known_missing = remembered.len();
    summary.missing = remembered;
    let api = cache.api().clone();
    let (ids, nameless): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| api.can_name(id));

    progress.begin(&format!("fetching {}", R::NOUN), Some(ids.len() as u64));
    let mut run = Run {
        config,
        schedule: Schedule::new(config, ids.len()),
        checkpoints: Checkpoints::new(config),
        ids,
        cache,
        summary,
        progress,
    };
    for id in nameless {
        let detail = Detail::new("the id is too long for a URL");
        run.note(FaultReason::BadUrl, &detail);
        run.summary.give_up(id, FaultReason::BadUrl, 0, detail.into_text());
    }
    let asked = run.ask_all(&api);
    run.cache.save()?;
    asked?;
    let mut summary = run.summary;
    let known = summary.cached + summary.fetched + summary.missing.len();
    summary.left = summary.wanted - known - summary.failed.len();
    summary.missing.sort_unstable();
    summary.failed.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    summary.seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    doubt(&api, &summary);
    Ok(summary)
}

/// Warns where a wrong address is likelier than an API that knows nothing.
fn doubt(api: &ApiUrl, summary: &FetchSummary) {
    let new = summary.missing.len() - summary.known_missing;
    if new > 0 && summary.fetched + summary.failed.len() == 0 {
        tracing::warn!(
            "{api} answered 404 to all {new} ids it was asked about; if the address is wrong, run \
             again with the right one"
        );
    }
}

/// A run of [`fetch`]: all decisions are made on one thread, the [`Crew`] only asks.
struct Run<'a, R> {
    config: &'a FetchConfig,
    ids: Vec<String>,
    schedule: Schedule,
    checkpoints: Checkpoints,
    cache: &'a mut Cache<R>,
    summary: FetchSummary,
    progress: &'a mut dyn Progress,
}

impl<R: Records> Run<'_, R> {
    fn ask_all(&mut self, api: &ApiUrl) -> Result<(), CatalogError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let crew = Crew::hire(self.config)?;
        loop {
            // An answer that is there may ask for a pause.
            while let Some(answer) = crew.answer(Duration::ZERO)? {
                self.take(answer);
            }
            if self.checkpoints.is_due() {
                self.checkpoint();
            }
            self.summary.interrupted = self.progress.is_cancelled();
            self.summary.gave_up = self.schedule.is_hopeless();
            if self.summary.interrupted || self.summary.gave_up {
                return self.stop(&crew);
            }
            let now = Instant::now();
            let wait = match self.schedule.next(now) {
                Next::Ask(ticket) => {
                    self.ask(&crew, api, ticket, now);
                    continue;
                }
                Next::Later(time) => time.duration_since(now).min(POLL),
                Next::AfterAnAnswer => POLL,
                Next::Done => return Ok(()),
            };
            if let Some(answer) = crew.answer(wait)? {
                self.take(answer);
            }
        }
    }

    /// Takes the answers that come within the grace time.
    fn stop(&mut self, crew: &Crew) -> Result<(), CatalogError> {
        let end = Instant::now() + GRACE;
        while self.schedule.in_flight() > 0 {
            let wait = end.saturating_duration_since(Instant::now());
            let Some(answer) = crew.answer(wait)? else { break };
            self.take(answer);
        }
        Ok(())
    }

    fn ask(&mut self, crew: &Crew, api: &ApiUrl, ticket: Ticket, now: Instant) {
        self.summary.requests += 1;
        self.summary.retries += u64::from(ticket.attempts() > 0);
        crew.ask(ticket, now, api.of(&self.ids[ticket.id]));
    }

    fn take(&mut self, answer: Answer) {
        let Answer { ticket, sent, reply } = answer;
        self.schedule.returned();
        let id = &self.ids[ticket.id];
        match reply {
            Reply::Record(body) => match self.cache.take(id, &body) {
                Ok(()) => {
                    self.summary.fetched += 1;
                    self.settled();
                }
                Err(fault) => {
                    let detail = Detail::new(&fault.to_string());
                    self.faulty(ticket, FaultReason::of(&fault), detail, true);
                }
            },
            Reply::Missing => {
                self.cache.miss(id, SystemTime::now());
                self.summary.missing.push(id.clone());
                self.settled();
            }
            Reply::Wait { reason, detail, asked } => {
                self.told_to_wait(ticket, sent, reason, detail, asked);
            }
            Reply::Fault { reason, detail, again } => self.faulty(ticket, reason, detail, again),
        }
    }

    fn settled(&mut self) {
        self.schedule.answered();
        self.progress.advance(1);
        self.checkpoints.answered();
        // Here as well as between answers: many may be there at once.
        if self.checkpoints.is_due() {
            self.checkpoint();
        }
    }

    /// Saves on the way. A disk that is full now may not be so later, and what came is in memory.
    fn checkpoint(&mut self) {
        let start = Instant::now();
        if let Err(error) = self.cache.save() {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            tracing::warn!("{error}{cause}; going on, and trying again at the next checkpoint");
        }
        self.checkpoints.tried(start.elapsed());
    }

    fn faulty(&mut self, mut ticket: Ticket, reason: FaultReason, detail: Detail, again: bool) {
        self.note(reason, &detail);
        if reason.shows_a_server() {
            self.schedule.answered();
        }
        ticket.faults += 1;
        if again && ticket.faults <= self.config.retries {
            self.schedule.retry(ticket, Instant::now());
        } else {
            self.fail(ticket, reason, detail);
        }
    }

    fn told_to_wait(
        &mut self,
        mut ticket: Ticket,
        sent: Instant,
        reason: FaultReason,
        detail: Detail,
        asked: Option<Duration>,
    ) {
        self.note(reason, &detail);
        if reason.shows_a_server() {
            self.schedule.is_there();
        }
        self.summary.rate_limited += u64::from(reason == FaultReason::RateLimited);
        ticket.waits += 1;
        if let Some(pause) = self.schedule.pause(sent, asked, Instant::now()) {
            if self.checkpoints.is_due_before(pause) {
                self.checkpoint();
            }
            if pause >= NOTABLE_PAUSE {
                let (seconds, why) = (pause.as_secs_f64(), detail.as_str());
                tracing::warn!("waiting {seconds:.0} s: the server asks for it ({why})");
            }
        }
        // One id that is always put off must not keep the run from its end.
        if ticket.waits <= self.config.max_waits {
            self.schedule.after_the_pause(ticket);
        } else {
            self.fail(ticket, reason, detail);
        }
    }

    fn note(&mut self, reason: FaultReason, detail: &Detail) {
        *self.summary.reasons.entry(reason).or_default() += 1;
        self.summary.last_fault = Some(format!("{reason}, {}", detail.as_str()));
    }

    fn fail(&mut self, ticket: Ticket, reason: FaultReason, detail: Detail) {
        if !reason.shows_a_server() {
            self.schedule.failed();
        }
        self.progress.advance(1);
        let id = self.ids[ticket.id].clone();
        self.summary.give_up(id, reason, ticket.attempts(), detail.into_text());
    }
}
