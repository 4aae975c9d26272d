//! The crate's integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

/// What each field of the configuration may be.
mod config;
/// The same configuration gives the same bytes, another seed others.
mod determinism;
/// Bad lines: how many, of which reasons, and that the good lines stay.
mod dirt;
/// The movie API: right answers, faults by script and by seed, its end.
mod faulty_api;
/// Lines that parse, all forms of events, ascending times, the summary.
mod log;
/// The movie file against the films and the log.
mod movies;
/// That what users watch follows their tastes, as far as the configuration says.
mod tastes;

use marquee_events::{Event, parse};
use marquee_synth::{Summary, Synth, SynthConfig};

fn small() -> SynthConfig {
    SynthConfig { users: 200, movies: 160, sessions: 3_000, ..SynthConfig::default() }
}

fn generate(config: SynthConfig) -> (Synth, Vec<u8>, Summary) {
    let synth = Synth::new(config).unwrap();
    let mut log = Vec::new();
    let summary = synth.write_log(&mut log).unwrap();
    (synth, log, summary)
}

/// The lines without their line feeds; the log ends with one.
fn lines(log: &[u8]) -> Vec<&[u8]> {
    log.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n').collect()
}

fn events(log: &[u8]) -> Vec<Event<'_>> {
    lines(log)
        .into_iter()
        .map(|line| parse(line).unwrap_or_else(|refusal| panic!("{refusal}: {}", show(line))))
        .collect()
}

fn show(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}
