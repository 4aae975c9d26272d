use pulp::Simd;

use super::{Entries, FixedSide, RowFault};
use crate::{
    kernel::{BATCH_ROWS, Batch, SINGLE_BATCHES, WideTile, wide_tiles},
    lanes::{LANES, Lanes, WIDE, Wide},
    prefetch::prefetch,
    spectrum::Spectrum,
    triangle::{Triangle, strips},
};

/// Memory for the full system of a row in the whitened basis.
pub(super) struct WhitenedWorkspace {
    factors: usize,
    system: Triangle,
    /// Rows `t w`, each followed by its weight where there is room in its last run.
    batch: Batch,
    sums: Vec<WideTile>,
    inverses: Vec<Lanes>,
    solution: Vec<Lanes>,
}

impl WhitenedWorkspace {
    pub(super) fn new(factors: usize) -> Self {
        let (strips, columns) = (strips(factors), columns(factors));
        Self {
            factors,
            system: Triangle::zeros(factors),
            batch: Batch::new(columns),
            sums: vec![[Wide::ZERO; LANES]; wide_tiles(columns).count()],
            inverses: vec![Lanes::ZERO; strips],
            solution: vec![Lanes::ZERO; strips],
        }
    }
}

/// Columns of the batch: the factors and the weight.
const fn columns(factors: usize) -> usize {
    factors + 1
}

/// Solves `(I + PᵀP) v = Pᵀa` or, with a spectrum `Λ` and the row's λ as `base`,
/// `(Λ + λI + PᵀP) v = Pᵀa`, with `P` the rows `t w` of the entries and `a` their weights, by a
/// Cholesky factorization. Products are summed in single precision, 256 at a time, the rest is
/// `f64`: enough for confidences up to [`GREATEST_SINGLE`](crate::cost::GREATEST_SINGLE). Rows of
/// the second kind need no scaling: neither what sums round off nor what a Cholesky factorization
/// does depends on the units of the coordinates. An error is one of rounding; the row then has a
/// solution elsewhere.
#[inline(always)]
pub(super) fn solve<'a, S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    base: Option<(&Spectrum, f64)>,
    entries: Entries<'_>,
    gather: impl Fn(u32) -> &'a [Wide] + Copy,
    workspace: &mut WhitenedWorkspace,
    found: &mut [Lanes],
) -> Result<(), RowFault> {
    let WhitenedWorkspace { factors, system, batch, sums, inverses, solution } = workspace;
    let columns = columns(*factors);
    match base {
        None => system.set_to_identity(*factors),
        Some((spectrum, shift)) => system.set_to_diagonal(|place| spectrum.value(place) + shift),
    }
    let batches = entries.columns.chunks(BATCH_ROWS).zip(entries.ratings.chunks(BATCH_ROWS));
    for (first, (rows, ratings)) in batches.enumerate() {
        for (place, (&column, &rating)) in rows.iter().zip(ratings).enumerate() {
            let weights = fixed.prepared.weights(rating);
            let root = weights.root as f32;
            let target = batch.row_mut(place);
            for (target, run) in target.chunks_exact_mut(WIDE).zip(gather(column)) {
                target.copy_from_slice(&run.scaled(simd, root).0);
            }
            target[*factors] = weights.weight as f32;
        }
        let mut asked = 0;
        batch.sum_outer(simd, rows.len(), sums, |done| {
            // As many rows as there are here, a batch ahead: their memory arrives meanwhile.
            let next = (done * rows.len() as f32) as usize;
            for place in asked..next {
                if let Some(row) = entries.at((first + 1) * BATCH_ROWS + place) {
                    prefetch(gather(row as u32));
                }
            }
            asked = next;
        });
        if first % SINGLE_BATCHES == SINGLE_BATCHES - 1 {
            system.take_sums(simd, columns, sums);
        }
    }
    system.take_sums(simd, columns, sums);
    system.factorize(simd, inverses).map_err(|_| RowFault::NotPositiveDefinite)?;
    system.substitute(simd, inverses, solution);
    found.copy_from_slice(&solution[..found.len()]);
    Ok(())
}
