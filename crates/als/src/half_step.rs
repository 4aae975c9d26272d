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
    let Some((row, fault)) = fault else { return Ok(()) };
    let config = &fixed.prepared.config;
    let regularization = config.regularization;
    Err(match fault {
        RowFault::NotPositiveDefinite => {
            let confidences = ratings.row(row).1.iter().map(|&rating| config.confidence(rating));
            let confidence = confidences.fold(1.0, f32::max);
            AlsError::NotPositiveDefinite { side, row, regularization, confidence }
        }
        RowFault::NonFinite => AlsError::NonFinite { side, row, regularization },
    })
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
    use super::*;
    use crate::{
        AlsConfig, Solver, cost::Choice, gram::gram, instructions::Instructions, solve::Prepared,
        whitening::Whitening,
    };

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
    fn bits(instructions: Instructions, ratings: &Csr, fixed: &FixedSide<'_>) -> Vec<u32> {
        let count = fixed.factors.columns();
        let mut rows = vec![0.25; ratings.rows() * count];
        let (mut workspace, mut deferred) = (Workspace::new(count), Deferred::new(count));
        let fault = instructions.run(Task {
            first: 0,
            ratings,
            fixed,
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
        let solvers = [Solver::Auto, Solver::Cholesky, Solver::Woodbury, Solver::Cg];
        let shapes = [(80, 1), (80, 16), (80, 19), (80, 50), (800, 19), (800, 24)];
        for (solver, frequency_scaling) in solvers.into_iter().flat_map(|s| [(s, 0.0), (s, 0.7)]) {
            for (columns, count) in shapes {
                let config = AlsConfig {
                    factors: count,
                    solver,
                    frequency_scaling,
                    ..AlsConfig::reference()
                };
                let (ratings, factors) = (ratings(columns), factors(columns, count));
                let choice = Choice::new(&ratings, &config, 100.0);
                let prepared = &Prepared::new(&gram(&factors), factors.rows(), &config, choice)
                    .keep_whitened(&factors)
                    .expect("room for the rows");
                let fixed = FixedSide { factors: &factors, prepared };
                let kept = columns == 80 || solver == Solver::Cg;
                let rows = prepared.whitening().and_then(Whitening::rows);
                assert_eq!(rows.is_some(), kept, "{solver}, {columns} columns");
                let whitens = kept || solver != Solver::Cholesky;
                assert_eq!(prepared.whitening().is_some(), whitens, "{solver}, {columns} columns");
                let portable = bits(Instructions::Portable, &ratings, &fixed);
                for instructions in Instructions::available() {
                    let found = bits(instructions, &ratings, &fixed);
                    assert_eq!(found, portable, "{solver}, {columns}, {count}, {instructions:?}");
                }
            }
        }
    }

    /// Rows of this many entries each, all columns different.
    fn rows_of(entries: usize, columns: usize) -> Csr {
        let place = |row: usize, i: usize| (row as u32, (row * 13 + i * 7) as u32 % columns as u32);
        let triplets = (0..40).flat_map(|row| (0..entries).map(move |i| place(row, i)));
        let triplets = triplets.map(|(row, column)| (row, column, 1.0)).collect();
        Csr::from_triplets(40, columns, triplets).0
    }

    #[test]
    fn a_whitened_system_that_rounding_made_indefinite_is_solved_as_it_stands() {
        // At such a confidence rounding hides the identity: of a system of more unknowns than the
        // rows have dimensions, the other eigenvalues are noise. No training comes here: it solves
        // directly from the start.
        for (crossover, count, entries) in [(1025, 3, 6), (1025, 3, 9), (1025, 3, 40), (0, 8, 3)] {
            let config = AlsConfig { factors: count, alpha: 1e14, ..AlsConfig::reference() };
            let (ratings, factors) = (rows_of(entries, 89), factors(89, count));
            let solved = |choice| {
                let prepared = &Prepared::new(&gram(&factors), factors.rows(), &config, choice)
                    .keep_whitened(&factors)
                    .expect("room for the rows");
                let fixed = FixedSide { factors: &factors, prepared };
                bits(Instructions::Dispatched, &ratings, &fixed)
            };
            let whitened = solved(Choice { crossover, keep_whitened: true });
            let direct = solved(Choice::DIRECT);
            let rows = whitened.chunks(count).zip(direct.chunks(count));
            let same = rows.filter(|(whitened, direct)| whitened == direct).count();
            assert!(same >= 36, "{crossover}, {count} factors, {entries} entries: {same} of 40");
        }
    }

    #[test]
    fn a_solution_beyond_single_precision_names_its_row() {
        let factors = Matrix::new(1, 1, vec![1e-39]).expect("one value");
        let config = AlsConfig { factors: 1, regularization: 1e-80, ..AlsConfig::reference() };
        let (ratings, _) = Csr::from_triplets(2, 1, vec![(1, 0, 0.0)]);
        let choice = Choice::new(&ratings, &config, 1.0);
        let prepared = &Prepared::new(&gram(&factors), factors.rows(), &config, choice);
        let fixed = FixedSide { factors: &factors, prepared };
        let mut solved = Matrix::zeros(2, 1).expect("room for two values");
        let error = half_step(Side::Item, &ratings, &fixed, &mut solved).expect_err("too great");
        assert!(matches!(error, AlsError::NonFinite { side: Side::Item, row: 1, .. }), "{error}");
    }
}
