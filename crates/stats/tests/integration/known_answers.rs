use marquee_stats::{
    Confidence, Interval, Proportion, StatsError, gini, quantile, quantile_of_counts,
    two_proportion_z_test, two_sided_p_value,
};
use proptest::prelude::*;

fn of(successes: u64, trials: u64) -> Proportion {
    Proportion::new(successes, trials).unwrap()
}

#[track_caller]
fn near(value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() <= within, "{value} is not {expected}");
}

#[test]
fn normal_quantiles_and_tails_are_those_of_scipy() {
    for (level, z) in [
        (0.9, 1.6448536269514722),
        (0.95, 1.959963984540054),
        (0.99, 2.5758293035489004),
        (0.999, 3.2905267314919255),
    ] {
        near(Confidence::new(level).unwrap().z(), z, 1e-12);
    }
    for (z, p) in [
        (0.5, 0.6170750774519738),
        (-1.96, 0.04999579029644087),
        (5.0, 5.733031437583866e-07),
        (8.0, 1.244192114854348e-15),
    ] {
        near(two_sided_p_value(z) / p, 1.0, 1e-9);
    }
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(matches!(Confidence::new(level), Err(StatsError::Confidence { .. })), "{level}");
    }
    assert!(Confidence::from_alpha(0.05).unwrap().level() == 0.95);
}

/// `scipy.stats.binomtest(…).proportion_ci(0.95, "wilson")`; 81 of 263 and 15 of 148 are the worked
/// examples of Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
/// Medicine 17 (1998), which prints 0.2553 to 0.3662 and 0.0624 to 0.1605.
#[test]
fn wilson_intervals_are_those_of_scipy_and_newcombe() {
    for (successes, trials, low, high) in [
        (0, 10, 0.0, 0.27753279986288926),
        (5, 10, 0.236593090512564, 0.7634069094874361),
        (81, 263, 0.2552885198782742, 0.36620957698280004),
        (15, 148, 0.06238639953073629, 0.16048724172330803),
        (10, 10, 0.7224672001371109, 1.0),
    ] {
        let interval = of(successes, trials).wilson_interval(Confidence::P95).unwrap();
        near(interval.low, low, 1e-12);
        near(interval.high, high, 1e-12);
    }
    assert_eq!(of(0, 0).wilson_interval(Confidence::P95), None);
    assert_eq!(of(0, 0).rate(), None);
    assert_eq!(Proportion::new(2, 1), Err(StatsError::Successes { successes: 2, trials: 1 }));
}

/// The counts and results of the reference's own report.
#[test]
fn the_two_proportion_test_is_the_references() {
    for (a, b, alpha, z, p, effect, low, high) in [
        (
            of(195, 764),
            of(117, 457),
            0.05,
            -0.0303149224141598,
            0.9758158956770882,
            -0.0007819033762186955,
            -0.0513473918738452,
            0.049783585121407806,
        ),
        (
            of(318, 764),
            of(180, 457),
            0.1,
            0.7693036262511026,
            0.4417130850233595,
            0.022357281152978137,
            -0.025327610581222196,
            0.07004217288717847,
        ),
    ] {
        let confidence = Confidence::from_alpha(alpha).unwrap();
        let test = two_proportion_z_test(a, b, confidence).unwrap();
        near(test.z_score.unwrap(), z, 1e-12);
        near(test.p_value.unwrap(), p, 1e-9);
        near(test.effect, effect, 1e-15);
        near(test.interval.low, low, 1e-12);
        near(test.interval.high, high, 1e-12);
    }
}

#[test]
fn a_test_without_variance_or_trials_has_no_score() {
    for (a, b) in [(of(0, 5), of(0, 9)), (of(5, 5), of(9, 9))] {
        let test = two_proportion_z_test(a, b, Confidence::P95).unwrap();
        assert_eq!((test.z_score, test.p_value, test.effect), (None, None, 0.0));
        assert_eq!(test.interval, Interval { low: 0.0, high: 0.0 });
    }
    assert_eq!(two_proportion_z_test(of(0, 0), of(1, 2), Confidence::P95), None);
    assert_eq!(two_proportion_z_test(of(1, 2), of(0, 0), Confidence::P95), None);
}

/// `numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], p)`, and with `method="inverted_cdf"`.
#[test]
fn quantiles_are_those_of_numpy() {
    let ascending = [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0];
    let counts = [(1, 2), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (9, 1)];
    for (p, linear, observed) in [
        (0.0, 1.0, 1),
        (0.1, 1.0, 1),
        (0.25, 1.75, 1),
        (0.5, 3.5, 3),
        (0.9, 6.8999999999999995, 9),
        (1.0, 9.0, 9),
    ] {
        near(quantile(&ascending, p).unwrap(), linear, 1e-12);
        assert_eq!(quantile_of_counts(counts, p), Some(observed), "{p}");
    }
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&ascending, 1.5), None);
    assert_eq!(quantile(&ascending, f64::NAN), None);
    assert_eq!(quantile_of_counts([], 0.5), None);
    assert_eq!(quantile_of_counts([(7, 0)], 0.5), None);
}

#[test]
fn gini_is_what_a_hand_computes() {
    // Σ|x_i − x_j| over all pairs is 20, 2·n²·mean is 2·16·2.5 = 80.
    assert_eq!(gini([4.0, 1.0, 3.0, 2.0]), Some(0.25));
    assert_eq!(gini([5.0; 7]), Some(0.0));
    assert_eq!(gini([0.0, 0.0, 0.0, 8.0]), Some(0.75));
    for nothing in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[1.0, f64::NAN], &[f64::INFINITY]] {
        assert_eq!(gini(nothing.iter().copied()), None, "{nothing:?}");
    }
}

proptest! {
    #[test]
    fn wilson_intervals_hold_the_rate_and_stay_within_0_and_1(trials in 1_u64..100_000, part in 0.0..=1.0) {
        let successes = (part * trials as f64) as u64;
        let proportion = of(successes, trials);
        let interval = proportion.wilson_interval(Confidence::P95).unwrap();
        prop_assert!(interval.contains(proportion.rate().unwrap()));
        prop_assert!(0.0 <= interval.low && interval.low < interval.high && interval.high <= 1.0);
    }

    #[test]
    fn gini_is_the_mean_absolute_difference(values in prop::collection::vec(0_u32..1000, 1..40)) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let sum: f64 = values.iter().sum();
        prop_assume!(sum > 0.0);
        let apart: f64 = values.iter().flat_map(|a| values.iter().map(move |b| (a - b).abs())).sum();
        near(gini(values.iter().copied()).unwrap(), apart / (2.0 * values.len() as f64 * sum), 1e-12);
    }
}
