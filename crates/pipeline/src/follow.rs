//! Events of a topic on their way into the answers: a thread that reads them, and saves where it is.

use std::{
    collections::BTreeMap,
    fmt::Display,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use marquee_dataset::{NULL_PAYLOAD, parse_dataset_version};
use marquee_kafka::{Follower, KafkaConfig, Record};
use marquee_live::{Applied, LiveConfig, LiveError, LiveFilms, Position, RecentFilm};
use marquee_serving::{LiveFeed, LiveStatus};

use crate::PipelineError;

/// How long the follower waits for records before it looks after itself.
const WAIT: Duration = Duration::from_millis(50);
/// How many records it takes at most before it does.
const MOST: usize = 5_000;
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// How often the state is saved at most; where that takes long, less often, so that it takes a
/// twentieth of the time.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Where the last save took longer, there is none at the end: a stop has ten seconds.
const LAST_SAVE: Duration = Duration::from_millis(1_500);

/// What to follow, and where the state is kept.
#[derive(Debug, Clone)]
pub struct FollowConfig {
    /// The brokers.
    pub kafka: KafkaConfig,
    /// The topic with the event log.
    pub topic: String,
    /// How much is kept.
    pub films: LiveConfig,
    /// The file the state is saved to and gone on from.
    pub state: PathBuf,
    /// The name of the data the models were trained on, if it is known. Without a saved state and
    /// where it names offsets of the topic, reading starts behind them, otherwise at the beginning.
    pub data_version: Option<String>,
}

/// Follows a topic on a thread of its own, until [`stop`](Self::stop), which saves the state, or
/// until it is dropped, which does not.
pub struct Following {
    films: Arc<LiveFilms>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    topic: String,
    stop: AtomicBool,
    /// Whether the state is to be saved at the end.
    save: AtomicBool,
    told: Mutex<Told>,
}

/// What the thread tells of itself.
#[derive(Debug, Default)]
struct Told {
    counts: Counts,
    status: marquee_kafka::FollowerStatus,
    events_per_second: f64,
    memory_bytes: u64,
    saved_at: Option<Timestamp>,
    /// Why the state is not saved, if it is not.
    unsaved: Option<String>,
}

/// What became of records since the start.
#[derive(Debug, Clone, Default)]
struct Counts {
    watch: u64,
    rate: u64,
    recommendation: u64,
    rejected: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn events(&self) -> u64 {
        self.watch + self.rate + self.recommendation
    }

    fn reject(&mut self, reason: &'static str) {
        *self.rejected.entry(reason).or_default() += 1;
    }
}

impl Following {
    /// Loads the saved state, if there is one, and starts to follow. Brokers that cannot be reached
    /// are waited for; the films known so far answer meanwhile.
    ///
    /// # Errors
    /// [`PipelineError::Live`] when the state cannot be read or bounds are out of range,
    /// [`PipelineError::OtherTopic`] when it is of another topic, [`PipelineError::Kafka`] for a
    /// name no topic can have, or a property that does not exist.
    pub fn start(config: FollowConfig) -> Result<Self, PipelineError> {
        let (films, positions, is_saved) = restore(&config)?;
        let position = Position { topic: config.topic.clone(), next: positions.clone() };
        let position = is_saved.then_some(position);
        let follower = Follower::new(&config.kafka, &config.topic, positions)?;
        let films = Arc::new(films);
        let shared = Arc::new(Shared {
            topic: config.topic,
            stop: AtomicBool::new(false),
            save: AtomicBool::new(false),
            told: Mutex::default(),
        });
        let run = Run {
            films: Arc::clone(&films),
            shared: Arc::clone(&shared),
            follower,
            counts: Counts::default(),
            saving: Saving::new(config.state, position),
        };
        let thread = thread::Builder::new()
            .name(String::from("follower"))
            .spawn(move || run.run())
            .map_err(PipelineError::Thread)?;
        Ok(Self { films, shared, thread: Mutex::new(Some(thread)) })
    }

    /// Ends it and saves the state, unless nothing came since it was saved last, or saving took so
    /// long that there is no time for it: what is on the disk then goes with its own offsets.
    pub fn stop(&self) {
        self.shared.save.store(true, Ordering::Relaxed);
        self.end();
    }

    fn end(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the follower of {} broke off", self.shared.topic);
        }
    }

    /// Whether the thread is gone though nobody ended it.
    fn has_broken_off(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(JoinHandle::is_finished)
    }
}

/// The films, the positions to go on from, and whether both are those of the file.
fn restore(config: &FollowConfig) -> Result<(LiveFilms, BTreeMap<i32, i64>, bool), PipelineError> {
    match LiveFilms::load(&config.state, config.films) {
        Ok((films, position)) if position.topic == config.topic => {
            tracing::info!(
                "{}: recent films of {} users, gone on with",
                config.state.display(),
                films.users()
            );
            Ok((films, position.next, true))
        }
        Ok((_, position)) => Err(PipelineError::OtherTopic {
            path: config.state.clone(),
            found: position.topic,
            wanted: config.topic.clone(),
        }),
        Err(error) if error.is_missing() => {
            let films = LiveFilms::new(config.films)?;
            let trained = config.data_version.as_deref().and_then(parse_dataset_version);
            let ends = trained.filter(|(topic, _)| *topic == config.topic);
            let ends = ends.map(|(_, ranges)| ranges).unwrap_or_default();
            if ends.is_empty() {
                tracing::info!("following {} from its beginning", config.topic);
            } else {
                tracing::info!("following {} from where the model's data end", config.topic);
            }
            let next = ends.iter().map(|range| (range.partition, range.end)).collect();
            Ok((films, next, false))
        }
        Err(error) => Err(error.into()),
    }
}

impl LiveFeed for Following {
    fn recent(&self, user_id: u64, films: &mut Vec<RecentFilm>) {
        self.films.recent(user_id, films);
    }

    fn status(&self) -> LiveStatus {
        let told = self.shared.told();
        let kinds = [
            ("watch", told.counts.watch),
            ("rate", told.counts.rate),
            ("recommendation", told.counts.recommendation),
        ];
        let owned = |(&name, &count): (&&str, &u64)| (name.to_owned(), count);
        LiveStatus {
            topic: self.shared.topic.clone(),
            connected: told.status.is_connected,
            lag: told.status.lag,
            events_per_second: told.events_per_second,
            events: kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
            rejected: told.counts.rejected.iter().map(owned).collect(),
            lost: told.status.lost,
            users: self.films.users() as u64,
            films: self.films.films() as u64,
            evicted_users: self.films.evicted_users(),
            memory_bytes: told.memory_bytes,
            saved_at: told.saved_at.map(|at| at.to_string()),
            problem: if self.has_broken_off() {
                Some("the follower broke off; start the server again".to_owned())
            } else {
                told.status.problem.clone().or_else(|| told.unsaved.clone())
            },
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own part.
struct Run {
    films: Arc<LiveFilms>,
    shared: Arc<Shared>,
    follower: Follower,
    counts: Counts,
    saving: Saving,
}

impl Run {
    fn run(mut self) {
        let mut told_at = Instant::now();
        let mut told_events = 0;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let (films, counts) = (&self.films, &mut self.counts);
            self.follower.poll(WAIT, MOST, |record| apply(films, counts, record));
            let elapsed = told_at.elapsed();
            if elapsed >= STATUS_EVERY {
                let events = self.counts.events();
                let rate = (events - told_events) as f64 / elapsed.as_secs_f64();
                (told_at, told_events) = (Instant::now(), events);
                self.tell(rate);
            }
            if self.saving.is_due() {
                self.save();
            }
        }
        self.saving.wait();
        if self.shared.save.load(Ordering::Relaxed) && self.saving.took < LAST_SAVE {
            self.save();
            self.saving.wait();
        }
    }

    fn tell(&mut self, events_per_second: f64) {
        let status = self.follower.status();
        let memory_bytes = self.films.memory_bytes() as u64;
        let saved_at = self.saving.finished();
        let unsaved = self.saving.problem.clone();
        let mut told = self.shared.told();
        told.counts = self.counts.clone();
        told.status = status;
        told.events_per_second = events_per_second;
        told.memory_bytes = memory_bytes;
        told.saved_at = saved_at.or(told.saved_at);
        told.unsaved = unsaved;
    }

    fn save(&mut self) {
        let next = self.follower.positions().clone();
        let position = Position { topic: self.shared.topic.clone(), next };
        if self.saving.saved.as_ref() != Some(&position) {
            self.saving.save(&self.films, position);
        }
    }
}

fn apply(films: &LiveFilms, counts: &mut Counts, record: Record<'_>) {
    let Some(line) = record.value else { return counts.reject(NULL_PAYLOAD) };
    match marquee_events::parse(line.strip_suffix(b"\n").unwrap_or(line)) {
        Err(refusal) => counts.reject(refusal.as_str()),
        Ok(event) => match films.apply(&event) {
            Applied::Watched => counts.watch += 1,
            Applied::Rated => counts.rate += 1,
            Applied::Ignored => counts.recommendation += 1,
            Applied::Refused(refused) => counts.reject(refused.as_str()),
        },
    }
}

/// Writes the state now and again, on another thread so that events go on.
struct Saving {
    path: PathBuf,
    due: Instant,
    /// The position of the state that was saved last, or is being saved.
    saved: Option<Position>,
    writing: Option<JoinHandle<Result<Timestamp, LiveError>>>,
    started: Instant,
    finished: Option<Timestamp>,
    /// How long the last one took.
    took: Duration,
    /// Why the last one failed, if it did.
    problem: Option<String>,
}

impl Saving {
    /// `saved` is the position of the state in the file, if there is one.
    fn new(path: PathBuf, saved: Option<Position>) -> Self {
        let now = Instant::now();
        Self {
            path,
            due: now + SAVE_EVERY,
            saved,
            writing: None,
            started: now,
            finished: None,
            took: Duration::ZERO,
            problem: None,
        }
    }

    fn is_due(&mut self) -> bool {
        self.collect(false);
        self.writing.is_none() && Instant::now() >= self.due
    }

    fn save(&mut self, films: &LiveFilms, position: Position) {
        self.started = Instant::now();
        self.due = self.started + SAVE_EVERY;
        let snapshot = match films.snapshot(&position) {
            Ok(snapshot) => snapshot,
            Err(error) => return self.fail(&error),
        };
        let path = self.path.clone();
        let write = thread::Builder::new()
            .name(String::from("saver"))
            .spawn(move || snapshot.write(&path).map(|()| Timestamp::now()));
        match write {
            Ok(writing) => (self.writing, self.saved) = (Some(writing), Some(position)),
            Err(error) => self.fail(&error),
        }
    }

    /// Takes note of a save that has ended.
    fn collect(&mut self, wait: bool) {
        let Some(writing) = self.writing.take_if(|writing| wait || writing.is_finished()) else {
            return;
        };
        match writing.join() {
            Ok(Ok(at)) => (self.finished, self.problem) = (Some(at), None),
            Ok(Err(error)) => {
                self.saved = None;
                self.fail(&error);
            }
            Err(_) => {
                self.saved = None;
                self.fail(&"the thread that writes broke off");
            }
        }
        self.took = self.started.elapsed();
        self.due = Instant::now() + SAVE_EVERY.max(19 * self.took);
    }

    fn wait(&mut self) {
        self.collect(true);
    }

    fn finished(&self) -> Option<Timestamp> {
        self.finished
    }

    /// Says so once, until a save goes well.
    fn fail(&mut self, error: &impl Display) {
        if self.problem.is_none() {
            tracing::warn!(%error, "recent films are not saved");
        }
        self.problem = Some(format!("recent films are not saved: {error}"));
    }
}
