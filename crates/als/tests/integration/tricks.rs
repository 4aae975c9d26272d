use std::ops::ControlFlow;

use marquee_als::{
    AlsConfig, AlsModel, FoldIn, LiveRatings, Observer, Progress, Side, Silent, Solver, loss, train,
};
use marquee_dataset::Csr;
use marquee_recommender::{ItemRow, Recent, Recommender, Request, SeenItems, UserRow};

use crate::{
    bits, random_ratings,
    support::{EXACT, SOLVERS, check_two_iterations},
    vocabularies, with_dislikes,
};

/// The tricks, each alone and all together: α₀ and ν.
const TRICKS: [(f64, f64); 5] = [(0.05, 0.0), (1.0, 1.0), (0.05, 1.0), (0.3, 0.5), (1.0, 1e-3)];

/// Rows of no entry and more, of which the fixed side is kept in its basis and is not, and long rows.
fn shapes() -> Vec<(&'static str, Csr)> {
    let empty_rows = random_ratings(60, 40, 0.01, 80);
    vec![
        ("kept", with_dislikes(&random_ratings(150, 60, 0.3, 81))),
        ("not kept", with_dislikes(&random_ratings(40, 500, 0.1, 82))),
        ("rows without ratings", with_dislikes(&empty_rows)),
        ("long rows", with_dislikes(&random_ratings(30, 400, 0.7, 83))),
    ]
}

#[test]
fn each_row_is_what_the_slow_solver_finds() {
    for (name, ratings) in shapes() {
        for (unobserved_weight, frequency_scaling) in TRICKS {
            for solver in SOLVERS {
                // At 0.001 confidences are those of unobserved cells where α₀ is 1, at 1e4 every row
                // is solved in double precision.
                for (factors, alpha) in [(8, 40.0), (17, 1e-3), (3, 1e4)] {
                    let config = AlsConfig {
                        factors,
                        alpha,
                        solver,
                        iterations: 1,
                        unobserved_weight,
                        frequency_scaling,
                        ..AlsConfig::reference()
                    };
                    check_two_iterations(name, &ratings, &config);
                }
            }
        }
    }
}

#[test]
fn weak_and_strong_regularization_are_solved_for() {
    let ratings = with_dislikes(&random_ratings(150, 60, 0.15, 84));
    for regularization in [1e-9, 1e-6, 1e-3, 10.0, 1e25] {
        for solver in SOLVERS {
            for factors in [17, 34] {
                let config = AlsConfig {
                    factors,
                    solver,
                    regularization,
                    iterations: 1,
                    unobserved_weight: 0.1,
                    frequency_scaling: 1.0,
                    ..AlsConfig::reference()
                };
                check_two_iterations("regularization", &ratings, &config);
            }
        }
    }
}

struct Losses(Vec<f64>);

impl Observer for Losses {
    fn wants_loss(&self, _: usize, _: Side) -> bool {
        true
    }

    fn half_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.0.extend(progress.loss);
        ControlFlow::Continue(())
    }
}

#[test]
fn the_loss_falls_at_every_half_step() {
    for (name, ratings) in shapes() {
        for (unobserved_weight, frequency_scaling) in TRICKS {
            let config = AlsConfig {
                factors: 15,
                iterations: 5,
                regularization: 1e-3,
                unobserved_weight,
                frequency_scaling,
                init_scale: Some(0.1),
                ..AlsConfig::reference()
            };
            for solver in SOLVERS {
                let config = AlsConfig { solver, ..config.clone() };
                let mut losses = Losses(Vec::new());
                train(&ratings, &config, &mut losses).unwrap();
                assert_eq!(losses.0.len(), 10);
                for pair in losses.0.windows(2) {
                    assert!(pair[1] <= pair[0] * (1.0 + 1e-9), "{name}, {config:?}: {losses:?}");
                }
            }
        }
    }
}

impl std::fmt::Debug for Losses {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[test]
fn exact_solvers_end_at_the_same_loss() {
    let ratings = with_dislikes(&random_ratings(400, 120, 0.15, 85));
    for (unobserved_weight, frequency_scaling) in TRICKS {
        let after = |solver| {
            let config = AlsConfig {
                factors: 20,
                iterations: 5,
                solver,
                unobserved_weight,
                frequency_scaling,
                ..AlsConfig::reference()
            };
            loss(&ratings, &train(&ratings, &config, &mut Silent).unwrap(), &config).unwrap()
        };
        let [auto, cholesky, woodbury] = EXACT.map(after);
        for found in [auto, woodbury] {
            assert!((found / cholesky - 1.0).abs() < 1e-6, "{auto}, {cholesky}, {woodbury}");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let ratings = with_dislikes(&random_ratings(500, 200, 0.1, 86));
    for solver in SOLVERS {
        let config = AlsConfig {
            factors: 19,
            iterations: 2,
            solver,
            unobserved_weight: 0.1,
            frequency_scaling: 0.7,
            init_scale: Some(0.1),
            ..AlsConfig::reference()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| train(&ratings, &config, &mut Silent).unwrap())
        };
        let one = on(1);
        for threads in [2, 7] {
            let other = on(threads);
            assert_eq!(bits(&one.users), bits(&other.users), "{solver}, {threads} threads");
            assert_eq!(bits(&one.items), bits(&other.items), "{solver}, {threads} threads");
        }
    }
}

/// A training of one factor, worked out by hand: the user of a row, from the items as they are.
#[test]
fn a_row_worked_out_by_hand() {
    let items = crate::matrix(3, 1, vec![1.0, 2.0, 0.5]);
    let config = AlsConfig {
        factors: 1,
        alpha: 2.0,
        regularization: 0.1,
        unobserved_weight: 0.5,
        frequency_scaling: 1.0,
        ..AlsConfig::reference()
    };
    let users = FoldIn::new(&items, &config).unwrap();
    // Confidences 3, 5 and 1/2; λ = 0.1 (2 + 0.5 · 3); the second is a dislike.
    let found = users.solve(&[(0, 1.0), (1, -2.0)]).unwrap();
    let expected = 3.0 * 1.0 / (3.0 * 1.0 + 5.0 * 4.0 + 0.5 * 0.25 + 0.35);
    assert!((f64::from(found[0]) - expected).abs() < 1e-7, "{found:?}, {expected}");
    let explained = users.explain(&[(0, 1.0), (1, -2.0)], &[1.0]).unwrap();
    assert!((explained.score - expected).abs() < 1e-12);
    assert_eq!(explained.contributions[1].contribution, 0.0);
    assert_eq!(users.solve(&[(1, -2.0)]).unwrap(), [0.0]);
}

#[test]
fn a_dislike_lowers_a_film_and_counts_as_seen() {
    let ratings = random_ratings(120, 40, 0.2, 87);
    let config =
        AlsConfig { factors: 6, regularization: 1.0, alpha: 5.0, ..AlsConfig::reference() };
    let score = |sign: f32| {
        let (columns, _) = ratings.row(7);
        let film = columns[columns.len() / 2];
        let mut triplets = Vec::new();
        for user in 0..ratings.rows() {
            let (columns, values) = ratings.row(user);
            triplets.extend(columns.iter().zip(values).map(|(&column, &value)| {
                let sign = if (user, column) == (7, film) { sign } else { 1.0 };
                (user as u32, column, sign * value)
            }));
        }
        let changed = Csr::from_triplets(ratings.rows(), ratings.columns(), triplets).0;
        let factors = train(&changed, &config, &mut Silent).unwrap();
        let (users, items) = (factors.users.row(7).to_vec(), factors.items.row(film as usize));
        let score: f32 = users.iter().zip(items).map(|(a, b)| a * b).sum();
        let (ids, movies) = vocabularies(120, 40);
        let (indptr, indices) = changed.pattern();
        let seen = SeenItems::new(indptr.to_vec(), indices.to_vec(), 40).unwrap();
        let model = AlsModel::new(factors, ids, movies, Some(seen)).unwrap();
        let list = model.recommend(&Request::unseen(Some(UserRow(7)), 40)).unwrap();
        assert!(list.iter().all(|scored| scored.item != ItemRow(film)));
        score
    };
    let (liked, disliked) = (score(1.0), score(-1.0));
    assert!(disliked < liked - 0.3, "{disliked} after a dislike, {liked} without");
}

#[test]
fn live_stars_count_as_the_training_counted_them() {
    let ratings = random_ratings(120, 40, 0.2, 88);
    let config =
        AlsConfig { factors: 6, regularization: 1.0, alpha: 5.0, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let (users, movies) = vocabularies(120, 40);
    let model = AlsModel::new(factors, users, movies, None).unwrap();
    let model = model.with_fold_in(&config, None).unwrap();
    let values = LiveRatings { watched: 0.5, stars: [-1.0, 0.1, 3.0, 4.0, 6.0] };
    let signed = model.clone().with_live_ratings(values).unwrap();
    let answer = |model: &AlsModel, stars: [Option<f32>; 2]| {
        let recent = [5, 9].map(ItemRow).into_iter().zip(stars);
        let recent: Vec<Recent> = recent.map(|(item, rating)| Recent { item, rating }).collect();
        model.recommend(&Request { recent: &recent, ..Request::unseen(None, 3) }).unwrap()
    };
    let by_hand = |rated: [f32; 2]| {
        let users = FoldIn::new(&model.factors().items, &config).unwrap();
        let factors = users.solve(&[(5, rated[0]), (9, rated[1])]).unwrap();
        model.recommend_for(&factors, &[5, 9], 3, &Default::default()).unwrap().unwrap()
    };
    assert_eq!(answer(&model, [Some(1.0), Some(5.0)]), by_hand([1.0, 5.0]));
    assert_eq!(answer(&signed, [Some(1.0), Some(5.0)]), by_hand([-1.0, 6.0]));
    assert_eq!(answer(&signed, [None, Some(2.5)]), by_hand([0.5, 2.5]));
    let unusable = LiveRatings { watched: f32::NAN, ..values };
    assert!(model.with_live_ratings(unusable).is_err());
}

#[test]
fn a_scaled_start_has_the_deviation_it_says() {
    // One item factor matrix before any half-step changes it cannot be seen: users of one rating
    // with a huge λ are the rating's item, but for scale.
    let items = 4000;
    let triplets = (0..items).map(|item| (item, item, 1.0)).collect();
    let (ratings, _) = Csr::from_triplets(items as usize, items as usize, triplets);
    let config = AlsConfig {
        factors: 16,
        alpha: 0.0,
        regularization: 1e8,
        iterations: 1,
        init_scale: Some(0.2),
        solver: Solver::Cholesky,
        ..AlsConfig::reference()
    };
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let start = factors.users.as_slice().iter().map(|&value| f64::from(value) * 1e8);
    let (mut sum, mut squares, mut fourth) = (0.0, 0.0, 0.0);
    for value in start {
        sum += value;
        squares += value * value;
        fourth += value.powi(4);
    }
    let count = 16.0 * f64::from(items);
    let deviation = (squares / count).sqrt();
    assert!((deviation / 0.05 - 1.0).abs() < 0.02, "{deviation}");
    assert!((sum / count).abs() < 1e-3, "{sum}");
    // That of a normal distribution is 3.
    let kurtosis = fourth / count / (squares / count).powi(2);
    assert!((kurtosis - 3.0).abs() < 0.15, "{kurtosis}");
}
