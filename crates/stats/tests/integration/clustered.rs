use marquee_stats::{ClusteredArms, Confidence, Proportion, two_proportion_z_test};

const A: [(u64, u64); 6] = [(2, 5), (3, 3), (0, 1), (1, 8), (1, 2), (0, 4)];
const B: [(u64, u64); 5] = [(1, 2), (4, 6), (0, 3), (1, 1), (3, 5)];

fn of((successes, trials): (u64, u64)) -> Proportion {
    Proportion::new(successes, trials).unwrap()
}

fn apart(a: &[(u64, u64)], b: &[(u64, u64)]) -> ClusteredArms {
    let mut arms = ClusteredArms::default();
    a.iter().for_each(|&totals| arms.push([of(totals), Proportion::default()]));
    b.iter().for_each(|&totals| arms.push([Proportion::default(), of(totals)]));
    arms
}

#[track_caller]
fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
}

/// The same sums, written down in numpy.
#[test]
fn rates_and_the_test_are_those_of_numpy() {
    let arms = apart(&A, &B);
    let (a, b) = (arms.proportion(0).unwrap(), arms.proportion(1).unwrap());
    near(a.rate, 7.0 / 23.0);
    near(a.variance, 0.018987925286144635);
    near(b.rate, 9.0 / 17.0);
    near(b.variance, 0.015355419595071897);
    near(1.0 / a.design_effect().unwrap() * 23.0, 11.150255947003913);
    let interval = a.interval(Confidence::P95).unwrap();
    near(interval.low, 0.11622886346516573);
    near(interval.high, 0.5927341404977047);
    let test = arms.test(Confidence::P95).unwrap();
    near(test.z_score.unwrap(), -1.214463925945104);
    assert!((test.p_value.unwrap() - 0.2245706171750922).abs() < 1e-9);
    near(test.interval.low, -0.5882836312652493);
    near(test.interval.high, 0.1381557540273976);
    assert_eq!((arms.clusters(), arms.clusters_in_both()), (11, 0));
}

#[test]
fn clusters_of_one_trial_are_independent_trials() {
    let ones = |successes: u64, trials: u64| -> Vec<(u64, u64)> {
        (0..trials).map(|trial| (u64::from(trial < successes), 1)).collect()
    };
    let arms = apart(&ones(195, 764), &ones(117, 457));
    let clustered = arms.test(Confidence::P95).unwrap();
    let plain = two_proportion_z_test(of((195, 764)), of((117, 457)), Confidence::P95).unwrap();
    assert_eq!(clustered.effect, plain.effect);
    // The correction G/(G − 1) and the pooling are all that differs.
    assert!((clustered.z_score.unwrap() / plain.z_score.unwrap() - 1.0).abs() < 0.01);
    assert!((arms.proportion(0).unwrap().design_effect().unwrap() - 764.0 / 763.0).abs() < 1e-12);
}

#[test]
fn what_repeats_within_a_user_widens_the_interval() {
    let once: Vec<_> = (0..100).map(|user| (u64::from(user % 4 == 0), 1)).collect();
    let ten_times: Vec<_> = once.iter().map(|&(x, n)| (10 * x, 10 * n)).collect();
    let [once, ten_times] =
        [once, ten_times].map(|users| apart(&users, &[]).proportion(0).unwrap());
    near(once.variance, ten_times.variance);
    near(ten_times.design_effect().unwrap(), 10.0 * once.design_effect().unwrap());
}

#[test]
fn users_in_both_arms_bring_their_covariance() {
    let mut together = ClusteredArms::default();
    A.iter().zip(B).for_each(|(&a, b)| together.push([of(a), of(b)]));
    assert_eq!((together.clusters(), together.clusters_in_both()), (5, 5));
    let separate = apart(&A[..5], &B);
    let (pa, pb) = (7.0 / 19.0, 9.0 / 17.0);
    let products: f64 = A
        .iter()
        .zip(B)
        .map(|(&(xa, na), (xb, nb))| (xa as f64 - pa * na as f64) * (xb as f64 - pb * nb as f64))
        .sum();
    let covariance = 5.0 / 4.0 * products / (19.0 * 17.0);
    let error = |arms: &ClusteredArms| {
        let test = arms.test(Confidence::P95).unwrap();
        test.effect / test.z_score.unwrap()
    };
    near(error(&together).powi(2), error(&separate).powi(2) - 2.0 * covariance);
}

#[test]
fn one_cluster_shows_no_variance_and_no_success_no_design_effect() {
    assert!(apart(&A[..1], &B).proportion(0).is_none());
    assert!(apart(&A[..1], &B).test(Confidence::P95).is_none());
    assert!(apart(&A, &[]).test(Confidence::P95).is_none());
    assert!(apart(&A, &B).proportion(2).is_none());
    let none = apart(&[(0, 5), (0, 5)], &[]).proportion(0).unwrap();
    assert_eq!(none.design_effect(), None);
    let two_trials = of((0, 2)).wilson_interval(Confidence::P95);
    assert_eq!(none.interval(Confidence::P95), two_trials);
}

#[test]
fn the_order_of_the_users_changes_nothing() {
    let mut reversed = (A, B);
    reversed.0.reverse();
    reversed.1.reverse();
    let [one, other] = [apart(&A, &B), apart(&reversed.0, &reversed.1)];
    assert_eq!(one.test(Confidence::P95), other.test(Confidence::P95));
}
