use marquee_dataset::Csr;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    AlsError, Matrix, Side,
    solve::{Deferred, Entries, FixedSide, RowFault, Workspace, improve, solve_row},
};

/// What the rows a thread takes at a time cost, in entries: a row itself counts as
/// [`ROW_ENTRIES`].
const TASK_ENTRIES: usize = 4096;
const ROW_ENTRIES: usize = 32;

/// Solves for every row of `solved`, on the current thread pool. Row `r` of `ratings` holds the
/// entries of row `r`; each row is written by the one thread that solves it.
pub(crate) fn half_step(
    side: Side,
    ratings: &Csr,
    fixed: &FixedSide<'_>,
    solved: &mut Matrix,
) -> Result<(), AlsError> {
    let factors = solved.columns();
    let arch = Arch::new();
    let fault = tasks(ratings, solved)
        .into_iter()
        .par_bridge()
        .map_init(
            || (Workspace::new(factors), Deferred::new(factors)),
            |(workspace, deferred), (first, rows)| {
                arch.dispatch(Task { first, ratings, fixed, workspace, deferred, rows })
            },
        )
        // The lowest row, whichever thread was first: errors are as repeatable as results.
        .reduce(|| None, lowest);
    let regularization = fixed.prepared.config.regularization;
    match fault {
        None => Ok(()),
        Some((row, RowFault::NotPositiveDefinite)) => {
            Err(AlsError::NotPositiveDefinite { side, row, regularization })
        }
        Some((row, RowFault::NonFinite)) => Err(AlsError::NonFinite { side, row, regularization }),
    }
}

/// Cuts the rows to be solved into tasks of about the same cost, each with the row it starts at.
///
/// The costliest come first, so that none of them is left when the others are done.
fn tasks<'a>(ratings: &Csr, solved: &'a mut Matrix) -> Vec<(usize, &'a mut [f32])> {
    let factors = solved.columns();
    let (indptr, _) = ratings.pattern();
    let entries = |from: usize, to: usize| (indptr[to] - indptr[from]) as usize;
    let mut costs = Vec::new();
    let mut tasks = Vec::new();
    let mut rest = solved.as_mut_slice();
    let mut first = 0;
    for row in 1..=ratings.rows() {
        let cost = entries(first, row) + (row - first) * ROW_ENTRIES;
        if cost < TASK_ENTRIES && row < ratings.rows() {
            continue;
        }
        let (rows, behind) = rest.split_at_mut((row - first) * factors);
        rest = behind;
        costs.push(cost);
        tasks.push((first, rows));
        first = row;
    }
    let mut tasks: Vec<_> = costs.into_iter().zip(tasks).collect();
    tasks.sort_by_key(|&(cost, (first, _))| (std::cmp::Reverse(cost / TASK_ENTRIES), first));
    tasks.into_iter().map(|(_, task)| task).collect()
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
    fixed: &'a FixedSide<'a>,
    workspace: &'a mut Workspace,
    deferred: &'a mut Deferred,
    rows: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = Fault;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Fault {
        let Self { first, ratings, fixed, workspace, deferred, rows } = self;
        let factors = fixed.factors.columns();
        let (indptr, indices) = ratings.pattern();
        let entries = |place: usize| {
            let (columns, ratings) = ratings.row(first + place);
            let upcoming = &indices[indptr[first + place + 1] as usize..];
            Entries { columns, ratings, upcoming }
        };
        let mut fault = None;
        for place in 0..rows.len() / factors {
            let row = &mut rows[place * factors..][..factors];
            let found = solve_row(simd, fixed, entries(place), workspace, deferred, (place, row));
            if let Err(found) = found {
                fault = Some((first + place, found));
                break;
            }
            if deferred.is_full() {
                improve(simd, fixed, entries, workspace, deferred, rows);
                fault = lowest(fault, finish(simd, first, fixed, deferred, rows));
            }
        }
        improve(simd, fixed, entries, workspace, deferred, rows);
        lowest(fault, finish(simd, first, fixed, deferred, rows))
    }
}

/// Stores the deferred rows of a task.
#[inline(always)]
fn finish<S: Simd>(
    simd: S,
    first: usize,
    fixed: &FixedSide<'_>,
    deferred: &mut Deferred,
    rows: &mut [f32],
) -> Fault {
    let whitening = fixed.prepared.whitening()?;
    let finished = deferred.finish(simd, whitening, fixed.factors.columns(), rows);
    finished.err().map(|(place, fault)| (first + place, fault))
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;
    use crate::{AlsConfig, Solver, cost::Choice, gram::gram, solve::Prepared};

    /// Rows of 0 to 70 entries.
    fn ratings(columns: usize) -> Csr {
        let triplets = (0..64_u32)
            .flat_map(|row| {
                let entries = (0..row + 7).skip_while(move |_| row == 5);
                entries.map(move |i| (row, i, (i % 4) as f32 * 0.75))
            })
            .collect();
        Csr::from_triplets(64, columns, triplets).0
    }

    fn factors(rows: usize, columns: usize) -> Matrix {
        let values = (0..rows * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0).collect();
        Matrix::new(rows, columns, values).expect("as many values as needed")
    }

    /// The bits of a half-step on given instructions.
    fn bits(
        instructions: impl FnOnce(Task<'_>) -> Fault,
        solver: Solver,
        shape: (usize, usize),
    ) -> Vec<u32> {
        let (columns, count) = shape;
        let config = AlsConfig { factors: count, solver, ..AlsConfig::default() };
        let (ratings, factors) = (ratings(columns), factors(columns, count));
        let choice = Choice::new(&ratings, &config);
        let prepared = &Prepared::new(&factors, &gram(&factors), &config, choice);
        let fixed = FixedSide { factors: &factors, prepared };
        let mut rows = vec![0.25; 64 * count];
        let (mut workspace, mut deferred) = (Workspace::new(count), Deferred::new(count));
        let fault = instructions(Task {
            first: 0,
            ratings: &ratings,
            fixed: &fixed,
            workspace: &mut workspace,
            deferred: &mut deferred,
            rows: &mut rows,
        });
        assert_eq!(fault, None);
        rows.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bytes() {
        // With 80 columns rows are kept whitened, with 800 they are not. Counts of factors are and
        // are not those of whole registers.
        for solver in [Solver::Auto, Solver::Cholesky, Solver::Woodbury, Solver::Cg] {
            for shape in [(80, 1), (80, 16), (80, 19), (80, 50), (800, 19), (800, 24)] {
                let best = bits(|task| Arch::new().dispatch(task), solver, shape);
                let portable = bits(|task| Scalar.vectorize(task), solver, shape);
                assert_eq!(best, portable, "{solver}, {shape:?}");
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = pulp::x86::V3::try_new() {
                    let narrow = bits(|task| Simd::vectorize(simd, task), solver, shape);
                    assert_eq!(narrow, portable, "AVX2: {solver}, {shape:?}");
                }
            }
        }
    }

    #[test]
    fn a_solution_beyond_single_precision_names_its_row() {
        let factors = Matrix::new(1, 1, vec![1e-39]).expect("one value");
        let config = AlsConfig { factors: 1, regularization: 1e-80, ..AlsConfig::default() };
        let (ratings, _) = Csr::from_triplets(2, 1, vec![(1, 0, 0.0)]);
        let choice = Choice::new(&ratings, &config);
        let prepared = &Prepared::new(&factors, &gram(&factors), &config, choice);
        let fixed = FixedSide { factors: &factors, prepared };
        let mut solved = Matrix::zeros(2, 1).expect("room for two values");
        let error = half_step(Side::Item, &ratings, &fixed, &mut solved).expect_err("too great");
        assert!(matches!(error, AlsError::NonFinite { side: Side::Item, row: 1, .. }), "{error}");
    }
}
