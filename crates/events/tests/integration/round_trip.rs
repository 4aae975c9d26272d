use marquee_events::{Event, UserId, parse, write};
use proptest::prelude::*;

use crate::arbitrary;

fn written(event: &Event<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    write(event, &mut line);
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn parsing_what_was_written_gives_the_event(owned in arbitrary::event()) {
        let event = owned.event();
        let line = written(&event);
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(parse(&line), Ok(event), "{}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn writing_what_was_parsed_gives_the_line(
        time in arbitrary::time(),
        user in 0..=UserId::MAX.get(),
        movie in arbitrary::movie_id(),
        minute in 0..=i32::MAX,
        stars in 1..=5,
    ) {
        for request in [format!("GET /data/m/{movie}/{minute}.mpg"), format!("GET /rate/{movie}={stars}")] {
            let line = format!("{time},{user},{request}");
            let event = parse(line.as_bytes());
            prop_assert!(event.is_ok(), "{}: {:?}", line, event);
            prop_assert_eq!(String::from_utf8(written(&event.unwrap())).unwrap(), line);
        }
    }

    #[test]
    fn writing_a_parsed_recommendation_gives_the_line(
        time in arbitrary::time(),
        user in 0_u64..1_000_000,
        ids in proptest::collection::vec(arbitrary::movie_id(), 0..20),
        bucket in 0_u32..1_000_000,
        latency in any::<u64>(),
    ) {
        let (tight, spaced) = (ids.join(","), ids.join(", "));
        for request in [
            format!("host:80, status 200, result: {spaced}, {latency} ms"),
            format!(
                "/recommend/{user}, status 200, variant=a, bucket=0.{bucket:06}, \
                 result: {tight}, {latency} ms, model_version=als-1, data_sha256=0f"
            ),
            format!("host:80, status 500, result: error: {spaced}, {latency} ms"),
        ] {
            let line = format!("{time},{user},recommendation request {request}");
            let event = parse(line.as_bytes());
            prop_assert!(event.is_ok(), "{}: {:?}", line, event);
            prop_assert_eq!(String::from_utf8(written(&event.unwrap())).unwrap(), line);
        }
    }
}
