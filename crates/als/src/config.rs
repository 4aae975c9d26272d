use std::{fmt, str::FromStr};

use marquee_dataset::Csr;
use serde::{Deserialize, Serialize};

use crate::AlsError;

/// Factors a user and an item have unless told otherwise.
pub const DEFAULT_FACTORS: usize = 50;
/// Regularization λ unless told otherwise, or [chosen](crate::AlsSettings) for the ratings.
pub const DEFAULT_REGULARIZATION: f64 = 0.01;
/// λ as it is for users on average, where [`AlsSettings`](crate::AlsSettings) chooses it.
pub const DEFAULT_ROW_REGULARIZATION: f64 = 8.0;
/// The most of that by unit of a user's weight `n + α₀ m`, the mean over users: with ν = 1 λ itself
/// is at most this.
pub const ROW_REGULARIZATION_LIMIT: f64 = 0.08;
/// Iterations unless told otherwise.
pub const DEFAULT_ITERATIONS: usize = 20;
/// Confidence a rating point adds unless told otherwise.
pub const DEFAULT_ALPHA: f64 = 0.3;
/// Weight α₀ of an unobserved cell unless told otherwise.
pub const DEFAULT_UNOBSERVED_WEIGHT: f64 = 0.1;
/// Exponent ν of the frequency scaling unless told otherwise.
pub const DEFAULT_FREQUENCY_SCALING: f64 = 1.0;
/// Spread σ* of the items' random start unless told otherwise.
pub const DEFAULT_INIT_SCALE: f64 = 0.1;
/// Seed of the random start unless told otherwise.
pub const DEFAULT_RANDOM_STATE: u64 = 42;
/// The most factors a model may have.
pub const MAX_FACTORS: usize = 1024;

/// The hyper-parameters of a training, under the names they have in configuration and manifest.
///
/// A key that does not exist is refused when it is read; one that is absent has the value of
/// [`reference`](Self::reference), which is what it meant before there was such a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default = "AlsConfig::reference", deny_unknown_fields)]
pub struct AlsConfig {
    /// Length of a user's and of an item's factor vector: 1 to [`MAX_FACTORS`]. More factors than
    /// items are legal. Memory grows in proportion; the time of a row with few ratings with its
    /// square, that of one with many with its square times the ratings and, by Cholesky, with its
    /// cube. Default [`DEFAULT_FACTORS`].
    pub factors: usize,
    /// λ, the weight of the squared factors in the loss: finite, above 0. With
    /// [`frequency_scaling`](Self::frequency_scaling) 0 it is the same for every row, however many
    /// ratings that has. Default [`DEFAULT_REGULARIZATION`].
    pub regularization: f64,
    /// How often users and items are each solved for: at least 1. Default [`DEFAULT_ITERATIONS`].
    pub iterations: usize,
    /// How much confidence a rating point adds: a rating `r` has confidence `1 + alpha · |r|`, in
    /// `f32`. Finite, at least 0; at 0 every rated cell counts the same. Default [`DEFAULT_ALPHA`].
    pub alpha: f64,
    /// α₀, the confidence of a cell without a rating: above 0, at most 1. Below 1 what somebody has
    /// not watched says less against it. What counts for precision is `(1 + alpha · |r|) / α₀`:
    /// beyond 10⁴ every row is solved in double precision, which takes longer ([`Solver`]).
    /// Default [`DEFAULT_UNOBSERVED_WEIGHT`].
    pub unobserved_weight: f64,
    /// ν, how λ grows with a row's ratings: 0 to 1. A row with `n` ratings has
    /// `λ (n + α₀ m)^ν`, with `m` the number of rows of the other side (Rendle, Krichene, Zhang and
    /// Koren, *Revisiting the Performance of iALS on Item Recommendation Benchmarks*,
    /// 2021). A λ for ν = 0 is far too great for ν = 1. Default [`DEFAULT_FREQUENCY_SCALING`].
    pub frequency_scaling: f64,
    /// σ*, the spread of the items' random start: they are drawn from a normal distribution around
    /// 0 with standard deviation `σ* / √factors`, so that dot products start as large whatever the
    /// number of factors. Finite, above 0; `None` is uniform from 0 to 0.01. Default
    /// [`DEFAULT_INIT_SCALE`].
    pub init_scale: Option<f64>,
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
            unobserved_weight: DEFAULT_UNOBSERVED_WEIGHT,
            frequency_scaling: DEFAULT_FREQUENCY_SCALING,
            init_scale: Some(DEFAULT_INIT_SCALE),
            random_state: DEFAULT_RANDOM_STATE,
            solver: Solver::default(),
        }
    }
}

impl AlsConfig {
    /// The settings of the Python system this project replaces, whatever the defaults are: 50
    /// factors, λ = 0.01, 20 iterations, alpha = 40, ν = 0, α₀ = 1.
    #[must_use]
    pub fn reference() -> Self {
        Self {
            factors: 50,
            regularization: 0.01,
            iterations: 20,
            alpha: 40.0,
            unobserved_weight: 1.0,
            frequency_scaling: 0.0,
            init_scale: None,
            random_state: DEFAULT_RANDOM_STATE,
            solver: Solver::Auto,
        }
    }

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
        let weight = self.unobserved_weight;
        if !(weight > 0.0 && weight <= 1.0) {
            return Err(AlsError::UnobservedWeight { weight });
        }
        let exponent = self.frequency_scaling;
        if !(0.0..=1.0).contains(&exponent) {
            return Err(AlsError::FrequencyScaling { exponent });
        }
        match self.init_scale {
            // Factors are stored in f32, so that is where the scale must be finite.
            Some(scale) if !((scale as f32).is_finite() && scale > 0.0) => {
                Err(AlsError::InitScale { scale })
            }
            _ => Ok(()),
        }
    }

    /// Whether λ is another for rows of other lengths.
    pub(crate) fn scales_by_frequency(&self) -> bool {
        self.frequency_scaling != 0.0
    }

    /// `λ (n + α₀ m)^ν` of a row with `n` entries against `m` rows of the other side.
    pub(crate) fn row_regularization(&self, entries: usize, others: usize) -> f64 {
        self.regularization * self.row_scale(entries, others)
    }

    /// `(n + α₀ m)^ν`.
    fn row_scale(&self, entries: usize, others: usize) -> f64 {
        let base = entries as f64 + self.unobserved_weight * others as f64;
        // Not `powf`: what that gives may depend on the processor.
        match self.frequency_scaling {
            0.0 => 1.0,
            1.0 => base,
            exponent => libm::pow(base, exponent),
        }
    }

    /// What λ is multiplied with for the users of these ratings on average: the mean of
    /// `(n + α₀ m)^ν` over rows with `n` ratings of `m` items; 1 without rows. `λ` times this is
    /// how strongly users are regularized, whatever ν and the size of the data.
    #[must_use]
    pub fn mean_row_scale(&self, ratings: &Csr) -> f64 {
        if ratings.rows() == 0 {
            return 1.0;
        }
        let scale = |user: usize| self.row_scale(ratings.row(user).0.len(), ratings.columns());
        (0..ratings.rows()).map(scale).sum::<f64>() / ratings.rows() as f64
    }

    /// The mean of `n + α₀ m`, as [`mean_row_scale`](Self::mean_row_scale) with ν = 1.
    pub(crate) fn mean_row_weight(&self, ratings: &Csr) -> f64 {
        Self { frequency_scaling: 1.0, ..self.clone() }.mean_row_scale(ratings)
    }

    /// The same configuration with the λ that users of these ratings have `row_regularization` with
    /// on average, to three significant digits, so that it can be written down.
    #[must_use]
    pub fn with_row_regularization(self, row_regularization: f64, ratings: &Csr) -> Self {
        let regularization = row_regularization / self.mean_row_scale(ratings);
        let rounded = format!("{regularization:.2e}").parse();
        Self { regularization: rounded.unwrap_or(regularization), ..self }
    }

    /// Confidence in the preference of a cell with this rating.
    #[inline(always)]
    pub(crate) fn confidence(&self, rating: f32) -> f32 {
        1.0 + self.alpha as f32 * rating.abs()
    }

    /// The preference of a cell with this rating: 0 where it is negative, a dislike, else 1.
    #[inline(always)]
    pub(crate) fn preference(rating: f32) -> f32 {
        if rating < 0.0 { 0.0 } else { 1.0 }
    }

    /// Whether a rating can be trained with: it and its confidence are finite.
    #[inline(always)]
    pub(crate) fn admits(&self, rating: f32) -> bool {
        rating.is_finite() && self.confidence(rating).is_finite()
    }
}

/// How the linear system of one row is solved.
///
/// All but [`Cg`](Self::Cg) solve it exactly but for rounding, and differ in time alone: a solution
/// `x` of a row's system `A` is close to the exact `x*` in the norm of the system,
/// `‖x − x*‖_A ≤ (2·10⁻⁸ c + 10⁻⁷ (1 + √n)) ‖x*‖_A`, with `n` the row's ratings and `c` the
/// greatest confidence among them as a multiple of α₀, besides what storing it in single precision
/// costs. What that adds to the loss is its square. The bound is measured, not proven: against a
/// slow solver in double precision with condition numbers of `α₀ YᵀY + λI`, the Gram matrix of the
/// fixed side with λ, of up to 8·10⁸; none is claimed beyond. It is one for each row, not for a
/// training: where λ is far below 2⁻²⁴ of the norm of `YᵀY`, storing the factors in single
/// precision moves the next system by more than λ, and trainings by two exact solvers part.
///
/// Where a rating's confidence exceeds 10⁴ α₀, all of that is in double precision: every row of the
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
