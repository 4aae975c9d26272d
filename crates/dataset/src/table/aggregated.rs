use std::path::Path;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use csv::ReaderBuilder;
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use super::{TableFormat, chunk::Place, parts, read_interactions};
use crate::{Aggregated, DatasetError, Progress};

const STARS: &str = "stars";
const MINUTES: &str = "minutes";

const STARS_RANGE: &str = "an integer from 1 to 5, or nothing";
const MINUTES_RANGE: &str = "an integer from 0";

/// Reads a table as `dedup --strategy aggregate` writes it, csv or Parquet: an interactions table
/// with the columns `stars` and `minutes`.
///
/// Goes through the file twice, the second time on one thread for these two columns.
///
/// # Errors
/// [`DatasetError::NotAggregated`] for a table without them, [`DatasetError::Value`] for stars that
/// are not 1 to 5 or nothing and minutes below 0; otherwise as [`read_interactions`].
pub fn read_aggregated(
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Aggregated, DatasetError> {
    let interactions = read_interactions(path, progress)?;
    let mut columns = Columns::default();
    match TableFormat::of(path)? {
        TableFormat::Csv => columns.read_csv(path)?,
        TableFormat::Parquet => {
            for part in parts(path)? {
                columns.read_parquet(&part)?;
            }
        }
    }
    let Columns { stars, minutes } = columns;
    if stars.len() != interactions.len() || minutes.len() != interactions.len() {
        let changed = std::io::Error::other("the file changed while it was read");
        return Err(DatasetError::ReadOn {
            name: path.display().to_string(),
            offset: 0,
            source: changed,
        });
    }
    Ok(Aggregated { interactions, stars, minutes })
}

#[derive(Default)]
struct Columns {
    stars: Vec<Option<i8>>,
    minutes: Vec<i64>,
}

impl Columns {
    fn push(
        &mut self,
        stars: Option<i64>,
        minutes: Option<i64>,
        place: Place<'_>,
    ) -> Result<(), DatasetError> {
        let told = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
        self.stars.push(match stars {
            None => None,
            Some(value @ 1..=5) => Some(value as i8),
            Some(_) => return Err(place.refuse(STARS, &told(stars), STARS_RANGE)),
        });
        let minutes = minutes.filter(|&value| value >= 0);
        self.minutes
            .push(minutes.ok_or_else(|| place.refuse(MINUTES, &told(minutes), MINUTES_RANGE))?);
        Ok(())
    }

    fn read_csv(&mut self, path: &Path) -> Result<(), DatasetError> {
        let file = crate::stored_file::StoredFile::open(path)?;
        let mut records = ReaderBuilder::new().flexible(true).from_reader(file);
        let failed = DatasetError::csv(path);
        let names = records.byte_headers().map_err(&failed)?.clone();
        let find = |column: &str| names.iter().position(|name| name == column.as_bytes());
        let (Some(stars), Some(minutes)) = (find(STARS), find(MINUTES)) else {
            return Err(DatasetError::NotAggregated { path: path.to_owned() });
        };
        let mut record = csv::ByteRecord::new();
        while records.read_byte_record(&mut record).map_err(&failed)? {
            let line = record.position().map_or(0, csv::Position::line);
            let place = Place { path, line };
            let value = |column: usize, name, expected| {
                let field = record.get(column).unwrap_or_default();
                let text = String::from_utf8_lossy(field);
                if text.is_empty() {
                    return Ok(None);
                }
                let value: Result<i64, _> = text.parse();
                value.map(Some).map_err(|_| place.refuse(name, &text, expected))
            };
            let stars = value(stars, STARS, STARS_RANGE)?;
            let minutes = value(minutes, MINUTES, MINUTES_RANGE)?;
            self.push(stars, minutes, place)?;
        }
        Ok(())
    }

    fn read_parquet(&mut self, path: &Path) -> Result<(), DatasetError> {
        let file = fs_err::File::open(path)?.into_parts().0;
        let failed = DatasetError::parquet(path);
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
        let schema = builder.schema();
        let find = |name| schema.column_with_name(name).map(|(place, _)| place);
        let (Some(stars), Some(minutes)) = (find(STARS), find(MINUTES)) else {
            return Err(DatasetError::NotAggregated { path: path.to_owned() });
        };
        let mask = ProjectionMask::roots(builder.parquet_schema(), [stars, minutes]);
        let reader = builder.with_projection(mask).build().map_err(&failed)?;
        let unreadable = DatasetError::arrow(path);
        let mut line = 1;
        for rows in reader {
            let rows = rows.map_err(&unreadable)?;
            let column = |name| -> Result<ArrayRef, DatasetError> {
                let found = rows.column_by_name(name);
                let found = found.ok_or(DatasetError::NotAggregated { path: path.to_owned() })?;
                cast(found, &DataType::Int64).map_err(&unreadable)
            };
            let (stars, minutes) = (column(STARS)?, column(MINUTES)?);
            let value = |array: &ArrayRef, row| {
                array.is_valid(row).then(|| array.as_primitive::<Int64Type>().value(row))
            };
            for row in 0..rows.num_rows() {
                self.push(value(&stars, row), value(&minutes, row), Place { path, line })?;
                line += 1;
            }
        }
        Ok(())
    }
}
