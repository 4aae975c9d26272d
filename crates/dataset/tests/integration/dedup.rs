use std::collections::BTreeMap;

use marquee_dataset::{
    EventDetail, EventTable, InteractionsWriter, Keys, NoProgress, Strategy, aggregate, dedup,
    read_interactions,
};
use proptest::prelude::*;

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
