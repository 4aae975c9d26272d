//! Any bytes as a line of the event log: what the parser and the writer promise, checked.
//!
//! - A line is accepted if [`rules::rewritten`] accepts it, and refused for one of the reasons it
//!   names otherwise; asked again, the parser says the same.
//! - Writing what was parsed gives the same bytes, save for leading zeros of the user id, the
//!   minute, the status and the latency, and one carriage return at the end. Times, stars, buckets
//!   and all text are written as they were read.
//! - Parsing what was written gives the same event, and writing that the same bytes.
//! - An event's user, instant and movie ids are what the line says, by rules of their own.
//! - One carriage return behind a line changes nothing, as long as the line has room for it.

#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro can write its input to a file")]

mod rules;

use libfuzzer_sys::fuzz_target;
use marquee_events::{Action, Event, MAX_LINE_BYTES, MovieId, Outcome, Refusal, parse, write};

fuzz_target!(|line: &[u8]| check(line));

fn check(line: &[u8]) {
    let parsed = parse(line);
    match (&parsed, rules::rewritten(line)) {
        (Ok(event), Ok(expected)) => {
            assert!(line.len() <= MAX_LINE_BYTES);
            check_written(event, &expected);
            check_values(event, &expected);
        }
        (Err(reason), Err(expected)) => {
            assert!(expected.contains(reason), "refused as {reason:?}, expected {expected:?}");
        }
        (parsed, expected) => panic!("parsed as {parsed:?}, expected {expected:?}"),
    }
    assert_eq!(parse(line), parsed, "parsed again");
    check_carriage_return(line, &parsed);
}

/// `expected` is the line as it has to be written.
fn check_written(event: &Event<'_>, expected: &str) {
    let mut written = Vec::new();
    write(event, &mut written);
    assert_eq!(String::from_utf8_lossy(&written), expected, "written");
    let read_back = parse(&written);
    assert_eq!(read_back.as_ref(), Ok(event), "parsed from what was written");
}

fn check_values(event: &Event<'_>, line: &str) {
    let fields: Vec<&str> = line.splitn(3, ',').collect();
    assert_eq!(Some(event.time.instant()), rules::instant(fields[0]), "instant");
    assert_eq!(event.user.get().to_string(), fields[1], "user");
    match &event.action {
        Action::Watch { movie, minute } => {
            check_movie(*movie);
            assert_eq!(fields[2], format!("GET /data/m/{movie}/{minute}.mpg"));
        }
        Action::Rate { movie, stars } => {
            check_movie(*movie);
            assert_eq!(fields[2], format!("GET /rate/{movie}={}", stars.get()));
        }
        Action::Recommendation(recommendation) => {
            let Outcome::List(list) = recommendation.outcome else { return };
            list.ids().for_each(check_movie);
            let ids: Vec<&str> = list.ids().map(MovieId::as_str).collect();
            assert_eq!(ids.len(), list.len(), "movies counted");
            assert_eq!(ids.join(list.separator()), list.as_str(), "movies joined");
        }
    }
}

fn check_movie(movie: MovieId<'_>) {
    assert!(rules::is_movie_id(movie.as_str()), "movie id {:?}", movie.as_str());
}

fn check_carriage_return(line: &[u8], parsed: &Result<Event<'_>, Refusal>) {
    if line.ends_with(b"\r") {
        // Of two, one belongs to the line.
        return;
    }
    let mut returned = line.to_vec();
    returned.push(b'\r');
    let expected =
        if returned.len() > MAX_LINE_BYTES { &Err(Refusal::LineTooLong) } else { parsed };
    assert_eq!(&parse(&returned), expected, "with a carriage return");
}
