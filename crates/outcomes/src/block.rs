use std::{collections::BTreeMap, hash::BuildHasher};

use foldhash::quality::FixedState;
use marquee_events::{Action, Event, MovieId, Outcome, Recommendation, Refusal, parse, parse_str};

use crate::instant::Instant;

/// A film, by a 64-bit hash of its id.
///
/// Reports name no film, so a hash is all that is kept of an id. Among 100,000 films two have the
/// same hash with a probability of 3 in 10^10.
pub(crate) type Film = u64;

/// Any fixed number: the same film has the same hash in every block and every run.
const FILM_SEED: u64 = 0x6d61_7271_7565_6521;

/// The events of a part of the log, in the order of its lines.
#[derive(Debug, Default)]
pub struct LogBlock {
    pub(crate) lines: u64,
    pub(crate) refused: RefusedLines,
    pub(crate) events: Vec<LogEvent>,
}

/// Lines that are no event, by reason.
pub(crate) type RefusedLines = BTreeMap<&'static str, u64>;

/// What of an event matters here.
#[derive(Debug)]
pub(crate) struct LogEvent {
    pub(crate) time: Instant,
    pub(crate) user: u64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Watch(Film),
    Rate,
    /// In a box, as there are some ten watches to an answer.
    Answer(Box<Answer>),
}

/// What a request for recommendations came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) latency_ms: u64,
    /// Best first; empty where there is no list.
    pub(crate) films: Box<[Film]>,
    pub(crate) variant: Option<Box<str>>,
}

impl LogBlock {
    /// The block of whole lines with their ends, of which the last may lack its.
    ///
    /// A line that is no event is counted by its reason. Cost: linear in the bytes; 40 bytes for
    /// each line, and some 250 for a list of twenty films.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut block = Self::default();
        // Lines end at line feeds, so text that is valid as a whole is valid line by line.
        let text = str::from_utf8(bytes).ok();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            if start == bytes.len() {
                break;
            }
            let event = match text {
                Some(text) => parse_str(&text[start..end]),
                None => parse(&bytes[start..end]),
            };
            block.push(event);
            start = end + 1;
        }
        block
    }

    /// The lines of the block, accepted or not.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    fn push(&mut self, event: Result<Event<'_>, Refusal>) {
        self.lines += 1;
        match event {
            Ok(event) => self.events.push(LogEvent::of(&event)),
            Err(refusal) => *self.refused.entry(refusal.as_str()).or_default() += 1,
        }
    }
}

impl LogEvent {
    fn of(event: &Event<'_>) -> Self {
        let what = match &event.action {
            Action::Watch { movie, .. } => What::Watch(film(*movie)),
            Action::Rate { .. } => What::Rate,
            Action::Recommendation(recommendation) => {
                What::Answer(Box::new(Answer::of(recommendation)))
            }
        };
        Self { time: Instant::of(event.time), user: event.user.get(), what }
    }
}

impl Answer {
    /// The status of an answer with a list.
    pub(crate) const OK: u16 = 200;

    fn of(recommendation: &Recommendation<'_>) -> Self {
        let films = match &recommendation.outcome {
            Outcome::List(list) => list.ids().map(film).collect(),
            Outcome::Failure(_) => Box::default(),
        };
        let variant = recommendation.assignment.map(|assignment| assignment.variant);
        Self {
            status: recommendation.status,
            latency_ms: recommendation.latency_ms,
            films,
            variant: variant.map(|variant| Box::from(variant.as_str())),
        }
    }
}

fn film(id: MovieId<'_>) -> Film {
    FixedState::with_seed(FILM_SEED).hash_one(id.as_str())
}

/// Adds the counts of a block.
pub(crate) fn add_refused(all: &mut RefusedLines, block: RefusedLines) {
    for (reason, count) in block {
        *all.entry(reason).or_default() += count;
    }
}
