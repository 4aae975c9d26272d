use std::{
    io::{self, Read, Seek, Write},
    path::Path,
};

use fs_err::File;
use npyz::{DType, NpyHeader, Order, WriteOptions, WriterBuilder};
use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

use crate::{AlsError, Factors, Matrix, NpzFault};

/// Name of the array of user factors in a model file.
pub const USER_FACTORS: &str = "user_factors";
/// Name of the array of item factors in a model file.
pub const ITEM_FACTORS: &str = "item_factors";

/// Bytes that are converted at a time; a multiple of an element's.
const BUFFER: usize = 1 << 20;
/// Where an archive needs its 64-bit form, with room for a member's header.
const LARGE: u64 = u32::MAX as u64 - (1 << 16);

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
    let mut archive = ZipWriter::new(writer);
    for (array, matrix) in [(USER_FACTORS, &factors.users), (ITEM_FACTORS, &factors.items)] {
        write_array(&mut archive, array, matrix)
            .map_err(|source| AlsError::Write { array, source })?;
    }
    let finished = archive.finish().map_err(io::Error::from).and_then(|mut writer| writer.flush());
    finished.map_err(|source| AlsError::Write { array: "the archive's directory", source })
}

fn write_array(
    archive: &mut ZipWriter<impl Write + Seek>,
    array: &str,
    matrix: &Matrix,
) -> io::Result<()> {
    let bytes = matrix.as_slice().len() as u64 * size_of::<f32>() as u64;
    // Nothing that differs from run to run: no time, no compression level.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes > LARGE);
    archive.start_file(format!("{array}.npy"), options)?;
    WriteOptions::<f32>::new()
        .dtype(float32()?)
        .shape(&[matrix.rows() as u64, matrix.columns() as u64])
        .writer(&mut *archive)
        .write_header_only()?;
    let mut buffer = Vec::with_capacity(BUFFER);
    for values in matrix.as_slice().chunks(BUFFER / size_of::<f32>()) {
        buffer.clear();
        buffer.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        archive.write_all(&buffer)?;
    }
    Ok(())
}

fn float32() -> io::Result<DType> {
    let name = "<f4".parse().map_err(|error| io::Error::other(format!("{error}")))?;
    Ok(DType::new_scalar(name))
}

/// Reads factors from an npz file as [`write_npz`] writes it, or `numpy.savez` with arrays of
/// those names. Other members are not looked at.
///
/// Both arrays are read in bulk and checked against the archive's checksums; that the values are
/// finite, [`AlsModel`](crate::AlsModel) checks.
///
/// # Errors
/// [`AlsError::Open`] when the file cannot be opened or is no whole zip archive; [`AlsError::Npz`]
/// names the array that cannot be used, and why.
pub fn read_npz(path: &Path) -> Result<Factors, AlsError> {
    let open = |source| AlsError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    let mut archive = ZipArchive::new(file).map_err(|error| open(error.into()))?;
    let mut read = |array: &'static str| {
        read_array(&mut archive, array).map_err(|source| AlsError::Npz {
            path: path.to_owned(),
            array,
            source,
        })
    };
    let (users, items) = (read(USER_FACTORS)?, read(ITEM_FACTORS)?);
    if users.columns() != items.columns() {
        let source = NpzFault::FactorCount { found: items.columns(), expected: users.columns() };
        return Err(AlsError::Npz { path: path.to_owned(), array: ITEM_FACTORS, source });
    }
    Ok(Factors { users, items })
}

fn read_array(archive: &mut ZipArchive<File>, array: &str) -> Result<Matrix, NpzFault> {
    let mut member = archive.by_name(&format!("{array}.npy")).map_err(|error| match error {
        ZipError::FileNotFound => NpzFault::Missing,
        ZipError::UnsupportedArchive(_) => NpzFault::NotStored,
        other => NpzFault::Damaged(other.into()),
    })?;
    if member.compression() != CompressionMethod::Stored {
        return Err(NpzFault::NotStored);
    }
    let size = member.size();
    let mut counted = Counted { reader: &mut member, bytes: 0 };
    let header = NpyHeader::from_reader(&mut counted).map_err(NpzFault::Damaged)?;
    let held = size.saturating_sub(counted.bytes);
    let (rows, columns) = check_header(&header, held)?;
    let mut data = Vec::with_capacity(rows * columns);
    let mut buffer = vec![0; BUFFER];
    while data.len() < rows * columns {
        let wanted = BUFFER.min((rows * columns - data.len()) * size_of::<f32>());
        member.read_exact(&mut buffer[..wanted]).map_err(NpzFault::Damaged)?;
        data.extend(buffer[..wanted].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
    }
    // The checksum is compared when the end is read.
    member.read(&mut buffer).map_err(NpzFault::Damaged)?;
    Matrix::new(rows, columns, data).map_err(|error| NpzFault::Damaged(io::Error::other(error)))
}

/// Checks a header against the bytes the member holds after it, before anything that large is
/// allocated, and gives rows and columns.
fn check_header(header: &NpyHeader, held: u64) -> Result<(usize, usize), NpzFault> {
    let found = header.dtype().descr();
    if found.trim_matches('\'') != "<f4" {
        return Err(NpzFault::DataType { found });
    }
    let &[rows, columns] = header.shape() else {
        return Err(NpzFault::Shape { shape: header.shape().to_vec() });
    };
    if header.order() != Order::C {
        return Err(NpzFault::FortranOrder);
    }
    let expected = rows.checked_mul(columns).and_then(|size| size.checked_mul(4));
    match (expected, usize::try_from(rows), usize::try_from(columns)) {
        (Some(bytes), Ok(rows), Ok(columns)) if bytes == held => Ok((rows, columns)),
        (bytes, ..) => Err(NpzFault::Length { found: held, expected: bytes.unwrap_or(u64::MAX) }),
    }
}

/// Counts the bytes that are read through it.
struct Counted<R> {
    reader: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
