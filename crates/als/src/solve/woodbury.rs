#![expect(
    clippy::needless_range_loop,
    reason = "constant indices keep what they index in registers"
)]

use pulp::Simd;

use super::{Entries, FixedSide, RowFault, Weights};
use crate::{
    lanes::{LANES, Lanes, Wide, runs, wide_runs},
    prefetch::{AHEAD, prefetch},
    spectrum::Scale,
    triangle::{Triangle, strips},
    whitening::Whitening,
};

/// Rows whose dot products are computed together.
const BLOCK: usize = 4;

/// Memory for the small system of a row; it grows with the longest row.
#[derive(Default)]
pub(super) struct WoodburyWorkspace {
    weights: Vec<Weights>,
    /// A block of gathered rows in double precision.
    source: Vec<Lanes>,
    /// The gathered rows, whitened, where they are not kept so or are to be scaled.
    whitened: Vec<Wide>,
    system: Triangle,
    right_side: Vec<Lanes>,
    inverses: Vec<Lanes>,
    solution: Vec<Lanes>,
    /// Each row's part in the solution.
    parts: Vec<f32>,
}

/// Finds the solution `v` of a row in the whitened basis.
///
/// With `P` the rows `t w` of its entries and `a` their weights `c / t`, the system is
/// `(I + PᵀP) v = Pᵀa`, so `v = Pᵀs` with `(I + PPᵀ) s = a` (Woodbury, *Inverting modified
/// matrices*, 1950), which has as many unknowns as the row has entries. Its eigenvalues are between
/// 1 and the row's greatest confidence over α₀, as whitened rows have norms below `1 / √α₀`: it is
/// well-conditioned whatever the regularization. Where the basis is that of eigenvectors, a scale
/// makes its rows whitened ones, and the solution one in that basis. An error is one of rounding;
/// the row then has a solution elsewhere.
#[inline(always)]
pub(super) fn solve<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    (whitening, scale): (&Whitening, Option<&Scale>),
    entries: Entries<'_>,
    workspace: &mut WoodburyWorkspace,
    solution: &mut [Lanes],
) -> Result<(), RowFault> {
    let wide = wide_runs(fixed.prepared.config.factors);
    let Entries { columns, ratings, .. } = entries;
    let weights = ratings.iter().map(|&rating| fixed.prepared.weights(rating));
    workspace.weights.clear();
    workspace.weights.extend(weights);
    if let Some(kept) = whitening.rows() {
        for row in (0..columns.len()).filter_map(|place| entries.at(place + AHEAD)) {
            prefetch(&kept[row * wide..][..wide]);
        }
        if scale.is_none() {
            let row = |place: usize| &kept[columns[place] as usize * wide..][..wide];
            return solve_rows(simd, row, workspace, solution);
        }
    }
    let mut whitened = std::mem::take(&mut workspace.whitened);
    whitened.resize(columns.len() * wide, Wide::ZERO);
    collect(simd, fixed, whitening, entries, &mut workspace.source, &mut whitened);
    if let Some(scale) = scale {
        for row in whitened.chunks_exact_mut(wide) {
            for (run, scale) in row.iter_mut().zip(&scale.wide) {
                *run = run.times(simd, scale);
            }
        }
    }
    let row = |place: usize| &whitened[place * wide..][..wide];
    let outcome = solve_rows(simd, row, workspace, solution);
    workspace.whitened = whitened;
    if let Some(scale) = scale {
        scale.leave(solution);
    }
    outcome
}

/// Copies the rows of the entries, in the basis, one after the other.
#[inline(always)]
fn collect<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    whitening: &Whitening,
    entries: Entries<'_>,
    source: &mut Vec<Lanes>,
    rows: &mut [Wide],
) {
    let factors = fixed.prepared.config.factors;
    let (runs, wide) = (runs(factors), wide_runs(factors));
    if let Some(kept) = whitening.rows() {
        for (&column, row) in entries.columns.iter().zip(rows.chunks_exact_mut(wide)) {
            row.copy_from_slice(&kept[column as usize * wide..][..wide]);
        }
        return;
    }
    for row in (0..entries.columns.len()).filter_map(|place| entries.at(place + AHEAD)) {
        prefetch(fixed.factors.row(row));
    }
    source.resize(LANES * runs, Lanes::ZERO);
    for (columns, rows) in entries.columns.chunks(LANES).zip(rows.chunks_mut(LANES * wide)) {
        let columns = columns.iter().map(|&column| column as usize);
        whitening.whiten(simd, fixed.factors, columns, source, rows);
    }
}

#[inline(always)]
fn solve_rows<'a, S: Simd>(
    simd: S,
    row: impl Fn(usize) -> &'a [Wide] + Copy,
    workspace: &mut WoodburyWorkspace,
    solution: &mut [Lanes],
) -> Result<(), RowFault> {
    let entries = workspace.weights.len();
    match entries {
        1 => return solve_small::<S, 1>(simd, row, &workspace.weights, solution),
        2 => return solve_small::<S, 2>(simd, row, &workspace.weights, solution),
        3 => return solve_small::<S, 3>(simd, row, &workspace.weights, solution),
        4 => return solve_small::<S, 4>(simd, row, &workspace.weights, solution),
        5 => return solve_small::<S, 5>(simd, row, &workspace.weights, solution),
        6 => return solve_small::<S, 6>(simd, row, &workspace.weights, solution),
        _ => {}
    }
    form_system(simd, row, workspace);
    let WoodburyWorkspace { weights, system, inverses, solution: found, parts, .. } = workspace;
    system.factorize(simd, inverses).map_err(|_| RowFault::NotPositiveDefinite)?;
    system.substitute(simd, inverses, found);
    let found = found.iter().flat_map(|run| run.0);
    parts.clear();
    parts.extend(weights.iter().zip(found).map(|(entry, part)| (entry.root * part) as f32));
    combine(simd, row, parts, solution);
    Ok(())
}

/// [`solve_rows`] for a row of `N` entries: so few that the system fits registers.
#[inline(always)]
fn solve_small<'a, S: Simd, const N: usize>(
    simd: S,
    row: impl Fn(usize) -> &'a [Wide],
    weights: &[Weights],
    solution: &mut [Lanes],
) -> Result<(), RowFault> {
    let wide = solution.len().div_ceil(2);
    let rows: [&[Wide]; N] = std::array::from_fn(row);
    let rows = rows.map(|row| &row[..wide]);
    let weights: [Weights; N] = std::array::from_fn(|place| weights[place]);
    let products = products(simd, rows, wide);
    let mut system = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            system[i][j] = weights[i].root * weights[j].root * f64::from(products[i][j]);
        }
        system[i][i] += 1.0;
    }
    let mut parts = weights.map(|entry| entry.weight);
    if !eliminate(&mut system, &mut parts) {
        return Err(RowFault::NotPositiveDefinite);
    }
    let mut factors = [0.0; N];
    for ((factor, part), entry) in factors.iter_mut().zip(parts).zip(weights) {
        *factor = (part * entry.root) as f32;
    }
    for (run, halves) in solution.chunks_mut(2).enumerate() {
        let mut sum = Wide::ZERO;
        for (row, &factor) in rows.iter().zip(&factors) {
            sum.add_scaled(simd, factor, &row[run]);
        }
        halves.copy_from_slice(&sum.widened()[..halves.len()]);
    }
    Ok(())
}

/// Dot products of all pairs of rows, in the lower triangle.
#[inline(always)]
fn products<S: Simd, const N: usize>(simd: S, rows: [&[Wide]; N], runs: usize) -> [[f32; N]; N] {
    let mut sums = [[Wide::ZERO; N]; N];
    for run in 0..runs {
        for i in 0..N {
            for j in 0..=i {
                sums[i][j].add_product(simd, &rows[i][run], &rows[j][run]);
            }
        }
    }
    let mut products = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            products[i][j] = sums[i][j].sum(simd);
        }
    }
    products
}

/// Solves a symmetric positive definite system given by its lower triangle, by `L D Lᵀ`: without
/// square roots, and with one division a row. Says whether the system is positive definite; where
/// it is not, `values` mean nothing.
#[inline(always)]
fn eliminate<const N: usize>(system: &mut [[f64; N]; N], values: &mut [f64; N]) -> bool {
    let mut inverses = [0.0; N];
    for pivot in 0..N {
        let inverse = 1.0 / system[pivot][pivot];
        inverses[pivot] = inverse;
        for i in pivot + 1..N {
            let factor = system[i][pivot] * inverse;
            values[i] = (-factor).mul_add(values[pivot], values[i]);
            for j in pivot + 1..=i {
                system[i][j] = (-factor).mul_add(system[j][pivot], system[i][j]);
            }
        }
    }
    for pivot in (0..N).rev() {
        let mut rest = values[pivot];
        for i in pivot + 1..N {
            rest = (-system[i][pivot]).mul_add(values[i], rest);
        }
        values[pivot] = rest * inverses[pivot];
    }
    let mut sound = true;
    for inverse in inverses {
        sound &= inverse > 0.0 && inverse < f64::INFINITY;
    }
    sound
}

/// `Σ part · w` over the rows.
#[inline(always)]
fn combine<'a, S: Simd>(
    simd: S,
    row: impl Fn(usize) -> &'a [Wide],
    parts: &[f32],
    solution: &mut [Lanes],
) {
    for (run, halves) in solution.chunks_mut(2).enumerate() {
        let mut sum = Wide::ZERO;
        for (place, &part) in parts.iter().enumerate() {
            sum.add_scaled(simd, part, &row(place)[run]);
        }
        halves.copy_from_slice(&sum.widened()[..halves.len()]);
    }
}

/// Fills in `I + PPᵀ` and the weights beside it.
#[inline(always)]
fn form_system<'a, S: Simd>(
    simd: S,
    row: impl Fn(usize) -> &'a [Wide],
    workspace: &mut WoodburyWorkspace,
) {
    let WoodburyWorkspace { weights, system, right_side, inverses, solution, .. } = workspace;
    let entries = weights.len();
    system.set_to_identity(entries);
    // What is missing in the last block is there twice, and not looked at.
    let block = |first: usize| std::array::from_fn(|place| row((first + place).min(entries - 1)));
    for first in (0..entries).step_by(BLOCK) {
        let rows: [&[Wide]; BLOCK] = block(first);
        for other in (0..=first).step_by(BLOCK) {
            let products = block_products(simd, rows, block(other));
            for (i, products) in (first..entries).zip(products) {
                for (j, product) in (other..=i).zip(products) {
                    let diagonal = if i == j { 1.0 } else { 0.0 };
                    let weight = weights[i].root * weights[j].root;
                    system.set(j, i, weight.mul_add(f64::from(product), diagonal));
                }
            }
        }
    }
    let strips = strips(entries);
    right_side.clear();
    right_side.resize(strips, Lanes::ZERO);
    for (place, entry) in weights.iter().enumerate() {
        right_side[place / LANES].0[place % LANES] = entry.weight;
    }
    system.set_right_side(right_side);
    inverses.resize(strips, Lanes::ZERO);
    solution.clear();
    solution.resize(strips, Lanes::ZERO);
}

/// Dot products of each row of one block with each of another.
#[inline(always)]
fn block_products<S: Simd>(
    simd: S,
    left: [&[Wide]; BLOCK],
    right: [&[Wide]; BLOCK],
) -> [[f32; BLOCK]; BLOCK] {
    let runs = left[0].len();
    let (left, right) = (left.map(|row| &row[..runs]), right.map(|row| &row[..runs]));
    let mut sums = [[Wide::ZERO; BLOCK]; BLOCK];
    for run in 0..runs {
        for i in 0..BLOCK {
            for j in 0..BLOCK {
                sums[i][j].add_product(simd, &left[i][run], &right[j][run]);
            }
        }
    }
    let mut products = [[0.0; BLOCK]; BLOCK];
    for i in 0..BLOCK {
        for j in 0..BLOCK {
            products[i][j] = sums[i][j].sum(simd);
        }
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() {
        let mut system = [[4.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-2.0, 1.0, 6.0]];
        // Of the full matrix times (1, 2, 3).
        let mut values = [2.0, 15.0, 18.0];
        assert!(eliminate(&mut system, &mut values));
        for (found, expected) in values.into_iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}, {expected}");
        }
    }

    #[test]
    fn a_small_system_that_is_not_positive_definite_is_told() {
        // Indefinite, singular, and of no numbers.
        for corner in [3.0, 4.0, f64::NAN, f64::NEG_INFINITY] {
            assert!(!eliminate(&mut [[1.0, 0.0], [2.0, corner]], &mut [1.0, 1.0]), "{corner}");
        }
        assert!(!eliminate(&mut [[f64::INFINITY]], &mut [1.0]));
        assert!(eliminate(&mut [[1.0, 0.0], [2.0, 4.5]], &mut [1.0, 1.0]));
    }
}
