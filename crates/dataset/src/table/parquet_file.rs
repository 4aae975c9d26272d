use std::path::Path;

use arrow::{
    array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray},
    compute::cast,
    datatypes::{DataType, Int32Type, Int64Type, SchemaRef},
    record_batch::RecordBatch,
};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
};

use super::{EVENT_COLUMNS, INTERACTION_COLUMNS, check_movie_id, check_rating, user_id};
use crate::{DatasetError, EventDetail, EventTable, Interactions};

const BATCH_ROWS: usize = 1 << 16;

type Builder = ParquetRecordBatchReaderBuilder<std::fs::File>;

fn open(path: &Path) -> Result<Builder, DatasetError> {
    let file = fs_err::File::open(path)?.into_parts().0;
    Builder::try_new(file).map_err(DatasetError::parquet(path))
}

/// Whether the file has the columns of single events.
pub(super) fn has_events(path: &Path) -> Result<bool, DatasetError> {
    let builder = open(path)?;
    let has = |name| builder.schema().column_with_name(name).is_some();
    Ok(has("kind") && has("minute") && has("stars"))
}

pub(super) fn read_interactions(path: &Path, table: &mut Interactions) -> Result<(), DatasetError> {
    let names = ["user_id", "movie_id", "rating", "timestamp"];
    for_each_batch(path, &names, INTERACTION_COLUMNS, |batch, first_row| {
        let columns = CommonColumns::of(path, batch, first_row)?;
        let ratings = integers(path, batch, "rating", first_row)?;
        columns.append(path, first_row, table)?;
        for (row, &rating) in ratings.as_primitive::<Int64Type>().values().iter().enumerate() {
            table.ratings.push(check_rating(rating, path, first_row + row as u64)?);
        }
        Ok(())
    })
}

pub(super) fn read_events(path: &Path, table: &mut EventTable) -> Result<(), DatasetError> {
    let names = ["user_id", "movie_id", "kind", "minute", "stars", "timestamp"];
    for_each_batch(path, &names, EVENT_COLUMNS, |batch, first_row| {
        let columns = CommonColumns::of(path, batch, first_row)?;
        let kinds = converted(path, batch, "kind", &DataType::Utf8)?;
        let kinds = kinds.as_string::<i32>();
        let minutes = converted(path, batch, "minute", &DataType::Int64)?;
        let minutes = minutes.as_primitive::<Int64Type>();
        let stars = converted(path, batch, "stars", &DataType::Int64)?;
        let stars = stars.as_primitive::<Int64Type>();
        columns.append(path, first_row, &mut table.interactions)?;
        for row in 0..batch.num_rows() {
            let line = first_row + row as u64;
            let kind = if kinds.is_null(row) { "" } else { kinds.value(row) };
            let minute = minutes.is_valid(row).then(|| minutes.value(row));
            let stars = stars.is_valid(row).then(|| stars.value(row));
            let detail = detail(path, line, kind, minute, stars)?;
            table.interactions.ratings.push(match detail {
                EventDetail::Watch { .. } => 1,
                EventDetail::Rate { stars } => i64::from(stars),
            });
            table.details.push(detail);
        }
        Ok(())
    })
}

fn detail(
    path: &Path,
    line: u64,
    kind: &str,
    minute: Option<i64>,
    stars: Option<i64>,
) -> Result<EventDetail, DatasetError> {
    let wrong = |column, value: Option<i64>, expected| {
        let value = value.map_or(String::new(), |value| value.to_string());
        DatasetError::value(path, line, column, &value, expected)
    };
    match kind {
        "watch" => match minute.and_then(|minute| i32::try_from(minute).ok()) {
            Some(minute) if minute >= 0 => Ok(EventDetail::Watch { minute }),
            _ => Err(wrong("minute", minute, "a minute from 0 (kind is watch)")),
        },
        "rate" => match stars {
            Some(stars @ 1..=5) => Ok(EventDetail::Rate { stars: stars as i8 }),
            _ => Err(wrong("stars", stars, "1 to 5 (kind is rate)")),
        },
        other => Err(DatasetError::value(path, line, "kind", other, "watch or rate")),
    }
}

/// What both kinds of tables hold.
struct CommonColumns {
    user_ids: ArrayRef,
    movies: ArrayRef,
    timestamps: ArrayRef,
}

impl CommonColumns {
    fn of(path: &Path, batch: &RecordBatch, first_row: u64) -> Result<Self, DatasetError> {
        let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let movies = converted(path, batch, "movie_id", &text)?;
        refuse_nulls(path, &movies, "movie_id", "a non-empty text", first_row)?;
        Ok(Self {
            user_ids: integers(path, batch, "user_id", first_row)?,
            movies,
            timestamps: integers(path, batch, "timestamp", first_row)?,
        })
    }

    fn append(
        &self,
        path: &Path,
        first_row: u64,
        table: &mut Interactions,
    ) -> Result<(), DatasetError> {
        for (row, &value) in self.user_ids.as_primitive::<Int64Type>().values().iter().enumerate() {
            table.user_ids.push(user_id(value, path, first_row + row as u64)?);
        }
        let movies: &DictionaryArray<Int32Type> = self.movies.as_dictionary();
        let dictionary: &StringArray = movies.values().as_string();
        // A dictionary may hold ids no row of this batch uses: they get no code.
        let mut codes: Vec<Option<u32>> = vec![None; dictionary.len()];
        for (row, &key) in movies.keys().values().iter().enumerate() {
            let code = match codes[key as usize] {
                Some(code) => code,
                None => {
                    let id = dictionary.value(key as usize);
                    check_movie_id(id, path, first_row + row as u64)?;
                    *codes[key as usize].insert(table.movie_ids.code(id))
                }
            };
            table.movies.push(code);
        }
        table.timestamps.extend_from_slice(self.timestamps.as_primitive::<Int64Type>().values());
        Ok(())
    }
}

fn for_each_batch(
    path: &Path,
    names: &[&'static str],
    expected: &'static str,
    mut take: impl FnMut(&RecordBatch, u64) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let mut first_row = 1;
    for batch in reader(path, names, expected)? {
        let batch = batch.map_err(DatasetError::arrow(path))?;
        take(&batch, first_row)?;
        first_row += batch.num_rows() as u64;
    }
    Ok(())
}

fn reader(
    path: &Path,
    names: &[&'static str],
    expected: &'static str,
) -> Result<ParquetRecordBatchReader, DatasetError> {
    let builder = open(path)?;
    let schema: SchemaRef = builder.schema().clone();
    let mut columns = Vec::with_capacity(names.len());
    for &column in names {
        let (index, _) =
            schema.column_with_name(column).ok_or_else(|| DatasetError::MissingColumn {
                path: path.to_owned(),
                column,
                found: schema
                    .fields()
                    .iter()
                    .map(|field| field.name().as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                expected,
            })?;
        columns.push(index);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns);
    builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(DatasetError::parquet(path))
}

fn converted(
    path: &Path,
    batch: &RecordBatch,
    name: &'static str,
    to: &DataType,
) -> Result<ArrayRef, DatasetError> {
    // The projection put every column there.
    let column = batch.column_by_name(name).ok_or_else(|| DatasetError::MissingColumn {
        path: path.to_owned(),
        column: name,
        found: String::new(),
        expected: INTERACTION_COLUMNS,
    })?;
    if column.data_type() == to {
        return Ok(ArrayRef::clone(column));
    }
    cast(column, to).map_err(DatasetError::arrow(path))
}

fn integers(
    path: &Path,
    batch: &RecordBatch,
    name: &'static str,
    first_row: u64,
) -> Result<ArrayRef, DatasetError> {
    let column = batch.column_by_name(name).map(|column| column.data_type().clone());
    if let Some(found) = column.filter(|found| !found.is_integer()) {
        let value = found.to_string();
        return Err(DatasetError::value(path, first_row, name, &value, "a column of integers"));
    }
    let array = converted(path, batch, name, &DataType::Int64)?;
    refuse_nulls(path, &array, name, "an integer", first_row)?;
    Ok(array)
}

fn refuse_nulls(
    path: &Path,
    array: &ArrayRef,
    name: &'static str,
    expected: &'static str,
    first_row: u64,
) -> Result<(), DatasetError> {
    match (0..array.len()).find(|&row| array.is_null(row)) {
        Some(row) if array.null_count() > 0 => {
            Err(DatasetError::value(path, first_row + row as u64, name, "null", expected))
        }
        _ => Ok(()),
    }
}
