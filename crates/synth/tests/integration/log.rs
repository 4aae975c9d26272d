use std::collections::{BTreeMap, BTreeSet};

use marquee_events::{Action, MovieId, Outcome, Precision, Zone};
use marquee_synth::SynthConfig;

use crate::{events, generate, lines, small};

#[test]
fn every_line_of_a_clean_log_parses_and_the_summary_counts_them() {
    let (_, log, summary) = generate(small());
    let mut counted = [0; 4];
    for event in events(&log) {
        match event.action {
            Action::Watch { .. } => counted[0] += 1,
            Action::Rate { .. } => counted[1] += 1,
            Action::Recommendation(recommendation) => {
                counted[2] += 1;
                counted[3] += u64::from(matches!(recommendation.outcome, Outcome::Failure(_)));
            }
        }
    }
    assert_eq!(
        counted,
        [summary.watch, summary.rate, summary.recommendation, summary.failed_recommendation]
    );
    assert_eq!(summary.bad, 0);
    assert_eq!(summary.bytes, log.len() as u64);
    assert_eq!(summary.lines, lines(&log).len() as u64);
}

#[test]
fn times_never_fall_and_stay_in_the_days_asked_for() {
    let config = SynthConfig { days: 3, ..small() };
    let start = config.start_second;
    let (_, log, _) = generate(config);
    let events = events(&log);
    for pair in events.windows(2) {
        assert!(pair[0].time.instant() <= pair[1].time.instant(), "{pair:?}");
    }
    assert!(events[0].time.unix_seconds() >= start);
    let last_day = (events[events.len() - 1].time.unix_seconds() - start) / 86_400;
    assert!((2..=3).contains(&last_day), "{last_day}");
}

#[test]
fn evenings_are_busier_than_nights() {
    let (_, log, _) = generate(small());
    let mut by_hour = [0_u32; 24];
    for event in events(&log) {
        by_hour[(event.time.unix_seconds().rem_euclid(86_400) / 3_600) as usize] += 1;
    }
    let (night, evening) = (by_hour[2..5].iter().sum::<u32>(), by_hour[19..22].iter().sum::<u32>());
    assert!(evening > 5 * night, "{by_hour:?}");
}

#[test]
fn all_forms_of_recommendation_appear() {
    let config = SynthConfig { recommendation_share: 0.5, ..small() };
    let (_, log, _) = generate(config);
    let mut forms = BTreeMap::new();
    for event in events(&log) {
        let Action::Recommendation(recommendation) = event.action else { continue };
        let form = match recommendation.outcome {
            Outcome::Failure(text) => {
                assert_eq!(recommendation.status, 0);
                assert!(text.as_str().contains("TimeoutException"));
                assert!(recommendation.latency_ms > 800);
                "failure"
            }
            Outcome::List(list) => {
                let distinct: BTreeSet<&str> = list.ids().map(MovieId::as_str).collect();
                assert_eq!(distinct.len(), list.len(), "a film stands in the list twice");
                assert!((1..=20).contains(&list.len()));
                match (recommendation.assignment, recommendation.provenance.entries().count()) {
                    (None, 0) => "platform",
                    (Some(_), 0) => "service",
                    (Some(_), 8) => "service with provenance",
                    other => panic!("{other:?}"),
                }
            }
        };
        assert_eq!(recommendation.assignment.is_some(), event.time.zone() == Zone::Utc);
        *forms.entry(form).or_insert(0) += 1;
    }
    assert_eq!(forms.len(), 4, "{forms:?}");
    assert!(forms.values().all(|&count| count > 50), "{forms:?}");
}

#[test]
fn variants_follow_the_bucket() {
    let config = SynthConfig { recommendation_share: 1.0, ..small() };
    let (_, log, _) = generate(config);
    let mut users = [BTreeSet::new(), BTreeSet::new()];
    for event in events(&log) {
        let Action::Recommendation(recommendation) = event.action else { continue };
        let Some(assignment) = recommendation.assignment else { continue };
        let als = assignment.variant.as_str() == "als_model";
        assert_eq!(als, assignment.bucket.as_f64() < 0.6);
        assert_eq!(recommendation.target.as_str(), format!("/recommend/{}", event.user));
        users[usize::from(als)].insert(event.user);
    }
    assert!(users.iter().all(|users| users.len() > 40));
    assert!(users[0].is_disjoint(&users[1]), "a user got both variants");
}

#[test]
fn lists_at_times_hold_the_film_watched_next() {
    let config = SynthConfig { recommendation_share: 1.0, ..small() };
    let (_, log, _) = generate(config);
    let mut shown = BTreeMap::new();
    let (mut hits, mut lists) = (0_u32, 0_u32);
    for event in events(&log) {
        match event.action {
            Action::Recommendation(recommendation) => {
                if let Outcome::List(list) = recommendation.outcome {
                    shown.insert(event.user, list);
                }
            }
            Action::Watch { movie, .. } => {
                if let Some(list) = shown.remove(&event.user) {
                    lists += 1;
                    hits += u32::from(list.ids().any(|id| id == movie));
                }
            }
            Action::Rate { .. } => {}
        }
    }
    let share = f64::from(hits) / f64::from(lists);
    assert!((0.2..0.8).contains(&share), "{share}");
}

#[test]
fn times_come_in_all_precisions() {
    let (_, log, _) = generate(small());
    let mut precisions = BTreeMap::new();
    for event in events(&log) {
        let name = match event.time.precision() {
            Precision::Minute => "minute",
            Precision::Second => "second",
            Precision::Fraction(6) => "micro",
            Precision::Fraction(9) => "nano",
            Precision::Fraction(_) => "other",
        };
        *precisions.entry(name).or_insert(0_usize) += 1;
    }
    let names: Vec<&str> = precisions.keys().copied().collect();
    assert_eq!(names, ["micro", "minute", "nano", "second"]);
    assert!(precisions["second"] > lines(&log).len() * 3 / 4, "{precisions:?}");
}

#[test]
fn minutes_of_a_watch_follow_one_another() {
    // Whole minutes alone would be ambiguous; a watch's lines are a minute apart give or take one.
    let (_, log, summary) = generate(SynthConfig { mean_minutes: 5.0, ..small() });
    let per_session = summary.watch as f64 / 3_000.0;
    assert!((4.6..5.4).contains(&per_session), "{per_session}");
    let mut last = BTreeMap::new();
    let mut followed = 0;
    for event in events(&log) {
        let Action::Watch { movie, minute } = event.action else { continue };
        let before = last.insert((event.user, movie), (event.time.unix_seconds(), minute));
        if let Some((second, earlier)) = before
            && earlier + 1 == minute
            && event.time.unix_seconds() - second <= 120
        {
            followed += 1;
        }
    }
    assert!(followed >= summary.watch - 3_000 - 60, "{followed} of {}", summary.watch);
}
