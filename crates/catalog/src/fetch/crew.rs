use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::{FaultReason, FetchConfig, Reply, Ticket, client::Client, reply::Detail};
use crate::CatalogError;

/// Threads that send requests, one at a time each; they decide nothing.
///
/// When it is dropped, requests under way are broken off and the threads end by themselves.
#[derive(Debug)]
pub(super) struct Crew {
    client: Client,
    jobs: Sender<Job>,
    answers: Receiver<Answer>,
}

#[derive(Debug)]
struct Job {
    ticket: Ticket,
    sent: Instant,
    url: String,
}

/// What came of a ticket's request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ticket: Ticket,
    /// When the request was handed out.
    pub(super) sent: Instant,
    pub(super) reply: Reply,
}

impl Crew {
    pub(super) fn hire(config: &FetchConfig) -> Result<Self, CatalogError> {
        let client = Client::new(config);
        let (jobs, todo) = unbounded::<Job>();
        let (done, answers) = unbounded();
        for _ in 0..config.concurrency {
            let (client, todo, done) = (client.clone(), todo.clone(), done.clone());
            let work = move || work(|url| client.get(url), &todo, &done);
            thread::Builder::new()
                .name("fetch".to_owned())
                .spawn(work)
                .map_err(CatalogError::Threads)?;
        }
        Ok(Self { client, jobs, answers })
    }

    /// Hands a request to a thread that has none; the caller keeps to their number.
    pub(super) fn ask(&self, ticket: Ticket, sent: Instant, url: String) {
        // Where nobody listens any more, the next answer is an error.
        let _ = self.jobs.send(Job { ticket, sent, url });
    }

    /// The next answer, if one is there or comes within `wait`.
    ///
    /// # Errors
    /// When no thread is left that could give one.
    pub(super) fn answer(&self, wait: Duration) -> Result<Option<Answer>, CatalogError> {
        match self.answers.recv_timeout(wait) {
            Ok(answer) => Ok(Some(answer)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(CatalogError::ThreadsEnded),
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.client.shut_down();
    }
}

fn work(get: impl Fn(&str) -> Reply, todo: &Receiver<Job>, done: &Sender<Answer>) {
    for Job { ticket, sent, url } in todo {
        // The HTTP library panics where it cannot start the thread that looks up a host. Without an
        // answer the run would wait for this one for ever.
        let reply = catch_unwind(AssertUnwindSafe(|| get(&url))).unwrap_or_else(|panic| {
            let detail = Detail::new(&format!("the request panicked: {}", message(&*panic)));
            Reply::Fault { reason: FaultReason::Unreachable, detail, again: true }
        });
        if done.send(Answer { ticket, sent, reply }).is_err() {
            break;
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_panics_is_a_fault_and_the_thread_goes_on() {
        let (jobs, todo) = unbounded();
        let (done, answers) = unbounded();
        for (id, url) in ["panics", "answers"].into_iter().enumerate() {
            let ticket = Ticket { id, faults: 0, waits: 0 };
            jobs.send(Job { ticket, sent: Instant::now(), url: url.to_owned() }).unwrap();
        }
        drop(jobs);
        let get = |url: &str| match url {
            "panics" => panic!("no thread for {url}"),
            _ => Reply::Missing,
        };
        work(get, &todo, &done);
        let Reply::Fault { reason, detail, again: true } = answers.recv().unwrap().reply else {
            panic!("no fault that is tried again")
        };
        assert_eq!(reason, FaultReason::Unreachable);
        assert!(detail.as_str().ends_with("no thread for panics"), "{detail:?}");
        assert!(matches!(answers.recv().unwrap().reply, Reply::Missing));
    }

    #[test]
    fn no_answer_yet_is_not_nobody_left_to_answer() {
        let mut crew = Crew::hire(&FetchConfig::default()).unwrap();
        assert!(crew.answer(Duration::ZERO).unwrap().is_none());
        crew.answers = unbounded().1;
        let error = crew.answer(Duration::from_secs(1)).unwrap_err();
        assert!(matches!(error, CatalogError::ThreadsEnded), "{error:?}");
    }
}
