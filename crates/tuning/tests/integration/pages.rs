use marquee_tuning::{Ended, Journal, Plan, Settings, page, search};

use crate::searches::{curve, plan, space};

#[test]
fn the_page_says_who_won_and_how_to_use_it() {
    let given = vec![Settings::from([("x".to_owned(), 0.99)])];
    let plan = Plan { given, ..plan(12) };
    let study = search(&space(), &plan, &mut Journal::in_memory(), curve, |_| {}).unwrap();
    let html = page(&study, "Tuning", "NDCG@20", Some("--x 0.31")).render();
    let winner = study.winner().unwrap();
    for words in [
        &format!("Trial {} wins", winner.trial),
        "where the best given settings have",
        "--x 0.31",
        "0 (given)",
        "NDCG@20 after each iteration",
    ] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn a_study_of_nothing_has_a_page() {
    let none = |_: &Settings, _: usize| Err(Ended::Failed("<b>no</b>".to_owned()));
    let study = search(&space(), &plan(3), &mut Journal::in_memory(), none, |_| {}).unwrap();
    let html = page(&study, "Tuning", "NDCG@20", None).render();
    assert!(html.contains("No winner") && !html.contains("<b>no</b>"));
    let stopped = |_: &Settings, _: usize| Err(Ended::Stopped);
    let study = search(&space(), &plan(3), &mut Journal::in_memory(), stopped, |_| {}).unwrap();
    assert!(page(&study, "Tuning", "NDCG@20", None).render().contains("No winner"));
}
