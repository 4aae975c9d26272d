use marquee_experiment::{Experiment, ExperimentConfig, Variant, load};
use proptest::prelude::*;

fn experiment(salt: &str, weights: &[f64]) -> Experiment {
    let variants = weights
        .iter()
        .enumerate()
        .map(|(place, &weight)| Variant { name: format!("v{place}"), weight })
        .collect();
    let config = ExperimentConfig {
        experiment_id: String::from("test"),
        salt: String::from(salt),
        variants,
    };
    Experiment::new(config).expect("a good configuration")
}

fn counts(experiment: &Experiment, users: u64) -> Vec<u64> {
    let mut counts = vec![0; experiment.config().variants.len()];
    for user in 0..users {
        counts[experiment.assign(user).index] += 1;
    }
    counts
}

#[test]
fn four_published_values() {
    let experiment = experiment("als-popgen-v1", &[0.6, 0.4]);
    for (user, bucket, index) in
        [(1, "0.553932", 0), (2, "0.593104", 0), (3, "0.928505", 1), (999, "0.611009", 1)]
    {
        let assignment = experiment.assign(user);
        assert_eq!(format!("{:.6}", assignment.bucket), bucket, "user {user}");
        assert_eq!(assignment.index, index, "user {user}");
        assert_eq!(assignment.variant, experiment.config().variants[index].name);
    }
}

#[test]
fn every_row_of_the_reference_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/reference-run");
    let experiment = load(format!("{folder}/experiment.json")).unwrap();
    let rows = fs_err::read_to_string(format!("{folder}/assignments.csv")).unwrap();
    let mut lines = rows.lines();
    assert_eq!(lines.next(), Some("user_id,variant,bucket"));
    let mut checked = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let [user, variant, bucket] = fields[..] else { panic!("three fields in {line}") };
        let assignment = experiment.assign(user.parse().unwrap());
        assert_eq!(assignment.variant, variant, "{line}");
        let bucket: f64 = bucket.parse().unwrap();
        assert!((assignment.bucket - bucket).abs() <= 1e-12, "{line}: {}", assignment.bucket);
        checked += 1;
    }
    assert!(checked >= 500, "only {checked} rows");
}

#[test]
fn a_variant_without_weight_gets_nobody_wherever_it_stands() {
    for weights in [[0.0, 1.0, 2.0], [1.0, 0.0, 2.0], [1.0, 2.0, 0.0]] {
        let counts = counts(&experiment("zero", &weights), 20_000);
        for (count, weight) in counts.iter().zip(weights) {
            assert_eq!(*count == 0, weight == 0.0, "{weights:?} gave {counts:?}");
        }
    }
}

#[test]
fn a_single_variant_gets_everyone() {
    assert_eq!(counts(&experiment("one", &[0.001]), 1000), [1000]);
}

#[test]
fn only_the_ratio_of_the_weights_counts() {
    let (shares, percent) = (experiment("ratio", &[0.5, 0.5]), experiment("ratio", &[50.0, 50.0]));
    assert!((0..5000).all(|user| shares.assign(user).index == percent.assign(user).index));
}

#[test]
fn a_new_salt_deals_anew() {
    let (one, two) = (experiment("one", &[1.0, 1.0]), experiment("two", &[1.0, 1.0]));
    let moved = (0..10_000).filter(|&user| one.assign(user).index != two.assign(user).index);
    let moved = moved.count();
    assert!((4700..5300).contains(&moved), "{moved} of 10000 moved");
}

#[test]
fn a_salt_longer_than_a_hash_block_works() {
    let experiment = experiment(&"s".repeat(200), &[1.0]);
    assert!((0.0..=1.0).contains(&experiment.assign(u64::MAX).bucket));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shares_converge_to_the_weights(
        salt in "[a-z]{1,12}",
        weights in prop::collection::vec(0.0_f64..10.0, 1..6),
    ) {
        let sum: f64 = weights.iter().sum();
        prop_assume!(sum > 0.1);
        let users = 20_000;
        let counts = counts(&experiment(&salt, &weights), users);
        for (count, weight) in counts.iter().zip(&weights) {
            let (share, expected) = (*count as f64 / users as f64, weight / sum);
            // More than five standard errors of a share of 20,000.
            prop_assert!((share - expected).abs() < 0.019, "{share} for {expected}");
        }
    }

    #[test]
    fn a_user_falls_into_the_variants_own_part_of_the_line(
        user: u64,
        weights in prop::collection::vec(0.0_f64..10.0, 1..6),
    ) {
        let sum: f64 = weights.iter().sum();
        prop_assume!(sum > 0.1);
        let experiment = experiment("part", &weights);
        let assignment = experiment.assign(user);
        let below: f64 = weights[..assignment.index].iter().sum();
        let upto = below + weights[assignment.index];
        prop_assert!(weights[assignment.index] > 0.0);
        prop_assert!(assignment.bucket >= below / sum - 1e-12);
        prop_assert!(assignment.bucket <= upto / sum + 1e-12);
    }
}
