use marquee_dataset::{ZeroHoldout, leave_last};

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
