use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use super::FetchConfig;

/// An id's place in the list, and what became of its requests so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    /// Index of the id.
    pub(super) id: usize,
    /// Answers that were faulty.
    pub(super) faults: u32,
    /// Answers that asked to wait.
    pub(super) waits: u32,
}

impl Ticket {
    /// Requests so far.
    pub(super) fn attempts(self) -> u32 {
        self.faults + self.waits
    }
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this request.
    Ask(Ticket),
    /// Nothing before this time, unless an answer comes.
    Later(Instant),
    /// Nothing before an answer comes.
    AfterAnAnswer,
    /// Nothing ever.
    Done,
}

/// Which id is asked about when: slots of the rate limit, back-offs, pauses, giving up.
///
/// Ids whose back-off is over go before fresh ones, so that few wait at a time.
#[derive(Debug)]
pub(super) struct Schedule {
    config: FetchConfig,
    fresh: std::ops::Range<usize>,
    /// Earliest time of ids that were asked about already; equal times in order of ids.
    waiting: BinaryHeap<Reverse<(Instant, Ticket)>>,
    in_flight: usize,
    next_slot: Option<Instant>,
    pause: Option<Pause>,
    /// For want of a server, since the last answer that showed one.
    failed_in_a_row: u32,
    pauses_in_a_row: u32,
    random: RandomState,
    draws: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    began: Instant,
    end: Instant,
}

impl Schedule {
    pub(super) fn new(config: &FetchConfig, ids: usize) -> Self {
        Self {
            config: config.clone(),
            fresh: 0..ids,
            waiting: BinaryHeap::new(),
            in_flight: 0,
            next_slot: None,
            pause: None,
            failed_in_a_row: 0,
            pauses_in_a_row: 0,
            random: RandomState::new(),
            draws: 0,
        }
    }

    /// What to do at the time `now`; a ticket to ask with is under way from then on.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let due = self.waiting.peek().map(|Reverse((due, _))| *due);
        let fresh = !self.fresh.is_empty();
        let ready = match due {
            Some(due) if due <= now || !fresh => due,
            _ if fresh => now,
            _ if self.in_flight == 0 => return Next::Done,
            _ => return Next::AfterAnAnswer,
        };
        if self.in_flight >= self.config.concurrency {
            return Next::AfterAnAnswer;
        }
        let allowed = self.pause.map(|pause| pause.end).max(self.next_slot);
        let time = allowed.map_or(ready, |allowed| allowed.max(ready));
        if time > now {
            return Next::Later(time);
        }
        let ticket = if due.is_some_and(|due| due <= now) {
            self.waiting.pop().map(|Reverse((_, ticket))| ticket)
        } else {
            self.fresh.next().map(|id| Ticket { id, faults: 0, waits: 0 })
        };
        let Some(ticket) = ticket else { return Next::AfterAnAnswer };
        self.next_slot = Some(now + self.config.interval());
        self.in_flight += 1;
        Next::Ask(ticket)
    }

    /// Requests under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// A request is under way no longer.
    pub(super) fn returned(&mut self) {
        self.in_flight -= 1;
    }

    /// The server has answered, and not that it wants to be left alone.
    pub(super) fn answered(&mut self) {
        (self.failed_in_a_row, self.pauses_in_a_row) = (0, 0);
    }

    /// There is a server, if only one that wants to be left alone.
    pub(super) fn is_there(&mut self) {
        self.failed_in_a_row = 0;
    }

    /// An id is not asked about again, for want of a server.
    pub(super) fn failed(&mut self) {
        self.failed_in_a_row += 1;
    }

    /// Whether the server is to be taken for gone.
    pub(super) fn is_hopeless(&self) -> bool {
        let most = self.config.give_up_after;
        (self.failed_in_a_row >= most || self.pauses_in_a_row >= most)
            && !(self.fresh.is_empty() && self.waiting.is_empty() && self.in_flight == 0)
    }

    /// Asks again after a back-off.
    pub(super) fn retry(&mut self, ticket: Ticket, now: Instant) {
        let wait = self.backoff(ticket.faults);
        self.waiting.push(Reverse((now + wait, ticket)));
    }

    /// Asks again a back-off after the pause: others go first, in case it is only this id that is
    /// put off.
    pub(super) fn after_the_pause(&mut self, ticket: Ticket) {
        let end = self.pause.map_or_else(Instant::now, |pause| pause.end);
        let wait = self.backoff(ticket.waits);
        self.waiting.push(Reverse((end + wait, ticket)));
    }

    /// Holds back all requests for the time the server asks for, at most the cap, or for a back-off
    /// if that is longer. The time of a new pause; `None` where the request was sent before the
    /// running one began, whose answer may only prolong it.
    pub(super) fn pause(
        &mut self,
        sent: Instant,
        asked: Option<Duration>,
        now: Instant,
    ) -> Option<Duration> {
        let begins = self.pause.is_none_or(|pause| sent >= pause.began);
        self.pauses_in_a_row += u32::from(begins);
        let asked = asked.unwrap_or_default().min(self.config.longest_pause());
        let wait = asked.max(self.backoff(self.pauses_in_a_row));
        let end = self.pause.map_or(now + wait, |pause| pause.end.max(now + wait));
        let began = self.pause.filter(|_| !begins).map_or(now, |pause| pause.began);
        self.pause = Some(Pause { began, end });
        begins.then_some(wait)
    }

    fn backoff(&mut self, faults: u32) -> Duration {
        // The high 53 bits of a hash: an even draw from 0..1. Nothing that is written depends on
        // it, and two programs that ask one server should not draw the same.
        self.draws += 1;
        let jitter = (self.random.hash_one(self.draws) >> 11) as f64 / (1u64 << 53) as f64;
        self.config.backoff(faults, jitter)
    }
}
