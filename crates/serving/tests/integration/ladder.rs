use std::collections::HashSet;

use marquee_experiment::{Experiment, ExperimentConfig, Variant};
use marquee_serving::{
    Answer, BuildInfo, ModelProvenance, Rung, Rungs, Service, ServingError, Source, Titles,
};

use crate::support::{Fake, application, experiment, get, rungs, service};

/// User 1 is assigned als_model, user 3 popgen_model.
fn two_arms() -> Option<Experiment> {
    experiment(0.6, 0.4)
}

fn source_for(rungs: Rungs, user: u64) -> Option<Source> {
    let service = service(rungs, two_arms());
    let user = user.to_string().parse().expect("a user id");
    service.decide(user, 20).answer().map(Answer::source)
}

fn only(als: bool, popgen: bool, popularity: bool) -> Rungs {
    let all = rungs();
    Rungs {
        als: all.als.filter(|_| als),
        popgen: all.popgen.filter(|_| popgen),
        popularity: all.popularity.filter(|_| popularity),
    }
}

#[test]
fn each_variant_starts_at_its_own_model() {
    assert_eq!(source_for(rungs(), 1), Some(Source::Als));
    assert_eq!(source_for(rungs(), 3), Some(Source::Popgen));
}

#[test]
fn every_set_of_loaded_models_answers_from_the_next_rung() {
    use Source::{Als, Popgen, Popularity};
    for (loaded, als_arm, popgen_arm) in [
        ((true, true, true), Some(Als), Some(Popgen)),
        ((false, true, true), Some(Popgen), Some(Popgen)),
        ((true, false, true), Some(Als), Some(Popularity)),
        ((true, true, false), Some(Als), Some(Popgen)),
        ((true, false, false), Some(Als), Some(Als)),
        ((false, true, false), Some(Popgen), Some(Popgen)),
        ((false, false, true), Some(Popularity), Some(Popularity)),
        ((false, false, false), None, None),
    ] {
        let (als, popgen, popularity) = loaded;
        assert_eq!(source_for(only(als, popgen, popularity), 1), als_arm, "als_model, {loaded:?}");
        assert_eq!(
            source_for(only(als, popgen, popularity), 3),
            popgen_arm,
            "popgen_model, {loaded:?}"
        );
    }
}

#[test]
fn a_model_that_does_not_know_the_user_passes_on() {
    let known_to = |als, popgen| Rungs {
        als: Fake::new("als").knowing(als).rung(),
        popgen: Fake::new("popgen").knowing(popgen).rung(),
        ..rungs()
    };
    assert_eq!(source_for(known_to(0..0, 0..9), 1), Some(Source::Popgen));
    // The genre model has a list for strangers too; it is plain popularity and called that.
    assert_eq!(source_for(known_to(0..0, 0..0), 1), Some(Source::Popularity));
    assert_eq!(source_for(known_to(0..9, 0..0), 3), Some(Source::Popularity));
}

#[test]
fn an_empty_list_passes_on_and_a_short_one_does_not() {
    let als_with = |unseen| Rungs { als: Fake::new("als").with_unseen(unseen).rung(), ..rungs() };
    assert_eq!(source_for(als_with(0), 1), Some(Source::Popgen));
    let service = service(als_with(3), None);
    let decision = service.decide("1".parse().unwrap(), 20);
    let answer = decision.answer().unwrap();
    assert_eq!(answer.source(), Source::Als);
    assert_eq!(answer.joined(), Fake::list("als", 1, 3));
}

#[actix_web::test]
async fn who_has_seen_everything_gets_an_empty_list() {
    let nothing_left = Rungs {
        als: Fake::new("als").with_unseen(0).rung(),
        popgen: Fake::new("popgen").with_unseen(0).rung(),
        popularity: Fake::new("popularity").with_unseen(0).rung(),
    };
    let reply = get(&application(nothing_left, None), "/recommend/1").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    assert_eq!(reply.source(), Some("als"));
}

#[actix_web::test]
async fn a_fallback_is_named_and_the_variant_stays_the_assigned_one() {
    let without_als = Rungs { als: None, ..rungs() };
    let reply = get(&application(without_als, two_arms()), "/recommend/1").await;
    assert_eq!(reply.header("x-experiment-variant"), Some("als_model"));
    assert_eq!(reply.source(), Some("popgen"));
    assert_eq!(reply.body, Fake::list("popgen", 1, 20));
}

/// The reference sent the factor model's provenance with the genre model's lists.
#[actix_web::test]
async fn an_answer_carries_the_provenance_of_the_model_that_answered() {
    let application = application(rungs(), two_arms());
    // Known to all, so the variant's own model; unknown, so the last rung.
    for (user, family) in [(1, "als"), (3, "popgen"), (1001, "popularity")] {
        let reply = get(&application, &format!("/recommend/{user}")).await;
        assert_eq!(reply.source(), Some(family));
        for (header, value) in [
            ("x-model-version", "version"),
            ("x-pipeline-commit", "commit"),
            ("x-data-version", "data"),
            ("x-model-manifest", "manifest"),
        ] {
            assert_eq!(reply.header(header), Some(format!("{family}-{value}").as_str()), "{user}");
        }
    }
}

/// The reference answered 503 to everyone when one artifact was missing.
#[actix_web::test]
async fn one_missing_model_still_answers_everyone() {
    for missing in 0..3 {
        let loaded = only(missing != 0, missing != 1, missing != 2);
        let application = application(loaded, two_arms());
        for user in 0..40 {
            let reply = get(&application, &format!("/recommend/{user}")).await;
            assert_eq!(reply.status, 200, "user {user} without model {missing}");
            assert_eq!(reply.body.split(',').count(), 20);
        }
        assert_eq!(get(&application, "/health/ready").await.status, 200);
    }
}

/// The reference's fallback was a random sample, counted under the variant.
#[actix_web::test]
async fn the_fallback_is_the_same_list_every_time() {
    let application = application(only(false, false, true), two_arms());
    let mut lists = HashSet::new();
    for _ in 0..5 {
        lists.insert(get(&application, "/recommend/77").await.body);
    }
    assert_eq!(lists.len(), 1);
    assert!(lists.contains(&Fake::list("popularity", 0, 20)));
}

#[actix_web::test]
async fn an_unknown_user_with_personal_models_only_is_told_so() {
    let strangers_unserved = only(true, false, false);
    let reply = get(&application(strangers_unserved, None), "/recommend/1001").await;
    reply.assert_line(503, "no loaded model has a list for this user");
    assert_eq!(reply.source(), None);
}

#[test]
fn without_an_experiment_everyone_gets_the_default_variant() {
    let service = service(rungs(), None);
    for user in 0..50_u64 {
        let decision = service.decide(user.to_string().parse().unwrap(), 20);
        assert_eq!((decision.variant(), decision.bucket()), ("als_model", 0.0));
        assert_eq!(decision.answer().map(Answer::source), Some(Source::Als));
    }
}

#[test]
fn the_bucket_and_variant_are_the_experiments() {
    let (service, experiment) = (service(rungs(), two_arms()), two_arms().unwrap());
    for user in 0..200_u64 {
        let decision = service.decide(user.to_string().parse().unwrap(), 20);
        let assignment = experiment.assign(user);
        assert_eq!(
            (decision.variant(), decision.bucket()),
            (assignment.variant, assignment.bucket)
        );
    }
}

#[test]
fn an_experiment_with_a_variant_that_is_not_served_is_refused() {
    let config = ExperimentConfig {
        experiment_id: String::from("e"),
        salt: String::from("s"),
        variants: vec![Variant { name: String::from("als_modle"), weight: 1.0 }],
    };
    let experiment = Some(Experiment::new(config).unwrap());
    let error =
        Service::new(rungs(), experiment, Titles::default(), BuildInfo::default()).err().unwrap();
    let ServingError::Experiment(cause) = error else { panic!("{error}") };
    let text = cause.to_string();
    assert!(text.contains("als_modle") && text.contains("als_model, popgen_model"), "{text}");
}

#[actix_web::test]
async fn provenance_that_is_not_known_is_left_out() {
    let mut als = Fake::new("als").rung().unwrap();
    als.provenance =
        ModelProvenance { model_version: Some(String::new()), ..ModelProvenance::default() };
    let rungs = Rungs { als: Some(Rung { ..als }), ..Rungs::default() };
    let reply = get(&application(rungs, None), "/recommend/1").await;
    for header in ["x-model-version", "x-pipeline-commit", "x-data-version", "x-model-manifest"] {
        assert_eq!(reply.header(header), None, "{header}");
    }
    assert_eq!(reply.source(), Some("als"));
}
