use std::{path::Path, str};

use csv::{ByteRecord, ReaderBuilder};

use super::{
    INTERACTION_COLUMNS, RATING_RANGE, USER_ID_RANGE, check_movie_id, check_rating, user_id,
};
use crate::{DatasetError, Interactions};

pub(super) fn read(path: &Path) -> Result<Interactions, DatasetError> {
    let failed = DatasetError::csv(path);
    let mut reader =
        ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(fs_err::File::open(path)?);
    let columns = columns(path, reader.byte_headers().map_err(&failed)?)?;
    let mut table = Interactions::default();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(&failed)? {
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column: usize| record.get(columns[column]).unwrap_or_default();
        let user = integer(field(0), path, line, "user_id", USER_ID_RANGE)?;
        let user = user_id(user, path, line)?;
        let rating = integer(field(2), path, line, "rating", RATING_RANGE)?;
        let rating = check_rating(rating, path, line)?;
        let timestamp =
            integer(field(3), path, line, "timestamp", "an integer (seconds since 1970)")?;
        let movie = str::from_utf8(field(1)).map_err(|_| {
            let value = String::from_utf8_lossy(field(1));
            DatasetError::value(path, line, "movie_id", &value, "UTF-8")
        })?;
        let known = table.movie_ids.len();
        table.push(user, movie, rating, timestamp);
        if table.movie_ids.len() > known {
            check_movie_id(movie, path, line)?;
        }
    }
    Ok(table)
}

/// Where user_id, movie_id, rating and timestamp stand.
fn columns(path: &Path, header: &ByteRecord) -> Result<[usize; 4], DatasetError> {
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(["user_id", "movie_id", "rating", "timestamp"]) {
        // Spreadsheets put a byte order mark before the first name.
        let found = header.iter().position(|name| {
            name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name) == column.as_bytes()
        });
        *place = found.ok_or_else(|| DatasetError::MissingColumn {
            path: path.to_owned(),
            column,
            found: header
                .iter()
                .map(|name| String::from_utf8_lossy(name).chars().take(40).collect())
                .collect::<Vec<String>>()
                .join(", "),
            expected: INTERACTION_COLUMNS,
        })?;
    }
    Ok(places)
}

fn integer(
    field: &[u8],
    path: &Path,
    line: u64,
    column: &'static str,
    expected: &'static str,
) -> Result<i64, DatasetError> {
    str::from_utf8(field).ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
        DatasetError::value(path, line, column, &String::from_utf8_lossy(field), expected)
    })
}
