/// A sparse matrix in compressed rows: users × movies when built from interactions.
///
/// Row `r` holds columns `indices[indptr[r]..indptr[r + 1]]`, strictly ascending, with the values
/// at the same places. 8 bytes a row and 8 bytes an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Csr {
    columns: usize,
    indptr: Vec<u64>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

/// One entry of a sparse matrix: row, column, value.
pub type Triplet = (u32, u32, f32);

impl Csr {
    /// Builds from triplets in any order.
    ///
    /// Of several entries at one place the last given stays; the second part of the answer counts
    /// the entries that were dropped so. O(n log n) in the number of entries.
    ///
    /// # Panics
    /// When an entry lies outside `rows` × `columns`.
    #[must_use]
    pub fn from_triplets(rows: usize, columns: usize, mut triplets: Vec<Triplet>) -> (Self, usize) {
        let given = triplets.len();
        // Stable, so that of equal places the last given is the last of its run.
        triplets.sort_by_key(|&(row, column, _)| (row, column));
        let mut indptr = vec![0_u64; rows + 1];
        let mut indices: Vec<u32> = Vec::with_capacity(given);
        let mut values: Vec<f32> = Vec::with_capacity(given);
        let mut previous = None;
        for (row, column, value) in triplets {
            assert!((column as usize) < columns, "column {column} outside {columns}");
            if previous == Some((row, column)) {
                if let Some(last) = values.last_mut() {
                    *last = value;
                }
                continue;
            }
            previous = Some((row, column));
            indptr[row as usize + 1] += 1;
            indices.push(column);
            values.push(value);
        }
        for row in 0..rows {
            indptr[row + 1] += indptr[row];
        }
        let duplicates = given - indices.len();
        (Self { columns, indptr, indices, values }, duplicates)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of stored entries.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.indices.len()
    }

    /// Columns and values of one row, columns ascending.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.indptr[row] as usize..self.indptr[row + 1] as usize;
        (&self.indices[range.clone()], &self.values[range])
    }

    /// The values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Row pointers (rows + 1) and columns.
    #[must_use]
    pub fn pattern(&self) -> (&[u64], &[u32]) {
        (&self.indptr, &self.indices)
    }

    /// The matrix with rows and columns exchanged. O(entries + rows + columns).
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut indptr = vec![0_u64; self.columns + 1];
        for &column in &self.indices {
            indptr[column as usize + 1] += 1;
        }
        for column in 0..self.columns {
            indptr[column + 1] += indptr[column];
        }
        let mut next = indptr.clone();
        let mut indices = vec![0_u32; self.entries()];
        let mut values = vec![0_f32; self.entries()];
        for row in 0..self.rows() {
            let (columns, entries) = self.row(row);
            for (&column, &value) in columns.iter().zip(entries) {
                let place = &mut next[column as usize];
                indices[*place as usize] = row as u32;
                values[*place as usize] = value;
                *place += 1;
            }
        }
        Self { columns: self.rows(), indptr, indices, values }
    }
}
