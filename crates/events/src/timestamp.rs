use std::fmt;
use std::str::FromStr;

use crate::calendar::{self, Date};
use crate::{Refusal, decimal};

const SECONDS_PER_DAY: i64 = 86_400;
const MINUTES_PER_DAY: u16 = 1_440;
const NANOS_PER_SECOND: u32 = 1_000_000_000;
const MAX_FRACTION_DIGITS: u8 = 9;
/// `YYYY-MM-DDThh:mm:ss.nnnnnnnnn±hh:mm`
const LONGEST: usize = 35;

/// How fine a time of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// `08:40`
    Minute,
    /// `08:40:07`
    Second,
    /// `08:40:07.25`: seconds with that many digits after the point, 1 to 9.
    Fraction(u8),
}

/// What a time of the log says of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Nothing; the time is UTC.
    Unstated,
    /// `Z`: UTC.
    Utc,
    /// `+02:00`, `-05:30`: how far the clock is ahead of UTC, or behind it.
    Offset {
        /// Whether the sign is `-`. `-00:00` is UTC and is kept apart from `+00:00`.
        negative: bool,
        /// Hours and minutes, in minutes: 0 to 1439.
        minutes: u16,
    },
}

impl Zone {
    /// Seconds the wall clock is ahead of UTC.
    fn seconds_ahead(self) -> i64 {
        match self {
            Self::Unstated | Self::Utc => 0,
            Self::Offset { negative: false, minutes } => i64::from(minutes) * 60,
            Self::Offset { negative: true, minutes } => i64::from(minutes) * -60,
        }
    }
}

/// A time as the log writes it: the instant, and how the text put it.
///
/// The form is ISO 8601: `YYYY-MM-DDThh:mm`, then optionally `:ss`, after that optionally `.` and 1
/// to 9 digits, then nothing (which means UTC), `Z`, or `±hh:mm`. The date has to exist in the
/// proleptic Gregorian calendar and its year, on the wall clock the text shows, is 0 to 9999. Hours
/// end at 23, minutes and seconds at 59, also those of an offset: a leap second (`:60`) is refused,
/// as Unix time has none.
///
/// Two timestamps are equal if their texts are. To compare instants, compare
/// [`instant`](Self::instant).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
    precision: Precision,
    zone: Zone,
}

impl Timestamp {
    /// The time of an instant, written with `Z` and microseconds: `2025-10-17T01:33:45.122692Z`.
    /// What is finer than a microsecond is cut off.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_unix_utc(seconds: i64, nanos: u32) -> Result<Self, Refusal> {
        Self::new(seconds, nanos, Precision::Fraction(6), Zone::Utc)
    }

    /// The time of a whole second, written without a zone: `2024-09-10T08:39:04`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, Refusal> {
        Self::new(seconds, 0, Precision::Second, Zone::Unstated)
    }

    /// The time of an instant, written with nanoseconds and without a zone:
    /// `2025-10-17T01:33:45.122692921`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_unix_nanos(seconds: i64, nanos: u32) -> Result<Self, Refusal> {
        Self::new(seconds, nanos, Precision::Fraction(9), Zone::Unstated)
    }

    /// The time `nanos` nanoseconds after `seconds` seconds of Unix time, put that way. What is
    /// finer than the precision is cut off, towards the past.
    ///
    /// # Errors
    /// [`Refusal::BadTime`] if `nanos` is not under 10^9, the fraction is not of 1 to 9 digits, the
    /// offset is not under a day, or the year on the zone's wall clock is not 0 to 9999.
    pub fn new(
        seconds: i64,
        nanos: u32,
        precision: Precision,
        zone: Zone,
    ) -> Result<Self, Refusal> {
        let in_range = match zone {
            Zone::Unstated | Zone::Utc => true,
            Zone::Offset { minutes, .. } => minutes < MINUTES_PER_DAY,
        };
        if !in_range || nanos >= NANOS_PER_SECOND {
            return Err(Refusal::BadTime);
        }
        let (seconds, nanos) = match precision {
            Precision::Minute => {
                let past = seconds.rem_euclid(60);
                (seconds.checked_sub(past).ok_or(Refusal::BadTime)?, 0)
            }
            Precision::Second => (seconds, 0),
            Precision::Fraction(digits @ 1..=MAX_FRACTION_DIGITS) => {
                (seconds, nanos - nanos % fraction_unit(digits))
            }
            Precision::Fraction(_) => return Err(Refusal::BadTime),
        };
        let wall = seconds.checked_add(zone.seconds_ahead()).ok_or(Refusal::BadTime)?;
        calendar::date_of(wall.div_euclid(SECONDS_PER_DAY)).ok_or(Refusal::BadTime)?;
        Ok(Self { seconds, nanos, precision, zone })
    }

    /// Reads a time of the form the type describes.
    ///
    /// # Errors
    /// [`Refusal::BadTime`] for any other text.
    #[inline]
    pub fn parse_bytes(text: &[u8]) -> Result<Self, Refusal> {
        read(text).ok_or(Refusal::BadTime)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded towards the past; negative before it.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`unix_seconds`](Self::unix_seconds), 0 to 999,999,999.
    #[must_use]
    pub const fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// The instant alone, in an order that is that of time: seconds and nanoseconds.
    #[must_use]
    pub const fn instant(self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }

    /// How fine the text is.
    #[must_use]
    pub const fn precision(self) -> Precision {
        self.precision
    }

    /// What the text says of the zone.
    #[must_use]
    pub const fn zone(self) -> Zone {
        self.zone
    }

    /// Appends the text.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        let (buffer, len) = self.text();
        out.extend_from_slice(&buffer[..len]);
    }

    fn text(self) -> ([u8; LONGEST], usize) {
        let wall = self.seconds + self.zone.seconds_ahead();
        // Every constructor checked that the date exists.
        let date = calendar::date_of(wall.div_euclid(SECONDS_PER_DAY)).unwrap_or(Date::FIRST);
        let second = wall.rem_euclid(SECONDS_PER_DAY) as u32;
        let mut buffer = *b"0000-00-00T00:00:00.000000000+00:00";
        decimal::fill(date.year, &mut buffer[0..4]);
        decimal::fill(date.month, &mut buffer[5..7]);
        decimal::fill(date.day, &mut buffer[8..10]);
        decimal::fill(second / 3_600, &mut buffer[11..13]);
        decimal::fill(second / 60 % 60, &mut buffer[14..16]);
        decimal::fill(second % 60, &mut buffer[17..19]);
        let mut len = match self.precision {
            Precision::Minute => 16,
            Precision::Second => 19,
            Precision::Fraction(digits) => {
                let end = 20 + usize::from(digits);
                decimal::fill(self.nanos / fraction_unit(digits), &mut buffer[20..end]);
                end
            }
        };
        match self.zone {
            Zone::Unstated => {}
            Zone::Utc => {
                buffer[len] = b'Z';
                len += 1;
            }
            Zone::Offset { negative, minutes } => {
                buffer[len] = if negative { b'-' } else { b'+' };
                decimal::fill(u32::from(minutes / 60), &mut buffer[len + 1..len + 3]);
                buffer[len + 3] = b':';
                decimal::fill(u32::from(minutes % 60), &mut buffer[len + 4..len + 6]);
                len += 6;
            }
        }
        (buffer, len)
    }
}

impl FromStr for Timestamp {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::parse_bytes(text.as_bytes())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (buffer, len) = self.text();
        f.pad(str::from_utf8(&buffer[..len]).map_err(|_| fmt::Error)?)
    }
}

/// Nanoseconds of one in the last of that many digits.
const fn fraction_unit(digits: u8) -> u32 {
    10_u32.pow(MAX_FRACTION_DIGITS as u32 - digits as u32)
}

#[inline]
fn read(text: &[u8]) -> Option<Timestamp> {
    let (head, rest) = text.split_first_chunk::<16>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2] = *head else {
        return None;
    };
    let date = Date {
        year: decimal::pair(y1, y2)? * 100 + decimal::pair(y3, y4)?,
        month: decimal::pair(m1, m2)?,
        day: decimal::pair(d1, d2)?,
    };
    let day = calendar::unix_day(date)?;
    let minute = read_clock(h1, h2, n1, n2)?;
    let (second, nanos, precision, rest) = match *rest {
        [b':', s1, s2, ref rest @ ..] => {
            let second = decimal::pair(s1, s2).filter(|&second| second < 60)?;
            let (nanos, precision, rest) = read_fraction(rest)?;
            (second, nanos, precision, rest)
        }
        _ => (0, 0, Precision::Minute, rest),
    };
    let zone = match *rest {
        [] => Zone::Unstated,
        [b'Z'] => Zone::Utc,
        [sign @ (b'+' | b'-'), h1, h2, b':', n1, n2] => {
            Zone::Offset { negative: sign == b'-', minutes: read_clock(h1, h2, n1, n2)? as u16 }
        }
        _ => return None,
    };
    let wall = day * SECONDS_PER_DAY + i64::from(minute) * 60 + i64::from(second);
    Some(Timestamp { seconds: wall - zone.seconds_ahead(), nanos, precision, zone })
}

/// Minutes since midnight of a clock that shows `hh:mm`.
#[inline]
fn read_clock(h1: u8, h2: u8, m1: u8, m2: u8) -> Option<u32> {
    let hour = decimal::pair(h1, h2).filter(|&hour| hour < 24)?;
    let minute = decimal::pair(m1, m2).filter(|&minute| minute < 60)?;
    Some(hour * 60 + minute)
}

/// The nanoseconds of what may follow the seconds, and what is left.
#[inline]
fn read_fraction(rest: &[u8]) -> Option<(u32, Precision, &[u8])> {
    let [b'.', digits @ ..] = rest else {
        return Some((0, Precision::Second, rest));
    };
    let mut value = 0;
    let mut count = 0_u8;
    for digit in digits.iter().map_while(|&byte| decimal::digit(byte)) {
        if count == MAX_FRACTION_DIGITS {
            return None;
        }
        value = value * 10 + digit as u32;
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let nanos = value * fraction_unit(count);
    Some((nanos, Precision::Fraction(count), &digits[usize::from(count)..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructors_write_the_forms_of_the_log() {
        let texts = [
            (Timestamp::from_unix_utc(1_760_664_825, 122_692_921), "2025-10-17T01:33:45.122692Z"),
            (
                Timestamp::from_unix_nanos(1_760_664_825, 122_692_921),
                "2025-10-17T01:33:45.122692921",
            ),
            (Timestamp::from_unix_seconds(1_725_957_544), "2024-09-10T08:39:04"),
            (Timestamp::from_unix_utc(-1, 999_999_999), "1969-12-31T23:59:59.999999Z"),
            (Timestamp::new(-1, 0, Precision::Minute, Zone::Unstated), "1969-12-31T23:59"),
            (
                Timestamp::new(
                    0,
                    0,
                    Precision::Second,
                    Zone::Offset { negative: true, minutes: 330 },
                ),
                "1969-12-31T18:30:00-05:30",
            ),
        ];
        for (time, text) in texts {
            let time = time.unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
        }
    }

    #[test]
    fn constructors_refuse_what_no_text_can_say() {
        let first = "0000-01-01T00:00:00".parse::<Timestamp>().unwrap().unix_seconds();
        let last = "9999-12-31T23:59:59".parse::<Timestamp>().unwrap().unix_seconds();
        assert!(Timestamp::from_unix_seconds(first).is_ok());
        assert!(Timestamp::from_unix_seconds(last).is_ok());
        let ahead = Zone::Offset { negative: false, minutes: 1 };
        let day = Zone::Offset { negative: false, minutes: 1_440 };
        for refused in [
            Timestamp::from_unix_seconds(first - 1),
            Timestamp::from_unix_seconds(last + 1),
            Timestamp::from_unix_seconds(i64::MIN),
            Timestamp::from_unix_seconds(i64::MAX),
            Timestamp::from_unix_utc(0, 1_000_000_000),
            Timestamp::new(i64::MIN, 0, Precision::Minute, Zone::Unstated),
            Timestamp::new(i64::MAX, 0, Precision::Second, ahead),
            Timestamp::new(last, 0, Precision::Second, ahead),
            Timestamp::new(0, 0, Precision::Second, day),
            Timestamp::new(0, 0, Precision::Fraction(0), Zone::Utc),
            Timestamp::new(0, 0, Precision::Fraction(10), Zone::Utc),
        ] {
            assert_eq!(refused, Err(Refusal::BadTime));
        }
    }
}
