use marquee_stats::{Bootstrap, Confidence, StatsError};

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

fn bootstrap(draws: u32, seed: u64) -> Bootstrap {
    Bootstrap::new(draws, seed).unwrap()
}

#[test]
fn the_draws_are_those_of_the_seed_whatever_the_threads_and_their_number() {
    let sums = |threads, draws, seed| {
        on_threads(threads, || {
            bootstrap(draws, seed)
                .replicates(50, |drawn| Some(drawn.iter().map(|&unit| f64::from(unit)).sum()))
        })
    };
    let one = sums(1, 200, 7);
    assert_eq!(one, sums(3, 200, 7));
    assert_eq!(one[..50], sums(2, 50, 7));
    assert_ne!(one, sums(1, 200, 8));
    assert!(one.windows(2).any(|pair| pair[0] != pair[1]), "draws are not alike");
}

#[test]
fn a_draw_is_as_many_units_as_there_are_each_within_them() {
    let replicates = bootstrap(300, 1).replicates(6, |drawn| {
        assert_eq!(drawn.len(), 6);
        assert!(drawn.iter().all(|&unit| unit < 6));
        // The share of draws that hold the first unit is 1 − (5/6)^6 = 0.665.
        Some(f64::from(u8::from(drawn.contains(&0))))
    });
    let share = replicates.iter().sum::<f64>() / 300.0;
    assert!((0.58..0.75).contains(&share), "{share}");
}

#[test]
fn blocks_keep_neighbours_together() {
    let breaks = |block| -> f64 {
        let replicates = bootstrap(200, 3).block_replicates(30, block, |drawn| {
            assert_eq!(drawn.len(), 30);
            Some(drawn.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() as f64)
        });
        replicates.iter().sum::<f64>() / 200.0
    };
    assert!(breaks(1) > 25.0);
    assert!(breaks(5) <= 5.0);
    assert_eq!(breaks(30), 0.0);
    assert_eq!(breaks(99), 0.0);
    assert!(breaks(0) > 25.0);
}

/// The standard error of a mean of n values is σ/√n; with 400 values from 0 to 399 it is 5.77.
#[test]
fn the_interval_of_a_mean_is_the_normal_one() {
    let values: Vec<f64> = (0..400).map(f64::from).collect();
    let mean = bootstrap(4_000, 5).mean(&values, Confidence::P95).unwrap();
    assert_eq!(mean.estimate, 199.5);
    for (end, expected) in mean.interval.ends().into_iter().zip([188.18, 210.82]) {
        assert!((end - expected).abs() < 0.8, "{end} is not about {expected}");
    }
}

#[test]
fn what_the_units_share_cancels_in_pairs() {
    let second: Vec<f64> = (0..100).map(f64::from).collect();
    let first: Vec<f64> =
        second.iter().map(|value| value + 1.0 + 0.1 * (value % 3.0 - 1.0)).collect();
    let paired = bootstrap(500, 1).paired_difference(&first, &second, Confidence::P95).unwrap();
    assert!((paired.difference - 0.999).abs() < 1e-9);
    assert!(paired.interval.low > 0.97 && paired.interval.high < 1.03);
    assert_eq!(paired.p_value, 2.0 / 501.0);
    let same = bootstrap(500, 1).paired_difference(&second, &second, Confidence::P95).unwrap();
    assert_eq!((same.difference, same.p_value), (0.0, 1.0));
}

#[test]
fn nothing_has_no_mean_and_pairs_need_partners() {
    let bootstrap = bootstrap(10, 1);
    assert_eq!(bootstrap.mean(&[], Confidence::P95), None);
    assert_eq!(bootstrap.paired_difference(&[], &[], Confidence::P95), None);
    assert_eq!(bootstrap.paired_difference(&[1.0], &[], Confidence::P95), None);
    assert!(bootstrap.replicates(0, |_| Some(1.0)).is_empty());
    assert!(bootstrap.replicates(3, |_| None).is_empty());
    assert_eq!(bootstrap.mean(&[3.0], Confidence::P95).unwrap().interval.ends(), [3.0, 3.0]);
    assert_eq!(Bootstrap::new(0, 1), Err(StatsError::NoDraw));
}
