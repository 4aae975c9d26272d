use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{Shutdown, TcpStream},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Collection, Exchange, Fault, FaultyApiConfig, plan};

/// What all connections know.
#[derive(Debug)]
pub(crate) struct Shared {
    config: FaultyApiConfig,
    started: Instant,
    state: Mutex<State>,
    closing: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    connections: u64,
    /// Open connections by number, to be shut from outside.
    streams: HashMap<u64, TcpStream>,
    asked: HashMap<(Collection, String), u32>,
    scripts: HashMap<(Collection, String), VecDeque<Fault>>,
    exchanges: Vec<Exchange>,
}

/// The answer that is right, and the fault that comes between.
#[derive(Debug)]
pub(crate) struct Planned {
    /// 200 or 404.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) fault: Option<Fault>,
}

impl Shared {
    pub(crate) fn new(config: FaultyApiConfig) -> Self {
        Self { config, started: Instant::now(), state: Mutex::default(), closing: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Numbers a connection; `None` where it cannot be shut from outside, or not in time.
    pub(crate) fn admit(&self, stream: &TcpStream) -> Option<u64> {
        let shutter = stream.try_clone().ok()?;
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.connections += 1;
        let number = state.connections;
        state.streams.insert(number, shutter);
        Some(number)
    }

    pub(crate) fn dismiss(&self, number: u64) {
        self.state().streams.remove(&number);
    }

    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for stream in state.streams.values() {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.closing.notify_all();
    }

    /// Sleeps, but not past the closing.
    ///
    /// # Errors
    /// When the API closes.
    pub(crate) fn sleep(&self, time: Duration) -> io::Result<()> {
        let (state, _) = self
            .closing
            .wait_timeout_while(self.state(), time, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    pub(crate) fn script(
        &self,
        collection: Collection,
        id: &str,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        self.state().scripts.entry((collection, id.to_owned())).or_default().extend(faults);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.state().exchanges.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.state().exchanges.len()
    }

    /// Decides on the answer to a request and records both.
    pub(crate) fn plan(&self, collection: Collection, id: String) -> Planned {
        let body = match collection {
            Collection::Movies => self.config.movies.get(&id).cloned(),
            Collection::Users => user(&id, self.config.users),
        };
        let (status, body) = match body {
            Some(body) => (200, body),
            None => (404, r#"{"message": "not found"}"#.to_owned()),
        };
        let mut state = self.state();
        let key = (collection, id);
        let nth = state.asked.entry(key.clone()).or_default();
        *nth += 1;
        let nth = *nth;
        let scripted = state.scripts.get_mut(&key).and_then(VecDeque::pop_front);
        let fault = scripted.or_else(|| plan::draw(&self.config, collection, &key.1, nth));
        state.exchanges.push(Exchange {
            at: self.started.elapsed(),
            collection,
            id: key.1,
            status: match fault {
                None | Some(Fault::Slow(_)) => Some(status),
                Some(Fault::TooManyRequests { .. }) => Some(429),
                Some(Fault::Unavailable { .. }) => Some(503),
                Some(Fault::Status(status)) => Some(status),
                Some(Fault::Body(_)) => Some(200),
                Some(Fault::Garbage | Fault::HalfBody | Fault::Hangup | Fault::Stall { .. }) => {
                    None
                }
            },
            fault: fault.clone(),
        });
        Planned { status, body, fault }
    }
}

fn user(id: &str, users: u64) -> Option<String> {
    let id = id.parse::<u64>().ok()?;
    (1..=users).contains(&id).then(|| plan::user_record(id))
}
