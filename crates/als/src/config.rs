use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::AlsError;

/// Factors a user and an item have unless told otherwise.
pub const DEFAULT_FACTORS: usize = 50;
/// Regularization λ unless told otherwise.
pub const DEFAULT_REGULARIZATION: f64 = 0.01;
/// Iterations unless told otherwise.
pub const DEFAULT_ITERATIONS: usize = 20;
/// Confidence a rating point adds unless told otherwise.
pub const DEFAULT_ALPHA: f64 = 40.0;
/// Seed of the random start unless told otherwise.
pub const DEFAULT_RANDOM_STATE: u64 = 42;
/// The most factors a model may have.
pub const MAX_FACTORS: usize = 1024;

/// The hyper-parameters of a training, under the names they have in configuration and manifest.
///
/// A key that does not exist is refused when it is read; one that is absent has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlsConfig {
    /// Length of a user's and of an item's factor vector: 1 to [`MAX_FACTORS`]. More factors than
    /// items are legal. Memory grows in proportion; the time of a row with few ratings with its
    /// square, that of one with many with its square times the ratings and, by Cholesky, with its
    /// cube. Default [`DEFAULT_FACTORS`].
    pub factors: usize,
    /// λ, the weight of the squared factors in the loss: finite, above 0. It is the same for every
    /// row, however many ratings that has. Default [`DEFAULT_REGULARIZATION`].
    pub regularization: f64,
    /// How often users and items are each solved for: at least 1. Default [`DEFAULT_ITERATIONS`].
    pub iterations: usize,
    /// How much confidence a rating point adds: a rating `r` has confidence `1 + alpha · r`, in
    /// `f32`. Finite, at least 0; at 0 every cell counts the same. Default [`DEFAULT_ALPHA`].
    pub alpha: f64,
    /// Seed of the items' random start. Default [`DEFAULT_RANDOM_STATE`].
    pub random_state: u64,
    /// How a row is solved. Default [`Solver::Auto`].
    pub solver: Solver,
}

impl Default for AlsConfig {
    fn default() -> Self {
        Self {
            factors: DEFAULT_FACTORS,
            regularization: DEFAULT_REGULARIZATION,
            iterations: DEFAULT_ITERATIONS,
            alpha: DEFAULT_ALPHA,
            random_state: DEFAULT_RANDOM_STATE,
            solver: Solver::default(),
        }
    }
}

impl AlsConfig {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The variant of [`AlsError`] that belongs to the first field out of range.
    pub fn validate(&self) -> Result<(), AlsError> {
        if !(1..=MAX_FACTORS).contains(&self.factors) {
            return Err(AlsError::Factors { factors: self.factors });
        }
        if !(self.regularization.is_finite() && self.regularization > 0.0) {
            return Err(AlsError::Regularization { regularization: self.regularization });
        }
        if self.iterations == 0 {
            return Err(AlsError::Iterations);
        }
        // Confidence is computed in f32, so that is where alpha must be finite.
        if !((self.alpha as f32).is_finite() && self.alpha >= 0.0) {
            return Err(AlsError::Alpha { alpha: self.alpha });
        }
        Ok(())
    }

    /// Confidence in the preference of a cell with this rating.
    #[inline(always)]
    pub(crate) fn confidence(&self, rating: f32) -> f32 {
        1.0 + self.alpha as f32 * rating
    }
}

/// How the linear system of one row is solved.
///
/// All but [`Cg`](Self::Cg) solve it exactly but for rounding, and differ in time alone: a solution
/// `x` of a row's system `A` is close to the exact `x*` in the norm of the system,
/// `‖x − x*‖_A ≤ (2·10⁻⁸ c + 10⁻⁷ (1 + √n)) ‖x*‖_A`, with `n` the row's ratings and `c` the greatest
/// confidence among them, besides what storing it in single precision costs. What that adds to the
/// loss is its square. The bound is measured, not proven: against a slow solver in double precision
/// with condition numbers of `YᵀY + λI`, the Gram matrix of the fixed side with λ, of up to 8·10⁸;
/// none is claimed beyond. It is one for each row, not for a training: where λ is far below 2⁻²⁴ of
/// the norm of `YᵀY`, storing the factors in single precision moves the next system by more than λ,
/// and trainings by two exact solvers part.
///
/// Where a rating's confidence exceeds 10⁴, all of that is in double precision: every row of the
/// training is solved by Cholesky as its system stands, whatever the solver, and in the time of that.
/// (At 10⁴ a row of some hundred ratings was at most 0.02 from its solution, which adds 5·10⁻⁴ to
/// the loss; in single precision it would be 0.9 at 10⁵, 20 at 10⁶.) Confidences near 10¹⁵ and
/// beyond may leave a system that is not positive definite there either:
/// [`AlsError::NotPositiveDefinite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Solver {
    /// [`Woodbury`](Self::Woodbury) or [`Cholesky`](Self::Cholesky), whichever costs less for the
    /// number of ratings the row has.
    #[default]
    Auto,
    /// A Cholesky factorization of the full system, of as many unknowns as there are factors.
    Cholesky,
    /// A system of as many unknowns as the row has ratings (Woodbury's identity). Rows with more
    /// than 1,024 ratings are left to Cholesky, and so are half-steps whose fixed side is too
    /// ill-conditioned: where the squares of the Cholesky pivots of its Gram matrix with λ, whose
    /// ratio is at most the condition number, are more than 10¹² apart.
    Woodbury,
    /// Three steps of conjugate gradients from the row's last factors, preconditioned by the
    /// Gram matrix of the fixed side with λ. Not exact, but cheapest for long rows (from some ten
    /// ratings with 50 and 128 factors); iterations make up for it, and no step raises the loss. The
    /// fixed side is kept a second time. Half-steps too ill-conditioned as above are left to
    /// Cholesky.
    Cg,
}

impl fmt::Display for Solver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Auto => "auto",
            Self::Cholesky => "cholesky",
            Self::Woodbury => "woodbury",
            Self::Cg => "cg",
        })
    }
}

impl FromStr for Solver {
    type Err = AlsError;

    fn from_str(name: &str) -> Result<Self, AlsError> {
        match name {
            "auto" => Ok(Self::Auto),
            "cholesky" => Ok(Self::Cholesky),
            "woodbury" => Ok(Self::Woodbury),
            "cg" => Ok(Self::Cg),
            _ => Err(AlsError::UnknownSolver { name: name.to_owned() }),
        }
    }
}
