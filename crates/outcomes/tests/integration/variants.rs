use marquee_experiment::{Experiment, ExperimentConfig, Variant};
use marquee_outcomes::{Rule, WatchThroughConfig};

use crate::{by, evaluate, served, shown, until, watch};

fn experiment() -> Experiment {
    let variant = |name: &str, weight| Variant { name: name.to_owned(), weight };
    Experiment::new(ExperimentConfig {
        experiment_id: String::from("test"),
        salt: String::from("als-popgen-v1"),
        variants: vec![variant("als_model", 0.6), variant("popgen_model", 0.4)],
    })
    .unwrap()
}

/// Lists of users 1 to 60 in one hour, the first ten of each variant with a start.
fn log(variant_of: impl Fn(u64) -> Option<&'static str>) -> String {
    let mut log = String::new();
    let mut started = std::collections::HashMap::new();
    for user in 1..=60 {
        let variant = variant_of(user);
        log += &match variant {
            Some(variant) => served("08:00:00", user, variant, "a+1, b+2"),
            None => shown("08:00:00", user, "a+1, b+2"),
        };
        let count = started.entry(variant).or_insert(0);
        *count += 1;
        if *count <= 10 {
            log += &watch("08:05:00", user, "b+2", 0);
        }
    }
    log + &until("12:00")
}

fn named(user: u64) -> Option<&'static str> {
    match user % 4 {
        0 | 1 => Some("als_model"),
        2 => Some("popgen_model"),
        _ => None,
    }
}

#[test]
fn variants_come_from_the_lines_and_unknown_is_not_compared() {
    let report = evaluate(by(Rule::Start), log(named));
    let arms: Vec<_> = report
        .variant_breakdown
        .0
        .iter()
        .map(|(name, arm)| {
            (name.as_str(), arm.total_recommendation_events, arm.converted_recommendation_events)
        })
        .collect();
    assert_eq!(arms, [("als_model", 30, 10), ("popgen_model", 15, 10), ("unknown", 15, 10)]);
    let test = report.z_test.unwrap();
    assert_eq!((test.variant_a.as_str(), test.variant_b.as_str()), ("als_model", "popgen_model"));
    assert!((test.effect_size + 1.0 / 3.0).abs() < 1e-12);
    // Without lists of its own user twice, the two tests say nearly the same.
    let clustered = report.clustered_z_test.unwrap();
    assert_eq!((clustered.users, clustered.users_in_both), (45, 0));
    assert_eq!(clustered.test.effect_size, test.effect_size);
    let [low, high] = report.watch_through_interval.unwrap();
    assert!(low < 0.5 && 0.5 < high && high - low < 0.3);
}

#[test]
fn the_reference_compares_the_two_with_most_traffic_whatever_they_are() {
    let few_named = log(|user| (user % 4 == 0).then_some("als_model"));
    let test = evaluate(by(Rule::Reference), few_named).z_test.unwrap();
    assert_eq!((test.variant_a.as_str(), test.variant_b.as_str()), ("unknown", "als_model"));
}

#[test]
fn an_experiment_assigns_every_user_anew_in_its_order() {
    let config = WatchThroughConfig { experiment: Some(experiment()), ..by(Rule::Start) };
    let report = evaluate(config.clone(), log(|_| None));
    let names: Vec<_> = report.variant_breakdown.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["als_model", "popgen_model"]);
    let expected = (1..=60).filter(|&user| experiment().assign(user).index == 0).count() as u64;
    let als = report.variant_breakdown.get("als_model").unwrap();
    assert_eq!(als.total_recommendation_events, expected);
    assert_eq!(report.contradicted_variants, 0);
    assert_eq!(report.z_test.unwrap().variant_a, "als_model");
    // Lines that say otherwise are counted.
    let wrong = (1..=60).filter(|&user| experiment().assign(user).index != 1).count() as u64;
    let report = evaluate(config, log(|_| Some("popgen_model")));
    assert_eq!(report.contradicted_variants, wrong);
    assert!(report.notes.iter().any(|note| note.contains("is this the experiment")));
}

#[test]
fn named_variants_are_compared_in_the_order_they_are_named() {
    let pair = |a: Option<&str>, b: Option<&str>| {
        let config = WatchThroughConfig {
            variant_a: a.map(String::from),
            variant_b: b.map(String::from),
            ..by(Rule::Start)
        };
        let report = evaluate(config, log(named));
        (report.z_test.map(|test| (test.variant_a, test.variant_b)), report.notes)
    };
    let names = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
    assert_eq!(pair(Some("unknown"), Some("als_model")).0, names("unknown", "als_model"));
    assert_eq!(pair(Some("popgen_model"), None).0, names("popgen_model", "als_model"));
    assert_eq!(pair(None, Some("als_model")).0, names("popgen_model", "als_model"));
    let (test, notes) = pair(Some("als_modle"), None);
    assert_eq!(test, None);
    assert!(notes.iter().any(|note| note.contains("\"als_modle\" has no list")), "{notes:?}");
}

#[test]
fn lists_of_one_user_hang_together() {
    // Each user's ten lists come out alike: one user is worth one list.
    let mut log = String::new();
    for hour in 0..10 {
        for user in 1..=40_u64 {
            let variant = if user % 2 == 0 { "a" } else { "b" };
            log += &served(&format!("{:02}:00:00", 2 * hour), user, variant, "f+1, g+2");
            if user % 8 < 3 {
                log += &watch(&format!("{:02}:00:10", 2 * hour), user, "f+1", 0);
            }
        }
    }
    let report = evaluate(by(Rule::Start), log + &until("23:59"));
    let (plain, clustered) = (report.z_test.unwrap(), report.clustered_z_test.unwrap());
    let ratio = plain.z_score.unwrap() / clustered.test.z_score.unwrap();
    // Ten times the variance.
    assert!((ratio - 10_f64.sqrt()).abs() < 0.15, "{ratio}");
    assert!(report.variants.get("a").unwrap().design_effect.unwrap() > 9.0);
}

#[test]
fn a_log_of_names_does_not_fill_the_memory() {
    let log: String =
        (0..1_000).map(|name| served("08:00:00", name, &format!("v{name}"), "a+1")).collect();
    let report = evaluate(by(Rule::Start), log + &until("12:00"));
    assert_eq!(report.variants.0.len(), 257);
    let further = report.variant_breakdown.get("(further variants)").unwrap();
    assert_eq!(further.total_recommendation_events, 744);
}
