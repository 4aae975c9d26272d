use std::time::Duration;

use marquee_events::{Precision, Timestamp, Zone};

/// A point in time: Unix time in seconds, rounded down, and the nanoseconds past them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

const NANOS_PER_SECOND: u32 = 1_000_000_000;

impl Instant {
    pub(crate) fn of(time: Timestamp) -> Self {
        let (seconds, nanos) = time.instant();
        Self { seconds, nanos }
    }

    /// The whole second it lies in.
    pub(crate) const fn floor(self) -> Self {
        Self { seconds: self.seconds, nanos: 0 }
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        let nanos = self.nanos + duration.subsec_nanos();
        let carried = i64::from(nanos >= NANOS_PER_SECOND);
        let seconds = self.seconds.saturating_add_unsigned(duration.as_secs());
        Self { seconds: seconds.saturating_add(carried), nanos: nanos % NANOS_PER_SECOND }
    }

    pub(crate) fn minus(self, duration: Duration) -> Self {
        let borrowed = self.nanos < duration.subsec_nanos();
        let nanos = self.nanos + u32::from(borrowed) * NANOS_PER_SECOND - duration.subsec_nanos();
        let seconds = self.seconds.saturating_sub_unsigned(duration.as_secs());
        Self { seconds: seconds.saturating_sub(i64::from(borrowed)), nanos }
    }

    /// Whole seconds since an earlier instant, rounded down; 0 if it is not earlier.
    pub(crate) fn seconds_since(self, earlier: Self) -> u64 {
        let seconds = self.seconds - earlier.seconds - i64::from(self.nanos < earlier.nanos);
        u64::try_from(seconds).unwrap_or(0)
    }

    /// The second as `2024-10-27T02:36:59+00:00`; years past 9999 as the number of seconds.
    pub(crate) fn text(self) -> String {
        let zone = Zone::Offset { negative: false, minutes: 0 };
        Timestamp::new(self.seconds, 0, Precision::Second, zone)
            .map_or_else(|_| self.seconds.to_string(), |time| time.to_string())
    }
}

/// The duration in hours.
pub(crate) fn hours(duration: Duration) -> f64 {
    duration.as_secs_f64() / 3600.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: u32) -> Instant {
        Instant { seconds, nanos }
    }

    #[test]
    fn durations_carry_and_borrow() {
        let three_quarters = Duration::from_millis(750);
        assert_eq!(at(9, 500_000_000).plus(three_quarters), at(10, 250_000_000));
        assert_eq!(at(10, 250_000_000).minus(three_quarters), at(9, 500_000_000));
        assert_eq!(at(9, 0).plus(three_quarters).minus(three_quarters), at(9, 0));
        assert_eq!(at(i64::MAX, 0).plus(Duration::MAX).seconds, i64::MAX);
        assert_eq!(at(i64::MIN, 0).minus(Duration::MAX).seconds, i64::MIN);
    }

    #[test]
    fn seconds_between_are_rounded_down() {
        assert_eq!(at(10, 0).seconds_since(at(8, 1)), 1);
        assert_eq!(at(10, 1).seconds_since(at(8, 1)), 2);
        assert_eq!(at(8, 0).seconds_since(at(8, 1)), 0);
        assert_eq!(at(5, 0).seconds_since(at(8, 1)), 0);
    }

    #[test]
    fn text_is_iso_8601_with_its_offset() {
        assert_eq!(at(1_729_996_619, 5).text(), "2024-10-27T02:36:59+00:00");
    }
}
