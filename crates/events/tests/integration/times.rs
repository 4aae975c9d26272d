use jiff::civil::Date;
use jiff::tz::Offset;
use marquee_events::{Precision, Refusal, Timestamp, Zone, parse};
use proptest::prelude::*;

/// The instant jiff reads: seconds rounded towards the past, and nanoseconds.
fn jiff_instant(text: &str) -> (i64, u32) {
    let instant: jiff::Timestamp = text.parse().unwrap();
    let nanos = instant.as_nanosecond();
    (nanos.div_euclid(1_000_000_000) as i64, nanos.rem_euclid(1_000_000_000) as u32)
}

#[test]
fn the_three_broken_times_of_a_real_stream_are_refused() {
    for time in ["2024-10-14T15 :42:39", "2024-10-14T16G:55:12", "2024-170-14T15:34:12"] {
        let line = format!("{time},42,GET /data/m/cube+1997/1.mpg");
        assert_eq!(parse(line.as_bytes()), Err(Refusal::BadTime), "{time}");
    }
}

#[test]
fn forms_seen_in_real_streams() {
    for (text, precision) in [
        ("2024-09-10T08:40", Precision::Minute),
        ("2024-09-10T08:39:04", Precision::Second),
        ("2025-10-17T01:33:45.122692921", Precision::Fraction(9)),
    ] {
        let time: Timestamp = text.parse().unwrap();
        assert_eq!(time.precision(), precision);
        assert_eq!(time.zone(), Zone::Unstated);
        assert_eq!(time.instant(), jiff_instant(&format!("{text}Z")), "{text}");
        assert_eq!(time.to_string(), text);
    }
}

#[test]
fn fractions_of_every_length_and_every_zone_are_kept() {
    let fractions = (1..=9).map(|digits| format!(":07.{}", &"012345678"[..digits]));
    for clock in [String::new(), ":07".to_owned()].into_iter().chain(fractions) {
        for zone in ["", "Z", "+00:00", "-00:00", "+23:59", "-23:59", "-03:30"] {
            let text = format!("1969-12-31T23:59{clock}{zone}");
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
            let with_zone = if zone.is_empty() { format!("{text}Z") } else { text };
            assert_eq!(time.instant(), jiff_instant(&with_zone), "{with_zone}");
        }
    }
}

#[test]
fn times_that_are_no_time_are_refused() {
    for text in [
        "",
        "2024",
        "2024-09-10",
        "2024-09-10T",
        "2024-09-10T08",
        "2024-09-10T08:4",
        "2024-09-10 08:40",
        "2024-09-10t08:40",
        "2024-09-10T08:40z",
        "2024-09-10T08:40:",
        "2024-09-10T08:40:0",
        "2024-09-10T08:40:07.",
        "2024-09-10T08:40:07,5",
        "2024-09-10T08:40:07.Z",
        "2024-09-10T08:40:07.0123456789",
        "2024-09-10T08:40.5",
        "2024-09-10T08:40:07ZZ",
        "2024-09-10T08:40:07 Z",
        "2024-09-10T08:40:07+02",
        "2024-09-10T08:40:07+0200",
        "2024-09-10T08:40:07+02:0",
        "2024-09-10T08:40:07+02:00Z",
        "2024-09-10T08:40:07~02:00",
        "2024-09-10T08:40:07+24:00",
        "2024-09-10T08:40:07+02:60",
        "2024-09-10T0G:40:07",
        "2024-09-10T24:00:00",
        "2024-09-10T08:60",
        "2016-12-31T23:59:60Z",
        "2024-00-10T08:40",
        "2024-13-10T08:40",
        "2024-09-00T08:40",
        "2024-09-31T08:40",
        "2023-02-29T08:40",
        "1900-02-29T08:40",
        "-2024-09-10T08:40",
        "+2024-09-10T08:40",
        "12024-09-10T08:40",
        "2024-09-10T-8:40",
        "２０２４-09-10T08:40",
    ] {
        assert_eq!(text.parse::<Timestamp>(), Err(Refusal::BadTime), "{text:?}");
    }
}

proptest! {
    #[test]
    fn dates_exist_when_jiff_says_so(year in 0_i16..=9999, month in 0_i8..=14, day in 0_i8..=32) {
        let text = format!("{year:04}-{month:02}-{day:02}T12:30");
        let exists = Date::new(year, month, day).is_ok();
        prop_assert_eq!(text.parse::<Timestamp>().is_ok(), exists, "{}", text);
    }

    /// From 0001-01-02 to 9999-12-30 in seconds, so that no offset leaves the years.
    #[test]
    fn instants_and_offsets_agree_with_jiff(
        seconds in -62_135_510_400_i64..=253_402_128_000,
        nanos in 0_u32..1_000_000_000,
        minutes in -1_439_i32..=1_439,
    ) {
        let zone =
            Zone::Offset { negative: minutes < 0, minutes: minutes.unsigned_abs() as u16 };
        let time = Timestamp::new(seconds, nanos, Precision::Fraction(9), zone).unwrap();
        let instant = jiff::Timestamp::from_nanosecond(
            i128::from(seconds) * 1_000_000_000 + i128::from(nanos),
        )
        .unwrap();
        let wall = Offset::from_seconds(minutes * 60).unwrap().to_datetime(instant);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let text = format!("{wall:.9}{sign}{hours:02}:{rest:02}");
        prop_assert_eq!(time.to_string(), text.clone());
        prop_assert_eq!(text.parse::<Timestamp>(), Ok(time));
        prop_assert_eq!(time.instant(), (seconds, nanos));
        prop_assert_eq!(jiff_instant(&text), (seconds, nanos));
    }

    #[test]
    fn a_coarser_precision_cuts_towards_the_past(
        seconds in -10_000_000_000_i64..10_000_000_000,
        nanos in 0_u32..1_000_000_000,
        digits in 1_u8..=9,
    ) {
        let fraction = Precision::Fraction(digits);
        for (precision, unit) in [
            (Precision::Minute, 60_000_000_000),
            (Precision::Second, 1_000_000_000),
            (fraction, 10_i128.pow(9 - u32::from(digits))),
        ] {
            let time = Timestamp::new(seconds, nanos, precision, Zone::Utc).unwrap();
            let whole = |(seconds, nanos): (i64, u32)| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
            let expected = whole((seconds, nanos)).div_euclid(unit) * unit;
            prop_assert_eq!(whole(time.instant()), expected);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }
    }
}
