use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{
    Matrix,
    lanes::{Lanes, runs, widen},
    triangle::Triangle,
};

/// Rows whose sum is formed on its own. Part of the definition of the result: sums of blocks are
/// added in block order, so it does not depend on threads.
const BLOCK_ROWS: usize = 4096;

/// Rows that are converted to double precision together.
pub(crate) const BATCH: usize = 32;

/// The Gram matrix `MᵀM` of a factor matrix, in `f64`.
///
/// Costs `rows · columns² / 2` multiplications and, while it runs, a few triangles a thread.
pub(crate) fn gram(matrix: &Matrix) -> Triangle {
    let order = matrix.columns();
    let mut total = Triangle::zeros(order);
    // Sums are added wave by wave: with many factors and rows, all of them would not fit memory.
    let wave = 4 * rayon::current_num_threads();
    let blocks = matrix.rows().div_ceil(BLOCK_ROWS);
    for first in (0..blocks).step_by(wave) {
        let sums: Vec<Triangle> = (first..blocks.min(first + wave))
            .into_par_iter()
            .map(|block| Arch::new().dispatch(BlockSum { matrix, block }))
            .collect();
        for sum in &sums {
            total.add(sum);
        }
    }
    total
}

struct BlockSum<'a> {
    matrix: &'a Matrix,
    block: usize,
}

impl WithSimd for BlockSum<'_> {
    type Output = Triangle;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Triangle {
        let order = self.matrix.columns();
        let mut sum = Triangle::zeros(order);
        let mut batch = vec![Lanes::ZERO; runs(order) * BATCH];
        let end = self.matrix.rows().min((self.block + 1) * BLOCK_ROWS);
        for first in (self.block * BLOCK_ROWS..end).step_by(BATCH) {
            let count = BATCH.min(end - first);
            for place in 0..count {
                widen(self.matrix.tail_from(first + place), order, |run, values| {
                    batch[run * BATCH + place] = *values;
                });
            }
            sum.add_outer(simd, &batch, BATCH, count);
        }
        sum
    }
}
