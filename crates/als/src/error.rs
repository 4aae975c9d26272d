use std::{io, path::PathBuf};

use marquee_dataset::NpzFault;
use thiserror::Error;

use crate::{MAX_FACTORS, Side};

/// Why a training, a model or a model file failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AlsError {
    /// [`AlsConfig::factors`](crate::AlsConfig::factors) is out of range.
    #[error("factors is {factors}: it must be from 1 to {MAX_FACTORS}")]
    Factors {
        /// The value given.
        factors: usize,
    },
    /// [`AlsConfig::regularization`](crate::AlsConfig::regularization) is out of range.
    #[error("regularization is {regularization}: it must be finite and above 0")]
    Regularization {
        /// The value given.
        regularization: f64,
    },
    /// [`AlsConfig::iterations`](crate::AlsConfig::iterations) is 0.
    #[error("iterations is 0: it must be at least 1")]
    Iterations,
    /// [`AlsConfig::alpha`](crate::AlsConfig::alpha) is out of range.
    #[error("alpha is {alpha}: it must be at least 0 and finite in single precision")]
    Alpha {
        /// The value given.
        alpha: f64,
    },
    /// [`AlsConfig::unobserved_weight`](crate::AlsConfig::unobserved_weight) is out of range.
    #[error("the unobserved weight is {weight}: it must be above 0 and at most 1")]
    UnobservedWeight {
        /// The value given.
        weight: f64,
    },
    /// [`AlsConfig::frequency_scaling`](crate::AlsConfig::frequency_scaling) is out of range.
    #[error("the frequency scaling is {exponent}: it must be from 0 to 1")]
    FrequencyScaling {
        /// The value given.
        exponent: f64,
    },
    /// [`AlsConfig::init_scale`](crate::AlsConfig::init_scale) is out of range.
    #[error("the initial scale is {scale}: it must be finite and above 0")]
    InitScale {
        /// The value given.
        scale: f64,
    },
    /// A text names no [`Solver`](crate::Solver).
    #[error("solver {name:?} does not exist: choose auto, cholesky, woodbury or cg")]
    UnknownSolver {
        /// The name given.
        name: String,
    },
    /// There is nothing to train on: no users, no items or no ratings.
    #[error("nothing to train on: {users} users, {items} items, {entries} ratings")]
    EmptyMatrix {
        /// Rows of the matrix.
        users: usize,
        /// Columns of the matrix.
        items: usize,
        /// Ratings in it.
        entries: usize,
    },
    /// A rating is not finite, or its confidence is too great for single precision.
    #[error(
        "rating {rating} of user row {user}, item row {item} cannot be used: ratings and \
         1 + alpha × |rating| are finite in single precision"
    )]
    Rating {
        /// Row of the user.
        user: usize,
        /// Row of the item.
        item: usize,
        /// The rating.
        rating: f32,
    },
    /// A row's system has no Cholesky factorization: rounding has made it indefinite, in double
    /// precision too.
    #[error(
        "the system of {side} row {row} is not positive definite with regularization \
         {regularization} and confidences up to {confidence:e}: raise the regularization or lower \
         alpha"
    )]
    NotPositiveDefinite {
        /// Whose row it is.
        side: Side,
        /// The lowest such row.
        row: usize,
        /// λ of the training.
        regularization: f64,
        /// The row's greatest confidence.
        confidence: f32,
    },
    /// The solution of a row's system does not fit single precision.
    #[error(
        "the factors of {side} row {row} are not finite with regularization {regularization}: \
         raise the regularization"
    )]
    NonFinite {
        /// Whose row it is.
        side: Side,
        /// The lowest such row.
        row: usize,
        /// λ of the training.
        regularization: f64,
    },
    /// A rating given to [`FoldIn`](crate::FoldIn) cannot be used.
    #[error(
        "rating {rating} of row {row} cannot be used: rows are below {rows} and come once, ratings \
         and 1 + alpha × |rating| are finite in single precision"
    )]
    Entry {
        /// Row of the fixed side.
        row: usize,
        /// The rating.
        rating: f32,
        /// Rows there are.
        rows: usize,
    },
    /// The system of ratings given to [`FoldIn`](crate::FoldIn) has no solution in double precision
    /// that fits single precision.
    #[error(
        "the system of the ratings cannot be solved with regularization {regularization}: raise \
         the regularization or lower alpha"
    )]
    Unsolvable {
        /// λ of the system.
        regularization: f64,
    },
    /// The factors, or those of the fixed side once more, whitened, do not fit the machine's memory.
    #[error("{rows} rows of {factors} factors do not fit into memory: choose fewer factors")]
    Memory {
        /// Rows of the matrix there was no room for.
        rows: usize,
        /// Its columns.
        factors: usize,
    },
    /// The observer stopped the training.
    #[error("cancelled in iteration {iteration} after solving for the {side}s")]
    Cancelled {
        /// The iteration it stopped in, from 1.
        iteration: usize,
        /// The side solved last.
        side: Side,
    },
    /// Two things that belong together have different sizes.
    #[error("{left} has {left_size} {unit} but {right} has {right_size}")]
    Mismatch {
        /// One of them, by the name of its array or file.
        left: &'static str,
        /// Its size.
        left_size: usize,
        /// The other.
        right: &'static str,
        /// Its size.
        right_size: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A factor of a model is NaN or infinite.
    #[error("{array} row {row} holds a value that is not finite")]
    FactorNotFinite {
        /// The array's name in the model file.
        array: &'static str,
        /// The first such row.
        row: usize,
    },
    /// A factor of a user who is not in the model is NaN or infinite.
    #[error("the user's factors hold a value that is not finite")]
    UserNotFinite,
    /// The factors of a model, or of a user who is not in it, are so great that a score may be
    /// infinite.
    #[error("the factors are so great that scores may not fit single precision")]
    ScoreNotFinite,
    /// A model file cannot be opened, or is no zip archive.
    #[error("failed to read model file {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system or the archive reader said.
        source: io::Error,
    },
    /// An array of a model file cannot be used.
    #[error("failed to read {array} of model file {}", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// The array.
        array: &'static str,
        /// What is wrong with it.
        source: ModelFileFault,
    },
    /// A model could not be written.
    #[error("failed to write {array}")]
    Write {
        /// The array being written.
        array: &'static str,
        /// What the writer said.
        source: io::Error,
    },
}

/// What is wrong with one array of a model file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelFileFault {
    /// It cannot be read as an array of little-endian floats of 32 or 64 bits.
    #[error(transparent)]
    Array(#[from] NpzFault),
    /// The array is not two-dimensional.
    #[error("its shape is {shape:?}, not (rows, factors)")]
    Shape {
        /// The shape in the header.
        shape: Vec<u64>,
    },
    /// A 64-bit float of the array is beyond what 32 bits hold.
    #[error("row {row} holds {value:e}, which does not fit single precision")]
    Range {
        /// The first such row.
        row: usize,
        /// The value.
        value: f64,
    },
    /// The two arrays have different numbers of factors.
    #[error("it has {found} factors, user_factors has {expected}")]
    FactorCount {
        /// Columns of this array.
        found: usize,
        /// Columns of the other.
        expected: usize,
    },
}
