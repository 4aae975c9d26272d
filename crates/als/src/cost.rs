//! What it costs to solve for a row, and so how.

use marquee_dataset::Csr;

use crate::{AlsConfig, Solver};

/// Rows longer than this have no Woodbury system: its square would fill the processor's caches, and
/// beyond them memory.
pub(crate) const LONGEST_WOODBURY: usize = 1024;

/// All fixed rows are whitened beforehand where they are gathered this often on average: it takes
/// as much memory as the factors, and the time of forming the system of one entry for each row.
const KEPT_GATHERS: usize = 16;

/// Above this confidence of any rating, as a multiple of that of an unobserved cell, every row is
/// solved in double precision: rounding a whitened system to single precision moves a solution by
/// up to 2·10⁻⁸ of its norm times the confidence, and the square of that norm grows with the
/// confidence too, while the least loss does not.
pub(crate) const GREATEST_SINGLE: f32 = 1e4;

/// Costs of solving for a row of a half-step in nanoseconds, fitted to what the example `time_rows`
/// measured on one core with AVX-512; those of a rotation follow from it by multiplications. Only
/// how they compare matters; on other instructions that was not measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CostModel {
    factors: f64,
    /// Whether the fixed rows are kept whitened.
    kept: bool,
    /// Whether the basis is a rotation: a full matrix enters and leaves it, where whitening takes a
    /// triangle, and rows are scaled.
    rotated: bool,
}

impl CostModel {
    pub(crate) fn new(factors: usize, kept: bool, rotated: bool) -> Self {
        Self { factors: factors as f64, kept, rotated }
    }

    /// A Cholesky factorization of the full system of a row with `n` entries: `f³ / 6`
    /// multiplications to factorize it, `n f² / 2` to form it.
    pub(crate) fn cholesky(&self, entries: usize) -> f64 {
        let (n, f) = (entries as f64, self.factors);
        let form = if self.kept { 0.0066 } else { 0.025 };
        let leave = if self.rotated && self.kept { 0.028 * f * f } else { 0.0 };
        27.0 * f + 0.27 * f * f + 0.0053 * f * f * f + leave + n * (6.5 + 0.31 * f + form * f * f)
    }

    /// A Woodbury solve: `n² f / 2` multiplications to form the small system, `n³ / 6` to factorize
    /// it, `n f` to put the solution together, `f² / 2` to leave the whitened basis and, where rows
    /// are not kept, `n f² / 2` to enter it.
    pub(crate) fn woodbury(&self, entries: usize) -> f64 {
        let (n, f) = (entries as f64, self.factors);
        let (triangle, scale) = if self.rotated { (2.0, 0.1) } else { (1.0, 0.0) };
        let enter = if self.kept { 0.0 } else { 0.8 * f + triangle * 0.019 * f * f };
        let small = n * n * (2.45 + 0.0022 * f + 0.0025 * n);
        triangle * 0.028 * f * f + n * (20.0 + (0.31 + scale) * f + enter) + small
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

    /// For rows with these ratings. `greatest` is the greatest confidence of the training, which is
    /// the same for both sides.
    pub(crate) fn new(ratings: &Csr, config: &AlsConfig, greatest: f32) -> Self {
        if f64::from(greatest) > f64::from(GREATEST_SINGLE) * config.unobserved_weight {
            return Self::DIRECT;
        }
        let gathers = ratings.entries() >= ratings.columns().saturating_mul(KEPT_GATHERS);
        let keep_whitened = gathers || config.solver == Solver::Cg;
        let crossover = match config.solver {
            Solver::Auto => {
                let rotated = config.scales_by_frequency();
                CostModel::new(config.factors, keep_whitened, rotated).crossover()
            }
            Solver::Woodbury => LONGEST_WOODBURY + 1,
            Solver::Cholesky | Solver::Cg => 0,
        };
        Self { crossover, keep_whitened }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many entries in a row of so many columns.
    fn ratings(entries: usize, columns: usize) -> Csr {
        let users = entries.div_ceil(columns);
        let triplet = |place: usize| ((place / columns) as u32, (place % columns) as u32, 1.0);
        Csr::from_triplets(users, columns, (0..entries).map(triplet).collect()).0
    }

    fn choice(solver: Solver, factors: usize, entries: usize, columns: usize) -> Choice {
        let config = AlsConfig { factors, solver, ..AlsConfig::reference() };
        Choice::new(&ratings(entries, columns), &config, config.confidence(5.0))
    }

    #[test]
    fn rows_are_kept_from_sixteen_gathers_on() {
        for solver in [Solver::Auto, Solver::Cholesky, Solver::Woodbury] {
            assert!(!choice(solver, 50, 159, 10).keep_whitened, "{solver}");
            assert!(choice(solver, 50, 160, 10).keep_whitened, "{solver}");
        }
        assert!(choice(Solver::Cg, 50, 1, 10).keep_whitened);
    }

    #[test]
    fn the_crossover_is_where_the_costs_meet() {
        for (factors, kept, crossover) in
            [(50, true, 33), (50, false, 26), (128, true, 97), (128, false, 77)]
        {
            let entries = if kept { 160 } else { 159 };
            let expected = Choice { crossover, keep_whitened: kept };
            assert_eq!(choice(Solver::Auto, factors, entries, 10), expected, "{factors} factors");
            let costs = CostModel::new(factors, kept, false);
            assert!(costs.woodbury(crossover - 1) < costs.cholesky(crossover - 1), "{factors}");
            assert!(costs.woodbury(crossover) >= costs.cholesky(crossover), "{factors}");
        }
        // A rotation takes longer to enter and to leave; where rows are kept that matters little.
        assert_eq!(CostModel::new(50, true, true).crossover(), 32);
        assert_eq!(CostModel::new(50, false, true).crossover(), 19);
        // So many factors that Woodbury is always the cheaper.
        assert_eq!(choice(Solver::Auto, 1024, 160, 10).crossover, LONGEST_WOODBURY + 1);
    }

    #[test]
    fn other_solvers_take_rows_of_every_length_they_can() {
        for entries in [159, 160] {
            assert_eq!(choice(Solver::Woodbury, 50, entries, 10).crossover, 1025);
            assert_eq!(choice(Solver::Cholesky, 50, entries, 10).crossover, 0);
            assert_eq!(choice(Solver::Cg, 50, entries, 10).crossover, 0);
        }
    }

    #[test]
    fn confidences_beyond_single_precision_are_solved_directly() {
        let config = AlsConfig::reference();
        for solver in [Solver::Auto, Solver::Cholesky, Solver::Woodbury, Solver::Cg] {
            let config = AlsConfig { solver, ..config.clone() };
            let at = |greatest: f32| Choice::new(&ratings(160, 10), &config, greatest);
            assert!(at(GREATEST_SINGLE).keep_whitened, "{solver}");
            assert_eq!(at(GREATEST_SINGLE.next_up()), Choice::DIRECT, "{solver}");
        }
    }
}
