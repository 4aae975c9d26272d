use std::collections::HashMap;

use marquee_events::{Action, Event, Outcome, parse};
use marquee_outcomes::{
    LogBlock, ReportContext, Rule, WatchThrough, WatchThroughConfig, WatchThroughReport,
};
use marquee_synth::{Synth, SynthConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{by, evaluate};

/// Nanoseconds since 1970; the logs of these tests stay far from the end of the range.
fn nanos(event: &Event<'_>) -> i64 {
    let (seconds, nanos) = event.time.instant();
    seconds * 1_000_000_000 + i64::from(nanos)
}

const HOUR: i64 = 3_600_000_000_000;

struct List {
    shown: i64,
    user: u64,
    variant: String,
    films: Vec<String>,
    converted: bool,
}

/// Total, converted and censored lists of each variant, by going through all lists for every watch.
fn by_definition(log: &[u8], rule: Rule) -> HashMap<String, [u64; 3]> {
    let mut events: Vec<Event<'_>> =
        log.split(|&byte| byte == b'\n').filter_map(|line| parse(line).ok()).collect();
    events.sort_by_key(nanos);
    let end = nanos(events.last().unwrap());
    let mut lists: Vec<List> = Vec::new();
    let mut last_line: HashMap<(u64, &str), i64> = HashMap::new();
    if rule == Rule::Reference {
        // A watch may come before the list in its second.
        events.sort_by_key(|event| match event.action {
            Action::Recommendation(_) => event.time.unix_seconds() * 1_000_000_000,
            _ => nanos(event),
        });
    }
    for event in &events {
        let user = event.user.get();
        match &event.action {
            Action::Rate { .. } => {}
            Action::Recommendation(recommendation) => {
                let Outcome::List(films) = recommendation.outcome else { continue };
                if films.is_empty() {
                    continue;
                }
                let shown = match rule {
                    Rule::Start => nanos(event),
                    Rule::Reference => event.time.unix_seconds() * 1_000_000_000,
                };
                let variant = recommendation
                    .assignment
                    .map_or(String::from("unknown"), |assigned| assigned.variant.to_string());
                let films = films.ids().map(|film| film.to_string()).collect();
                lists.push(List { shown, user, variant, films, converted: false });
            }
            Action::Watch { movie, .. } => {
                let (now, film) = (nanos(event), movie.as_str());
                let within = |list: &&mut List| {
                    list.user == user
                        && now <= list.shown + HOUR
                        && list.films.iter().any(|shown| shown == film)
                };
                if rule == Rule::Reference {
                    let mut after = lists.iter_mut().filter(within).filter(|list| now > list.shown);
                    after.by_ref().for_each(|list| list.converted = true);
                } else {
                    let before = last_line.insert((user, film), now);
                    if before.is_none_or(|before| now > before + HOUR)
                        && let Some(list) = lists.iter_mut().rev().find(|list| within(list))
                    {
                        list.converted = true;
                    }
                }
            }
        }
    }
    let mut counts: HashMap<String, [u64; 3]> = HashMap::new();
    for list in lists {
        let counts = counts.entry(list.variant).or_default();
        if rule == Rule::Start && list.shown + HOUR > end {
            counts[2] += 1;
        } else {
            counts[0] += 1;
            counts[1] += u64::from(list.converted);
        }
    }
    counts
}

fn reported(report: &WatchThroughReport) -> HashMap<String, [u64; 3]> {
    let counts = report.variant_breakdown.0.iter().map(|(name, counts)| {
        let censored = report.variants.get(name).unwrap().censored_recommendation_events;
        let (total, converted) =
            (counts.total_recommendation_events, counts.converted_recommendation_events);
        (name.clone(), [total, converted, censored])
    });
    counts.collect()
}

/// A busy log: few users and films, so that lists and sessions meet.
fn log(seed: u64) -> Vec<u8> {
    let config = SynthConfig {
        users: 40,
        movies: 60,
        sessions: 3_000,
        days: 3,
        recommendation_share: 0.5,
        seed,
        dirty: true,
        ..SynthConfig::default()
    };
    let mut log = Vec::new();
    Synth::new(config).unwrap().write_log(&mut log).unwrap();
    log
}

#[test]
fn counts_are_those_of_the_definition() {
    for seed in 1..=3 {
        let log = log(seed);
        for rule in [Rule::Start, Rule::Reference] {
            let expected = by_definition(&log, rule);
            assert!(expected.values().all(|[_, converted, _]| *converted > 20), "{expected:?}");
            assert_eq!(reported(&evaluate(by(rule), &log)), expected, "{rule} {seed}");
        }
    }
}

/// Lines that moved less than the bound end up where they belong, whatever the blocks are.
#[test]
fn disorder_within_the_bound_and_blocks_change_nothing() {
    let log = log(4);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut lines: Vec<(i64, &[u8])> = log
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(|line| {
            let event = parse(line.strip_suffix(b"\n")?).ok()?;
            Some((nanos(&event) + random.random_range(0..500_000_000_000), line))
        })
        .collect();
    let in_order =
        evaluate(by(Rule::Start), lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().concat());
    lines.sort_by_key(|&(moved, _)| moved);
    let mut evaluation = WatchThrough::new(WatchThroughConfig::default()).unwrap();
    for block in lines.chunks(97) {
        let block: Vec<&[u8]> = block.iter().map(|(_, line)| *line).collect();
        evaluation.take(LogBlock::read(&block.concat()));
    }
    let report = evaluation.finish(ReportContext::default());
    assert_eq!(report.late_events, 0);
    assert_eq!(reported(&report), reported(&in_order));
    assert_eq!(report.seconds_to_start, in_order.seconds_to_start);
    assert_eq!(report.positions, in_order.positions);
}
