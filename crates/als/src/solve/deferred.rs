use pulp::Simd;

use super::{RowFault, store};
use crate::{
    lanes::{LANES, Lanes, runs, widen},
    whitening::Whitening,
};

/// Solutions in the whitened basis that wait to leave it together.
pub(crate) struct Deferred {
    places: [usize; LANES],
    count: usize,
    solutions: Vec<Lanes>,
    /// The last factors of these rows.
    last: Vec<Lanes>,
}

impl Deferred {
    pub(crate) fn new(factors: usize) -> Self {
        let solutions = vec![Lanes::ZERO; LANES * runs(factors)];
        Self { places: [0; LANES], count: 0, last: solutions.clone(), solutions }
    }

    /// Room for the solution of the row at this place.
    ///
    /// # Panics
    /// When it [is full](Self::is_full).
    #[inline(always)]
    pub(super) fn push(&mut self, place: usize) -> &mut [Lanes] {
        let runs = self.solutions.len() / LANES;
        self.places[self.count] = place;
        self.count += 1;
        &mut self.solutions[(self.count - 1) * runs..][..runs]
    }

    /// Forgets the row that came last.
    #[inline(always)]
    pub(super) fn pop(&mut self) {
        self.count -= 1;
    }

    /// Makes the solutions those the rows hold, in the whitened basis.
    #[inline(always)]
    pub(super) fn restart<S: Simd>(
        &mut self,
        simd: S,
        whitening: &Whitening,
        factors: usize,
        rows: &[f32],
    ) {
        let runs = self.solutions.len() / LANES;
        let Self { places, count, solutions, last } = self;
        for (&place, last) in places[..*count].iter().zip(last.chunks_exact_mut(runs)) {
            widen(&rows[place * factors..], factors, |run, values| last[run] = *values);
        }
        whitening.rewhiten(simd, last, |strip, tile| {
            for (solution, values) in solutions.chunks_exact_mut(runs).zip(tile) {
                solution[strip] = *values;
            }
        });
    }

    /// The places of the rows that wait, and their solutions.
    #[inline(always)]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut [Lanes])> {
        let runs = self.solutions.len() / LANES;
        let places = self.places[..self.count].iter().copied();
        places.zip(self.solutions.chunks_exact_mut(runs))
    }

    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.count == LANES
    }

    /// Stores what waits; an error is the place of the first row that is not finite.
    #[inline(always)]
    pub(crate) fn finish<S: Simd>(
        &mut self,
        simd: S,
        whitening: &Whitening,
        factors: usize,
        rows: &mut [f32],
    ) -> Result<(), (usize, RowFault)> {
        let places = &self.places[..self.count];
        let mut finite = [true; LANES];
        whitening.unwhiten(simd, &self.solutions, |strip, tile| {
            let columns = strip * LANES..factors.min((strip + 1) * LANES);
            for ((place, values), finite) in places.iter().zip(tile).zip(&mut finite) {
                let row = &mut rows[place * factors..][columns.clone()];
                *finite &= store(row, values);
            }
        });
        self.count = 0;
        match places.iter().zip(finite).find(|(_, finite)| !finite) {
            None => Ok(()),
            Some((&place, _)) => Err((place, RowFault::NonFinite)),
        }
    }
}
