use std::{
    collections::BTreeMap,
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::SynthError;

mod connection;
mod plan;
mod shared;

pub use plan::{Collection, Exchange, Fault};

use shared::Shared;

/// What a [`FaultyApi`] knows and how often it fails.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultyApiConfig {
    /// The body answered about each movie id; other ids get 404. Default none.
    pub movies: BTreeMap<String, String>,
    /// Users 1 to this number have a record made from their id; others get 404. Default
    /// [`DEFAULT_USERS`](Self::DEFAULT_USERS).
    pub users: u64,
    /// Share of requests that meet a [`Fault`], 0..=1. Equally likely are these seven: a
    /// [`TooManyRequests`](Fault::TooManyRequests), status 500, [`Garbage`](Fault::Garbage), a
    /// [`HalfBody`](Fault::HalfBody), a [`Hangup`](Fault::Hangup), a [`Slow`](Fault::Slow) answer
    /// and a [`Body`](Fault::Body) that is no record; others come by script alone. Default 0.
    pub faults: f64,
    /// Seed of the faults: which meets the nth request about an id depends on the seed, the id and
    /// n alone, not on the order of requests. Default [`DEFAULT_SEED`](Self::DEFAULT_SEED).
    pub seed: u64,
    /// Seconds of `Retry-After` in a drawn [`Fault::TooManyRequests`]. Default
    /// [`DEFAULT_RETRY_AFTER`](Self::DEFAULT_RETRY_AFTER).
    pub retry_after: u32,
    /// How late a drawn [`Fault::Slow`] answers. Default [`DEFAULT_SLOW`](Self::DEFAULT_SLOW).
    pub slow: Duration,
}

impl FaultyApiConfig {
    /// Default of [`users`](Self::users).
    pub const DEFAULT_USERS: u64 = 1_000_000;
    /// Default of [`seed`](Self::seed).
    pub const DEFAULT_SEED: u64 = 42;
    /// Default of [`retry_after`](Self::retry_after): 1 second.
    pub const DEFAULT_RETRY_AFTER: u32 = 1;
    /// Default of [`slow`](Self::slow): 1 second.
    pub const DEFAULT_SLOW: Duration = Duration::from_secs(1);
}

impl Default for FaultyApiConfig {
    fn default() -> Self {
        Self {
            movies: BTreeMap::new(),
            users: Self::DEFAULT_USERS,
            faults: 0.0,
            seed: Self::DEFAULT_SEED,
            retry_after: Self::DEFAULT_RETRY_AFTER,
            slow: Self::DEFAULT_SLOW,
        }
    }
}

/// A movie API over HTTP/1.1 that fails by plan: `GET /movie/<id>` and `GET /user/<id>`, the id
/// percent-encoded as one path segment.
///
/// For tests and trials of what asks such an API: it answers as configured, fails by a seeded
/// share ([`FaultyApiConfig::faults`]) or by a script for single ids ([`script`](Self::script)),
/// and remembers every request ([`exchanges`](Self::exchanges); some 200 bytes each, for ever). A
/// request it does not serve, or whose id holds bytes that a path segment may not, gets 400; at one
/// that is cut short, or whose head is longer than 256 KiB, the connection ends without an answer.
///
/// Runs on threads of its own, one for each connection, and ends with them when it is dropped.
///
/// ```
/// use std::{io::{Read, Write}, net::TcpStream};
/// use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig};
///
/// let movies = [("heat+1995".to_owned(), r#"{"id": "heat+1995", "title": "Heat"}"#.to_owned())];
/// let api = FaultyApi::start(FaultyApiConfig { movies: movies.into(), ..Default::default() })?;
/// api.script(Collection::Movies, "heat+1995", [Fault::Status(500)]);
/// let ask = || -> std::io::Result<String> {
///     let mut stream = TcpStream::connect(api.address())?;
///     stream.write_all(b"GET /movie/heat%2B1995 HTTP/1.1\r\nConnection: close\r\n\r\n")?;
///     let mut answer = String::new();
///     stream.read_to_string(&mut answer)?;
///     Ok(answer)
/// };
/// assert!(ask()?.starts_with("HTTP/1.1 500 "));
/// assert!(ask()?.ends_with(r#"{"id": "heat+1995", "title": "Heat"}"#));
/// assert_eq!(api.exchanges().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FaultyApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl FaultyApi {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn start(config: FaultyApiConfig) -> Result<Self, SynthError> {
        Self::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config)
    }

    /// Starts it on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// [`SynthError::Probability`] when the share of faults lies outside 0..=1;
    /// [`SynthError::Listen`] when the address cannot be had.
    pub fn bind(address: SocketAddr, config: FaultyApiConfig) -> Result<Self, SynthError> {
        if !(0.0..=1.0).contains(&config.faults) {
            return Err(SynthError::Probability { field: "faults", value: config.faults });
        }
        let listen = || -> io::Result<Self> {
            let listener = TcpListener::bind(address)?;
            let address = listener.local_addr()?;
            let shared = Arc::new(Shared::new(config));
            let accepting = Arc::clone(&shared);
            let acceptor = thread::Builder::new()
                .name("faulty-api".to_owned())
                .spawn(move || accept(&listener, &accepting))?;
            Ok(Self { address, shared, acceptor: Some(acceptor) })
        };
        listen().map_err(|source| SynthError::Listen { address, source })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base of the movies' URLs, `http://127.0.0.1:<port>/movie/`.
    #[must_use]
    pub fn movies_url(&self) -> String {
        format!("http://{}/{}/", self.address, Collection::Movies.segment())
    }

    /// The base of the users' URLs, `http://127.0.0.1:<port>/user/`.
    #[must_use]
    pub fn users_url(&self) -> String {
        format!("http://{}/{}/", self.address, Collection::Users.segment())
    }

    /// Lets the next requests about an id meet these faults, one each, before the configured share
    /// counts again.
    pub fn script(
        &self,
        collection: Collection,
        id: &str,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        self.shared.script(collection, id, faults);
    }

    /// All requests so far, in order of arrival. A request stands here before its answer is sent.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges()
    }

    /// Number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests()
    }
}

impl Drop for FaultyApi {
    /// Closes all connections, also in the middle of an answer, and waits for the threads.
    fn drop(&mut self) {
        self.shared.close();
        // The acceptor looks at the closing only after a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Time between two tries to accept connections where that fails.
const RECOVERY: Duration = Duration::from_millis(10);

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections: Vec<JoinHandle<()>> = Vec::new();
    while !shared.is_closed() {
        let Ok((stream, _)) = listener.accept() else {
            // Connections that broke off before, or too many open files: it may pass.
            let _ = shared.sleep(RECOVERY);
            continue;
        };
        let Some(number) = shared.admit(&stream) else { continue };
        connections.retain(|connection| !connection.is_finished());
        let serving = Arc::clone(shared);
        let connection = thread::Builder::new().name("faulty-api".to_owned()).spawn(move || {
            // A client that goes away is its own business.
            let _ = connection::serve(&stream, &serving);
            serving.dismiss(number);
        });
        match connection {
            Ok(connection) => connections.push(connection),
            // The client sees the end of the connection instead of nothing for ever.
            Err(_) => shared.dismiss(number),
        }
    }
    for connection in connections {
        let _ = connection.join();
    }
}
