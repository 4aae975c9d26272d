//! The linear system of one row: slices in, a slice out.

use pulp::Simd;

use crate::{
    AlsConfig, Matrix, Solver,
    gram::BATCH,
    lanes::{Lanes, widen},
    triangle::{Triangle, strips},
};

/// Why a row has no solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFault {
    NotPositiveDefinite,
    NonFinite,
}

/// What every row of a half-step is solved against.
#[derive(Clone, Copy)]
pub(crate) struct FixedSide<'a> {
    pub(crate) factors: &'a Matrix,
    /// The Gram matrix of `factors` with λ on its diagonal.
    pub(crate) gram: &'a Triangle,
    pub(crate) config: &'a AlsConfig,
}

/// The ratings of one row: the rows of the fixed side they belong to, and their values.
pub(crate) type Entries<'a> = (&'a [u32], &'a [f32]);

/// Memory a thread uses for one row after another.
pub(crate) struct Workspace {
    system: Triangle,
    batch: Vec<Lanes>,
    right_side: Vec<Lanes>,
    inverses: Vec<Lanes>,
    solution: Vec<Lanes>,
}

impl Workspace {
    pub(crate) fn new(factors: usize) -> Self {
        let runs = strips(factors);
        Self {
            system: Triangle::zeros(factors),
            batch: vec![Lanes::ZERO; runs * BATCH],
            right_side: vec![Lanes::ZERO; runs],
            inverses: vec![Lanes::ZERO; runs],
            solution: vec![Lanes::ZERO; runs],
        }
    }
}

/// Solves `(YᵀY + λI + Σ (c − 1) y yᵀ) x = Σ c y` for `x`, sums over the row's entries, in `f64`.
///
/// Single precision would not do: with λ 0.01 and confidences of 200 the system's condition number
/// passes 10⁷, and rounding its matrix would move eigenvalues by more than λ.
#[inline(always)]
pub(crate) fn solve_row<S: Simd>(
    simd: S,
    fixed: FixedSide<'_>,
    entries: Entries<'_>,
    workspace: &mut Workspace,
    row: &mut [f32],
) -> Result<(), RowFault> {
    if entries.0.is_empty() {
        row.fill(0.0);
        return Ok(());
    }
    match fixed.config.solver {
        Solver::Auto | Solver::Cholesky => cholesky(simd, fixed, entries, workspace)?,
    }
    let mut finite = true;
    for (value, found) in row.iter_mut().zip(workspace.solution.iter().flat_map(|run| run.0)) {
        *value = found as f32;
        finite &= value.is_finite();
    }
    if finite { Ok(()) } else { Err(RowFault::NonFinite) }
}

/// Leaves the solution in the workspace.
#[inline(always)]
fn cholesky<S: Simd>(
    simd: S,
    fixed: FixedSide<'_>,
    entries: Entries<'_>,
    workspace: &mut Workspace,
) -> Result<(), RowFault> {
    assemble(simd, fixed, entries, workspace);
    let Workspace { system, inverses, solution, .. } = workspace;
    system.factorize(simd, inverses).map_err(|_| RowFault::NotPositiveDefinite)?;
    system.substitute(simd, inverses, solution);
    Ok(())
}

/// Fills in the system and its right-hand side.
#[inline(always)]
fn assemble<S: Simd>(
    simd: S,
    fixed: FixedSide<'_>,
    (columns, ratings): Entries<'_>,
    workspace: &mut Workspace,
) {
    let Workspace { system, batch, right_side, .. } = workspace;
    system.copy_from(fixed.gram);
    right_side.fill(Lanes::ZERO);
    for (columns, ratings) in columns.chunks(BATCH).zip(ratings.chunks(BATCH)) {
        for (place, (&column, &rating)) in columns.iter().zip(ratings).enumerate() {
            let confidence = f64::from(fixed.config.confidence(rating));
            let root = (confidence - 1.0).sqrt();
            widen(fixed.factors.row(column as usize), |run, values| {
                batch[run * BATCH + place] = values.scaled(simd, root);
                right_side[run].add_scaled(simd, confidence, values);
            });
        }
        system.add_outer(simd, batch, BATCH, columns.len());
    }
    system.set_right_side(right_side);
}
