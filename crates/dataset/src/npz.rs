//! Arrays in numpy's npz form: a stored zip of `<name>.npy`.

use std::{
    io::{BufReader, Read, Seek, Write},
    path::{Path, PathBuf},
};

use npyz::{AutoSerialize, Deserialize, NpyFile, WriterBuilder};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::DatasetError;

/// Writes arrays into an npz file; the same arrays give the same bytes.
pub struct NpzWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
}

impl<W: Write + Seek> NpzWriter<W> {
    /// Starts a file.
    pub fn new(output: W) -> Self {
        Self { zip: ZipWriter::new(output) }
    }

    /// Adds an array in C order.
    ///
    /// # Errors
    /// What the output says; an error also when `values` are not as many as `shape` holds.
    pub fn array<T: AutoSerialize + Copy>(
        &mut self,
        name: &str,
        shape: &[u64],
        values: &[T],
    ) -> std::io::Result<()> {
        // A fixed time keeps the bytes the same; arrays may pass 4 GiB.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .large_file(true);
        self.zip.start_file(format!("{name}.npy"), options)?;
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .writer(&mut self.zip)
            .begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()
    }

    /// Ends the file and gives the output back.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(self) -> std::io::Result<W> {
        Ok(self.zip.finish()?)
    }
}

/// Reads arrays from an npz file.
#[derive(Debug)]
pub struct NpzReader {
    path: PathBuf,
    zip: ZipArchive<BufReader<std::fs::File>>,
}

/// An array read: its shape and its values in C order.
pub type Array<T> = (Vec<u64>, Vec<T>);

impl NpzReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`DatasetError::Io`] when it cannot be opened, [`DatasetError::Npz`] when it is no zip.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = BufReader::with_capacity(1 << 20, fs_err::File::open(path)?.into_parts().0);
        let zip = ZipArchive::new(file).map_err(|error| DatasetError::Npz {
            path: path.to_owned(),
            problem: format!("not an npz file, or cut short ({error})"),
        })?;
        Ok(Self { path: path.to_owned(), zip })
    }

    /// Reads the array `name`.
    ///
    /// # Errors
    /// [`DatasetError::Npz`] when there is none, it is of another type, in Fortran order or cut
    /// short.
    pub fn array<T: Deserialize>(&mut self, name: &str) -> Result<Array<T>, DatasetError> {
        let path = &self.path;
        let problem = |problem| DatasetError::Npz { path: path.clone(), problem };
        let broken = |error: &dyn std::fmt::Display| problem(format!("array {name}: {error}"));
        let mut entry = self.zip.by_name(&format!("{name}.npy")).map_err(|error| broken(&error))?;
        let npy = NpyFile::new(&mut entry as &mut dyn Read).map_err(|error| broken(&error))?;
        if npy.order() == npyz::Order::Fortran && npy.shape().len() > 1 {
            return Err(broken(&"in Fortran order; save it in C order"));
        }
        let shape = npy.shape().to_vec();
        let values = npy.into_vec::<T>().map_err(|error| broken(&error))?;
        Ok((shape, values))
    }
}
