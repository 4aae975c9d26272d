use marquee_dataset::Csr;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    AlsError, Matrix, Side,
    solve::{FixedSide, RowFault, Workspace, solve_row},
};

/// Rows a thread takes at a time.
const TASK_ROWS: usize = 64;

/// Solves for every row of `solved`, on the current thread pool. Row `r` of `ratings` holds the
/// entries of row `r`; each row is written by the one thread that solves it.
pub(crate) fn half_step(
    side: Side,
    ratings: &Csr,
    fixed: FixedSide<'_>,
    solved: &mut Matrix,
) -> Result<(), AlsError> {
    let factors = solved.columns();
    let arch = Arch::new();
    let fault = solved
        .as_mut_slice()
        .par_chunks_mut(TASK_ROWS * factors)
        .enumerate()
        .map_init(
            || Workspace::new(factors),
            |workspace, (task, rows)| {
                arch.dispatch(Task { first: task * TASK_ROWS, ratings, fixed, workspace, rows })
            },
        )
        // The lowest row, whichever thread was first: errors are as repeatable as results.
        .reduce(|| None, lowest);
    let regularization = fixed.config.regularization;
    match fault {
        None => Ok(()),
        Some((row, RowFault::NotPositiveDefinite)) => {
            Err(AlsError::NotPositiveDefinite { side, row, regularization })
        }
        Some((row, RowFault::NonFinite)) => Err(AlsError::NonFinite { side, row, regularization }),
    }
}

type Fault = Option<(usize, RowFault)>;

fn lowest(a: Fault, b: Fault) -> Fault {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.0 <= b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Some rows, solved under run-time dispatch.
struct Task<'a> {
    first: usize,
    ratings: &'a Csr,
    fixed: FixedSide<'a>,
    workspace: &'a mut Workspace,
    rows: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = Fault;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Fault {
        let factors = self.fixed.factors.columns();
        for (place, row) in self.rows.chunks_exact_mut(factors).enumerate() {
            let entries = self.ratings.row(self.first + place);
            if let Err(fault) = solve_row(simd, self.fixed, entries, self.workspace, row) {
                return Some((self.first + place, fault));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;
    use crate::{AlsConfig, gram::gram};

    /// Entries, values and configuration of a small half-step with rows of 0 to 70 entries.
    fn case() -> (Csr, Matrix, AlsConfig) {
        let config = AlsConfig { factors: 19, ..AlsConfig::default() };
        let triplets = (0..64_u32)
            .flat_map(|row| (0..row + 7).skip_while(move |_| row == 5).map(move |i| (row, i, 1.0)))
            .collect();
        let (ratings, _) = Csr::from_triplets(64, 80, triplets);
        let values = (0..80 * 19).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0).collect();
        (ratings, Matrix::new(80, 19, values).expect("as many values as needed"), config)
    }

    #[test]
    fn every_instruction_set_gives_the_same_bytes() {
        let (ratings, factors, config) = case();
        let mut system = gram(&factors);
        system.add_to_diagonal(config.regularization);
        let fixed = FixedSide { factors: &factors, gram: &system, config: &config };
        let solve = |vectors: bool| {
            let mut rows = vec![f32::NAN; 64 * 19];
            let mut workspace = Workspace::new(19);
            let task = Task {
                first: 0,
                ratings: &ratings,
                fixed,
                workspace: &mut workspace,
                rows: &mut rows,
            };
            let fault = if vectors { Arch::new().dispatch(task) } else { Scalar.vectorize(task) };
            assert_eq!(fault, None);
            rows.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(solve(true), solve(false));
    }

    #[test]
    fn a_solution_beyond_single_precision_names_its_row() {
        let factors = Matrix::new(1, 1, vec![1e-39]).expect("one value");
        let config = AlsConfig { factors: 1, regularization: 1e-80, ..AlsConfig::default() };
        let mut system = gram(&factors);
        system.add_to_diagonal(config.regularization);
        let fixed = FixedSide { factors: &factors, gram: &system, config: &config };
        let (ratings, _) = Csr::from_triplets(2, 1, vec![(1, 0, 0.0)]);
        let mut solved = Matrix::zeros(2, 1);
        let error = half_step(Side::Item, &ratings, fixed, &mut solved).expect_err("too great");
        assert!(matches!(error, AlsError::NonFinite { side: Side::Item, row: 1, .. }), "{error}");
    }
}
