//! The linear system of one row: slices in, a slice out.

mod conjugate;
mod deferred;
mod direct;
mod whitened;
mod woodbury;

use pulp::Simd;

use self::{conjugate::CgWorkspace, whitened::WhitenedWorkspace, woodbury::WoodburyWorkspace};
pub(crate) use self::{
    deferred::Deferred,
    direct::{DirectWorkspace, solve as solve_direct, solve_for},
};
use crate::{
    AlsConfig, AlsError, Matrix, Solver,
    cost::Choice,
    lanes::{LANES, Lanes, wide_runs},
    spectrum::Scale,
    triangle::Triangle,
    whitening::Whitening,
};

/// Lengths of rows whose λ and scale are computed once for all of a half-step.
const TABLED: usize = 128;

/// Why a row has no solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFault {
    NotPositiveDefinite,
    NonFinite,
}

/// What every row of a half-step is solved against: the factors of the other side, and what was
/// prepared from them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedSide<'a> {
    pub(crate) factors: &'a Matrix,
    pub(crate) prepared: &'a Prepared,
}

/// What rows against the same factors share. It holds no factors, so that a model may own both.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) config: AlsConfig,
    /// `B`: the Gram matrix of the factors times α₀, with λ on its diagonal where all rows have the
    /// same.
    pub(crate) system: Triangle,
    choice: Choice,
    whitening: Option<Whitening>,
    /// Rows of the fixed side.
    others: usize,
    /// λ of rows of each length below [`TABLED`], where they differ.
    shifts: Vec<f64>,
    /// The scales of rows of as many lengths, where the basis is a rotation.
    scales: Vec<Scale>,
    /// The weights of the ratings 0, 1, 2 and so on.
    weights: [Weights; 8],
}

impl Prepared {
    /// Prepares for rows against `others` rows of factors of which this is the Gram matrix: all but
    /// the whitened rows, which [`keep_whitened`](Self::keep_whitened) adds.
    pub(crate) fn new(gram: &Triangle, others: usize, config: &AlsConfig, choice: Choice) -> Self {
        let mut system = gram.clone();
        if config.unobserved_weight != 1.0 {
            system.scale(config.unobserved_weight);
        }
        let whitens = choice.crossover > 0 || choice.keep_whitened;
        let (mut shifts, mut scales) = (Vec::new(), Vec::new());
        let shift = |entries| config.row_regularization(entries, others);
        let whitening = if config.scales_by_frequency() {
            shifts.extend((0..TABLED).map(shift));
            // No row has fewer entries than 1 or more than there are others.
            let range = (shift(1), shift(others));
            whitens.then(|| Whitening::rotated(&system, range)).flatten()
        } else {
            system.add_to_diagonal(config.regularization);
            whitens.then(|| Whitening::new(&system)).flatten()
        };
        if let Some(spectrum) = whitening.as_ref().and_then(Whitening::spectrum) {
            let scale = |&shift: &f64| Scale::new(spectrum, config.factors, shift);
            scales.extend(shifts.iter().map(scale));
        }
        let weights = std::array::from_fn(|rating| Weights::new(config, rating as f32));
        Self { config: config.clone(), system, choice, whitening, others, shifts, scales, weights }
    }

    /// Whitens every row of the fixed side where that was chosen and its system admits it.
    ///
    /// # Errors
    /// [`AlsError::Memory`] when there is no room for them.
    pub(crate) fn keep_whitened(mut self, factors: &Matrix) -> Result<Self, AlsError> {
        if let Some(whitening) = self.whitening.as_mut().filter(|_| self.choice.keep_whitened) {
            whitening.keep(factors)?;
        }
        Ok(self)
    }

    /// λ of a row with so many entries, where it is not part of the system yet.
    #[inline(always)]
    fn shift(&self, entries: usize) -> Option<f64> {
        match self.shifts.get(entries) {
            Some(&shift) => Some(shift),
            None if self.shifts.is_empty() => None,
            None => Some(self.config.row_regularization(entries, self.others)),
        }
    }

    /// The scale of rows with so many entries, where the basis is a rotation; one that is not there
    /// yet goes to `room`.
    #[inline(always)]
    fn scale<'a>(&'a self, entries: usize, room: &'a mut Scale) -> Option<&'a Scale> {
        let spectrum = self.whitening.as_ref()?.spectrum()?;
        if let Some(scale) = self.scales.get(entries) {
            return Some(scale);
        }
        room.set(spectrum, self.config.factors, self.shift(entries)?);
        Some(room)
    }

    #[inline(always)]
    fn weights(&self, rating: f32) -> Weights {
        let whole = rating as usize;
        match self.weights.get(whole) {
            Some(weights) if whole as f32 == rating => *weights,
            _ => Weights::new(&self.config, rating),
        }
    }

    pub(crate) fn whitening(&self) -> Option<&Whitening> {
        self.whitening.as_ref()
    }
}

/// The ratings of one row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries<'a> {
    /// The rows of the fixed side they belong to.
    pub(crate) columns: &'a [u32],
    pub(crate) ratings: &'a [f32],
    /// Rows of the fixed side that will be needed after those.
    pub(crate) upcoming: &'a [u32],
}

impl Entries<'_> {
    /// The row of the fixed side that belongs to an entry of this row or, beyond them, of the rows
    /// after it.
    #[inline(always)]
    fn at(&self, place: usize) -> Option<usize> {
        let within = self.columns.get(place);
        let column = within.or_else(|| self.upcoming.get(place - self.columns.len()));
        column.map(|&column| column as usize)
    }
}

/// An entry's part in a system: `B + Σ (t y)(t y)ᵀ` on the left, `Σ weight · (t y)` on the right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    /// `√(c − α₀)`
    pub(crate) root: f64,
    /// `c p / √(c − α₀)`, with the preference `p`
    pub(crate) weight: f64,
}

impl Weights {
    /// Below this, `root²` vanishes beside the confidence of every cell; a root of 0 has no weight.
    const SMALLEST_ROOT: f64 = f64::EPSILON / 4096.0;

    pub(crate) fn new(config: &AlsConfig, rating: f32) -> Self {
        let confidence = f64::from(config.confidence(rating));
        let root = (confidence - config.unobserved_weight).sqrt().max(Self::SMALLEST_ROOT);
        Self { root, weight: confidence * f64::from(AlsConfig::preference(rating)) / root }
    }
}

/// Memory a thread uses for one row after another.
pub(crate) struct Workspace {
    direct: DirectWorkspace,
    whitened: WhitenedWorkspace,
    woodbury: WoodburyWorkspace,
    cg: CgWorkspace,
    scale: Scale,
}

impl Workspace {
    pub(crate) fn new(factors: usize) -> Self {
        Self {
            direct: DirectWorkspace::new(factors),
            whitened: WhitenedWorkspace::new(factors),
            woodbury: WoodburyWorkspace::default(),
            cg: CgWorkspace::new(factors),
            scale: Scale::default(),
        }
    }
}

/// Solves `(α₀ YᵀY + λI + Σ (c − α₀) y yᵀ) x = Σ c p y` for `x`, sums over the row's entries.
///
/// A solution in the whitened basis is left to `deferred`, which finishes several at a time. There
/// the system's eigenvalues are between 1 and the row's greatest confidence over α₀, whatever the
/// regularization, so that sums of products in single precision do. As it stands the system is
/// formed in `f64`: with λ 0.01 and confidences of 200 its condition number passes 10⁷, and
/// rounding it would move eigenvalues by more than λ. That is also the way out where rounding has
/// made a whitened system indefinite.
#[inline(always)]
pub(crate) fn solve_row<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    entries: Entries<'_>,
    workspace: &mut Workspace,
    deferred: &mut Deferred,
    (place, row): (usize, &mut [f32]),
) -> Result<(), RowFault> {
    let length = entries.columns.len();
    if length == 0 {
        row.fill(0.0);
        return Ok(());
    }
    if let Some(whitening) = &fixed.prepared.whitening
        && solve_whitened(simd, fixed, whitening, entries, workspace, deferred, place)
    {
        return Ok(());
    }
    direct::solve(simd, fixed, entries, &mut workspace.direct, row)
}

/// Leaves the solution of a row to `deferred`; says whether it could be found in the whitened basis.
#[inline(always)]
fn solve_whitened<S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    whitening: &Whitening,
    entries: Entries<'_>,
    workspace: &mut Workspace,
    deferred: &mut Deferred,
    place: usize,
) -> bool {
    let length = entries.columns.len();
    let outcome = if length < fixed.prepared.choice.crossover {
        let solution = deferred.push(place);
        let Workspace { woodbury, scale, .. } = workspace;
        let scale = fixed.prepared.scale(length, scale);
        woodbury::solve(simd, fixed, (whitening, scale), entries, woodbury, solution)
    } else {
        let Some(kept) = whitening.rows() else { return false };
        let solution = deferred.push(place);
        if fixed.prepared.config.solver == Solver::Cg {
            // Eight rows start together: see `improve`.
            return true;
        }
        let wide = wide_runs(fixed.prepared.config.factors);
        let gather = |column: u32| &kept[column as usize * wide..][..wide];
        let base = whitening.spectrum().zip(fixed.prepared.shift(length));
        let workspace = &mut workspace.whitened;
        whitened::solve(simd, fixed, base, entries, gather, workspace, solution)
    };
    if outcome.is_err() {
        deferred.pop();
    }
    outcome.is_ok()
}

/// Improves the rows that wait in `deferred` by conjugate gradients from what they hold in `rows`,
/// if that is how they are solved. `entries` gives the entries of the row at a place.
#[inline(always)]
pub(crate) fn improve<'a, S: Simd>(
    simd: S,
    fixed: &FixedSide<'_>,
    entries: impl Fn(usize) -> Entries<'a>,
    workspace: &mut Workspace,
    deferred: &mut Deferred,
    rows: &[f32],
) {
    let Prepared { config, whitening, .. } = fixed.prepared;
    let Some(whitening) = whitening.as_ref().filter(|_| config.solver == Solver::Cg) else {
        return;
    };
    let Some(kept) = whitening.rows() else { return };
    let factors = config.factors;
    let wide = wide_runs(factors);
    let gather = |column: u32| &kept[column as usize * wide..][..wide];
    deferred.restart(simd, whitening, factors, rows);
    let Workspace { cg, scale: room, .. } = workspace;
    for (place, solution) in deferred.iter_mut() {
        let entries = entries(place);
        let scale = fixed.prepared.scale(entries.columns.len(), room);
        conjugate::solve(simd, config, scale, entries, gather, cg, solution);
    }
}

/// Rounds a run of a solution to single precision; says whether all of it is finite.
#[inline(always)]
fn store(row: &mut [f32], found: &Lanes) -> bool {
    let rounded = found.0.map(|value| value as f32);
    match row.as_mut_array::<LANES>() {
        Some(row) => *row = rounded,
        None => row.copy_from_slice(&rounded[..row.len()]),
    }
    // What stands behind a row's last factor is zero.
    rounded.iter().fold(true, |finite, value| finite & value.is_finite())
}
