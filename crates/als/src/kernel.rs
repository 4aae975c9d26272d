//! The kernels the time of a training goes into: tiles of matrix products in registers.

mod double;
mod single;

pub(crate) use self::{
    double::{GROUP, Tile, accumulate, multiply_rows},
    single::{BATCH_ROWS, Batch, SINGLE_BATCHES, WideTile, wide_tiles},
};
