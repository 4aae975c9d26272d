use std::ops::ControlFlow;

use marquee_als::{AlsConfig, Observer, Progress, Silent, Solver, loss, train};
use marquee_dataset::Csr;
use proptest::{collection::vec, prelude::*};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    random_ratings,
    support::{EXACT, SOLVERS, check_two_iterations, two_iterations, wide},
};

/// Around the places where solvers change what they do: few entries, blocks of 4 and 8, batches
/// of 64, sums of 256.
const LENGTHS: [usize; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 33, 64, 65, 130, 256, 257, 300, 600];

/// Some leave the confidence at 1, some are no whole numbers, one is above every star.
const RATINGS: [f32; 8] = [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5];

/// As many entries for each fixed row keep those whitened.
const KEPT: usize = 16;

/// Users with as many entries as asked for. The last film has none.
fn rows_of(lengths: &[usize], items: usize, seed: u64) -> Csr {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<u32> = (0..items as u32 - 1).collect();
    let mut triplets = Vec::new();
    for (user, &length) in lengths.iter().enumerate() {
        for place in 0..length {
            let other = random.random_range(place..order.len());
            order.swap(place, other);
            let rating = RATINGS[random.random_range(0..RATINGS.len())];
            triplets.push((user as u32, order[place], rating));
        }
    }
    Csr::from_triplets(lengths.len(), items, triplets).0
}

/// Rows of all lengths, so many that their fixed side is kept whitened.
fn kept() -> Csr {
    let ratings = rows_of(&LENGTHS.repeat(7), 650, 50);
    assert!(ratings.entries() >= KEPT * ratings.columns());
    ratings
}

/// Rows of all lengths, and of those around the longest that Woodbury takes, on a side that is not
/// kept whitened.
fn not_kept() -> Csr {
    let ratings = rows_of(&[&LENGTHS[..], &[1024, 1025, 1999]].concat(), 2000, 51);
    assert!(ratings.entries() < KEPT * ratings.columns());
    ratings
}

fn one_iteration(factors: usize, solver: Solver) -> AlsConfig {
    AlsConfig { factors, solver, iterations: 1, ..AlsConfig::reference() }
}

#[test]
fn rows_of_every_length_are_solved_where_whitened_rows_are_kept() {
    let ratings = kept();
    for factors in [1, 3, 8, 16, 17, 50, 64] {
        for solver in SOLVERS {
            check_two_iterations("kept", &ratings, &one_iteration(factors, solver));
        }
    }
}

#[test]
fn rows_of_every_length_are_solved_where_whitened_rows_are_not_kept() {
    let ratings = not_kept();
    for factors in [1, 3, 8, 16, 17, 50, 64] {
        for solver in SOLVERS {
            check_two_iterations("not kept", &ratings, &one_iteration(factors, solver));
        }
    }
}

#[test]
fn long_rows_of_either_side_are_solved() {
    // The other way round: users have few entries and items have many.
    let (kept, not_kept) = (kept().transpose(), not_kept().transpose());
    for factors in [8, 17] {
        for solver in SOLVERS {
            check_two_iterations("kept items", &kept, &one_iteration(factors, solver));
            check_two_iterations("not kept items", &not_kept, &one_iteration(factors, solver));
        }
    }
}

#[test]
fn rows_longer_than_any_woodbury_system_are_solved_where_whitened_rows_are_kept() {
    let ratings = rows_of(&[[1023, 1024, 1025, 1299].as_slice(), &[600; 30]].concat(), 1300, 52);
    assert!(ratings.entries() >= KEPT * ratings.columns());
    for factors in [3, 24] {
        check_two_iterations("long rows", &ratings, &one_iteration(factors, Solver::Woodbury));
    }
}

#[test]
fn every_weight_of_regularization_and_confidence_is_solved_for() {
    let lengths = [0, 1, 2, 6, 7, 8, 9, 33, 64, 65, 130];
    let shapes = [
        ("kept", rows_of(&lengths.repeat(8), 140, 53)),
        ("not kept", rows_of(&lengths, 400, 54)),
        ("few entries on both sides", random_ratings(150, 120, 0.03, 55)),
    ];
    for (name, ratings) in shapes {
        for regularization in [1e-6, 0.01, 100.0] {
            for alpha in [0.0, 0.01, 0.3, 40.0, 1e3, 1e4] {
                for solver in SOLVERS {
                    for factors in [8, 17] {
                        let config =
                            AlsConfig { regularization, alpha, ..one_iteration(factors, solver) };
                        check_two_iterations(name, &ratings, &config);
                    }
                }
            }
        }
    }
}

#[test]
fn the_greatest_confidences_leave_rows_exact() {
    // In absolute terms: the greater the confidences, the greater the norm of a solution, but not
    // the least loss.
    for (name, ratings) in [("kept", kept()), ("not kept", not_kept())] {
        for confidence in [1e3, 1e4, 1e5, 1e6, 1e7] {
            // Beyond single precision conjugate gradients leave rows to Cholesky as well.
            let solvers = if confidence > 1e4 { &SOLVERS[..] } else { &EXACT[..] };
            for &solver in solvers {
                let alpha = (confidence - 1.0) / f64::from(RATINGS[7]);
                let config = AlsConfig { alpha, ..one_iteration(17, solver) };
                two_iterations(name, &ratings, &config, |step, slow, ratings, found, _| {
                    let distance = slow.greatest_distance(ratings, found);
                    // Its square is what a row adds to the loss. In single precision it would be
                    // 0.9 at 10⁵ and 20 at 10⁶.
                    let allowed = if confidence > 1e4 { 1e-3 } else { 0.05 };
                    assert!(
                        distance <= allowed,
                        "{step}, {confidence:e}, {solver}: {distance:e} from the solution"
                    );
                });
            }
        }
    }
}

#[test]
fn more_factors_than_films_are_solved_for() {
    // The first user has every film; one of the films nobody has.
    let lengths: Vec<usize> = (0..40).map(|user| 7 - user % 8).collect();
    let ratings = rows_of(&lengths, 8, 56);
    let few_users = random_ratings(6, 40, 0.5, 57);
    for solver in SOLVERS {
        for factors in [9, 24, 50] {
            let config = one_iteration(factors, solver);
            check_two_iterations("more factors than films", &ratings, &config);
            check_two_iterations("more factors than users", &few_users, &config);
        }
    }
}

#[test]
fn a_user_with_every_film_is_solved_for() {
    for (users, films) in [(30, 40), (3, 200)] {
        let lengths: Vec<usize> =
            (0..users).map(|user| if user % 3 == 0 { films } else { user }).collect();
        let full = rows_of(&lengths, films + 1, 58);
        let triplets = (0..users)
            .flat_map(|user| {
                let (columns, values) = full.row(user);
                let entries = columns.iter().zip(values);
                entries.map(move |(&column, &value)| (user as u32, column, value))
            })
            .collect();
        // Without the film that nobody has.
        let (ratings, _) = Csr::from_triplets(users, films, triplets);
        assert_eq!(ratings.row(0).0.len(), films);
        for solver in SOLVERS {
            check_two_iterations("every film", &ratings, &one_iteration(12, solver));
        }
    }
}

#[test]
fn nobody_and_nothing_have_factors_of_exactly_zero() {
    let ratings = rows_of(&[5, 0, 30, 0, 12], 50, 59);
    for solver in SOLVERS {
        let config = AlsConfig { iterations: 3, ..one_iteration(9, solver) };
        let found = train(&ratings, &config, &mut Silent).unwrap();
        for user in 0..5 {
            let zero = found.users.row(user).iter().all(|value| value.to_bits() == 0);
            assert_eq!(zero, user == 1 || user == 3, "{solver}, user {user}");
        }
        let zero = found.items.row(49).iter().all(|value| value.to_bits() == 0);
        assert!(zero, "{solver}: a film nobody has");
    }
}

#[test]
fn a_side_of_low_rank_is_solved_against() {
    // So many more factors than films that most eigenvalues are λ. What the first half-step is
    // solved against is small, what comes after it is not.
    let ratings = rows_of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 11].repeat(5), 13, 60);
    for regularization in [1e-3, 1e-4] {
        for solver in SOLVERS {
            let config = AlsConfig { regularization, ..one_iteration(40, solver) };
            let found = train(&ratings, &config, &mut Silent).unwrap();
            let users = wide(&found.users);
            let largest = (users.transpose() * &users).symmetric_eigenvalues().max();
            assert!(regularization < 3e-8 * largest, "{regularization} is not small: {largest}");
            check_two_iterations("low rank", &ratings, &config);
        }
    }
}

#[test]
fn sides_too_ill_conditioned_to_be_whitened_are_solved_against() {
    let ratings = rows_of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 11].repeat(5), 13, 60);
    let after = |solver| {
        let config = AlsConfig { regularization: 1e-8, ..one_iteration(40, solver) };
        let found = train(&ratings, &config, &mut Silent).unwrap();
        let users = wide(&found.users);
        let largest = (users.transpose() * &users).symmetric_eigenvalues().max();
        assert!(largest > 1e13 * config.regularization, "{largest} is not great");
        loss(&ratings, &found, &config).unwrap()
    };
    let exact = after(Solver::Cholesky);
    for solver in [Solver::Auto, Solver::Woodbury] {
        let found = after(solver);
        assert!((found / exact - 1.0).abs() < 1e-4, "{solver}: {found}, {exact}");
    }
}

/// The losses after every half-step.
#[derive(Debug, Default)]
struct Losses(Vec<f64>);

impl Observer for Losses {
    fn wants_loss(&self, _: usize, _: marquee_als::Side) -> bool {
        true
    }

    fn half_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.0.extend(progress.loss);
        ControlFlow::Continue(())
    }
}

#[test]
fn the_loss_never_rises_under_any_solver() {
    let shapes = [kept(), not_kept(), random_ratings(300, 90, 0.1, 61)];
    for (place, ratings) in shapes.iter().enumerate() {
        for solver in SOLVERS {
            for (regularization, alpha) in [(0.01, 40.0), (10.0, 1.0), (1e-3, 0.0), (0.01, 3e5)] {
                let config =
                    AlsConfig { iterations: 5, regularization, alpha, ..one_iteration(15, solver) };
                let mut losses = Losses::default();
                train(ratings, &config, &mut losses).unwrap();
                assert_eq!(losses.0.len(), 10);
                for pair in losses.0.windows(2) {
                    let [before, after] = [pair[0], pair[1]];
                    assert!(
                        after <= before * (1.0 + 1e-9),
                        "shape {place}, {solver}: {before} → {after}, {config:?}"
                    );
                }
            }
        }
    }
}

fn loss_after(iterations: usize, alpha: f64, solver: Solver, ratings: &Csr) -> f64 {
    let config = AlsConfig { iterations, alpha, ..one_iteration(20, solver) };
    let factors = train(ratings, &config, &mut Silent).expect("a training");
    loss(ratings, &factors, &config).expect("factors of these ratings")
}

#[test]
fn exact_solvers_end_at_the_same_loss() {
    let shapes = [random_ratings(400, 120, 0.15, 62), random_ratings(300, 200, 0.03, 63)];
    for (place, ratings) in shapes.iter().enumerate() {
        // Up to ten thousand, as the ratings go to 5, and far beyond.
        for (alpha, allowed) in [(40.0, 1e-6), (1999.0, 1e-5), (3e5, 1e-12)] {
            let after = |solver| loss_after(5, alpha, solver, ratings);
            let [auto, cholesky, woodbury] = EXACT.map(after);
            for found in [auto, woodbury] {
                let error = (found / cholesky - 1.0).abs();
                assert!(
                    error < allowed,
                    "shape {place}, alpha {alpha}: {auto}, {cholesky}, {woodbury}"
                );
            }
        }
    }
}

#[test]
fn conjugate_gradients_end_near_the_loss_of_an_exact_solver() {
    // Where there are few ratings for each factor, three steps at a time take longer to get there.
    let shapes = [
        (random_ratings(400, 120, 0.15, 62), 10, 0.01),
        (random_ratings(800, 300, 0.02, 73), 10, 0.01),
        (random_ratings(300, 200, 0.03, 70), 10, 0.03),
        (random_ratings(300, 200, 0.03, 70), 40, 0.01),
    ];
    for (place, (ratings, iterations, allowed)) in shapes.iter().enumerate() {
        let [exact, found] = [Solver::Cholesky, Solver::Cg]
            .map(|solver| loss_after(*iterations, 40.0, solver, ratings));
        assert!((found / exact - 1.0).abs() < *allowed, "shape {place}: {found}, {exact}");
    }
}

#[test]
fn confidences_no_square_of_which_fits_single_precision_are_solved_for() {
    // A random start, and films and users of one taste.
    let ratings = random_ratings(60, 40, 0.3, 65);
    for solver in SOLVERS {
        let config = AlsConfig { alpha: 1e15, iterations: 3, ..one_iteration(5, solver) };
        let mut losses = Losses::default();
        train(&ratings, &config, &mut losses).unwrap();
        assert!(losses.0.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9)), "{losses:?}");
    }
}

/// A matrix of ratings in which some cells have one, and what to train on it.
fn trainings() -> impl Strategy<Value = (Csr, AlsConfig)> {
    let shape = (1..40_usize, 1..40_usize, 0..3_usize);
    let ratings = shape.prop_flat_map(|(users, items, filled)| {
        let share = [0.05, 0.3, 0.95][filled];
        let cell = prop::option::weighted(share, prop::sample::select(RATINGS.to_vec()));
        vec(cell, users * items).prop_map(move |cells| {
            let entries = cells.iter().enumerate().filter_map(|(place, &cell)| {
                Some(((place / items) as u32, (place % items) as u32, cell?))
            });
            let mut triplets: Vec<(u32, u32, f32)> = entries.collect();
            if triplets.is_empty() {
                triplets.push((0, 0, 1.0));
            }
            Csr::from_triplets(users, items, triplets).0
        })
    });
    let config = (
        1..26_usize,
        -3.0..2.0_f64,
        prop::sample::select(vec![0.0, 0.01, 0.3, 4.0, 40.0, 1000.0]),
        prop::sample::select(SOLVERS.to_vec()),
        any::<u64>(),
    )
        .prop_map(|(factors, exponent, alpha, solver, random_state)| AlsConfig {
            regularization: 10.0_f64.powf(exponent),
            // Where conjugate gradients come to an end before the third step, high confidences
            // make much of the last digits: no bound on their error is tight.
            alpha: if solver == Solver::Cg { f64::min(alpha, 0.3) } else { alpha },
            random_state,
            ..one_iteration(factors, solver)
        });
    (ratings, config)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_training_is_what_the_slow_solver_finds((ratings, config) in trainings()) {
        check_two_iterations("any", &ratings, &config);
    }
}
