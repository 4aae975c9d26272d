use std::{cmp::Reverse, collections::BinaryHeap, io::Write};

use marquee_events::{Action, Event, Outcome, write};
use serde::Serialize;

use crate::{SynthError, dirt::Dirt};

/// What a log holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All lines, bad ones included.
    pub lines: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
    /// Lines of a minute watched.
    pub watch: u64,
    /// Lines of a rating.
    pub rate: u64,
    /// Lines of a recommendation, failed ones included.
    pub recommendation: u64,
    /// Lines of a recommendation that failed.
    pub failed_recommendation: u64,
    /// Lines no reader may accept.
    pub bad: u64,
}

/// A line that waits for its time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    instant: (i64, u32),
    /// Order of making, which settles equal times.
    sequence: u64,
    text: Vec<u8>,
    is_watch: bool,
}

/// Puts events into the order of time, adds bad lines, writes and counts.
#[derive(Debug)]
pub(crate) struct Sink<W> {
    out: W,
    dirt: Option<Dirt>,
    pending: BinaryHeap<Reverse<Line>>,
    sequence: u64,
    summary: Summary,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(out: W, dirt: Option<Dirt>) -> Self {
        let pending = BinaryHeap::new();
        Self { out, dirt, pending, sequence: 0, summary: Summary::default() }
    }

    /// Takes an event, of any time not before the last [`write_before`](Self::write_before).
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        let mut text = Vec::with_capacity(80);
        write(event, &mut text);
        text.push(b'\n');
        self.count(&event.action);
        let is_watch = matches!(event.action, Action::Watch { .. });
        let instant = event.time.instant();
        self.pending.push(Reverse(Line { instant, sequence: self.sequence, text, is_watch }));
        self.sequence += 1;
    }

    /// Writes what precedes the minute of `second`; no later event may precede it.
    pub(crate) fn write_before(&mut self, second: i64) -> Result<(), SynthError> {
        // A time written without seconds falls back to the start of its minute.
        let limit = second - second.rem_euclid(60);
        while let Some(Reverse(line)) = self.pending.peek()
            && line.instant.0 < limit
        {
            self.write_next()?;
        }
        Ok(())
    }

    /// Writes the rest.
    pub(crate) fn finish(mut self) -> Result<Summary, SynthError> {
        while !self.pending.is_empty() {
            self.write_next()?;
        }
        self.out.flush()?;
        Ok(self.summary)
    }

    fn write_next(&mut self) -> Result<(), SynthError> {
        let Some(Reverse(line)) = self.pending.pop() else {
            return Ok(());
        };
        self.write_line(&line.text)?;
        if line.is_watch
            && let Some(dirt) = &mut self.dirt
            && let Some(bad) = dirt.after(&line.text)
        {
            self.summary.bad += 1;
            self.write_line(&bad)?;
        }
        Ok(())
    }

    fn write_line(&mut self, text: &[u8]) -> Result<(), SynthError> {
        self.out.write_all(text)?;
        self.summary.lines += 1;
        self.summary.bytes += text.len() as u64;
        Ok(())
    }

    fn count(&mut self, action: &Action<'_>) {
        match action {
            Action::Watch { .. } => self.summary.watch += 1,
            Action::Rate { .. } => self.summary.rate += 1,
            Action::Recommendation(recommendation) => {
                self.summary.recommendation += 1;
                if matches!(recommendation.outcome, Outcome::Failure(_)) {
                    self.summary.failed_recommendation += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use marquee_events::{MovieId, Timestamp, UserId};

    use super::*;

    #[test]
    fn equal_times_keep_the_order_of_making() {
        let mut out = Vec::new();
        let mut sink = Sink::new(&mut out, None);
        for (second, user) in [(60, 9), (120, 5), (60, 3), (60, 7)] {
            let action = Action::Watch { movie: MovieId::new("a+2001").unwrap(), minute: 0 };
            let time = Timestamp::from_unix_seconds(second).unwrap();
            sink.push(&Event { time, user: UserId::new(user).unwrap(), action });
        }
        sink.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let users: Vec<&str> = text.lines().filter_map(|line| line.split(',').nth(1)).collect();
        assert_eq!(users, ["9", "3", "7", "5"]);
    }
}
