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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::Instructions;

    #[test]
    fn every_instruction_set_gives_the_same_sums() {
        for columns in [1, 7, 8, 16, 19, 50] {
            // No whole number of batches; with values that are rounded when they are multiplied.
            let values = (0..75 * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 90.0).collect();
            let matrix = Matrix::new(75, columns, values).expect("as many values as needed");
            let bits = |instructions: Instructions| {
                let sum = instructions.run(BlockSum { matrix: &matrix, block: 0 });
                let columns = 0..columns;
                let elements =
                    columns.flat_map(|column| (0..=column).map(move |row| (row, column)));
                elements.map(|(row, column)| sum.get(row, column).to_bits()).collect::<Vec<_>>()
            };
            let portable = bits(Instructions::Portable);
            assert!(portable.iter().all(|&bits| f64::from_bits(bits) != 0.0));
            for instructions in Instructions::available() {
                assert_eq!(bits(instructions), portable, "{columns} columns, {instructions:?}");
            }
        }
    }
}
