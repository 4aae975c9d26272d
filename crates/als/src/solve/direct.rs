use pulp::Simd;

use super::{Entries, FixedSide, RowFault, store};
use crate::{
    gram::BATCH,
    lanes::{LANES, Lanes, runs, widen},
    prefetch::{AHEAD, prefetch},
    triangle::{Triangle, strips},
};

/// Memory for the full system of a row.
pub(crate) struct DirectWorkspace {
    system: Triangle,
    batch: Vec<Lanes>,
    right_side: Vec<Lanes>,
    inverses: Vec<Lanes>,
    solution: Vec<Lanes>,
}

impl DirectWorkspace {
    pub(crate) fn new(factors: usize) -> Self {
        let strips = strips(factors);
        Self {
            system: Triangle::zeros(factors),
            batch: vec![Lanes::ZERO; runs(factors) * BATCH],
            right_side: vec![Lanes::ZERO; strips],
            inverses: vec![Lanes::ZERO; strips],
            solution: vec![Lanes::ZERO; strips],
        }
    }
}

/// Forms the full system as it stands, in `f64`, factorizes it, and stores the solution.
#[inline(always)]
pub(crate) fn solve<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    entries: Entries<'_>,
    workspace: &mut DirectWorkspace,
    row: &mut [f32],
) -> Result<(), RowFault> {
    assemble(simd, fixed, entries, workspace);
    let DirectWorkspace { system, inverses, solution, .. } = workspace;
    system.factorize(simd, inverses).map_err(|_| RowFault::NotPositiveDefinite)?;
    system.substitute(simd, inverses, solution);
    let mut finite = true;
    for (row, found) in row.chunks_mut(LANES).zip(&*solution) {
        finite &= store(row, found);
    }
    if finite { Ok(()) } else { Err(RowFault::NonFinite) }
}

/// Solves a row's system for another right-hand side; gives the solution in `f64`.
#[inline(always)]
pub(crate) fn solve_for<'a, S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    entries: Entries<'_>,
    right_side: &[f32],
    workspace: &'a mut DirectWorkspace,
) -> Result<&'a [Lanes], RowFault> {
    assemble(simd, fixed, entries, workspace);
    let DirectWorkspace { system, right_side: values, inverses, solution, .. } = workspace;
    widen(right_side, right_side.len(), |run, found| values[run] = *found);
    system.set_right_side(values);
    system.factorize(simd, inverses).map_err(|_| RowFault::NotPositiveDefinite)?;
    system.substitute(simd, inverses, solution);
    Ok(solution)
}

/// Fills in the system and its right-hand side.
#[inline(always)]
fn assemble<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    entries: Entries<'_>,
    workspace: &mut DirectWorkspace,
) {
    let DirectWorkspace { system, batch, right_side, .. } = workspace;
    system.copy_from(&fixed.prepared.system);
    if let Some(shift) = fixed.prepared.shift(entries.columns.len()) {
        system.add_to_diagonal(shift);
    }
    right_side.fill(Lanes::ZERO);
    let mut weights = [0.0; BATCH];
    let factors = fixed.factors;
    // Behind the last factor there may be room for the weight: then the products of the rows hold
    // the right-hand side as well.
    let (last, spare) = (factors.columns() / LANES, factors.columns() % LANES);
    let batches = entries.columns.chunks(BATCH).zip(entries.ratings.chunks(BATCH));
    for (first, (columns, ratings)) in batches.enumerate() {
        for (place, (&column, &rating)) in columns.iter().zip(ratings).enumerate() {
            if let Some(row) = entries.at(first * BATCH + place + AHEAD) {
                prefetch(factors.row(row));
            }
            let entry = fixed.prepared.weights(rating);
            weights[place] = entry.weight;
            widen(factors.tail_from(column as usize), factors.columns(), |run, values| {
                batch[run * BATCH + place] = values.scaled(simd, entry.root);
            });
            if spare > 0 {
                batch[last * BATCH + place].0[spare] = entry.weight;
            }
        }
        let weights = &weights[..columns.len()];
        system.add_outer(simd, batch, BATCH, columns.len());
        if spare == 0 {
            add_weighted(simd, right_side, batch, weights);
        }
    }
    if spare == 0 {
        system.set_right_side(right_side);
    }
}

/// Adds `Σ weight · z` over the rows of a batch.
#[inline(always)]
fn add_weighted<S: Simd>(simd: S, sums: &mut [Lanes], batch: &[Lanes], weights: &[f64]) {
    for (sum, rows) in sums.iter_mut().zip(batch.chunks_exact(BATCH)) {
        // Two chains, to hide some of the latency of adding.
        let mut odd = Lanes::ZERO;
        for (rows, weights) in rows.chunks(2).zip(weights.chunks(2)) {
            sum.add_scaled(simd, weights[0], &rows[0]);
            if let [_, weight] = *weights {
                odd.add_scaled(simd, weight, &rows[1]);
            }
        }
        sum.add_scaled(simd, 1.0, &odd);
    }
}
