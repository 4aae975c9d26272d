use marquee_dataset::Csr;

use crate::AlsError;

/// A dense matrix of `f32`, row by row: one row for each user or item, one column for each factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// Takes `rows` × `columns` values, row by row.
    ///
    /// # Errors
    /// [`AlsError::Mismatch`] when there are more or fewer values than that.
    pub fn new(rows: usize, columns: usize, data: Vec<f32>) -> Result<Self, AlsError> {
        match rows.checked_mul(columns) {
            Some(size) if size == data.len() => Ok(Self { rows, columns, data }),
            size => Err(AlsError::Mismatch {
                left: "matrix data",
                left_size: data.len(),
                right: "rows × columns",
                right_size: size.unwrap_or(usize::MAX),
                unit: "values",
            }),
        }
    }

    /// A matrix of zeros.
    ///
    /// # Errors
    /// [`AlsError::Memory`] when there is no room for it.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Result<Self, AlsError> {
        let mut data = Vec::new();
        let size = rows.checked_mul(columns);
        if size.is_none_or(|size| data.try_reserve_exact(size).is_err()) {
            return Err(AlsError::Memory { rows, factors: columns });
        }
        data.resize(rows * columns, 0.0);
        Ok(Self { rows, columns, data })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline(always)]
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..][..self.columns]
    }

    /// The values from the start of a row to the end of the matrix.
    #[inline(always)]
    pub(crate) fn tail_from(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..]
    }

    /// All values, row by row.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.data
    }
}

/// What a training finds: a vector for every user and for every item. The score of an item for a
/// user is the dot product of theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// Users × factors. A user without ratings has a row of zeros.
    pub users: Matrix,
    /// Items × factors. An item without ratings has a row of zeros.
    pub items: Matrix,
}

impl Factors {
    /// Checks that both sides have the same number of factors and gives it.
    pub(crate) fn factors(&self) -> Result<usize, AlsError> {
        if self.users.columns == self.items.columns {
            return Ok(self.users.columns);
        }
        Err(AlsError::Mismatch {
            left: crate::USER_FACTORS,
            left_size: self.users.columns,
            right: crate::ITEM_FACTORS,
            right_size: self.items.columns,
            unit: "columns",
        })
    }

    /// Checks that there is a row for each user and item of these ratings.
    pub(crate) fn check_fits(&self, ratings: &Csr) -> Result<(), AlsError> {
        self.factors()?;
        let sides = [
            (crate::USER_FACTORS, self.users.rows(), "ratings (rows)", ratings.rows()),
            (crate::ITEM_FACTORS, self.items.rows(), "ratings (columns)", ratings.columns()),
        ];
        for (left, left_size, right, right_size) in sides {
            if left_size != right_size {
                let unit = "rows";
                return Err(AlsError::Mismatch { left, left_size, right, right_size, unit });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_factors_than_memory_holds_are_refused() {
        for rows in [usize::MAX / 8, usize::MAX] {
            let error = Matrix::zeros(rows, 8).expect_err("more than there are addresses");
            assert!(matches!(error, AlsError::Memory { factors: 8, .. }), "{error}");
            assert!(error.to_string().contains("choose fewer factors"), "{error}");
        }
    }
}
