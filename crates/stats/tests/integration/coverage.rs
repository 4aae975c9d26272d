use marquee_stats::{Bootstrap, ClusteredArms, Confidence, Proportion};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Users whose own rates differ: lists of one user convert alike.
fn user(rate: f64, random: &mut ChaCha8Rng) -> Proportion {
    let own = (rate + random.random_range(-0.15..0.15)).clamp(0.0, 1.0);
    let mut lists = Proportion::default();
    for _ in 0..random.random_range(1..=12) {
        lists.push(random.random_bool(own));
    }
    lists
}

/// In 400 simulations the share that covers is 95 % give or take two standard errors of 1.1 %.
fn assert_nominal(covered: u32, runs: u32) {
    let share = f64::from(covered) / f64::from(runs);
    assert!((0.925..=0.975).contains(&share), "{share}");
}

#[test]
fn clustered_intervals_cover_a_known_lift() {
    let runs = 400;
    let mut covered = [0; 2];
    for run in 0..runs {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(run));
        let mut arms = ClusteredArms::default();
        for _ in 0..150 {
            arms.push([user(0.35, &mut random), Proportion::default()]);
            arms.push([Proportion::default(), user(0.30, &mut random)]);
        }
        let lift = arms.test(Confidence::P95).unwrap().interval;
        let rate = arms.proportion(0).unwrap().interval(Confidence::P95).unwrap();
        covered[0] += u32::from(lift.contains(0.05));
        covered[1] += u32::from(rate.contains(0.35));
    }
    covered.into_iter().for_each(|covered| assert_nominal(covered, runs));
}

#[test]
fn bootstrap_intervals_cover_a_known_difference() {
    let runs = 400;
    let covered = (0..runs).filter(|&run| {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(run));
        let shared: Vec<f64> = (0..80).map(|_| random.random_range(0.0..4.0)).collect();
        let mut measured = |mean: f64| -> Vec<f64> {
            shared.iter().map(|unit| unit + mean + random.random_range(-1.0..1.0)).collect()
        };
        let (first, second) = (measured(0.2), measured(0.0));
        let bootstrap = Bootstrap::new(400, u64::from(run)).unwrap();
        let difference = bootstrap.paired_difference(&first, &second, Confidence::P95).unwrap();
        difference.interval.contains(0.2)
    });
    assert_nominal(covered.count() as u32, runs);
}
