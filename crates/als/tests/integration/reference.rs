use marquee_als::{AlsConfig, Factors, Silent, loss, train};
use marquee_dataset::Csr;
use nalgebra::DMatrix;

use crate::{
    random_ratings,
    support::{
        EXACT, SOLVERS, Slow, check_two_iterations, confidence, preference, row_regularization,
        start, wide,
    },
    with_dislikes,
};

fn cases() -> Vec<(&'static str, Csr, AlsConfig)> {
    let with = |factors| AlsConfig { factors, iterations: 1, ..AlsConfig::reference() };
    let everyone_alike: Vec<(u32, u32, f32)> =
        (0..60).flat_map(|user| (0..25).map(move |item| (user, item, 5.0))).collect();
    let mut cases = vec![
        (
            "confidence 1 everywhere",
            random_ratings(40, 30, 0.2, 20),
            AlsConfig { alpha: 0.0, ..with(6) },
        ),
        ("rows without ratings", random_ratings(60, 40, 0.01, 21), with(5)),
        ("more factors than items", random_ratings(40, 7, 0.4, 22), with(24)),
        ("more ratings than one batch", random_ratings(20, 200, 0.4, 23), with(10)),
        (
            "ill-conditioned",
            Csr::from_triplets(60, 25, everyone_alike).0,
            AlsConfig { alpha: 100.0, ..with(30) },
        ),
    ];
    for factors in [1, 2, 7, 8, 9, 15, 16, 17, 32, 50] {
        cases.push(("number of factors", random_ratings(50, 70, 0.15, 24), with(factors)));
    }
    cases
}

#[test]
fn each_row_is_what_the_slow_solver_finds() {
    for (name, ratings, config) in cases() {
        for solver in SOLVERS {
            check_two_iterations(name, &ratings, &AlsConfig { solver, ..config.clone() });
        }
    }
}

#[test]
fn later_iterations_solve_as_the_first_does() {
    for (name, ratings, config) in cases() {
        for solver in EXACT {
            let config = AlsConfig { iterations: 5, solver, ..config.clone() };
            let found = train(&ratings, &config, &mut Silent).unwrap();
            let slow = Slow::new(wide(&found.users), &config);
            slow.check(name, &ratings.transpose(), &found.items, &found.items);
        }
    }
}

#[test]
fn whole_trainings_agree_in_scores_and_loss() {
    for (factors, seed) in [(4, 30), (20, 31)] {
        let ratings = random_ratings(80, 50, 0.2, seed);
        let config = AlsConfig { factors, iterations: 6, ..AlsConfig::reference() };
        let found = train(&ratings, &config, &mut Silent).unwrap();
        let by_item = ratings.transpose();
        let mut items = wide(&start(ratings.columns(), &config));
        let mut users = DMatrix::zeros(0, 0);
        for _ in 0..config.iterations {
            users = Slow::new(items, &config).half_step(&ratings);
            items = Slow::new(users.clone(), &config).half_step(&by_item);
        }
        let scores = wide(&found.users) * wide(&found.items).transpose();
        let expected = &users * items.transpose();
        let error = (scores - expected).abs().max();
        assert!(error < 1e-3, "{factors} factors: scores differ by {error}");
        let (found, expected) = (
            loss(&ratings, &found, &config).unwrap(),
            dense_loss(&ratings, &users, &items, &config),
        );
        assert!((found / expected - 1.0).abs() < 1e-5, "{factors} factors: {found}, {expected}");
    }
}

/// The loss cell by cell, as the definition reads.
fn dense_loss(
    ratings: &Csr,
    users: &DMatrix<f64>,
    items: &DMatrix<f64>,
    config: &AlsConfig,
) -> f64 {
    let by_item = ratings.transpose();
    let norms = |factors: &DMatrix<f64>, rows: &Csr| -> f64 {
        let of = |row: usize| row_regularization(config, rows.row(row).0.len(), rows.columns());
        (0..rows.rows()).map(|row| of(row) * factors.row(row).norm_squared()).sum()
    };
    let mut sum = norms(users, ratings) + norms(items, &by_item);
    for user in 0..ratings.rows() {
        let (columns, values) = ratings.row(user);
        for item in 0..ratings.columns() {
            let score = users.row(user).dot(&items.row(item));
            sum += match columns.binary_search(&(item as u32)) {
                Ok(place) => {
                    let (confidence, wanted) =
                        (confidence(config, values[place]), preference(values[place]));
                    confidence * (wanted - score).powi(2)
                }
                Err(_) => config.unobserved_weight * score * score,
            };
        }
    }
    sum
}

#[test]
fn the_trace_form_of_the_loss_is_the_sum_over_cells() {
    let ratings = random_ratings(70, 40, 0.2, 40);
    let config = AlsConfig { factors: 11, iterations: 2, ..AlsConfig::reference() };
    let factors: Factors = train(&ratings, &config, &mut Silent).unwrap();
    let changes = [(1.0, 0.0), (0.05, 0.0), (1.0, 1.0), (0.3, 0.7)];
    for (unobserved_weight, frequency_scaling) in changes {
        let config = AlsConfig { unobserved_weight, frequency_scaling, ..config.clone() };
        let (users, items) = (wide(&factors.users), wide(&factors.items));
        let ratings = with_dislikes(&ratings);
        let expected = dense_loss(&ratings, &users, &items, &config);
        let found = loss(&ratings, &factors, &config).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
    }
}
