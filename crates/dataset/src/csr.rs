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
    /// the entries that were dropped so. O(n log m) in the number of entries and of the longest
    /// row's.
    ///
    /// # Panics
    /// When an entry lies outside `rows` × `columns`.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever has collected them is done with them"
    )]
    pub fn from_triplets(rows: usize, columns: usize, triplets: Vec<Triplet>) -> (Self, usize) {
        Self::from_entries(rows, columns, triplets.iter().copied())
    }

    /// [`from_triplets`](Self::from_triplets) for triplets that are gone through twice rather than
    /// held.
    ///
    /// # Panics
    /// When an entry lies outside `rows` × `columns`.
    #[must_use]
    pub fn from_entries(
        rows: usize,
        columns: usize,
        triplets: impl Iterator<Item = Triplet> + Clone,
    ) -> (Self, usize) {
        let mut indptr = vec![0_u64; rows + 1];
        for (row, column, _) in triplets.clone() {
            assert!((column as usize) < columns, "column {column} outside {columns}");
            indptr[row as usize + 1] += 1;
        }
        for row in 0..rows {
            indptr[row + 1] += indptr[row];
        }
        let given = indptr[rows] as usize;
        let (mut indices, mut values) = (vec![0_u32; given], vec![0_f32; given]);
        let mut next = indptr.clone();
        for (row, column, value) in triplets {
            let place = &mut next[row as usize];
            (indices[*place as usize], values[*place as usize]) = (column, value);
            *place += 1;
        }
        drop(next);
        let kept = sort_rows(&mut indptr, &mut indices, &mut values);
        indices.truncate(kept);
        values.truncate(kept);
        (Self { columns, indptr, indices, values }, given - kept)
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

/// Sorts the entries of each row by column and closes up the gaps that entries leave of which a
/// later one has the same column; gives the number of entries left.
fn sort_rows(indptr: &mut [u64], indices: &mut [u32], values: &mut [f32]) -> usize {
    let mut kept = 0;
    let mut sorted: Vec<(u32, f32)> = Vec::new();
    let mut start = 0;
    for end in &mut indptr[1..] {
        let row = start..*end as usize;
        start = row.end;
        sorted.clear();
        sorted.extend(indices[row.clone()].iter().copied().zip(values[row].iter().copied()));
        // Stable, so that of equal columns the last given is the last of its run.
        sorted.sort_by_key(|&(column, _)| column);
        let followed = sorted.iter().skip(1).map(|&(column, _)| Some(column)).chain([None]);
        for (&(column, value), next) in sorted.iter().zip(followed) {
            if next != Some(column) {
                (indices[kept], values[kept]) = (column, value);
                kept += 1;
            }
        }
        *end = kept as u64;
    }
    kept
}
