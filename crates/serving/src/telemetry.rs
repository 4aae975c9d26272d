use std::{
    cell::RefCell,
    io::{self, Write},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use prometheus::IntCounter;

use crate::{
    ServingError,
    line::{self, Served},
};

/// How long the writer rests after a batch. Lines gather meanwhile, and whoever adds one finds a
/// writer that needs no waking: a wake-up costs more than the line.
const REST: Duration = Duration::from_millis(2);

/// Writes the service's log lines from a thread of its own.
///
/// Every answer of `/recommend/<userid>` becomes one line of the event log. It is added to a
/// bounded buffer, under a lock that nobody holds for longer than it takes to copy a line, so an
/// answer never waits for the sink: a line that finds the buffer full is dropped, and so is one
/// that cannot be written, because the sink is closed for one; both are counted. The writer swaps
/// the buffer for an empty one, writes it and flushes, within milliseconds of the first line.
pub struct Telemetry {
    shared: Arc<Shared>,
    bell: Sender<()>,
    finished: Receiver<()>,
    copy_counts: Option<CountCopies>,
}

/// Somebody else who gets every line, such as a topic.
pub struct LineCopy {
    /// Takes batches of whole lines. It must neither wait nor fail: what it cannot take is its own
    /// to count. It is dropped after the last line.
    pub sink: Box<dyn Write + Send>,
    /// What became of the lines so far, for the metrics `recommendation_copy_*`.
    pub counts: CountCopies,
}

/// Counts the lines a [`LineCopy`] was given.
pub type CountCopies = Box<dyn Fn() -> CopyCounts + Send + Sync>;

/// What became of copied lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyCounts {
    /// Lines that arrived.
    pub delivered: u64,
    /// Lines that were dropped.
    pub dropped: u64,
}

struct Shared {
    waiting: Mutex<Lines>,
    /// How many lines may wait.
    capacity: usize,
    dropped: IntCounter,
    has_misfit: AtomicBool,
}

#[derive(Default)]
struct Lines {
    /// Whole lines, each with its line feed. A buffer that is reused: memory that one thread
    /// takes and another gives back, line by line, would cost both.
    bytes: Vec<u8>,
    count: usize,
    is_closed: bool,
}

thread_local! {
    /// Where a thread makes its line before it takes the lock.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Telemetry {
    /// How many lines may wait in a buffer of usual size: a tenth of a second's worth under the
    /// heaviest load and many seconds' under a usual one, in about 20 MB.
    pub const DEFAULT_CAPACITY: usize = 16_384;

    /// Starts the writer. `capacity` is how many lines may wait, at least 1.
    ///
    /// `copy`, if there is one, gets every line too, before the sink.
    ///
    /// The sink's errors end nothing: the lines of a batch that it did not take whole are counted
    /// as dropped, the first failure is logged, and later lines are tried again, on a line of
    /// their own. A sink that would block is waited for.
    ///
    /// # Errors
    /// [`ServingError::Telemetry`] when no thread can be started, [`ServingError::Metrics`] when
    /// the counter cannot be made.
    pub fn start(
        sink: impl Write + Send + 'static,
        copy: Option<LineCopy>,
        capacity: usize,
    ) -> Result<Self, ServingError> {
        let dropped = IntCounter::new(
            "recommendation_log_dropped_total",
            "Log lines dropped because the buffer was full or the sink failed",
        )?;
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            capacity: capacity.max(1),
            dropped,
            has_misfit: AtomicBool::new(false),
        });
        let (bell, rings) = bounded(1);
        let (finish, finished) = bounded(1);
        let (copy, copy_counts) = match copy {
            Some(LineCopy { sink, counts }) => (Some(sink), Some(counts)),
            None => (None, None),
        };
        let writer =
            Writer { shared: Arc::clone(&shared), sink, copy, has_failed: false, is_torn: false };
        thread::Builder::new()
            .name(String::from("telemetry"))
            .spawn(move || {
                writer.run(&rings);
                // Nobody may be waiting for the end any more.
                let _ = finish.send(());
            })
            .map_err(ServingError::Telemetry)?;
        Ok(Self { shared, bell, finished, copy_counts })
    }

    /// Lines dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.get()
    }

    /// Has every line written that was handed over before, and waits for that at most `patience`
    /// (a sink that blocks may never take them). Whether all was written or counted as dropped by
    /// then. Lines handed over later are dropped.
    pub fn close(&self, patience: Duration) -> bool {
        self.shared.lock().is_closed = true;
        self.ring();
        // Disconnected: the writer ended after an earlier call.
        self.finished.recv_timeout(patience) != Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn offer(&self, served: &Served<'_>) {
        let is_first = LINE.with_borrow_mut(|line| {
            line.clear();
            match line::append(served, line) {
                Ok(()) => self.shared.add(line),
                Err(refusal) => {
                    self.shared.dropped.inc();
                    // Once: where one answer does not fit, many will not.
                    if !self.shared.has_misfit.swap(true, Ordering::Relaxed) {
                        tracing::warn!(%refusal, user = %served.user, "answers do not fit log lines");
                    }
                    false
                }
            }
        });
        if is_first {
            self.ring();
        }
    }

    /// What became of copied lines, where lines are copied.
    pub(crate) fn copy_counts(&self) -> Option<CopyCounts> {
        self.copy_counts.as_ref().map(|counts| counts())
    }

    pub(crate) fn dropped_counter(&self) -> IntCounter {
        self.shared.dropped.clone()
    }

    fn ring(&self) {
        // A bell that has rung already rings once.
        let _ = self.bell.try_send(());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Whoever panicked with the lock left at worst a line behind that is cut.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line or drops it; whether the writer has to be told of it.
    fn add(&self, line: &[u8]) -> bool {
        let mut lines = self.lock();
        if lines.is_closed || lines.count >= self.capacity {
            drop(lines);
            self.dropped.inc();
            return false;
        }
        lines.bytes.extend_from_slice(line);
        lines.count += 1;
        lines.count == 1
    }
}

struct Writer<W> {
    shared: Arc<Shared>,
    sink: W,
    copy: Option<Box<dyn Write + Send>>,
    has_failed: bool,
    /// Whether the sink has taken a part of a line and not its end.
    is_torn: bool,
}

impl<W: Write> Writer<W> {
    fn run(mut self, rings: &Receiver<()>) {
        let mut batch = Lines::default();
        loop {
            // An error says that there is nobody left to ring.
            let is_last = rings.recv().is_err();
            {
                let mut waiting = self.shared.lock();
                mem::swap(&mut waiting.bytes, &mut batch.bytes);
                batch.count = mem::take(&mut waiting.count);
                batch.is_closed = waiting.is_closed;
            }
            self.write(&mut batch);
            if is_last || batch.is_closed {
                return;
            }
            thread::sleep(REST);
        }
    }

    fn write(&mut self, batch: &mut Lines) {
        if batch.count == 0 {
            return;
        }
        if let Some(copy) = &mut self.copy {
            // It counts for itself what it did not take.
            let _ = copy.write_all(&batch.bytes);
        }
        let (taken, written) = self.put(&batch.bytes);
        if let Err(error) = written.and_then(|()| self.sink.flush()) {
            let left = batch.bytes[taken..].iter().filter(|&&byte| byte == b'\n').count();
            self.shared.dropped.inc_by(left as u64);
            if !self.has_failed {
                self.has_failed = true;
                tracing::warn!(%error, "log lines cannot be written; answers go on without them");
            }
        }
        batch.bytes.clear();
    }

    /// Writes whole lines, after the end of a torn one; how many bytes of them the sink took.
    fn put(&mut self, lines: &[u8]) -> (usize, io::Result<()>) {
        if self.is_torn
            && let Err(error) = self.sink.write_all(b"\n")
        {
            return (0, Err(error));
        }
        self.is_torn = false;
        let mut taken = 0;
        while taken < lines.len() {
            match self.sink.write(&lines[taken..]) {
                Ok(0) => return (taken, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A sink that does not block is only busy.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(REST),
                Err(error) => {
                    self.is_torn = taken > 0 && lines[taken - 1] != b'\n';
                    return (taken, Err(error));
                }
            }
        }
        (taken, Ok(()))
    }
}
