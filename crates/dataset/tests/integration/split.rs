use marquee_dataset::{ZeroHoldout, leave_last, pairs_in_both, split_at, time_of_last};

use crate::{rows, table};

#[test]
fn the_last_rows_by_time_then_input_are_held_out() {
    let input = table(&[
        (1, "late", 1, 30),
        (1, "early", 1, 10),
        (1, "tie", 1, 30),
        (2, "only", 1, 5),
        (3, "x", 1, 2),
        (3, "y", 1, 1),
    ]);
    let split = leave_last(&input, 1, 1).unwrap();
    assert_eq!(split.evaluated_users, 2);
    assert_eq!(rows(&split.holdout), [(1, "tie", 1, 30), (3, "x", 1, 2)]);
    assert_eq!(
        rows(&split.train),
        [(1, "early", 1, 10), (1, "late", 1, 30), (3, "y", 1, 1)],
        "a user without enough rows is in neither part"
    );
    assert_eq!(split.train_rows, [1, 0, 5]);
    assert_eq!(input.select(&split.train_rows), split.train);
}

#[test]
fn enough_history_is_holdout_and_at_least_one_row() {
    let input =
        table(&[(1, "a", 1, 1), (1, "b", 1, 2), (1, "c", 1, 3), (2, "a", 1, 1), (2, "b", 1, 2)]);
    let users =
        |holdout, min_history| leave_last(&input, holdout, min_history).unwrap().evaluated_users;
    assert_eq!(users(1, 0), 2);
    assert_eq!(users(1, 2), 1);
    assert_eq!(users(2, 1), 1);
    assert_eq!(users(3, 0), 0);
    assert_eq!(users(1, usize::MAX), 0);
    assert_eq!(leave_last(&input, 0, 1), Err(ZeroHoldout));
}

#[test]
fn a_moment_parts_all_users_at_once() {
    let input = table(&[
        (1, "a", 1, 10),
        (1, "b", 1, 20),
        (1, "c", 1, 30),
        (2, "late", 1, 25),
        (3, "early", 1, 5),
        (4, "x", 1, 19),
        (4, "y", 1, 20),
    ]);
    let split = split_at(&input, 20, 1);
    assert_eq!(rows(&split.train), [(1, "a", 1, 10), (3, "early", 1, 5), (4, "x", 1, 19)]);
    assert_eq!(rows(&split.holdout), [(1, "b", 1, 20), (1, "c", 1, 30), (4, "y", 1, 20)]);
    assert_eq!((split.evaluated_users, split.left_out_users, split.boundary), (2, 1, 20));
    assert_eq!(split.train_rows, [0, 4, 5]);
    assert_eq!(input.select(&split.train_rows), split.train);
    let strict = split_at(&input, 20, 2);
    assert!(strict.holdout.is_empty(), "nobody has two rows before");
    assert_eq!((strict.train.len(), strict.left_out_users), (3, 3));
}

#[test]
fn the_boundary_of_a_share_leaves_that_share_behind_it() {
    let times = [50, 10, 40, 20, 30, 60, 80, 70, 100, 90];
    let rows: Vec<_> = times.iter().map(|&time| (1, "a", 1, time)).collect();
    let input = table(&rows);
    assert_eq!(time_of_last(&input, 0.2), Some(90));
    assert_eq!(time_of_last(&input, 1.0), Some(10));
    assert_eq!(time_of_last(&input, 0.0), Some(100), "the last row is as far as it goes");
    assert_eq!(time_of_last(&table(&[]), 0.2), None);
}

#[test]
fn pairs_in_both_parts_are_found_once() {
    let train = table(&[(1, "a", 1, 1), (1, "b", 1, 2), (2, "a", 1, 3)]);
    let holdout = table(&[(2, "b", 1, 4), (2, "a", 1, 5), (1, "b", 1, 6), (1, "b", 1, 7)]);
    assert_eq!(pairs_in_both(&train, &holdout), [(2, "a".to_owned()), (1, "b".to_owned())]);
    let split = leave_last(&train, 1, 1).unwrap();
    assert!(pairs_in_both(&split.train, &split.holdout).is_empty());
}
