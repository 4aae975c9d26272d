use std::collections::BTreeMap;

use marquee_dataset::{
    EventDetail, EventTable, InteractionsWriter, Keys, NoProgress, Strategy, aggregate, dedup,
    read_interactions,
};
use proptest::{
    prelude::*,
    strategy::{BoxedStrategy, Strategy as _},
};

use crate::{fixture, rows, table};

#[test]
fn the_reference_table_comes_out_to_the_byte() {
    let input = read_interactions(&fixture("interactions.csv"), &mut NoProgress).unwrap();
    let kept = dedup(input.clone(), Strategy::LatestByTimestamp, Keys::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("interactions_dedup.csv");
    let mut writer = InteractionsWriter::create(&path).unwrap();
    writer.append(&kept).unwrap();
    writer.finish().unwrap().commit().unwrap();
    let expected = fs_err::read(fixture("interactions_dedup.csv")).unwrap();
    assert!(fs_err::read(&path).unwrap() == expected, "the files differ");
}

#[test]
fn each_strategy_keeps_its_row() {
    let input = table(&[
        (2, "b", 1, 50),
        (1, "a", 5, 30),
        (1, "a", 2, 10),
        (1, "c", 3, 20),
        (1, "a", 4, 30),
        (1, "a", 1, 5),
    ]);
    let kept = |strategy| {
        let kept = dedup(input.clone(), strategy, Keys::default());
        rows(&kept).into_iter().map(|(u, m, r, t)| (u, m.to_owned(), r, t)).collect::<Vec<_>>()
    };
    let row = |user, movie: &str, rating, timestamp| (user, movie.to_owned(), rating, timestamp);
    assert_eq!(
        kept(Strategy::LatestByTimestamp),
        [row(1, "c", 3, 20), row(1, "a", 4, 30), row(2, "b", 1, 50)]
    );
    assert_eq!(
        kept(Strategy::FirstSeen),
        [row(1, "c", 3, 20), row(1, "a", 5, 30), row(2, "b", 1, 50)]
    );
    assert_eq!(
        kept(Strategy::LastSeen),
        [row(1, "a", 1, 5), row(1, "c", 3, 20), row(2, "b", 1, 50)]
    );
}

#[test]
fn keys_say_which_rows_are_the_same() {
    let input = table(&[(1, "a", 1, 10), (1, "b", 1, 20), (2, "a", 2, 30), (1, "a", 2, 10)]);
    let count = |keys: &str, strategy| dedup(input.clone(), strategy, keys.parse().unwrap()).len();
    for strategy in [Strategy::LatestByTimestamp, Strategy::FirstSeen, Strategy::LastSeen] {
        assert_eq!(count("user_id,movie_id", strategy), 3);
        assert_eq!(count("user_id", strategy), 2);
        assert_eq!(count("movie_id", strategy), 2);
        assert_eq!(count("rating", strategy), 2);
        assert_eq!(count("user_id,movie_id,rating,timestamp", strategy), 4);
    }
    let latest = dedup(input.clone(), Strategy::LatestByTimestamp, "movie_id".parse().unwrap());
    assert_eq!(rows(&latest), [(1, "b", 1, 20), (2, "a", 2, 30)]);
    let error = "user_id,film".parse::<Keys>().unwrap_err();
    assert!(error.to_string().contains("film"), "{error}");
}

#[test]
fn aggregate_keeps_stars_and_minutes_apart() {
    // In the reference a watch and a one-star rating are the same row, and a later watch erases
    // five stars.
    let mut interactions = table(&[
        (1, "a", 5, 10),
        (1, "a", 1, 20),
        (1, "a", 1, 30),
        (1, "a", 1, 31),
        (1, "b", 1, 5),
        (1, "b", 2, 40),
        (1, "b", 1, 40),
        (2, "a", 1, 7),
    ]);
    interactions.ratings = vec![5, 1, 1, 1, 1, 2, 1, 1];
    let watch = |minute| EventDetail::Watch { minute };
    let rate = |stars| EventDetail::Rate { stars };
    let details = vec![rate(5), watch(3), watch(4), watch(3), watch(0), rate(2), rate(1), watch(9)];
    let aggregated = aggregate(&EventTable { interactions, details });
    assert_eq!(rows(&aggregated.interactions), [(1, "a", 5, 31), (1, "b", 1, 40), (2, "a", 1, 7)]);
    assert_eq!(aggregated.stars, [Some(5), Some(1), None]);
    assert_eq!(aggregated.minutes, [2, 1, 1]);
}

#[test]
fn names_of_strategies_are_those_of_the_flags() {
    for strategy in Strategy::ALL {
        assert_eq!(strategy.to_string().parse::<Strategy>(), Ok(strategy));
    }
    assert!("newest".parse::<Strategy>().is_err());
}

proptest! {
    #[test]
    fn the_latest_row_of_each_pair_stays_in_order(
        given in prop::collection::vec((0_u64..5, 0_usize..4, 1_u8..6, 0_i64..6), 0..60),
    ) {
        let movies = ["a", "b", "c", "d"];
        let input: Vec<_> = given.iter().map(|&(u, m, r, t)| (u, movies[m], r, t)).collect();
        let kept = dedup(table(&input), Strategy::LatestByTimestamp, Keys::default());
        let mut latest: BTreeMap<(u64, &str), (i64, usize)> = BTreeMap::new();
        for (place, &(user, movie, _, time)) in input.iter().enumerate() {
            let held = latest.entry((user, movie)).or_insert((time, place));
            *held = (*held).max((time, place));
        }
        let mut expected: Vec<(u64, i64, usize)> =
            latest.iter().map(|(&(user, _), &(time, place))| (user, time, place)).collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|(_, _, place)| input[place]).collect();
        prop_assert_eq!(rows(&kept), expected);
    }
}

/// The rule of each strategy, row by row.
fn expected(
    given: &[(u64, &'static str, u8, i64)],
    strategy: Strategy,
    keys: &[&str],
) -> Vec<(u64, &'static str, u8, i64)> {
    let mut kept: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for (place, row) in given.iter().enumerate() {
        let column = |&name: &&str| match name {
            "user_id" => row.0.to_string(),
            "movie_id" => row.1.to_owned(),
            "rating" => row.2.to_string(),
            _ => row.3.to_string(),
        };
        let held = kept.entry(keys.iter().map(column).collect()).or_insert(place);
        *held = match strategy {
            Strategy::FirstSeen => *held,
            Strategy::LastSeen => place,
            _ if row.3 >= given[*held].3 => place,
            _ => *held,
        };
    }
    let mut places: Vec<usize> = kept.into_values().collect();
    places.sort_by_key(|&place| (given[place].0, given[place].3, place));
    places.into_iter().map(|place| given[place]).collect()
}

/// Users as tables have them: few, neighbours far from the others, or ids that differ in all bits.
fn users() -> impl proptest::strategy::Strategy<Value = BoxedStrategy<u64>> {
    let neighbours = prop_oneof![Just(0_u64), 1_000_000_u64..1_000_300];
    prop::sample::select(vec![
        (0_u64..5).boxed(),
        neighbours.boxed(),
        prop_oneof![0_u64..5, 0..=i64::MAX as u64].boxed(),
    ])
}

proptest! {
    #[test]
    fn every_strategy_keeps_the_rows_of_its_rule_for_any_users_and_keys(
        given in users().prop_flat_map(|user| {
            let time = prop_oneof![0_i64..6, any::<i64>()];
            prop::collection::vec((user, 0_usize..4, 1_u8..6, time), 0..300)
        }),
        strategy in prop::sample::select(Strategy::ALL.to_vec()),
        keys in prop::sample::subsequence(vec!["user_id", "movie_id", "rating", "timestamp"], 1..=4),
        times in 1_usize..40,
    ) {
        let movies = ["a", "b", "c", "d"];
        let given: Vec<_> = given.iter().map(|&(u, m, r, t)| (u, movies[m], r, t)).collect();
        // Repeated, so that ranges of users get long enough for each way of sorting them.
        let given = given.repeat(times);
        let kept = dedup(table(&given), strategy, keys.join(",").parse().unwrap());
        prop_assert_eq!(rows(&kept), expected(&given, strategy, &keys));
    }

    #[test]
    fn aggregate_agrees_with_its_rule(
        given in prop::collection::vec((0_u64..4, 0_usize..3, 0_i64..9, 0_i32..5, 0_i8..6), 0..120),
    ) {
        let movies = ["a", "b", "c"];
        let rating = |stars: i8| stars.max(1).unsigned_abs();
        let rows_in: Vec<_> =
            given.iter().map(|&(u, m, t, _, stars)| (u, movies[m], rating(stars), t)).collect();
        let details = given.iter().map(|&(_, _, _, minute, stars)| match stars {
            0 => EventDetail::Watch { minute },
            stars => EventDetail::Rate { stars },
        });
        let found = aggregate(&EventTable { interactions: table(&rows_in), details: details.collect() });
        let mut pairs: BTreeMap<(u64, &str), Vec<usize>> = BTreeMap::new();
        for (place, row) in rows_in.iter().enumerate() {
            pairs.entry((row.0, row.1)).or_default().push(place);
        }
        let mut expected = Vec::new();
        for ((user, movie), mut places) in pairs {
            places.sort_by_key(|&place| (given[place].2, place));
            let last = places[places.len() - 1];
            let stars = places.iter().rev().map(|&place| given[place].4).find(|&stars| stars > 0);
            let watched = places.iter().filter(|&&place| given[place].4 == 0);
            let minutes: std::collections::BTreeSet<i32> = watched.map(|&place| given[place].3).collect();
            let time = given[last].2;
            expected.push(((user, time, last), (user, movie, stars.map_or(1, rating), time), stars, minutes.len() as i64));
        }
        expected.sort_by_key(|(order, ..)| *order);
        prop_assert_eq!(rows(&found.interactions), expected.iter().map(|pair| pair.1).collect::<Vec<_>>());
        prop_assert_eq!(found.stars, expected.iter().map(|pair| pair.2).collect::<Vec<_>>());
        prop_assert_eq!(found.minutes, expected.iter().map(|pair| pair.3).collect::<Vec<_>>());
    }
}
