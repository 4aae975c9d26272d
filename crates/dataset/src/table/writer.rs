use std::path::Path;

use super::{
    TableFormat,
    coded::CodedTable,
    digesting::{Digesting, FinishedTable},
    row_groups::RowGroups,
    rows::TableLayout,
};
use crate::{
    Aggregated, DatasetError, EventTable, Interactions,
    stages::{self, BatchSize},
};

/// A table file in the making, csv or Parquet by the ending of its name.
pub(crate) enum TableFile {
    Csv(Box<CsvFile>),
    Parquet(Box<RowGroups>),
}

/// A csv file in the making, with its header.
pub(crate) struct CsvFile {
    pub(crate) output: Digesting,
    layout: TableLayout,
}

impl TableFile {
    pub(crate) fn create(path: &Path, layout: TableLayout) -> Result<Self, DatasetError> {
        match TableFormat::of(path)? {
            TableFormat::Csv => {
                let mut output = Digesting::create(path)?;
                let names: Vec<String> =
                    layout.fields().iter().map(|field| field.name().clone()).collect();
                output.append(format!("{}\n", names.join(",")).as_bytes())?;
                Ok(Self::Csv(Box::new(CsvFile { output, layout })))
            }
            TableFormat::Parquet => Ok(Self::Parquet(Box::new(RowGroups::create(path, layout)?))),
        }
    }

    fn append(&mut self, table: &CodedTable<'_>) -> Result<(), DatasetError> {
        match self {
            Self::Parquet(groups) => groups.append_table(table),
            Self::Csv(file) => {
                let CsvFile { output, layout } = &mut **file;
                let (count, rows) = (table.len(), table.csv_rows());
                let mut starts = (0..count).step_by(rows);
                stages::run(
                    BatchSize::ManyBlocks,
                    || Ok(starts.next()),
                    |start| table.rows(start..count.min(start + rows)).to_csv(*layout),
                    |text| output.append(&text),
                    || Ok(()),
                )
            }
        }
    }

    fn layout(&self) -> TableLayout {
        match self {
            Self::Csv(file) => file.layout,
            Self::Parquet(groups) => groups.layout(),
        }
    }

    pub(crate) fn finish(self) -> Result<FinishedTable, DatasetError> {
        match self {
            Self::Csv(file) => file.output.finish(),
            Self::Parquet(groups) => groups.finish(),
        }
    }
}

/// Writes interactions to a new csv or Parquet file, table by table.
///
/// The bytes of the file depend on the rows alone, not on how many were given at a time or on the
/// number of threads.
pub struct InteractionsWriter {
    file: TableFile,
}

impl InteractionsWriter {
    /// Starts a file of the four columns, csv or Parquet by the ending of `path`.
    ///
    /// # Errors
    /// [`DatasetError`] when the ending is unknown or the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        Self::open(path, TableLayout::Interactions)
    }

    /// Starts a file of the four columns and `stars` and `minutes`.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_aggregated(path: &Path) -> Result<Self, DatasetError> {
        Self::open(path, TableLayout::Aggregated)
    }

    fn open(path: &Path, layout: TableLayout) -> Result<Self, DatasetError> {
        Ok(Self { file: TableFile::create(path, layout)? })
    }

    /// Appends all rows of a table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    ///
    /// # Panics
    /// When the file was started for aggregated rows.
    pub fn append(&mut self, table: &Interactions) -> Result<(), DatasetError> {
        assert_eq!(
            self.file.layout(),
            TableLayout::Interactions,
            "aggregated rows have their own method"
        );
        self.file.append(&table.into())
    }

    /// Appends all rows of an aggregated table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    ///
    /// # Panics
    /// When the file was not started for aggregated rows.
    pub fn append_aggregated(&mut self, table: &Aggregated) -> Result<(), DatasetError> {
        assert_eq!(
            self.file.layout(),
            TableLayout::Aggregated,
            "four-column rows have their own method"
        );
        self.file.append(&table.into())
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn finish(self) -> Result<FinishedTable, DatasetError> {
        self.file.finish()
    }
}

/// Writes single events to a new Parquet file, table by table.
pub struct EventsWriter {
    file: TableFile,
}

impl EventsWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// [`DatasetError`] when the name does not end in `.parquet` or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, DatasetError> {
        check_events_path(path)?;
        Ok(Self { file: TableFile::create(path, TableLayout::Events)? })
    }

    /// Appends all rows of a table.
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn append(&mut self, table: &EventTable) -> Result<(), DatasetError> {
        self.file.append(&table.into())
    }

    /// Ends the file; it is in its place after [`FinishedTable::commit`].
    ///
    /// # Errors
    /// [`DatasetError`] when the file cannot be written.
    pub fn finish(self) -> Result<FinishedTable, DatasetError> {
        self.file.finish()
    }
}

/// Single events have no csv form.
pub(crate) fn check_events_path(path: &Path) -> Result<(), DatasetError> {
    match TableFormat::of(path) {
        Ok(TableFormat::Parquet) => Ok(()),
        _ => {
            let path = path.to_owned();
            Err(DatasetError::UnknownFormat { path, expected: ".parquet" })
        }
    }
}
