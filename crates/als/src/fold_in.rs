use std::borrow::Cow;

use pulp::{Arch, Simd, WithSimd};

use crate::{
    AlsConfig, AlsError, Matrix,
    cost::Choice,
    gram::gram,
    lanes::{Lanes, widen},
    solve::{DirectWorkspace, Entries, FixedSide, Prepared, RowFault, solve_direct, solve_for},
};

/// Finds factors of users or items that were not in the training, and says where a score comes
/// from, against factors that stay as they are.
///
/// For a new user the fixed side are the item factors, for a new item the user factors. What it
/// finds is what a half-step of the training would: the exact minimum of the loss in that row, with
/// all else as it is.
///
/// ```
/// use marquee_als::{AlsConfig, FoldIn, Silent, train};
/// use marquee_dataset::Csr;
///
/// let (ratings, _) = Csr::from_triplets(3, 3, vec![(0, 0, 5.0), (1, 1, 4.0), (2, 2, 5.0)]);
/// let config = AlsConfig { factors: 2, ..AlsConfig::reference() };
/// let factors = train(&ratings, &config, &mut Silent)?;
///
/// // Somebody who has just watched item 1 and gave it five stars.
/// let users = FoldIn::new(&factors.items, &config)?;
/// let user = users.solve(&[(1, 5.0)])?;
/// assert_eq!(user.len(), 2);
/// let explained = users.explain(&[(1, 5.0)], factors.items.row(1))?;
/// let total: f64 = explained.contributions.iter().map(|part| part.contribution).sum();
/// assert!((total - explained.score).abs() < 1e-9);
/// # Ok::<(), marquee_als::AlsError>(())
/// ```
#[derive(Debug)]
pub struct FoldIn<'a> {
    factors: &'a Matrix,
    prepared: Cow<'a, Prepared>,
}

/// What [`FoldIn`] needs besides the factors; its errors are those of [`FoldIn::new`].
pub(crate) fn prepare(fixed: &Matrix, config: &AlsConfig) -> Result<Prepared, AlsError> {
    config.validate()?;
    if fixed.columns() != config.factors {
        return Err(AlsError::Mismatch {
            left: "the configuration",
            left_size: config.factors,
            right: "the fixed side",
            right_size: fixed.columns(),
            unit: "factors",
        });
    }
    Ok(Prepared::new(&gram(fixed), fixed.rows(), config, Choice::DIRECT))
}

/// A score and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The score: the dot product of the target with the factors [`FoldIn::solve`] finds, before
    /// these are rounded to single precision.
    pub score: f64,
    /// One part for each rating, in the order of rows. They add up to the score.
    pub contributions: Vec<Contribution>,
}

/// What one rating adds to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// The row of the fixed side the rating belongs to.
    pub row: u32,
    /// Its part of the score; below zero where it speaks against the target.
    pub contribution: f64,
}

impl<'a> FoldIn<'a> {
    /// Prepares for rows against `fixed`, with the weights and the regularization of the training.
    ///
    /// Costs a Gram matrix: `rows · factors² / 2` multiplications on the current thread pool, some
    /// milliseconds for 26,000 items of 50 factors.
    ///
    /// # Errors
    /// One of a field out of range ([`AlsConfig::validate`]); [`AlsError::Mismatch`] when the
    /// configuration is one for another number of factors.
    pub fn new(fixed: &'a Matrix, config: &AlsConfig) -> Result<Self, AlsError> {
        Ok(Self { factors: fixed, prepared: Cow::Owned(prepare(fixed, config)?) })
    }

    /// What was [prepared](prepare) before, for the same factors.
    pub(crate) fn with(factors: &'a Matrix, prepared: &'a Prepared) -> Self {
        Self { factors, prepared: Cow::Borrowed(prepared) }
    }

    fn fixed(&self) -> FixedSide<'_> {
        FixedSide { factors: self.factors, prepared: &self.prepared }
    }

    /// The factors of a user or item with these ratings, each the row on the fixed side and the
    /// rating, a negative one a dislike; all zero for none, or where all are dislikes. The order of
    /// the ratings does not matter.
    ///
    /// Computed in `f64`. Costs `n f² / 2 + f³ / 6` multiplications on the calling thread: a few
    /// microseconds for 50 factors and some tens of ratings.
    ///
    /// # Errors
    /// [`AlsError::Entry`] for a row that does not exist or comes twice, or a rating that makes no
    /// confidence; [`AlsError::Unsolvable`] when the system has no solution in double precision or
    /// one that does not fit single precision.
    pub fn solve(&self, ratings: &[(u32, f32)]) -> Result<Vec<f32>, AlsError> {
        let (columns, ratings) = self.check(ratings)?;
        let mut found = vec![0.0; self.prepared.config.factors];
        if columns.is_empty() {
            return Ok(found);
        }
        let entries = Entries { columns: &columns, ratings: &ratings, upcoming: &[] };
        let mut workspace = DirectWorkspace::new(found.len());
        let fixed = self.fixed();
        let task = Solve { fixed: &fixed, entries, workspace: &mut workspace, found: &mut found };
        Arch::new().dispatch(task).map_err(|_| self.unsolvable())?;
        Ok(found)
    }

    /// The score of `target` (factors of an item for a new user, of a user for a new item) and what
    /// each rating adds to it.
    ///
    /// A score is `target · A⁻¹ Σ c y`, with `A` the system of the ratings, so the rating of `y`
    /// contributes `c · (A⁻¹ target) · y` (Hu, Koren and Volinsky 2008, section 5). A dislike adds
    /// nothing itself: it lowers what the others add. For a user of
    /// the model the score is that of their ratings against the item factors as they are now; the
    /// stored factors were found against those of the half-step before.
    ///
    /// Costs as much as [`solve`](Self::solve).
    ///
    /// # Errors
    /// Those of [`solve`](Self::solve), and [`AlsError::Mismatch`] when `target` has more or fewer
    /// factors.
    pub fn explain(&self, ratings: &[(u32, f32)], target: &[f32]) -> Result<Explanation, AlsError> {
        let (columns, ratings) = self.check(ratings)?;
        if target.len() != self.prepared.config.factors {
            return Err(AlsError::Mismatch {
                left: "the target",
                left_size: target.len(),
                right: "the fixed side",
                right_size: self.prepared.config.factors,
                unit: "factors",
            });
        }
        let entries = Entries { columns: &columns, ratings: &ratings, upcoming: &[] };
        let mut workspace = DirectWorkspace::new(target.len());
        let fixed = self.fixed();
        let task = Explain { fixed: &fixed, entries, target, workspace: &mut workspace };
        let parts = Arch::new().dispatch(task).map_err(|_| self.unsolvable())?;
        let contribution = |(&row, contribution)| Contribution { row, contribution };
        let contributions: Vec<_> = columns.iter().zip(parts).map(contribution).collect();
        let score = contributions.iter().map(|part| part.contribution).sum();
        Ok(Explanation { score, contributions })
    }

    /// The ratings in the order of their rows.
    fn check(&self, ratings: &[(u32, f32)]) -> Result<(Vec<u32>, Vec<f32>), AlsError> {
        let rows = self.factors.rows();
        let mut sorted = ratings.to_vec();
        sorted.sort_by_key(|&(row, _)| row);
        for (place, &(row, rating)) in sorted.iter().enumerate() {
            let repeats = place > 0 && sorted[place - 1].0 == row;
            if row as usize >= rows || repeats || !self.prepared.config.admits(rating) {
                return Err(AlsError::Entry { row: row as usize, rating, rows });
            }
        }
        Ok(sorted.into_iter().unzip())
    }

    fn unsolvable(&self) -> AlsError {
        AlsError::Unsolvable { regularization: self.prepared.config.regularization }
    }
}

struct Solve<'a> {
    fixed: &'a FixedSide<'a>,
    entries: Entries<'a>,
    workspace: &'a mut DirectWorkspace,
    found: &'a mut [f32],
}

impl WithSimd for Solve<'_> {
    type Output = Result<(), RowFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        solve_direct(simd, self.fixed, self.entries, self.workspace, self.found)
    }
}

struct Explain<'a> {
    fixed: &'a FixedSide<'a>,
    entries: Entries<'a>,
    target: &'a [f32],
    workspace: &'a mut DirectWorkspace,
}

impl WithSimd for Explain<'_> {
    type Output = Result<Vec<f64>, RowFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { fixed, entries, target, workspace } = self;
        let weights = solve_for(simd, fixed, entries, target, workspace)?;
        let parts = entries.columns.iter().zip(entries.ratings).map(|(&column, &rating)| {
            let mut sums = Lanes::ZERO;
            widen(fixed.factors.row(column as usize), target.len(), |run, values| {
                sums.add_product(simd, &weights[run], values);
            });
            let preference = AlsConfig::preference(rating);
            f64::from(fixed.prepared.config.confidence(rating) * preference) * sums.sum(simd)
        });
        let parts: Vec<f64> = parts.collect();
        if parts.iter().all(|part| part.is_finite()) { Ok(parts) } else { Err(RowFault::NonFinite) }
    }
}
