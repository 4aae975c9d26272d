use std::path::Path;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray, UInt64Array,
    },
    compute::cast,
    datatypes::DataType,
    record_batch::RecordBatch,
};
use marquee_dataset::DatasetError;
use serde_json::{Map, Value as Json};

use super::header::Header;
use crate::{
    QualityError,
    checker::{COLUMNS, Further, Row},
    value::Value,
};

/// Some rows of a Parquet file, their columns in the types that JSON has.
pub(crate) struct Columns {
    pub(crate) four: [Column; 4],
    pub(crate) others: Vec<Column>,
    pub(crate) rows: usize,
}

/// A column in a type that JSON has.
pub(crate) enum Column {
    Integers(Int64Array),
    /// Of 64 bits without a sign.
    Naturals(UInt64Array),
    Floats(Float64Array),
    Booleans(BooleanArray),
    Texts(StringArray),
    Nulls,
    /// A type that JSON has not, and which values are null.
    Foreign(ArrayRef),
}

impl Column {
    fn new(path: &Path, array: &ArrayRef) -> Result<Self, QualityError> {
        let to = |data_type: DataType| -> Result<ArrayRef, QualityError> {
            cast(array, &data_type).map_err(|error| {
                DatasetError::Parquet { path: path.to_owned(), source: error.into() }.into()
            })
        };
        let values = match array.data_type() {
            DataType::Dictionary(_, values) => values.as_ref(),
            other => other,
        };
        Ok(match values {
            DataType::UInt64 => Self::Naturals(to(DataType::UInt64)?.as_primitive().clone()),
            integer if integer.is_integer() => {
                Self::Integers(to(DataType::Int64)?.as_primitive().clone())
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Self::Floats(to(DataType::Float64)?.as_primitive().clone())
            }
            DataType::Boolean => Self::Booleans(to(DataType::Boolean)?.as_boolean().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Texts(to(DataType::Utf8)?.as_string().clone())
            }
            DataType::Null => Self::Nulls,
            _ => Self::Foreign(ArrayRef::clone(array)),
        })
    }

    /// The value of a row; null is none.
    pub(crate) fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Integers(array) if array.is_valid(row) => Value::Int(array.value(row)),
            Self::Naturals(array) if array.is_valid(row) => match i64::try_from(array.value(row)) {
                Ok(int) => Value::Int(int),
                Err(_) => Value::Huge(array.value(row) as f64),
            },
            Self::Floats(array) if array.is_valid(row) => match array.value(row) {
                float if float.is_finite() => Value::Float(float),
                // What pandas writes for a value that is missing.
                float if float.is_nan() => Value::Foreign("nan"),
                _ => Value::Foreign("infinite"),
            },
            Self::Booleans(array) if array.is_valid(row) => Value::Bool(array.value(row)),
            Self::Texts(array) if array.is_valid(row) => Value::Text(array.value(row)),
            Self::Foreign(array) if array.is_valid(row) => Value::Foreign("of another type"),
            _ => Value::Absent,
        }
    }
}

impl Columns {
    pub(crate) fn new(
        path: &Path,
        header: &Header,
        batch: &RecordBatch,
    ) -> Result<Self, QualityError> {
        let column = |place: usize| Column::new(path, batch.column(place));
        let [user, movie, rating, time] = header.places;
        let others = header.others.iter().map(|other| column(other.place));
        Ok(Self {
            four: [column(user)?, column(movie)?, column(rating)?, column(time)?],
            others: others.collect::<Result<_, _>>()?,
            rows: batch.num_rows(),
        })
    }

    pub(crate) fn row<'a>(&'a self, header: &'a Header, row: usize) -> Row<'a> {
        let [user, movie, rating, time] = &self.four;
        let others = header.others.iter().zip(&self.others);
        let others = others.map(|(other, column)| Further {
            rule: other.rule,
            name: &other.name,
            value: column.value(row),
            text: None,
        });
        let four = [user.value(row), movie.value(row), rating.value(row), time.value(row)];
        Row { four, others: others.collect(), spelt: false }
    }

    /// The row as JSON, for people.
    pub(crate) fn raw(&self, header: &Header, row: usize) -> Vec<u8> {
        let four = COLUMNS.into_iter().zip(&self.four);
        let others = header.others.iter().map(|other| other.name.as_str()).zip(&self.others);
        let mut object = Map::new();
        for (name, column) in four.chain(others) {
            let json = column.value(row).to_json().unwrap_or(Json::Null);
            object.insert(name.to_owned(), json);
        }
        Json::Object(object).to_string().into_bytes()
    }
}
