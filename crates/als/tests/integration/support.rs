use marquee_als::{AlsConfig, Matrix, Silent, Solver, train};
use marquee_dataset::Csr;
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::matrix;

pub(crate) const SOLVERS: [Solver; 4] =
    [Solver::Auto, Solver::Cholesky, Solver::Woodbury, Solver::Cg];

/// Solvers whose rows are solutions and not steps towards one.
pub(crate) const EXACT: [Solver; 3] = [Solver::Auto, Solver::Cholesky, Solver::Woodbury];

/// How far an exact solution may be from the slow one beside its rounding, in the norm of the
/// row's system and relative to the solution: this times the row's greatest confidence over α₀, which
/// is the condition number of the whitened system, and
const EXACT_ERROR: f64 = 2e-8;

/// this times one more than the square root of its entries, over which single precision sums.
const SUM_ERROR: f64 = 1e-7;

/// Above this confidence of any rating rows are solved in double precision, by whichever solver.
const GREATEST_SINGLE: f64 = 1e4;

/// How far such a solution may be from the slow one, relative to it.
const DOUBLE_ERROR: f64 = 1e-7;

/// The same for conjugate gradients, times both and relative to the start as well.
const CONJUGATE_ERROR: f64 = 2e-6;

/// How far two may be apart that leave no residual worth a step: each 1e-10.
const RESIDUALS: f64 = 2e-10;

/// One side as the paper writes it, in `f64`: a dense system for each row.
pub(crate) struct Slow<'a> {
    fixed: DMatrix<f64>,
    /// `α₀ YᵀY`
    shared: DMatrix<f64>,
    config: &'a AlsConfig,
}

/// The system `A x = b` of one row.
struct System {
    matrix: DMatrix<f64>,
    /// `B = α₀ YᵀY + λI`, with the row's λ.
    base: DMatrix<f64>,
    right: DVector<f64>,
    /// The row's greatest confidence over α₀.
    confidence: f64,
    /// How many entries it has.
    entries: f64,
    /// Whether its λ is its own.
    scaled: bool,
}

impl System {
    fn solve(&self) -> DVector<f64> {
        let factorized = self.matrix.clone().cholesky();
        factorized.expect("λ makes it positive definite").solve(&self.right)
    }

    /// `√(vᵀ A v)`
    fn norm(&self, vector: &DVector<f64>) -> f64 {
        vector.dot(&(&self.matrix * vector)).max(0.0).sqrt()
    }

    /// Checks that what was `found` is no farther from the solution than what was there `before`:
    /// half the square of that distance is what the row's quadratic is above its least.
    fn check_improvement(&self, name: &str, before: &DVector<f64>, found: &DVector<f64>) {
        let solution = self.solve();
        let [before, after] = [before, found].map(|at| self.norm(&(at - &solution)));
        let size = before.max(self.norm(&solution));
        let allowed = before + self.rounding(&solution) + CONJUGATE_ERROR * size;
        assert!(after <= allowed, "{name}: {after:e} from the solution, before {before:e}");
    }

    /// How far rounding to `f32` may take a solution: four times as far as it happens to, and not
    /// less than if no factor made up for another, as by chance they nearly may.
    fn rounding(&self, solution: &DVector<f64>) -> f64 {
        let rounded = solution.map(|value| value - f64::from(value as f32));
        let roots = self.matrix.diagonal().map(f64::sqrt);
        let apart = solution.abs().dot(&roots) * f64::from(f32::EPSILON) / 2.0;
        apart.max(4.0 * self.norm(&rounded))
    }
}

impl<'a> Slow<'a> {
    pub(crate) fn new(fixed: DMatrix<f64>, config: &'a AlsConfig) -> Self {
        let shared = fixed.transpose() * &fixed * config.unobserved_weight;
        Self { fixed, shared, config }
    }

    /// `λ (n + α₀ m)^ν`
    fn regularization(&self, entries: usize) -> f64 {
        row_regularization(self.config, entries, self.fixed.nrows())
    }

    fn system(&self, (columns, ratings): (&[u32], &[f32])) -> System {
        let unobserved = self.config.unobserved_weight;
        let confidences = ratings.iter().map(|&rating| confidence(self.config, rating));
        let confidences = DVector::from_iterator(ratings.len(), confidences);
        let columns: Vec<usize> = columns.iter().map(|&column| column as usize).collect();
        let rows = self.fixed.select_rows(&columns);
        let mut weighted = rows.clone();
        for (mut row, confidence) in weighted.row_iter_mut().zip(&confidences) {
            row *= confidence - unobserved;
        }
        let mut base = self.shared.clone();
        for place in 0..base.nrows() {
            base[(place, place)] += self.regularization(columns.len());
        }
        let mut wanted = confidences.clone();
        for (confidence, &rating) in wanted.iter_mut().zip(ratings) {
            *confidence *= preference(rating);
        }
        System {
            matrix: &base + rows.transpose() * weighted,
            base,
            right: rows.tr_mul(&wanted),
            confidence: confidences.iter().copied().fold(1.0, f64::max) / unobserved,
            entries: columns.len() as f64,
            scaled: self.config.frequency_scaling != 0.0,
        }
    }

    /// Every row of the other side.
    pub(crate) fn half_step(&self, ratings: &Csr) -> DMatrix<f64> {
        let rows: Vec<_> = (0..ratings.rows())
            .map(|row| self.system(ratings.row(row)).solve().transpose())
            .collect();
        DMatrix::from_rows(&rows)
    }

    /// Three steps of conjugate gradients, preconditioned by `B`. They end early where the square
    /// of the residual is nothing in the basis in which `B` is the identity.
    fn conjugate(system: &System, start: DVector<f64>) -> DVector<f64> {
        let factorized = system.base.clone().cholesky().expect("λ makes it positive definite");
        let mut found = start;
        let mut residual = &system.right - &system.matrix * &found;
        let mut direction = factorized.solve(&residual);
        let mut square = residual.dot(&direction);
        for _ in 0..3 {
            if square < 1e-20 {
                break;
            }
            let image = &system.matrix * &direction;
            let length = square / direction.dot(&image);
            found += &direction * length;
            residual -= image * length;
            let preconditioned = factorized.solve(&residual);
            let next = residual.dot(&preconditioned);
            direction = preconditioned + direction * (next / square);
            square = next;
        }
        found
    }

    /// What conjugate gradients find from a row's last factors, and how far others may be from it.
    fn conjugate_and_allowance(&self, system: &System, last: DVector<f64>) -> (DVector<f64>, f64) {
        let from = system.norm(&last);
        let expected = Self::conjugate(system, last);
        let size = from.max(system.norm(&expected));
        // Where λ differs from row to row, vectors are scaled at each step: rounded twice as often.
        let roundings = if system.scaled { 2.0 } else { 1.0 };
        let error = roundings * CONJUGATE_ERROR * (system.confidence + system.entries.sqrt());
        (expected, error * size + RESIDUALS)
    }

    /// Checks every row that was `found`, in the norm of its own system. `last` is what the rows
    /// were before.
    pub(crate) fn check(&self, name: &str, ratings: &Csr, found: &Matrix, last: &Matrix) {
        assert_eq!((found.rows(), found.columns()), (ratings.rows(), self.fixed.ncols()), "{name}");
        let confidences = ratings.values().iter().map(|&rating| confidence(self.config, rating));
        let greatest = confidences.fold(1.0, f64::max);
        let double = greatest > GREATEST_SINGLE * self.config.unobserved_weight;
        for row in 0..ratings.rows() {
            let entries = ratings.row(row).0.len();
            if entries == 0 {
                assert!(found.row(row).iter().all(|&value| value == 0.0), "{name}: row {row}");
                continue;
            }
            let system = self.system(ratings.row(row));
            let (expected, allowed) = match self.config.solver {
                _ if double => {
                    let expected = system.solve();
                    let allowed = DOUBLE_ERROR * system.norm(&expected);
                    (expected, allowed)
                }
                Solver::Cg => {
                    let last = vector(last.row(row));
                    system.check_improvement(name, &last, &vector(found.row(row)));
                    self.conjugate_and_allowance(&system, last)
                }
                _ => {
                    let expected = system.solve();
                    let sum = SUM_ERROR * (1.0 + system.entries.sqrt());
                    let error = EXACT_ERROR * system.confidence + sum;
                    let allowed = error * system.norm(&expected);
                    (expected, allowed)
                }
            };
            let error = system.norm(&(vector(found.row(row)) - &expected));
            let allowed = allowed + system.rounding(&expected);
            assert!(
                error <= allowed,
                "{name}: row {row} of {entries} entries is off by {error:e}, allowed {allowed:e}, \
                 {:?}",
                self.config
            );
        }
    }
}

impl Slow<'_> {
    /// How far the rows that were `found` are from the solutions at most, each in the norm of its
    /// own system, beside what rounding takes: the square is what it adds to the loss.
    pub(crate) fn greatest_distance(&self, ratings: &Csr, found: &Matrix) -> f64 {
        let rows = (0..ratings.rows()).filter(|&row| !ratings.row(row).0.is_empty());
        let distances = rows.map(|row| {
            let system = self.system(ratings.row(row));
            let expected = system.solve();
            system.norm(&(vector(found.row(row)) - &expected)) - system.rounding(&expected)
        });
        distances.fold(0.0, f64::max)
    }
}

pub(crate) fn confidence(config: &AlsConfig, rating: f32) -> f64 {
    f64::from(1.0 + config.alpha as f32 * rating.abs())
}

/// 0 for a dislike.
pub(crate) fn preference(rating: f32) -> f64 {
    if rating < 0.0 { 0.0 } else { 1.0 }
}

/// `λ (n + α₀ m)^ν`
pub(crate) fn row_regularization(config: &AlsConfig, entries: usize, others: usize) -> f64 {
    let base = entries as f64 + config.unobserved_weight * others as f64;
    config.regularization * base.powf(config.frequency_scaling)
}

/// The item factors a training starts from.
pub(crate) fn start(items: usize, config: &AlsConfig) -> Matrix {
    let mut random = ChaCha8Rng::seed_from_u64(config.random_state);
    let values = (0..items * config.factors).map(|_| random.random::<f32>() * 0.01).collect();
    matrix(items, config.factors, values)
}

pub(crate) fn wide(matrix: &Matrix) -> DMatrix<f64> {
    let values: Vec<f64> = matrix.as_slice().iter().map(|&value| f64::from(value)).collect();
    DMatrix::from_row_slice(matrix.rows(), matrix.columns(), &values)
}

fn vector(row: &[f32]) -> DVector<f64> {
    DVector::from_iterator(row.len(), row.iter().map(|&value| f64::from(value)))
}

/// Checks the four half-steps of two iterations, each from what the one before it found.
pub(crate) fn check_two_iterations(name: &str, ratings: &Csr, config: &AlsConfig) {
    two_iterations(name, ratings, config, |step, slow, ratings, found, last| {
        slow.check(step, ratings, found, last);
    });
}

/// Takes the four half-steps of two iterations, each with its name, the slow solver against the side
/// that was fixed, the ratings, what was found and what was there before.
pub(crate) fn two_iterations(
    name: &str,
    ratings: &Csr,
    config: &AlsConfig,
    mut take: impl FnMut(&str, &Slow<'_>, &Csr, &Matrix, &Matrix),
) {
    let after = |iterations| {
        let config = AlsConfig { iterations, ..config.clone() };
        train(ratings, &config, &mut Silent)
            .unwrap_or_else(|error| panic!("{name}: {error}, {config:?}"))
    };
    let (one, two) = (after(1), after(2));
    let by_item = ratings.transpose();
    let start = start(ratings.columns(), config);
    let nothing = matrix(ratings.rows(), config.factors, vec![0.0; one.users.as_slice().len()]);
    let steps = [
        ("first users", ratings, &start, &one.users, &nothing),
        ("first items", &by_item, &one.users, &one.items, &start),
        ("second users", ratings, &one.items, &two.users, &one.users),
        ("second items", &by_item, &two.users, &two.items, &one.items),
    ];
    for (step, ratings, fixed, found, last) in steps {
        let name = format!("{name}, {step}");
        take(&name, &Slow::new(wide(fixed), config), ratings, found, last);
    }
}
