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
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, data: vec![0.0; rows * columns] }
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
}
