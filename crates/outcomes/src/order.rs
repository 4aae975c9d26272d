//! Events put in order of time.

use std::time::Duration;

use crate::{block::LogEvent, instant::Instant};

/// How many events are waited for at least before they are sorted.
const SORTED_TOGETHER: usize = 1 << 14;

/// Puts events that come late, up to a bound, where they belong; those that come later are counted
/// and left out, as are single ones that come too early ([`Leap`]).
///
/// An event is late by how much the latest before it in the log is ahead of it. Events of one time
/// stay in the order of the log. Holds the events of twice the bound, or of a block where that is
/// more.
#[derive(Debug)]
pub(crate) struct Reorder {
    bound: Duration,
    leap: Leap,
    earliest: Option<Instant>,
    latest: Option<Instant>,
    earliest_admitted: Option<Instant>,
    /// In order up to `sorted`.
    pending: Vec<LogEvent>,
    sorted: usize,
    too_late: u64,
}

impl Reorder {
    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            bound,
            leap: Leap::new(bound),
            earliest: None,
            latest: None,
            earliest_admitted: None,
            pending: Vec::new(),
            sorted: 0,
            too_late: 0,
        }
    }

    /// Takes events as they come; those that no event still to come may precede are given back.
    pub(crate) fn take(&mut self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        for event in events {
            for event in self.leap.pass(self.latest, event).into_iter().flatten() {
                self.admit(event);
            }
        }
        // Sorting when as much has come as was left keeps the cost of each event constant.
        if self.pending.len() < 2 * self.sorted + SORTED_TOGETHER {
            return Vec::new();
        }
        self.pending.sort_by_key(|event| event.time);
        let due = self.pending.partition_point(|event| Some(event.time) < self.earliest_admitted);
        let rest = self.pending.split_off(due);
        self.sorted = rest.len();
        std::mem::replace(&mut self.pending, rest)
    }

    fn admit(&mut self, event: LogEvent) {
        if self.earliest_admitted.is_some_and(|earliest| event.time < earliest) {
            self.too_late += 1;
            return;
        }
        if self.latest.is_none_or(|latest| event.time > latest) {
            self.latest = Some(event.time);
            self.earliest_admitted = Some(event.time.minus(self.bound));
        }
        self.earliest = Some(self.earliest.map_or(event.time, |first| first.min(event.time)));
        self.pending.push(event);
    }

    /// All that is left.
    pub(crate) fn finish(&mut self) -> Vec<LogEvent> {
        if let Some(event) = self.leap.held.take() {
            self.admit(event);
        }
        self.pending.sort_by_key(|event| event.time);
        self.sorted = 0;
        std::mem::take(&mut self.pending)
    }

    /// The first event in time, of those that were not too late.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// The last event in time.
    pub(crate) fn latest(&self) -> Option<Instant> {
        self.latest
    }

    /// How many events came too late or too early.
    pub(crate) fn out_of_order(&self) -> u64 {
        self.too_late + self.leap.left_out
    }
}

/// Holds back an event that is ahead of all before it by more than the bound, until the next one
/// shows whether the log went on from there or the event's time is wrong; in that case it is left
/// out and counted, as it would make every event after it a late one. Where events are late by no
/// more than the bound, nothing is left out.
#[derive(Debug)]
pub(crate) struct Leap {
    bound: Duration,
    pub(crate) held: Option<LogEvent>,
    pub(crate) left_out: u64,
}

impl Leap {
    pub(crate) fn new(bound: Duration) -> Self {
        Self { bound, held: None, left_out: 0 }
    }

    /// The events to go on with, where `latest` is the latest time of those before.
    pub(crate) fn pass(
        &mut self,
        latest: Option<Instant>,
        event: LogEvent,
    ) -> [Option<LogEvent>; 2] {
        let Some(latest) = latest else { return [None, Some(event)] };
        let mut before = None;
        if let Some(held) = self.held.take() {
            if event.time < latest.minus(self.bound) {
                // Late by the log so far, which says nothing of the event that is held.
                self.held = Some(held);
                return [None, Some(event)];
            }
            if event.time >= held.time.minus(self.bound) {
                before = Some(held);
            } else {
                self.left_out += 1;
            }
        }
        let ahead_of = before.as_ref().map_or(latest, |held: &LogEvent| held.time);
        if event.time > ahead_of.plus(self.bound) {
            self.held = Some(event);
            return [before, None];
        }
        [before, Some(event)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::What;

    fn event(seconds: i64, user: u64) -> LogEvent {
        LogEvent { time: Instant { seconds, nanos: 0 }, user, what: What::Rate }
    }

    fn in_order(times: &[i64], block: usize, bound: u64) -> (Vec<(i64, u64)>, u64) {
        let mut order = Reorder::new(Duration::from_secs(bound));
        let events = times.iter().zip(0..).map(|(&time, user)| event(time, user));
        let events: Vec<LogEvent> = events.collect();
        let mut given = Vec::new();
        let mut rest = events.into_iter().peekable();
        while rest.peek().is_some() {
            given.extend(order.take(rest.by_ref().take(block).collect()));
        }
        given.extend(order.finish());
        (given.iter().map(|event| (event.time.seconds, event.user)).collect(), order.out_of_order())
    }

    #[test]
    fn late_events_are_put_in_order_up_to_the_bound() {
        let (given, too_late) = in_order(&[10, 20, 15, 10, 9, 20, 30, 19], 3, 10);
        assert_eq!(given, [(10, 0), (10, 3), (15, 2), (20, 1), (20, 5), (30, 6)]);
        assert_eq!(too_late, 2);
    }

    #[test]
    fn one_wrong_time_does_not_make_the_rest_late() {
        let (given, out_of_order) = in_order(&[10, 20, 9_000, 21, 22, 5, 9_000, 5, 23], 2, 10);
        assert_eq!(given.iter().map(|&(time, _)| time).collect::<Vec<_>>(), [10, 20, 21, 22, 23]);
        assert_eq!(out_of_order, 4);
        // Where the log goes on from there, it was a gap.
        let (given, out_of_order) = in_order(&[10, 500, 491, 501, 900], 2, 10);
        assert_eq!(
            given.iter().map(|&(time, _)| time).collect::<Vec<_>>(),
            [10, 491, 500, 501, 900]
        );
        assert_eq!(out_of_order, 0);
    }

    #[test]
    fn the_blocks_change_nothing() {
        // Seconds go up with jitter of up to 50; enough of them to be given out on the way.
        let times: Vec<i64> = (0..60_000).map(|place| place / 3 - (place * 7919) % 50).collect();
        let whole = in_order(&times, times.len(), 40);
        assert!(whole.0.is_sorted_by_key(|&(time, _)| time));
        assert!(whole.1 > 0);
        for block in [1_000, 4_321, 20_000] {
            assert_eq!(in_order(&times, block, 40), whole, "{block}");
        }
    }
}
