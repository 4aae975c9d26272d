use std::collections::BTreeMap;

use marquee_dataset::{Csr, MovieVocabulary, RatingMatrix, UserVocabulary};
use marquee_recommender::{ItemRow, UserRow};
use proptest::prelude::*;

use crate::table;

#[test]
fn rows_are_ranks_in_byte_order() {
    let users = UserVocabulary::new([100, 2, 1, 10, 2]);
    assert_eq!(users.ids(), [1, 10, 100, 2]);
    assert_eq!(serde_json::to_string(&users).unwrap(), r#"{"1":0,"10":1,"100":2,"2":3}"#);
    let movies = MovieVocabulary::new(["b+2", "a+10", "a+1", "é", "b+2"]);
    assert_eq!(movies.ids().collect::<Vec<_>>(), ["a+1", "a+10", "b+2", "é"]);
    assert_eq!(serde_json::to_string(&movies).unwrap(), r#"{"a+1":0,"a+10":1,"b+2":2,"é":3}"#);
}

#[test]
fn maps_that_are_no_ranks_are_refused() {
    for (text, problem) in [
        (r#"{"1": 0, "2": 0}"#, "twice"),
        (r#"{"1": 0, "2": 7}"#, "not below"),
        (r#"{"1": 0, "1": 1}"#, "twice"),
        (r#"{"one": 0}"#, "not a decimal"),
        (r#"[1]"#, "object"),
    ] {
        let error = serde_json::from_str::<UserVocabulary>(text).unwrap_err();
        assert!(error.to_string().contains(problem), "{text}: {error}");
    }
    let error = serde_json::from_str::<MovieVocabulary>(r#"{"b": 0, "a": 1}"#).unwrap_err();
    assert!(error.to_string().contains("byte order"), "{error}");
}

#[test]
fn repeated_pairs_are_merged_by_the_dedup_rule_and_counted() {
    let matrix = RatingMatrix::new(&table(&[
        (1, "a", 5, 20),
        (1, "a", 2, 10),
        (2, "b", 3, 1),
        (2, "b", 4, 1),
    ]));
    assert_eq!(matrix.merged_rows, 2);
    assert_eq!(matrix.rating(UserRow(0), ItemRow(0)), Some(5.0));
    assert_eq!(matrix.rating(UserRow(1), ItemRow(1)), Some(4.0));
    assert_eq!(matrix.rating(UserRow(0), ItemRow(1)), None);
    assert_eq!(matrix.seen().of(UserRow(1)), [1]);
}

#[test]
fn movies_without_a_row_get_none() {
    let all = table(&[(1, "a", 1, 1), (1, "b", 1, 2), (2, "c", 1, 3)]);
    let matrix = RatingMatrix::new(&all.select(&[0, 2]));
    assert_eq!(matrix.movies.ids().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(matrix.ratings.columns(), 2);
}

proptest! {
    #[test]
    fn vocabularies_survive_json_and_find_every_id(ids in prop::collection::vec(any::<u64>(), 0..80)) {
        let users = UserVocabulary::new(ids.iter().copied());
        let back: UserVocabulary =
            serde_json::from_str(&serde_json::to_string(&users).unwrap()).unwrap();
        prop_assert_eq!(&back, &users);
        for id in ids {
            let row = back.row(id).unwrap();
            prop_assert_eq!(back.id(row), id);
        }
        let texts: Vec<String> = users.ids().iter().map(ToString::to_string).collect();
        prop_assert!(texts.is_sorted());
    }

    #[test]
    fn a_matrix_holds_the_last_of_each_place_and_transposes(
        entries in prop::collection::vec((0_u32..6, 0_u32..5, 0_u8..9), 0..60),
    ) {
        let triplets: Vec<_> = entries.iter().map(|&(r, c, v)| (r, c, f32::from(v))).collect();
        let (matrix, duplicates) = Csr::from_triplets(6, 5, triplets.clone());
        let expected: BTreeMap<(u32, u32), f32> =
            triplets.iter().map(|&(r, c, v)| ((r, c), v)).collect();
        prop_assert_eq!(matrix.entries() + duplicates, triplets.len());
        let transposed = matrix.transpose();
        prop_assert_eq!(&transposed.transpose(), &matrix);
        let entries = |matrix: &Csr| {
            (0..matrix.rows())
                .flat_map(|row| {
                    let (columns, values) = matrix.row(row);
                    columns.iter().zip(values).map(move |(&c, &v)| ((row as u32, c), v)).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        prop_assert!(entries(&matrix).into_iter().eq(expected.clone()));
        let turned: BTreeMap<(u32, u32), f32> =
            expected.into_iter().map(|((r, c), v)| ((c, r), v)).collect();
        prop_assert!(entries(&transposed).into_iter().eq(turned));
    }
}
