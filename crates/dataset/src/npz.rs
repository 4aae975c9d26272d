//! Arrays in numpy's npz form: a stored zip of `<name>.npy`.

mod header;

use std::{
    io::{self, Read as _, Seek, Write},
    path::{Path, PathBuf},
};

use fs_err::File;
use npyz::{DType, NpyHeader, Order, WriteOptions, WriterBuilder};
use thiserror::Error;
use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

use self::header::read_header;
use crate::DatasetError;

/// Bytes that are converted at a time; a multiple of every element's.
const BUFFER: usize = 1 << 20;
/// Where an archive needs its 64-bit form, with room for a member's header.
const LARGE: u64 = u32::MAX as u64 - (1 << 16);

/// A number an array can hold: little-endian in files, whatever the processor.
pub trait Element: Copy {
    /// The type's name in a npy header, such as `<f4`.
    const NAME: &'static str;

    /// Appends the element's bytes.
    fn append(self, bytes: &mut Vec<u8>);

    /// Appends the elements that whole runs of bytes hold.
    fn extend(values: &mut Vec<Self>, bytes: &[u8]);
}

macro_rules! element {
    ($($number:ty: $name:literal),*) => {$(
        impl Element for $number {
            const NAME: &'static str = $name;

            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn extend(values: &mut Vec<Self>, bytes: &[u8]) {
                let elements = bytes.as_chunks().0.iter();
                values.extend(elements.map(|&bytes| Self::from_le_bytes(bytes)));
            }
        }
    )*};
}

element!(
    f32: "<f4", f64: "<f8", i32: "<i4", i64: "<i8", u8: "|u1", u16: "<u2", u32: "<u4", u64: "<u8"
);

/// What is wrong with one array of a npz file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzFault {
    /// The archive has no such member.
    #[error("the archive has no member of that name")]
    Missing,
    /// The member is compressed or otherwise of a kind that is not written here.
    #[error("the member is not stored plainly: write it with numpy.savez, not savez_compressed")]
    NotStored,
    /// The elements are of another type.
    #[error("its elements are {found}, not {expected}")]
    DataType {
        /// The data type in the header.
        found: String,
        /// The data type asked for.
        expected: &'static str,
    },
    /// The elements stand column by column.
    #[error("it is in Fortran order, not C order")]
    FortranOrder,
    /// The member does not hold as many bytes as its shape says.
    #[error("it holds {found} bytes where its shape asks for {expected}")]
    Length {
        /// Bytes after the header.
        found: u64,
        /// Bytes that the shape asks for.
        expected: u64,
    },
    /// The archive says the member is larger than the whole file.
    #[error("the archive says it holds {claimed} bytes, but the file has {file}")]
    Claim {
        /// Bytes the archive says the member holds.
        claimed: u64,
        /// Bytes of the file.
        file: u64,
    },
    /// The header is not one of a plain array.
    #[error("its header is not that of a plain array: {problem}")]
    Header {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no room for the array.
    #[error("its {bytes} bytes do not fit into memory")]
    Memory {
        /// Bytes of the array.
        bytes: u64,
    },
    /// The member ends too early, or its bytes do not match their checksum.
    #[error("it is damaged")]
    Damaged(#[source] io::Error),
}

/// Writes arrays into an npz file; the same arrays give the same bytes.
pub struct NpzWriter<W: Write + Seek> {
    archive: ZipWriter<W>,
}

impl<W: Write + Seek> NpzWriter<W> {
    /// Starts a file.
    pub fn new(output: W) -> Self {
        Self { archive: ZipWriter::new(output) }
    }

    /// Adds an array in C order.
    ///
    /// # Errors
    /// What the output says; an error also when `values` are not as many as `shape` holds.
    pub fn array<T: Element>(&mut self, name: &str, shape: &[u64], values: &[T]) -> io::Result<()> {
        if shape.iter().product::<u64>() != values.len() as u64 {
            let problem = format!("{} values for an array of shape {shape:?}", values.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        // Nothing that differs from run to run: no time, no compression level.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(size_of_val(values) as u64 > LARGE);
        self.archive.start_file(format!("{name}.npy"), options)?;
        let element = T::NAME.parse().map_err(|error| io::Error::other(format!("{error}")))?;
        WriteOptions::<u8>::new()
            .dtype(DType::new_scalar(element))
            .shape(shape)
            .writer(&mut self.archive)
            .write_header_only()?;
        let mut buffer = Vec::with_capacity(BUFFER);
        for part in values.chunks(BUFFER / size_of::<T>()) {
            buffer.clear();
            part.iter().for_each(|value| value.append(&mut buffer));
            self.archive.write_all(&buffer)?;
        }
        Ok(())
    }

    /// Ends the file and gives the output back.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(self) -> io::Result<W> {
        let mut output = self.archive.finish()?;
        output.flush()?;
        Ok(output)
    }
}

/// Reads arrays from an npz file as [`NpzWriter`] or `numpy.savez` writes it.
#[derive(Debug)]
pub struct NpzReader {
    path: PathBuf,
    archive: ZipArchive<File>,
    /// Bytes of the file, more than which no member holds, whatever the archive says.
    length: u64,
}

/// An array read: its shape and its values in C order.
pub type Array<T> = (Vec<u64>, Vec<T>);

impl NpzReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened, [`DatasetError::NotNpz`] when it is no whole
    /// zip archive.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let archive = ZipArchive::new(file).map_err(|error| DatasetError::NotNpz {
            path: path.to_owned(),
            source: error.into(),
        })?;
        Ok(Self { path: path.to_owned(), archive, length })
    }

    /// Reads the array `name`, in bulk and checked against the archive's checksum.
    ///
    /// # Errors
    /// [`DatasetError::Npz`] as [`try_array`](Self::try_array), naming file and array.
    pub fn array<T: Element>(&mut self, name: &'static str) -> Result<Array<T>, DatasetError> {
        self.try_array(name).map_err(|source| DatasetError::Npz {
            path: self.path.clone(),
            array: name,
            source,
        })
    }

    /// Reads the array `name`, for callers whose own errors name the file.
    ///
    /// # Errors
    /// [`NpzFault`] when there is none, it is of another type, in Fortran order, compressed, cut
    /// short, changed, or does not fit into memory. Whatever the file says of itself, no more is
    /// allocated than it has bytes.
    pub fn try_array<T: Element>(&mut self, name: &str) -> Result<Array<T>, NpzFault> {
        let member = self.archive.by_name(&format!("{name}.npy"));
        let mut member = member.map_err(|error| match error {
            ZipError::FileNotFound => NpzFault::Missing,
            ZipError::UnsupportedArchive(_) => NpzFault::NotStored,
            other => NpzFault::Damaged(other.into()),
        })?;
        if member.compression() != CompressionMethod::Stored {
            return Err(NpzFault::NotStored);
        }
        let claimed = member.size();
        if claimed > self.length {
            return Err(NpzFault::Claim { claimed, file: self.length });
        }
        let (header, header_bytes) = read_header(&mut member)?;
        let held = claimed.saturating_sub(header_bytes);
        let length = checked_length::<T>(&header, held)?;
        let mut values = Vec::new();
        values.try_reserve_exact(length).map_err(|_| NpzFault::Memory { bytes: held })?;
        let mut buffer = vec![0; BUFFER];
        while values.len() < length {
            let wanted = BUFFER.min((length - values.len()) * size_of::<T>());
            member.read_exact(&mut buffer[..wanted]).map_err(NpzFault::Damaged)?;
            T::extend(&mut values, &buffer[..wanted]);
        }
        // The checksum is compared when the end is read.
        member.read(&mut buffer).map_err(NpzFault::Damaged)?;
        Ok((header.shape().to_vec(), values))
    }
}

/// Checks a header against the bytes the member holds after it, before anything that large is
/// allocated, and gives the number of elements.
fn checked_length<T: Element>(header: &NpyHeader, held: u64) -> Result<usize, NpzFault> {
    let found = header.dtype().descr();
    if found.trim_matches('\'') != T::NAME {
        return Err(NpzFault::DataType { found, expected: T::NAME });
    }
    if header.order() != Order::C && header.shape().len() > 1 {
        return Err(NpzFault::FortranOrder);
    }
    let elements = header.shape().iter().try_fold(1_u64, |sum, &size| sum.checked_mul(size));
    let expected = elements.and_then(|elements| elements.checked_mul(size_of::<T>() as u64));
    match (expected, elements.and_then(|elements| usize::try_from(elements).ok())) {
        (Some(bytes), Some(elements)) if bytes == held => Ok(elements),
        (bytes, _) => Err(NpzFault::Length { found: held, expected: bytes.unwrap_or(u64::MAX) }),
    }
}
