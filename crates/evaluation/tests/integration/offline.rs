use marquee_evaluation::{HeldOutUser, Holdout, evaluate, seen_held_out};

use crate::fake::FakeModel;

const MOVIES: [&str; 5] = ["a+2001", "b+2002", "c+2003", "d+2004", "e+2005"];

#[test]
fn films_seen_in_training_are_left_out_of_the_ranking() {
    // User 1 has seen a, so b and c are the first two; user 2 gets a and b.
    let model = FakeModel::new(&MOVIES, &[(1, &[0]), (2, &[])]);
    let holdout = Holdout::from_pairs([(1, "c+2003"), (2, "c+2003")]);
    let metrics = evaluate(&model, &holdout, &[2]);
    let at_2 = metrics.at_k(2).unwrap();
    assert_eq!(at_2.hit, 0.5);
    assert_eq!(at_2.precision, 0.25);
    assert_eq!(at_2.recall, 0.5);
    assert!((at_2.ndcg - 0.5 / 3_f64.log2()).abs() < 1e-12);
    assert_eq!(metrics.evaluated_users, 2);
    assert_eq!(metrics.users_without_recommendations, 0);
}

/// Reference defect: users without recommendations leave the denominator.
#[test]
fn users_without_recommendations_count_as_misses() {
    let model = FakeModel::new(&MOVIES, &[(1, &[]), (3, &[0, 1, 2, 3, 4])]);
    // 1 hits, 2 is unknown, 3 has seen everything and gets an empty list.
    let holdout = Holdout::from_pairs([(1, "a+2001"), (2, "a+2001"), (3, "a+2001")]);
    let metrics = evaluate(&model, &holdout, &[1]);
    assert_eq!(metrics.evaluated_users, 3);
    assert_eq!(metrics.users_without_recommendations, 2);
    assert_eq!(metrics.at_k(1).unwrap().hit, 1.0 / 3.0);
}

#[test]
fn a_model_that_answers_strangers_is_scored_on_its_answer() {
    let mut model = FakeModel::new(&MOVIES, &[]);
    model.answers_strangers = true;
    let metrics = evaluate(&model, &Holdout::from_pairs([(9, "a+2001")]), &[1]);
    assert_eq!(metrics.at_k(1).unwrap().hit, 1.0);
    assert_eq!(metrics.users_without_recommendations, 0);
}

#[test]
fn a_film_the_model_does_not_know_is_a_miss_that_stays_in_the_denominators() {
    let model = FakeModel::new(&MOVIES, &[(1, &[])]);
    let holdout = Holdout::from_pairs([(1, "a+2001"), (1, "y+1990"), (1, "z+1991")]);
    let metrics = evaluate(&model, &holdout, &[5]);
    let at_5 = metrics.at_k(5).unwrap();
    assert_eq!(metrics.holdout_interactions, 3);
    assert_eq!(at_5.recall, 1.0 / 3.0);
    assert_eq!(at_5.precision, 0.2);
    // One hit at rank 1 out of three: 1 / (1 + 1 / log2(3) + 1 / 2).
    assert!((at_5.ndcg - 1.0 / (1.5 + 1.0 / 3_f64.log2())).abs() < 1e-12);
}

/// Reference defect: `--k 10 --k 20` doubles every metric.
#[test]
fn repeated_cut_offs_count_once_and_come_back_in_order() {
    let model = FakeModel::new(&MOVIES, &[(1, &[])]);
    let metrics = evaluate(&model, &Holdout::from_pairs([(1, "b+2002")]), &[20, 1, 20]);
    let ks: Vec<usize> = metrics.at.iter().map(|at| at.k).collect();
    assert_eq!(ks, [1, 20]);
    assert_eq!(metrics.at_k(20).unwrap().hit, 1.0);
    assert_eq!(metrics.at_k(1).unwrap().hit, 0.0);
    assert_eq!(metrics.at_k(3), None);
}

#[test]
fn an_empty_holdout_scores_zero_over_no_users() {
    let model = FakeModel::new(&MOVIES, &[(1, &[])]);
    let metrics = evaluate(&model, &Holdout::default(), &[10]);
    assert_eq!(metrics.evaluated_users, 0);
    assert_eq!(metrics.at_k(10).unwrap().ndcg, 0.0);
}

#[test]
fn pairs_in_any_order_make_the_same_holdout() {
    let sorted = Holdout::from_pairs([(1, "a"), (1, "b"), (2, "a")]);
    let shuffled = Holdout::from_pairs([(2, "a"), (1, "b"), (1, "a"), (1, "b")]);
    assert_eq!(sorted, shuffled);
    assert_eq!(shuffled.interactions(), 3);
    let users: Vec<u64> = shuffled.users().iter().map(HeldOutUser::user_id).collect();
    assert_eq!(users, [1, 2]);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let movies: Vec<String> = (0..60).map(|row| format!("film+{row}+2000")).collect();
    let users: Vec<(u64, Vec<u32>)> = (0..2_000_u64)
        .map(|id| (id, (0..60).filter(|row| (u64::from(*row) * 7 + id) % 5 == 0).collect()))
        .collect();
    let held_out = users.iter().map(|&(id, _)| (id, format!("film+{}+2000", id * 31 % 70)));
    let holdout = Holdout::from_pairs(held_out);
    let model = FakeModel { movies, users, answers_strangers: false };
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| evaluate(&model, &holdout, &[10, 20]))
    };
    let one = with_threads(1);
    assert!(one.at_k(20).unwrap().hit > 0.1);
    for threads in [2, 3, 8] {
        assert_eq!(with_threads(threads), one, "{threads} threads");
    }
}

#[test]
fn held_out_films_a_model_knows_as_seen_are_counted() {
    let model = FakeModel::new(&MOVIES, &[(1, &[0, 2]), (2, &[1])]);
    let leaking = [(1, "a+2001"), (1, "b+2002"), (1, "c+2003"), (2, "b+2002"), (2, "z+1990")];
    assert_eq!(seen_held_out(&model, &Holdout::from_pairs(leaking)), 3);
    let sound = [(1, "b+2002"), (2, "a+2001"), (3, "a+2001")];
    assert_eq!(seen_held_out(&model, &Holdout::from_pairs(sound)), 0);
}

#[test]
fn users_are_drawn_by_the_seed_alone() {
    let holdout = Holdout::from_pairs((0..100).map(|user| (user, "a")));
    let ids = |seed| -> Vec<u64> {
        let drawn = holdout.clone().sample(10, seed);
        drawn.users().iter().map(HeldOutUser::user_id).collect()
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
    assert_eq!(ids(1).len(), 10);
    assert!(ids(1).is_sorted_by(|a, b| a < b));
    assert_eq!(holdout.clone().sample(100, 1), holdout);
    assert_eq!(holdout.clone().sample(usize::MAX, 1), holdout);
}
