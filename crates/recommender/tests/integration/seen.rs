use marquee_recommender::{ItemRow, SeenItems, SeenItemsError, UserRow};

#[test]
fn rows_are_found_and_counted() {
    let seen = SeenItems::new(vec![0, 2, 2, 3], vec![0, 4, 4], 5).unwrap();
    assert_eq!(seen.users(), 3);
    assert_eq!(seen.of(UserRow(0)), [0, 4]);
    assert_eq!(seen.of(UserRow(1)), []);
    assert_eq!(seen.of(UserRow(3)), [], "a row there is none of");
    assert_eq!(seen.of(UserRow(u32::MAX)), []);
    assert_eq!((seen.places(UserRow(0)), seen.places(UserRow(2))), (0..2, 2..3));
    assert!(seen.places(UserRow(1)).is_empty() && seen.places(UserRow(3)).is_empty());
    assert!(seen.contains(UserRow(2), ItemRow(4)) && !seen.contains(UserRow(2), ItemRow(0)));
    assert_eq!(seen.viewers(5), [1, 0, 0, 0, 2]);
}

#[test]
fn arrays_that_do_not_fit_are_refused_by_row() {
    let pointers =
        |indptr: &[u64], indices: &[u32]| SeenItems::new(indptr.to_vec(), indices.to_vec(), 5);
    let wrong_pointers = |row, indices| Err(SeenItemsError::Pointers { row, indices });
    assert_eq!(pointers(&[], &[]), wrong_pointers(0, 0));
    assert_eq!(pointers(&[1, 1], &[0]), wrong_pointers(0, 1));
    assert_eq!(pointers(&[0, 2, 1], &[0, 1]), wrong_pointers(1, 2));
    assert_eq!(pointers(&[0, 9], &[0]), wrong_pointers(0, 1));
    assert_eq!(pointers(&[0, 1], &[0, 1]), wrong_pointers(1, 2));
    let wrong_items = |row| Err(SeenItemsError::Items { row, items: 5 });
    assert_eq!(pointers(&[0, 1, 3], &[0, 2, 1]), wrong_items(1));
    assert_eq!(pointers(&[0, 2], &[1, 1]), wrong_items(0));
    assert_eq!(pointers(&[0, 1], &[5]), wrong_items(0));
    assert!(pointers(&[0, u64::MAX], &[0]).is_err());
}
