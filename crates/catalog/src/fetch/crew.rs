use std::{
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{FetchConfig, Reply, Ticket, client::Client};
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
            let work = move || work(&client, &todo, &done);
            thread::Builder::new()
                .name("fetch".to_owned())
                .spawn(work)
                .map_err(CatalogError::Threads)?;
        }
        Ok(Self { client, jobs, answers })
    }

    /// Hands a request to a thread that has none; the caller keeps to their number.
    pub(super) fn ask(&self, ticket: Ticket, sent: Instant, url: String) {
        // The threads listen as long as the crew lives.
        let _ = self.jobs.send(Job { ticket, sent, url });
    }

    /// The next answer, if one comes within `wait`.
    pub(super) fn answer(&self, wait: Duration) -> Option<Answer> {
        self.answers.recv_timeout(wait).ok()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.client.shut_down();
    }
}

fn work(client: &Client, todo: &Receiver<Job>, done: &Sender<Answer>) {
    for Job { ticket, sent, url } in todo {
        let reply = client.get(&url);
        if done.send(Answer { ticket, sent, reply }).is_err() {
            break;
        }
    }
}
