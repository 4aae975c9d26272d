use std::{
    io::{Seek, Write},
    path::Path,
};

use marquee_dataset::{Array, DatasetError, Element, NpzFault, NpzReader, NpzWriter};

use crate::{AlsError, Factors, Matrix, ModelFileFault};

/// Name of the array of user factors in a model file.
pub const USER_FACTORS: &str = "user_factors";
/// Name of the array of item factors in a model file.
pub const ITEM_FACTORS: &str = "item_factors";

/// Writes factors as an npz file: a stored zip archive of `user_factors.npy` (users × factors) and
/// `item_factors.npy` (items × factors), `<f4`, C order.
///
/// NumPy reads it as it is. The same factors give the same bytes. The caller sees to it that the
/// file appears whole or not at all.
///
/// # Errors
/// [`AlsError::Mismatch`] when the two sides have different numbers of factors;
/// [`AlsError::Write`] with what the writer said.
pub fn write_npz(factors: &Factors, writer: impl Write + Seek) -> Result<(), AlsError> {
    factors.factors()?;
    let mut npz = NpzWriter::new(writer);
    for (array, matrix) in [(USER_FACTORS, &factors.users), (ITEM_FACTORS, &factors.items)] {
        let shape = [matrix.rows() as u64, matrix.columns() as u64];
        npz.array(array, &shape, matrix.as_slice())
            .map_err(|source| AlsError::Write { array, source })?;
    }
    let finished = npz.finish();
    finished.map_err(|source| AlsError::Write { array: "the archive's directory", source })?;
    Ok(())
}

/// Reads factors from an npz file as [`write_npz`] writes it, or `numpy.savez` with arrays of
/// those names, such as what a model of implicit saves. Other members are not looked at.
///
/// Arrays of `<f8` are rounded to single precision. Both are read in bulk and checked against the
/// archive's checksums; that the values are finite, [`AlsModel`](crate::AlsModel) checks. Beside
/// the result it holds a mebibyte, for `<f8` twice the result.
///
/// # Errors
/// [`AlsError::Open`] when the file cannot be opened or is no whole zip archive;
/// [`AlsError::ModelFile`] names the array that cannot be used, and why.
pub fn read_npz(path: &Path) -> Result<Factors, AlsError> {
    let mut npz = NpzReader::open(path).map_err(|error| match error {
        DatasetError::Io(source) | DatasetError::NotNpz { source, .. } => {
            AlsError::Open { path: path.to_owned(), source }
        }
        other => AlsError::Open { path: path.to_owned(), source: std::io::Error::other(other) },
    })?;
    let fault = |array, source| AlsError::ModelFile { path: path.to_owned(), array, source };
    let mut read = |array| read_matrix(&mut npz, array).map_err(|source| fault(array, source));
    let (users, items) = (read(USER_FACTORS)?, read(ITEM_FACTORS)?);
    if users.columns() != items.columns() {
        let (found, expected) = (items.columns(), users.columns());
        return Err(fault(ITEM_FACTORS, ModelFileFault::FactorCount { found, expected }));
    }
    Ok(Factors { users, items })
}

fn read_matrix(npz: &mut NpzReader, array: &str) -> Result<Matrix, ModelFileFault> {
    let (shape, values) = match npz.try_array::<f32>(array) {
        Err(NpzFault::DataType { found, .. }) if found.contains(f64::NAME) => {
            rounded(npz.try_array::<f64>(array)?)?
        }
        single => single?,
    };
    let &[rows, columns] = shape.as_slice() else {
        return Err(ModelFileFault::Shape { shape });
    };
    // As many values as fit memory were read, so both sizes fit too.
    Matrix::new(rows as usize, columns as usize, values)
        .map_err(|_| ModelFileFault::Shape { shape: vec![rows, columns] })
}

/// An array of double precision in single precision.
fn rounded((shape, values): Array<f64>) -> Result<Array<f32>, ModelFileFault> {
    let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let lost = |(single, double): (&f32, &f64)| double.is_finite() && !single.is_finite();
    match single.iter().zip(&values).position(lost) {
        None => Ok((shape, single)),
        Some(place) => {
            let columns = shape.last().map_or(1, |&columns| columns.max(1) as usize);
            Err(ModelFileFault::Range { row: place / columns, value: values[place] })
        }
    }
}
