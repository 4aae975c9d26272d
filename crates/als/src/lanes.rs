//! Arithmetic on short runs of numbers that compilers turn into vector instructions.
//!
//! Everything here is inlined into a caller that runs under run-time dispatch. Sums have a fixed
//! order, and each rounds product and addition either together or apart on every instruction set,
//! so that all give the same bits.

use pulp::Simd;

/// `f64` values handled together.
pub(crate) const LANES: usize = 8;

/// Runs of [`LANES`] that hold a row of `f64`.
pub(crate) const fn runs(columns: usize) -> usize {
    columns.div_ceil(LANES)
}

/// Runs of [`WIDE`] that hold a row of `f32`.
pub(crate) const fn wide_runs(columns: usize) -> usize {
    columns.div_ceil(WIDE)
}

/// `f32` values handled together.
pub(crate) const WIDE: usize = 16;

/// A run of [`WIDE`] values of single precision, aligned like [`Lanes`].
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Wide(pub(crate) [f32; WIDE]);

impl Wide {
    pub(crate) const ZERO: Self = Self([0.0; WIDE]);

    /// Number of registers that hold a run.
    #[inline(always)]
    pub(crate) const fn parts<S: Simd>() -> usize {
        WIDE / S::F32_LANES
    }

    #[inline(always)]
    pub(crate) fn part<S: Simd>(&self, part: usize) -> S::f32s {
        S::as_simd_f32s(&self.0).0[part]
    }

    #[inline(always)]
    pub(crate) fn set_part<S: Simd>(&mut self, part: usize, value: S::f32s) {
        S::as_mut_simd_f32s(&mut self.0).0[part] = value;
    }

    /// `self += factor · other`
    #[inline(always)]
    pub(crate) fn add_scaled<S: Simd>(&mut self, simd: S, factor: f32, other: &Self) {
        let factor = simd.splat_f32s(factor);
        for part in 0..Self::parts::<S>() {
            let sum = simd.mul_add_f32s(factor, other.part::<S>(part), self.part::<S>(part));
            self.set_part::<S>(part, sum);
        }
    }

    /// `self += left · right`, lane by lane
    #[inline(always)]
    pub(crate) fn add_product<S: Simd>(&mut self, simd: S, left: &Self, right: &Self) {
        for part in 0..Self::parts::<S>() {
            let (left, right) = (left.part::<S>(part), right.part::<S>(part));
            self.set_part::<S>(part, simd.mul_add_f32s(left, right, self.part::<S>(part)));
        }
    }

    #[inline(always)]
    pub(crate) fn scaled<S: Simd>(&self, simd: S, factor: f32) -> Self {
        let factor = simd.splat_f32s(factor);
        let mut scaled = *self;
        for part in 0..Self::parts::<S>() {
            scaled.set_part::<S>(part, simd.mul_f32s(factor, self.part::<S>(part)));
        }
        scaled
    }

    /// `self · other`, lane by lane
    #[inline(always)]
    pub(crate) fn times<S: Simd>(&self, simd: S, other: &Self) -> Self {
        let mut product = *self;
        for part in 0..Self::parts::<S>() {
            let (left, right) = (self.part::<S>(part), other.part::<S>(part));
            product.set_part::<S>(part, simd.mul_f32s(left, right));
        }
        product
    }

    /// The sum of all lanes: halves are added to one another until one lane is left.
    #[inline(always)]
    pub(crate) fn sum<S: Simd>(&self, simd: S) -> f32 {
        // Registers of 8 and more are reduced in just this way.
        match Self::parts::<S>() {
            1 => simd.reduce_sum_f32s(self.part::<S>(0)),
            2 => simd.reduce_sum_f32s(simd.add_f32s(self.part::<S>(0), self.part::<S>(1))),
            _ => tree_sum(self.0),
        }
    }

    /// The two halves in double precision.
    #[inline(always)]
    pub(crate) fn widened(&self) -> [Lanes; 2] {
        let (halves, _) = self.0.as_chunks::<LANES>();
        [Lanes(halves[0].map(f64::from)), Lanes(halves[1].map(f64::from))]
    }

    /// One or two runs of double precision, rounded; a half that is not there is zero.
    #[inline(always)]
    pub(crate) fn narrowed(halves: &[Lanes]) -> Self {
        let mut narrowed = Self::ZERO;
        let (targets, _) = narrowed.0.as_chunks_mut::<LANES>();
        for (target, half) in targets.iter_mut().zip(halves) {
            *target = half.0.map(|value| value as f32);
        }
        narrowed
    }

    /// A row as runs, the last filled up with zeros.
    #[inline(always)]
    pub(crate) fn runs_of(row: &[f32]) -> impl Iterator<Item = Self> {
        row.chunks(WIDE).map(|values| {
            let mut run = Self::ZERO;
            run.0[..values.len()].copy_from_slice(values);
            run
        })
    }
}

/// A run of [`LANES`] values; aligned so that none straddles a cache line.
///
/// The widest registers hold a whole run, others a part of one; what is done lane by lane does not
/// depend on that.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f64; LANES]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; LANES]);

    /// Number of registers that hold a run.
    #[inline(always)]
    pub(crate) const fn parts<S: Simd>() -> usize {
        LANES / S::F64_LANES
    }

    #[inline(always)]
    pub(crate) fn part<S: Simd>(&self, part: usize) -> S::f64s {
        S::as_simd_f64s(&self.0).0[part]
    }

    #[inline(always)]
    pub(crate) fn set_part<S: Simd>(&mut self, part: usize, value: S::f64s) {
        S::as_mut_simd_f64s(&mut self.0).0[part] = value;
    }

    /// `self += factor · other`
    #[inline(always)]
    pub(crate) fn add_scaled<S: Simd>(&mut self, simd: S, factor: f64, other: &Self) {
        let factor = simd.splat_f64s(factor);
        for part in 0..Self::parts::<S>() {
            let sum = simd.mul_add_f64s(factor, other.part::<S>(part), self.part::<S>(part));
            self.set_part::<S>(part, sum);
        }
    }

    /// `self += left · right`, lane by lane
    #[inline(always)]
    pub(crate) fn add_product<S: Simd>(&mut self, simd: S, left: &Self, right: &Self) {
        for part in 0..Self::parts::<S>() {
            let (left, right) = (left.part::<S>(part), right.part::<S>(part));
            self.set_part::<S>(part, simd.mul_add_f64s(left, right, self.part::<S>(part)));
        }
    }

    #[inline(always)]
    pub(crate) fn scaled<S: Simd>(&self, simd: S, factor: f64) -> Self {
        let factor = simd.splat_f64s(factor);
        let mut scaled = *self;
        for part in 0..Self::parts::<S>() {
            scaled.set_part::<S>(part, simd.mul_f64s(factor, self.part::<S>(part)));
        }
        scaled
    }

    /// The sum of all lanes: halves are added to one another until one lane is left.
    #[inline(always)]
    pub(crate) fn sum<S: Simd>(&self, simd: S) -> f64 {
        // Registers of 4 and more are reduced in just this way.
        match Self::parts::<S>() {
            1 => return simd.reduce_sum_f64s(self.part::<S>(0)),
            2 => {
                let halves = simd.add_f64s(self.part::<S>(0), self.part::<S>(1));
                return simd.reduce_sum_f64s(halves);
            }
            _ => {}
        }
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

/// Gives a row of single precision as runs of double precision, the last filled up with zeros.
///
/// The row is the first `columns` values of a slice that, but for the last row of a matrix, goes
/// on: so the last run, too, is read as a whole.
#[inline(always)]
pub(crate) fn widen(values: &[f32], columns: usize, mut take: impl FnMut(usize, &Lanes)) {
    let (full, rest) = (columns / LANES, columns % LANES);
    let (runs, _) = values.as_chunks::<LANES>();
    for (place, run) in runs[..full].iter().enumerate() {
        take(place, &Lanes(run.map(f64::from)));
    }
    if rest == 0 {
        return;
    }
    let run = runs.get(full).copied().unwrap_or_else(|| {
        let mut run = [0.0; LANES];
        run[..rest].copy_from_slice(&values[full * LANES..columns]);
        run
    });
    let mut last = Lanes::ZERO;
    for (lane, (value, found)) in last.0.iter_mut().zip(run).enumerate() {
        *value = if lane < rest { f64::from(found) } else { 0.0 };
    }
    take(full, &last);
}

/// The dot product of two rows in double precision.
#[inline(always)]
pub(crate) fn dot_wide<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> f64 {
    let (left_runs, left_rest) = left.as_chunks::<LANES>();
    let (right_runs, right_rest) = right.as_chunks::<LANES>();
    let mut sums = Lanes::ZERO;
    for (a, b) in left_runs.iter().zip(right_runs) {
        sums.add_product(simd, &Lanes(a.map(f64::from)), &Lanes(b.map(f64::from)));
    }
    for (sum, (&a, &b)) in sums.0.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        *sum = f64::from(a).mul_add(f64::from(b), *sum);
    }
    sums.sum(simd)
}

/// The dot product of two rows in single precision: the score of an item for a user.
///
/// Element `i` is added to sum `i % 16`, and the sums are added as a tree.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left_runs, left_rest) = left.as_chunks::<WIDE>();
    let (right_runs, right_rest) = right.as_chunks::<WIDE>();
    let mut sums = [0.0; WIDE];
    for (a, b) in left_runs.iter().zip(right_runs) {
        add_products(&mut sums, a, b);
    }
    for (sum, (a, b)) in sums.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        *sum += a * b;
    }
    tree_sum(sums)
}

/// [`dot`] of rows filled up with zeros to whole runs.
///
/// Zeros behind a row change no bit: they add +0 or −0 to sums that are never −0.
#[inline(always)]
pub(crate) fn dot_runs(left: &[Wide], right: &[Wide]) -> f32 {
    let mut sums = [0.0; WIDE];
    for (a, b) in left.iter().zip(right) {
        add_products(&mut sums, &a.0, &b.0);
    }
    tree_sum(sums)
}

#[inline(always)]
fn add_products(sums: &mut [f32; WIDE], left: &[f32; WIDE], right: &[f32; WIDE]) {
    for lane in 0..WIDE {
        sums[lane] += left[lane] * right[lane];
    }
}

#[inline(always)]
fn tree_sum(sums: [f32; WIDE]) -> f32 {
    let sums: [f32; 8] = half_sum(&sums);
    let sums: [f32; 4] = half_sum(&sums);
    let [a, b] = half_sum(&sums);
    a + b
}

/// Adds the second half of some values to the first.
#[inline(always)]
fn half_sum<const HALF: usize>(values: &[f32]) -> [f32; HALF] {
    let mut sums = [0.0; HALF];
    for lane in 0..HALF {
        sums[lane] = values[lane] + values[lane + HALF];
    }
    sums
}
