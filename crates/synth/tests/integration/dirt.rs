use std::collections::BTreeSet;

use marquee_events::{Refusal, parse};
use marquee_synth::SynthConfig;

use crate::{generate, lines, small};

fn dirty() -> SynthConfig {
    SynthConfig { dirty: true, ..small() }
}

#[test]
fn one_to_two_percent_of_the_lines_are_refused() {
    let (_, log, summary) = generate(dirty());
    let refused = lines(&log).into_iter().filter(|line| parse(line).is_err()).count() as u64;
    assert_eq!(refused, summary.bad);
    let share = refused as f64 / summary.lines as f64;
    assert!((0.01..=0.02).contains(&share), "{share}");
}

#[test]
fn every_reason_but_the_length_appears() {
    let (_, log, _) = generate(dirty());
    let met: BTreeSet<Refusal> =
        lines(&log).into_iter().filter_map(|line| parse(line).err()).collect();
    let all: BTreeSet<Refusal> =
        Refusal::ALL.iter().copied().filter(|&reason| reason != Refusal::LineTooLong).collect();
    assert_eq!(met, all);
}

#[test]
fn the_faults_of_real_streams_appear() {
    let (_, log, _) = generate(dirty());
    let refused: Vec<&[u8]> = lines(&log).into_iter().filter(|line| parse(line).is_err()).collect();
    let any =
        |test: fn(&str) -> bool| refused.iter().any(|line| str::from_utf8(line).is_ok_and(test));
    assert!(any(|line| line.contains(" +")), "a space in an id");
    assert!(any(|line| line.split(',').next().unwrap().contains(" :")), "a space in a time");
    assert!(any(|line| line.ends_with("=15")), "a rating of 15");
    assert!(any(|line| line.ends_with("=4.5")), "a rating of 4.5");
    assert!(any(|line| line.contains(",,")), "an empty user");
    assert!(any(|line| line.starts_with(',')), "an empty time");
    assert!(any(|line| line.contains(",-")), "a signed user");
    assert!(any(|line| line.contains(",9223372036854775808,")), "a user that overflows");
    assert!(
        any(|line| line.get(4..).is_some_and(|rest| rest.starts_with("-13-"))),
        "a thirteenth month"
    );
    assert!(
        any(|line| line.get(10..).is_some_and(|rest| rest.starts_with("T25:"))),
        "a twenty-fifth hour"
    );
    assert!(any(str::is_empty), "an empty line");
    assert!(refused.iter().any(|line| str::from_utf8(line).is_err()), "not UTF-8");
}

#[test]
fn the_good_lines_are_those_of_the_clean_log() {
    let (_, clean, _) = generate(small());
    let (_, dirty, _) = generate(dirty());
    let good: Vec<&[u8]> = lines(&dirty).into_iter().filter(|line| parse(line).is_ok()).collect();
    assert!(good == lines(&clean));
}
