use marquee_tuning::{Range, Space};
use proptest::prelude::*;

#[test]
fn ranges_are_read_as_they_are_written_or_refused() {
    for (text, range) in [
        ("16,32,64", Range::OneOf(vec![16.0, 32.0, 64.0])),
        ("0.5", Range::OneOf(vec![0.5])),
        ("0..1", Range::Linear { low: 0.0, high: 1.0 }),
        ("-1..1", Range::Linear { low: -1.0, high: 1.0 }),
        ("log:0.001..10", Range::Log { low: 0.001, high: 10.0 }),
    ] {
        assert_eq!(text.parse::<Range>().unwrap(), range);
        assert_eq!(range.to_string(), text);
    }
    for text in ["", "a", "1,", "2..1", "log:0..1", "log:5", "inf", "0..inf", "nan..1", "log:2..1"]
    {
        let error = text.parse::<Range>().unwrap_err().to_string();
        assert!(error.contains("log:0.001..10"), "{error}");
    }
}

#[test]
fn spaces_need_settings_each_of_them_once() {
    let range = || Range::OneOf(vec![1.0]);
    assert!(Space::new([("a", range()), ("a", range())]).is_err());
    assert!(Space::new(Vec::<(&str, Range)>::new()).is_err());
    assert!(Space::new([("a", Range::OneOf(Vec::new()))]).is_err());
    let mut space = Space::new([("a", range()), ("b", range())]).unwrap();
    space.set("b", Range::OneOf(vec![2.0])).unwrap();
    assert_eq!(space.draw(1, 0)["b"], 2.0);
    let error = space.set("c", range()).unwrap_err().to_string();
    assert!(error.contains("a, b"), "{error}");
    assert!(space.set("a", Range::Linear { low: 2.0, high: 1.0 }).is_err());
}

#[test]
fn logarithmic_draws_fall_on_every_order_of_magnitude_alike() {
    let space = Space::new([("x", Range::Log { low: 0.001, high: 1000.0 })]).unwrap();
    let below = |limit: f64| (0..3_000).filter(|&t| space.draw(7, t)["x"] < limit).count();
    for (limit, share) in [(0.01, 1.0 / 6.0), (1.0, 0.5), (100.0, 5.0 / 6.0)] {
        let found = below(limit) as f64 / 3_000.0;
        assert!((found - share).abs() < 0.03, "{found} below {limit}");
    }
}

proptest! {
    #[test]
    fn draws_lie_in_their_range_and_depend_on_seed_and_trial_alone(
        seed: u64, trial in 0_usize..1000, low in 1e-6_f64..1.0, width in 0.0_f64..1e3,
    ) {
        let space = Space::new([
            ("log", Range::Log { low, high: low + width }),
            ("linear", Range::Linear { low: -low, high: width }),
            ("one", Range::OneOf(vec![3.0, 5.0])),
        ]).unwrap();
        let drawn = space.draw(seed, trial);
        prop_assert!((low..=low + width).contains(&drawn["log"]));
        prop_assert!((-low..=width).contains(&drawn["linear"]));
        prop_assert!([3.0, 5.0].contains(&drawn["one"]));
        prop_assert_eq!(space.draw(seed, trial), drawn);
    }
}
