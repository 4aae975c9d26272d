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
    /// A row's last factors.
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

    /// Room for the solution of a row, which holds its last factors in the whitened basis.
    ///
    /// # Panics
    /// When it [is full](Self::is_full).
    #[inline(always)]
    pub(super) fn push_started<S: Simd>(
        &mut self,
        simd: S,
        whitening: &Whitening,
        (place, row): (usize, &[f32]),
    ) -> &mut [Lanes] {
        let started = row.iter().any(|&value| value != 0.0);
        let Self { last, .. } = self;
        widen(row, row.len(), |run, values| last[run] = *values);
        // As many rows as are multiplied at a time: the others are zero.
        let last = std::mem::take(last);
        let solution = self.push(place);
        solution.fill(Lanes::ZERO);
        if started {
            whitening.rewhiten(simd, &last, |strip, tile| solution[strip] = tile[0]);
        }
        self.last = last;
        let runs = self.solutions.len() / LANES;
        &mut self.solutions[(self.count - 1) * runs..][..runs]
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
