use marquee_evaluation::{Bootstrap, Difference, Interval};

/// Ones and zeros, so that few values are distinct.
fn hits(users: usize, every: usize) -> Vec<f64> {
    (0..users).map(|user| if user % every == 0 { 1.0 } else { 0.0 }).collect()
}

fn assert_near(actual: Option<f64>, expected: f64, tolerance: f64) {
    let actual = actual.unwrap();
    assert!((actual - expected).abs() < tolerance, "{actual} instead of {expected}");
}

#[test]
fn a_share_has_the_interval_of_its_standard_error() {
    // 1,000 of 4,000: the standard error is √(0.25 · 0.75 / 4000) = 0.00685.
    let interval = Bootstrap::default().interval(&hits(4_000, 4));
    assert_eq!(interval.mean, Some(0.25));
    assert_near(interval.low, 0.25 - 1.96 * 0.00685, 0.0015);
    assert_near(interval.high, 0.25 + 1.96 * 0.00685, 0.0015);
}

#[test]
fn many_distinct_values_are_resampled_as_well_as_few() {
    // Uniform on 0..1 in 4,000 steps: standard deviation 0.2887, standard error 0.00456.
    let values: Vec<f64> = (0..4_000).map(|user| (f64::from(user) + 0.5) / 4_000.0).collect();
    let interval = Bootstrap::default().interval(&values);
    assert_near(interval.mean, 0.5, 1e-12);
    assert_near(interval.low, 0.5 - 1.96 * 0.00456, 0.001);
    assert_near(interval.high, 0.5 + 1.96 * 0.00456, 0.001);
}

#[test]
fn nobody_and_no_draws_have_no_interval() {
    assert_eq!(Bootstrap::default().interval(&[]), Interval::default());
    assert_eq!(Bootstrap::default().paired(&[], &[]), Difference::default());
    let none = Bootstrap { draws: 0, ..Bootstrap::default() };
    assert_eq!(none.interval(&[0.5, 1.0]), Interval { mean: Some(0.75), low: None, high: None });
    assert_eq!(none.paired(&[1.0], &[0.5]).difference, Some(0.5));
    assert_eq!(none.paired(&[1.0], &[0.5]).p_value, None);
}

#[test]
fn everybody_alike_leaves_no_doubt() {
    let interval = Bootstrap::default().interval(&[0.3; 50]);
    assert_near(interval.low, 0.3, 1e-12);
    assert_near(interval.high, 0.3, 1e-12);
}

#[test]
fn a_model_does_not_differ_from_itself() {
    let found = Bootstrap::default().paired(&hits(100, 3), &hits(100, 3));
    let zero = Some(0.0);
    assert_eq!(found, Difference { difference: zero, low: zero, high: zero, p_value: Some(1.0) });
}

#[test]
fn five_users_of_five_prefer_it_by_chance_in_two_of_32() {
    let bootstrap = Bootstrap { draws: 20_000, ..Bootstrap::default() };
    let found = bootstrap.paired(&[1.0; 5], &[0.0; 5]);
    assert_eq!(found.difference, Some(1.0));
    assert_near(found.p_value, 2.0 / 32.0, 0.006);
    // Four of five: at least as far are 5:0, 4:1, 1:4 and 0:5, 12 of 32.
    let found = bootstrap.paired(&[1.0, 1.0, 1.0, 1.0, 0.0], &[0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_near(found.p_value, 12.0 / 32.0, 0.012);
}

#[test]
fn pairing_sees_what_the_single_intervals_hide() {
    // Users differ widely, the second model is a little better for each of them.
    let second: Vec<f64> = (0..200).map(|user| f64::from(user) / 200.0).collect();
    let first: Vec<f64> = second.iter().map(|score| score + 0.01).collect();
    let bootstrap = Bootstrap::default();
    assert!(bootstrap.interval(&first).low < bootstrap.interval(&second).high);
    let found = bootstrap.paired(&first, &second);
    assert!(found.low.unwrap() > 0.0);
    assert_eq!(found.p_value, Some(1.0 / 1_001.0), "the least that 1,000 draws can say");
    let reversed = bootstrap.paired(&second, &first);
    assert_near(reversed.high, -found.low.unwrap(), 1e-9);
}

#[test]
fn more_than_64_equal_differences_are_signed_one_by_one() {
    // 130 users of +1 and 70 of −1: mean 0.3, standard deviation of the sum √200 = 14.1, so 60 is
    // 4.2 of them away.
    let mut scores = vec![1.0; 130];
    scores.extend([-1.0; 70]);
    let far = Bootstrap::default().paired(&scores, &[0.0; 200]);
    assert!(far.p_value.unwrap() < 0.01, "{far:?}");
    // 105 and 95: 10 is 0.7 away, p = 0.53 with the correction for whole numbers.
    let near: Vec<f64> = (0..200).map(|user| if user < 105 { 1.0 } else { -1.0 }).collect();
    assert_near(Bootstrap::default().paired(&near, &[0.0; 200]).p_value, 0.525, 0.06);
}

#[test]
fn the_seed_decides_and_the_threads_do_not() {
    let values: Vec<f64> = (0..500).map(|user| f64::from(user * 7 % 500)).collect();
    let (hits, bootstrap) = (hits(500, 7), Bootstrap::default());
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            (
                bootstrap.interval(&values),
                bootstrap.interval(&hits),
                bootstrap.paired(&hits, &values),
            )
        })
    };
    assert_eq!(with_threads(1), with_threads(3));
    let other = Bootstrap { seed: 43, ..bootstrap };
    assert_ne!(other.interval(&values).low, bootstrap.interval(&values).low);
}
