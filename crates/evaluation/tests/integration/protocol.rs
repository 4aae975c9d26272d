use marquee_evaluation::{
    Bootstrap, FilmGenres, Grouping, Holdout, MIN_GROUP_USERS, Metric, Protocol, TrainingFacts,
    evaluate,
};
use serde::Deserialize;

use crate::fake::FakeModel;

const MOVIES: [&str; 4] = ["a+2001", "b+2002", "c+2003", "d+2004"];

/// Forty users, of whom the even ones have seen the first film; `c` is held out of all.
struct World {
    model: FakeModel,
    holdout: Holdout,
    facts: TrainingFacts,
    genres: FilmGenres,
    groupings: Vec<Grouping>,
}

impl World {
    fn new() -> Self {
        let users: Vec<(u64, &[u32])> =
            (0..40).map(|id| (id, if id % 2 == 0 { &[0][..] } else { &[] })).collect();
        let holdout = Holdout::from_pairs((0..40).map(|id| (id, "c+2003")));
        let rows = (0..40).step_by(2).map(|id| (id, "a+2001", 5));
        let facts = TrainingFacts::from_rows(rows.chain([(1, "z+1999", 9)]));
        let genres = FilmGenres::new([
            ("a+2001", vec!["Drama"]),
            ("b+2002", vec!["Drama"]),
            ("c+2003", vec!["Comedy", "Drama"]),
        ]);
        let parity = |id: u64| if id.is_multiple_of(2) { "even" } else { "odd" }.to_owned();
        let groupings = vec![
            Grouping::by_user("parity", &holdout, parity),
            Grouping::by_newness(&holdout, &facts),
        ];
        Self { model: FakeModel::new(&MOVIES, &users), holdout, facts, genres, groupings }
    }

    fn protocol(&self) -> Protocol<'_> {
        Protocol {
            holdout: &self.holdout,
            facts: &self.facts,
            groupings: &self.groupings,
            genres: Some(&self.genres),
            ks: &[3, 2, 3],
            bootstrap: Bootstrap { draws: 100, ..Bootstrap::default() },
        }
    }
}

#[test]
fn means_are_those_of_the_short_form_with_intervals_around() {
    let world = World::new();
    let scored = world.protocol().evaluate("fake", &world.model);
    let short = evaluate(&world.model, &world.holdout, &[2, 3]);
    let at = &scored.evaluation.at;
    assert_eq!(at.iter().map(|at| at.k).collect::<Vec<_>>(), [2, 3]);
    for at in at {
        for metric in Metric::ALL {
            let interval = at.metrics.get(metric);
            let expected = short.at_k(at.k).unwrap().get(metric);
            assert!((interval.mean.unwrap() - expected).abs() < 1e-12, "{}", metric.as_str());
            let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
            assert!(low - 1e-12 <= expected && expected <= high + 1e-12, "{interval:?}");
        }
    }
    // Even users have seen a, so c is second for them and third for the others.
    assert_eq!(at[0].metrics.hit.mean, Some(0.5));
    assert_eq!(at[1].metrics.hit.mean, Some(1.0));
    assert!((at[1].metrics.mrr.mean.unwrap() - (0.5 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
    let hits = scored.per_user(Metric::Hit, 2).unwrap();
    assert_eq!(hits[..4], [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(scored.per_user(Metric::Hit, 7), None);
}

#[test]
fn lists_are_described_by_what_they_show() {
    let world = World::new();
    let scored = world.protocol().evaluate("fake", &world.model);
    let at_2 = &scored.evaluation.at[0];
    // Even users get b and c, odd ones a and b; d and z are never shown: 3 of 5 films.
    assert_eq!(at_2.coverage.mean, Some(0.6));
    // a was seen by 20 of 21 users, b and c by nobody: 1 for even users, 1 − 10/21 for odd ones.
    let novelty = (1.0 + 1.0 - 10.0 / 21.0) / 2.0;
    assert!((at_2.novelty.mean.unwrap() - novelty).abs() < 1e-12, "{:?}", at_2.novelty);
    // Drama against Comedy and Drama is a half, a and b are alike.
    assert_eq!(at_2.diversity.mean, Some(0.25));
    // Shown 0, 0, 20, 20, 40 times: (0·20 + 2·20 + 4·40) / (5 · 80).
    assert_eq!(at_2.exposure_gini.mean, Some(0.5));
    // Which third of the users a resample lacks changes how often a and c are shown, not whether.
    for end in [at_2.coverage.low, at_2.coverage.high] {
        assert!((end.unwrap() - 0.6).abs() < 1e-12, "{end:?}");
    }
    let (low, high) = (at_2.exposure_gini.low.unwrap(), at_2.exposure_gini.high.unwrap());
    assert!(0.4 < low && low < 0.5 && 0.5 < high && high < 0.6, "{low} to {high}");
    let protocol = Protocol { genres: None, ..world.protocol() };
    assert_eq!(protocol.evaluate("fake", &world.model).evaluation.at[0].diversity.mean, None);
}

/// Half the users are shown a film of their own, which a resample shows only if it has them: their
/// number, 200 of 400 films shown by one user each, varies as a binomial's.
#[test]
fn films_shown_to_one_user_each_make_coverage_uncertain() {
    let movies: Vec<String> = (0..200).map(|film| format!("f+{film}")).collect();
    let movies: Vec<&str> = movies.iter().map(String::as_str).collect();
    // User u has seen all films before u, so that film u is the first unseen one.
    let seen: Vec<Vec<u32>> = (0..200).map(|user| (0..user).collect()).collect();
    let users: Vec<(u64, &[u32])> = (0_u64..).zip(seen.iter().map(Vec::as_slice)).collect();
    let model = FakeModel::new(&movies, &users);
    let holdout = Holdout::from_pairs((0..200).map(|user| (user, "z")));
    let facts = TrainingFacts::from_rows((0..200).map(|_| (999, "unshown", 1)));
    let protocol = Protocol {
        holdout: &holdout,
        facts: &facts,
        groupings: &[],
        genres: None,
        ks: &[1],
        bootstrap: Bootstrap { draws: 400, ..Bootstrap::default() },
    };
    let coverage = protocol.evaluate("fake", &model).evaluation.at[0].coverage;
    assert_eq!(coverage.mean, Some(200.0 / 201.0));
    // Of n users, n(1 − (1 − 1/n)^n) are in a resample, with a standard deviation of √(0.0972 n):
    // 4.4 of 201 films, ± 1.96 of which are 0.043 beside the value, not 0.37 below it.
    assert!((coverage.low.unwrap() - (200.0 / 201.0 - 0.043)).abs() < 0.01, "{coverage:?}");
    assert_eq!(coverage.high, Some(1.0), "held to what a share can be");
}

/// A model of earlier data does not know what its users watched since.
#[test]
fn films_of_the_training_part_are_left_out_of_every_list() {
    let users: Vec<(u64, &[u32])> = (0..40).map(|id| (id, &[][..])).collect();
    let (world, unaware) = (World::new(), FakeModel::new(&MOVIES, &users));
    let aware = world.protocol().evaluate("fake", &world.model);
    let masked = world.protocol().evaluate("fake", &unaware);
    assert_eq!(masked.evaluation, aware.evaluation);
}

#[test]
fn groups_split_the_whole_and_gaps_name_the_extremes() {
    let world = World::new();
    let scored = world.protocol().evaluate("fake", &world.model);
    let [parity, newness] = &scored.evaluation.groups[..] else { panic!("two groupings") };
    assert_eq!(parity.by, "parity");
    let sizes: Vec<_> = parity
        .groups
        .iter()
        .map(|group| (group.name.as_str(), group.users, group.interactions))
        .collect();
    assert_eq!(sizes, [("even", 20, 20), ("odd", 20, 20)]);
    assert_eq!(parity.groups[0].at[0].metrics.hit.mean, Some(1.0));
    assert_eq!(parity.groups[1].at[0].metrics.hit.mean, Some(0.0));
    let gap = &parity.gaps[0].metrics.hit;
    assert_eq!((gap.difference, gap.best.as_str(), gap.worst.as_str()), (1.0, "even", "odd"));
    assert_eq!((gap.low, gap.high), (Some(1.0), Some(1.0)), "nobody is an exception");
    assert_eq!(newness.groups.len(), 1);
    assert!(newness.gaps.is_empty(), "one group has no gap");
}

/// 80 hits of 80 users against 40 of 80: the interval is that of two independent shares.
#[test]
fn a_gap_is_as_uncertain_as_its_groups() {
    let users: Vec<(u64, &[u32])> = (0..160)
        .map(|id| (id, if id < 80 || id % 2 == 0 { &[0, 1][..] } else { &[][..] }))
        .collect();
    let model = FakeModel::new(&MOVIES, &users);
    let holdout = Holdout::from_pairs((0..160).map(|id| (id, "c+2003")));
    let half = |id: u64| if id < 80 { "all" } else { "half" }.to_owned();
    let groupings = [Grouping::by_user("half", &holdout, half)];
    let facts = TrainingFacts::default();
    let protocol = Protocol {
        holdout: &holdout,
        facts: &facts,
        groupings: &groupings,
        genres: None,
        ks: &[1],
        bootstrap: Bootstrap::default(),
    };
    let evaluation = protocol.evaluate("fake", &model).evaluation;
    let gap = &evaluation.groups[0].gaps[0].metrics.hit;
    // One group never misses, the other has √(0.25 / 80) = 0.056.
    assert_eq!((gap.difference, gap.best.as_str()), (0.5, "all"));
    assert!((gap.low.unwrap() - (0.5 - 1.96 * 0.056)).abs() < 0.02, "{gap:?}");
    assert!((gap.high.unwrap() - (0.5 + 1.96 * 0.056)).abs() < 0.02, "{gap:?}");
}

#[test]
fn small_groups_take_no_part_in_gaps() {
    let world = World::new();
    let name = |id: u64| if id < MIN_GROUP_USERS as u64 - 1 { "few" } else { "many" }.to_owned();
    let groupings = [Grouping::by_user("size", &world.holdout, name)];
    let protocol = Protocol { groupings: &groupings, ..world.protocol() };
    let evaluation = protocol.evaluate("fake", &world.model).evaluation;
    assert_eq!(evaluation.groups[0].groups.len(), 2);
    assert!(evaluation.groups[0].gaps.is_empty());
}

#[test]
fn two_models_are_compared_over_the_same_users() {
    let world = World::new();
    let reversed: Vec<&str> = MOVIES.iter().rev().copied().collect();
    let users: Vec<(u64, &[u32])> = (0..40).map(|id| (id, &[][..])).collect();
    let other = FakeModel::new(&reversed, &users);
    let protocol = world.protocol();
    let (first, second) = (protocol.evaluate("a", &world.model), protocol.evaluate("b", &other));
    let found = protocol.difference(&second, &first);
    assert_eq!((found.model.as_str(), found.baseline.as_str()), ("b", "a"));
    // The other ranks d and c first, for everybody: 40 hits at 2 against 20.
    let hit = found.at[0].metrics.hit;
    assert_eq!(hit.difference, Some(0.5));
    assert!(hit.low.unwrap() > 0.3 && hit.high.unwrap() < 0.7, "{hit:?}");
    assert!(hit.p_value.unwrap() < 0.05);
    assert_eq!(found.at[1].metrics.hit.p_value, Some(1.0), "both hit everybody at 3");
}

#[test]
fn nobody_to_test_gives_no_means() {
    let world = World::new();
    let (holdout, facts) = (Holdout::default(), TrainingFacts::default());
    let groupings = [Grouping::by_activity(&holdout, &facts)];
    let protocol =
        Protocol { holdout: &holdout, facts: &facts, groupings: &groupings, ..world.protocol() };
    let scored = protocol.evaluate("fake", &world.model);
    let at = &scored.evaluation.at[0];
    assert_eq!((at.metrics.hit.mean, at.metrics.hit.low), (None, None));
    assert_eq!((at.novelty.mean, at.exposure_gini.mean), (None, None));
    assert_eq!(scored.evaluation.groups[0].groups.len(), 0);
    let found = protocol.difference(&scored, &scored);
    assert_eq!((found.at[0].metrics.map.difference, found.at[0].metrics.map.p_value), (None, None));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Interval {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Metrics<T> {
    hit: T,
    precision: T,
    recall: T,
    ndcg: T,
    mrr: T,
    map: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct At {
    k: usize,
    metrics: Metrics<Interval>,
    coverage: Interval,
    novelty: Interval,
    diversity: Interval,
    exposure_gini: Interval,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct AtK<T> {
    k: usize,
    metrics: Metrics<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Group {
    name: String,
    users: usize,
    interactions: usize,
    at: Vec<AtK<Interval>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Gap {
    difference: f64,
    low: f64,
    high: f64,
    best: String,
    worst: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Grouped {
    by: String,
    groups: Vec<Group>,
    gaps: Vec<AtK<Gap>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evaluation {
    model: String,
    users_without_recommendations: usize,
    at: Vec<At>,
    groups: Vec<Grouped>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that the fields are there is what is tested")]
struct Difference {
    difference: f64,
    low: f64,
    high: f64,
    p_value: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelDifference {
    model: String,
    baseline: String,
    at: Vec<AtK<Difference>>,
}

#[test]
fn the_json_has_these_keys_and_no_others() {
    let world = World::new();
    let protocol = world.protocol();
    let scored = protocol.evaluate("fake", &world.model);
    let text = serde_json::to_string(&scored.evaluation).unwrap();
    let read: Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!((read.model.as_str(), read.users_without_recommendations), ("fake", 0));
    assert_eq!((read.at.len(), read.groups.len()), (2, 2));
    let text = serde_json::to_string(&protocol.difference(&scored, &scored)).unwrap();
    let read: ModelDifference = serde_json::from_str(&text).unwrap();
    assert_eq!((read.model.as_str(), read.baseline.as_str(), read.at.len()), ("fake", "fake", 2));
}
