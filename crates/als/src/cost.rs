//! What it costs to solve for a row, and so how.

use marquee_dataset::Csr;

use crate::{AlsConfig, Solver};

/// Rows longer than this have no Woodbury system: its square would fill the processor's caches, and
/// beyond them memory.
pub(crate) const LONGEST_WOODBURY: usize = 1024;

/// All fixed rows are whitened beforehand where they are gathered this often on average: it takes
/// as much memory as the factors, and the time of forming the system of one entry for each row.
const KEPT_GATHERS: usize = 16;

/// Costs of solving for a row of a half-step in nanoseconds, fitted to what the example `time_rows`
/// measured on one core with AVX-512. Only how they compare matters, and that hardly depends on the
/// machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CostModel {
    factors: f64,
    /// Whether the fixed rows are kept whitened.
    kept: bool,
}

impl CostModel {
    pub(crate) fn new(factors: usize, kept: bool) -> Self {
        Self { factors: factors as f64, kept }
    }

    /// A Cholesky factorization of the full system of a row with `n` entries: `f³ / 6`
    /// multiplications to factorize it, `n f² / 2` to form it.
    pub(crate) fn cholesky(&self, entries: usize) -> f64 {
        let (n, f) = (entries as f64, self.factors);
        let form = if self.kept { 0.0066 } else { 0.025 };
        27.0 * f + 0.27 * f * f + 0.0053 * f * f * f + n * (6.5 + 0.31 * f + form * f * f)
    }

    /// A Woodbury solve: `n² f / 2` multiplications to form the small system, `n³ / 6` to factorize
    /// it, `f² / 2` to leave the whitened basis and, where rows are not kept, `n f² / 2` to enter it.
    pub(crate) fn woodbury(&self, entries: usize) -> f64 {
        let (n, f) = (entries as f64, self.factors);
        let enter = if self.kept { 0.0 } else { 0.8 * f + 0.019 * f * f };
        let small = n * n * (2.45 + 0.0022 * f + 0.0025 * n);
        0.028 * f * f + n * (20.0 + 0.31 * f + enter) + small
    }

    /// The first length at which Cholesky costs no more than Woodbury.
    fn crossover(&self) -> usize {
        (1..=LONGEST_WOODBURY)
            .find(|&entries| self.cholesky(entries) <= self.woodbury(entries))
            .unwrap_or(LONGEST_WOODBURY + 1)
    }
}

/// How the rows of one half-step are solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Rows with fewer entries are solved by Woodbury, others by Cholesky.
    pub(crate) crossover: usize,
    /// Whether every fixed row is whitened once.
    pub(crate) keep_whitened: bool,
}

impl Choice {
    /// Every row by Cholesky, as it stands.
    pub(crate) const DIRECT: Self = Self { crossover: 0, keep_whitened: false };

    pub(crate) fn new(ratings: &Csr, config: &AlsConfig) -> Self {
        let gathers = ratings.entries() >= ratings.columns().saturating_mul(KEPT_GATHERS);
        let keep_whitened = gathers || config.solver == Solver::Cg;
        let crossover = match config.solver {
            Solver::Auto => CostModel::new(config.factors, keep_whitened).crossover(),
            Solver::Woodbury => LONGEST_WOODBURY + 1,
            Solver::Cholesky | Solver::Cg => 0,
        };
        Self { crossover, keep_whitened }
    }
}
