//! The model's files: popularity and preferences as Parquet, the audience as npz.

use std::{collections::HashSet, path::Path, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Float64Array, Float64Builder, Int64Array, ListArray, ListBuilder,
        StringArray, StringBuilder,
    },
    compute::cast,
    datatypes::{DataType, Field, Float64Type, Int64Type, Schema},
    record_batch::RecordBatch,
};
use marquee_dataset::{DatasetError, NpzReader, NpzWriter, StagedFile, UserVocabulary};
use marquee_recommender::{SeenItems, UserRow};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};

use crate::{
    Audience, GenrePreferences, PopGenError, PopularityTable, preferences::PreferencesBuilder,
};

/// Writes `movie_id` (string), `pop` (double) and `viewers` (int64), most popular first.
///
/// # Errors
/// [`PopGenError`] when the file cannot be written.
pub fn write_popularity(table: &PopularityTable, file: &mut StagedFile) -> Result<(), PopGenError> {
    let ids = StringArray::from_iter_values(table.movie_ids());
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("movie_id", Arc::new(ids)),
        ("pop", Arc::new(Float64Array::from(table.pop().to_vec()))),
        ("viewers", Arc::new(Int64Array::from(table.viewers().to_vec()))),
    ];
    write_parquet(columns, file)
}

/// Reads what [`write_popularity`] wrote.
///
/// # Errors
/// [`PopGenError`] when the file is missing, malformed, or not in its order.
pub fn read_popularity(path: &Path) -> Result<PopularityTable, PopGenError> {
    let (mut films, mut distinct) = (Vec::new(), HashSet::new());
    for_each_batch(path, |batch| {
        let ids = column(path, batch, "movie_id", &DataType::Utf8)?;
        let pop = column(path, batch, "pop", &DataType::Float64)?;
        let viewers = column(path, batch, "viewers", &DataType::Int64)?;
        let (ids, pop) = (ids.as_string::<i32>(), pop.as_primitive::<Float64Type>());
        let viewers = viewers.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let pop = pop.value(row);
            if !pop.is_finite() || ids.value(row).is_empty() {
                return Err(content(path, format!("row {} holds no popularity", films.len() + 1)));
            }
            if !distinct.insert(Box::<str>::from(ids.value(row))) {
                return Err(content(path, format!("film {} stands twice", ids.value(row))));
            }
            films.push((Box::from(ids.value(row)), pop, viewers.value(row)));
        }
        Ok(())
    })?;
    let in_order = films.is_sorted_by(|a: &(Box<str>, f64, i64), b| (b.1, &a.0) < (a.1, &b.0));
    if !in_order {
        return Err(content(path, "films are not by falling pop, then movie_id".to_owned()));
    }
    Ok(PopularityTable::new(films))
}

/// Writes `user_id` (int64), `top_genres` (list of string) and `weights` (list of double), by user
/// id; users without preferences are left out.
///
/// # Errors
/// [`PopGenError`] when the file cannot be written.
pub fn write_preferences(
    users: &UserVocabulary,
    preferences: &GenrePreferences,
    file: &mut StagedFile,
) -> Result<(), PopGenError> {
    let mut order: Vec<u32> = (0..users.len() as u32).collect();
    order.sort_unstable_by_key(|&row| users.id(UserRow(row)));
    let mut ids = Vec::new();
    let mut genres = ListBuilder::new(StringBuilder::new());
    let mut weights = ListBuilder::new(Float64Builder::new());
    for row in order.into_iter().map(UserRow) {
        let entries = preferences.of(row);
        if entries.len() == 0 {
            continue;
        }
        ids.push(users.id(row) as i64);
        for (genre, weight) in entries {
            genres.values().append_value(genre);
            weights.values().append_value(f64::from(weight));
        }
        genres.append(true);
        weights.append(true);
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("user_id", Arc::new(Int64Array::from(ids))),
        ("top_genres", Arc::new(genres.finish())),
        ("weights", Arc::new(weights.finish())),
    ];
    write_parquet(columns, file)
}

/// Reads what [`write_preferences`] wrote, for the users of a vocabulary.
///
/// # Errors
/// [`PopGenError`] when the file is missing or malformed.
pub fn read_preferences(
    path: &Path,
    users: &UserVocabulary,
) -> Result<GenrePreferences, PopGenError> {
    let mut builder = PreferencesBuilder::default();
    for_each_batch(path, |batch| {
        let ids = column(path, batch, "user_id", &DataType::Int64)?;
        let genres = list(path, batch, "top_genres")?;
        let weights = list(path, batch, "weights")?;
        if genres.offsets() != weights.offsets() {
            return Err(content(path, "genres and weights differ in number".to_owned()));
        }
        let names = cast(genres.values(), &DataType::Utf8).map_err(arrow(path))?;
        let weights = cast(weights.values(), &DataType::Float64).map_err(arrow(path))?;
        let (names, weights) = (names.as_string::<i32>(), weights.as_primitive::<Float64Type>());
        for (&id, bounds) in
            ids.as_primitive::<Int64Type>().values().iter().zip(genres.offsets().windows(2))
        {
            let user = u64::try_from(id).ok().and_then(|id| users.row(id));
            let user = user.ok_or_else(|| {
                content(path, format!("user {id} is not among the users of the seen file"))
            })?;
            let entries = bounds[0] as usize..bounds[1] as usize;
            builder.push(user, entries.map(|at| (names.value(at), weights.value(at))));
        }
        Ok(())
    })?;
    Ok(builder.finish(users.len()))
}

/// Writes an npz of `user_ids` (int64), `indptr` (uint64, users + 1) and `indices` (uint32, rows of
/// the popularity file).
///
/// # Errors
/// [`PopGenError`] when the file cannot be written.
pub fn write_audience(audience: &Audience, file: &mut StagedFile) -> Result<(), PopGenError> {
    let ids: Vec<i64> = audience.users.ids().iter().map(|&id| id as i64).collect();
    let (indptr, indices) = audience.seen.as_parts();
    let mut write = || -> std::io::Result<()> {
        let mut npz = NpzWriter::new(&mut *file);
        npz.array("user_ids", &[ids.len() as u64], &ids)?;
        npz.array("indptr", &[indptr.len() as u64], indptr)?;
        npz.array("indices", &[indices.len() as u64], indices)?;
        npz.finish().map(drop)
    };
    write().map_err(|source| PopGenError::Dataset(file.failed(source)))
}

/// Reads what [`write_audience`] wrote, for a popularity file of `items` films.
///
/// # Errors
/// [`PopGenError`] when the file is missing or malformed, or of another popularity file.
pub fn read_audience(path: &Path, items: usize) -> Result<Audience, PopGenError> {
    let mut npz = NpzReader::open(path)?;
    let (_, ids) = npz.array::<i64>("user_ids")?;
    let (_, indptr) = npz.array::<u64>("indptr")?;
    let (_, indices) = npz.array::<u32>("indices")?;
    let users = UserVocabulary::new(ids.iter().map(|&id| id as u64));
    if !users.ids().iter().map(|&id| id as i64).eq(ids.iter().copied()) {
        return Err(content(path, "user_ids are not distinct and in byte order".to_owned()));
    }
    let seen =
        SeenItems::new(indptr, indices, items).map_err(|error| content(path, error.to_string()))?;
    Audience::from_parts(users, seen)
        .ok_or_else(|| content(path, "user_ids and indptr differ in length".to_owned()))
}

fn write_parquet(columns: Vec<(&str, ArrayRef)>, file: &mut StagedFile) -> Result<(), PopGenError> {
    let path = file.path().to_owned();
    let failed = |source: ParquetError| PopGenError::Parquet { path: path.clone(), source };
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, values)| Field::new(*name, values.data_type().clone(), false))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let columns = columns.into_iter().map(|(_, values)| values).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(arrow(&path))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(&mut *file, schema, Some(properties)).map_err(failed)?;
    writer.write(&batch).and_then(|()| writer.close()).map_err(failed)?;
    Ok(())
}

fn for_each_batch(
    path: &Path,
    mut take: impl FnMut(&RecordBatch) -> Result<(), PopGenError>,
) -> Result<(), PopGenError> {
    let failed = |source: ParquetError| PopGenError::Parquet { path: path.to_owned(), source };
    let file = fs_err::File::open(path).map_err(DatasetError::Io)?.into_parts().0;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(failed)?;
    for batch in reader {
        take(&batch.map_err(arrow(path))?)?;
    }
    Ok(())
}

fn column(
    path: &Path,
    batch: &RecordBatch,
    name: &str,
    to: &DataType,
) -> Result<ArrayRef, PopGenError> {
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| content(path, format!("there is no column {name}")))?;
    if column.null_count() > 0 {
        return Err(content(path, format!("column {name} holds nulls")));
    }
    cast(column, to).map_err(arrow(path))
}

fn list<'a>(path: &Path, batch: &'a RecordBatch, name: &str) -> Result<&'a ListArray, PopGenError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_list_opt::<i32>())
        .ok_or_else(|| content(path, format!("there is no list column {name}")))
}

fn arrow(path: &Path) -> impl Fn(arrow::error::ArrowError) -> PopGenError {
    let path = path.to_owned();
    move |source| PopGenError::Parquet { path: path.clone(), source: source.into() }
}

fn content(path: &Path, problem: String) -> PopGenError {
    PopGenError::Content { path: path.to_owned(), problem }
}
