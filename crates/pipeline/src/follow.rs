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

/// Follows a topic on a thread of its own, until it is dropped; the state is saved then.
pub struct Following {
    films: Arc<LiveFilms>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    topic: String,
    stop: AtomicBool,
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
        let (films, positions) = restore(&config)?;
        let follower = Follower::new(&config.kafka, &config.topic, positions)?;
        let films = Arc::new(films);
        let shared = Arc::new(Shared {
            topic: config.topic,
            stop: AtomicBool::new(false),
            told: Mutex::default(),
        });
        let run = Run {
            films: Arc::clone(&films),
            shared: Arc::clone(&shared),
            follower,
            counts: Counts::default(),
            saving: Saving::new(config.state),
        };
        let thread = thread::Builder::new()
            .name(String::from("follower"))
            .spawn(move || run.run())
            .map_err(PipelineError::Thread)?;
        Ok(Self { films, shared, thread: Some(thread) })
    }
}

/// The films and the positions to go on from.
fn restore(config: &FollowConfig) -> Result<(LiveFilms, BTreeMap<i32, i64>), PipelineError> {
    match LiveFilms::load(&config.state, config.films) {
        Ok((films, position)) if position.topic == config.topic => {
            tracing::info!(
                "{}: recent films of {} users, gone on with",
                config.state.display(),
                films.users()
            );
            Ok((films, position.next))
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
            Ok((films, ends.iter().map(|range| (range.partition, range.end)).collect()))
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
            problem: told.status.problem.clone(),
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the follower of {} broke off", self.shared.topic);
        }
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
        self.save();
        self.saving.wait();
    }

    fn tell(&mut self, events_per_second: f64) {
        let status = self.follower.status();
        let memory_bytes = self.films.memory_bytes() as u64;
        let saved_at = self.saving.finished();
        let mut told = self.shared.told();
        told.counts = self.counts.clone();
        told.status = status;
        told.events_per_second = events_per_second;
        told.memory_bytes = memory_bytes;
        told.saved_at = saved_at.or(told.saved_at);
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
    has_failed: bool,
}

impl Saving {
    fn new(path: PathBuf) -> Self {
        let now = Instant::now();
        Self {
            path,
            due: now + SAVE_EVERY,
            saved: None,
            writing: None,
            started: now,
            finished: None,
            has_failed: false,
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
            Ok(Ok(at)) => (self.finished, self.has_failed) = (Some(at), false),
            Ok(Err(error)) => {
                self.saved = None;
                self.fail(&error);
            }
            Err(_) => {
                self.saved = None;
                self.fail(&"the thread that writes broke off");
            }
        }
        self.due = Instant::now() + SAVE_EVERY.max(19 * self.started.elapsed());
    }

    fn wait(&mut self) {
        self.collect(true);
    }

    fn finished(&self) -> Option<Timestamp> {
        self.finished
    }

    /// Says so once, until a save goes well.
    fn fail(&mut self, error: &impl Display) {
        if !self.has_failed {
            tracing::warn!(%error, "recent films are not saved");
        }
        self.has_failed = true;
    }
}
