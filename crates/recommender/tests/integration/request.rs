use std::borrow::Cow;

use marquee_recommender::{Filter, ItemRow, Recent, Request, UserRow};

fn recent(row: u32, rating: Option<f32>) -> Recent {
    Recent { item: ItemRow(row), rating }
}

#[test]
fn what_was_seen_and_what_is_recent_is_hidden() {
    let recent = [recent(9, None), recent(2, Some(5.0)), recent(4, None)];
    let request = Request { recent: &recent, ..Request::unseen(Some(UserRow(0)), 3) };
    assert_eq!(*request.hidden(&[2, 3]), [2, 3, 4, 9]);
    assert_eq!(*request.hidden(&[]), [2, 4, 9]);
    let everything = Request { filter: Filter::EVERYTHING, ..request };
    assert_eq!(*everything.hidden(&[2, 3]), [0_u32; 0]);
    let nothing_new = Request::unseen(Some(UserRow(0)), 3);
    assert!(matches!(nothing_new.hidden(&[2, 3]), Cow::Borrowed([2, 3])), "copied");
}

#[test]
fn stars_that_are_none_say_that_it_was_watched() {
    assert_eq!(recent(1, Some(0.0)).stars(), Some(0.0));
    assert_eq!(recent(1, Some(4.5)).stars(), Some(4.5));
    for rating in [None, Some(f32::NAN), Some(-1.0), Some(f32::INFINITY)] {
        assert_eq!(recent(1, rating).stars(), None, "{rating:?}");
    }
}
