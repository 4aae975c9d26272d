//! Tables as files: csv and Parquet, chosen by the ending of the name.

mod aggregated;
mod chunk;
mod coded;
mod csv_file;
mod digesting;
mod parquet_file;
mod row_groups;
mod row_writer;
mod rows;
mod shared_file;
mod writer;

use std::path::Path;

pub use aggregated::read_aggregated;
pub use digesting::FinishedTable;
use marquee_events::{MAX_LINE_BYTES, MovieId};
pub(crate) use row_groups::RowGroups;
pub use row_writer::{RowBlock, RowWriter};
pub(crate) use rows::{Rows, TableLayout};
pub use writer::{EventsWriter, InteractionsWriter};
pub(crate) use writer::{TableFile, check_events_path};

use crate::{DatasetError, EventTable, Interactions, MovieIds, Progress};
use chunk::Place;

/// How a table is stored, told by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// `.csv`: a header line, comma separated, LF line ends.
    Csv,
    /// `.parquet`, or a folder of such files read in byte order of their names.
    Parquet,
}

impl TableFormat {
    /// The format of the table at `path`; an existing folder counts as Parquet.
    ///
    /// # Errors
    /// [`DatasetError::UnknownFormat`] for any other ending.
    pub fn of(path: &Path) -> Result<Self, DatasetError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ending.eq_ignore_ascii_case("csv") {
            Ok(Self::Csv)
        } else if ending.eq_ignore_ascii_case("parquet") || path.is_dir() {
            Ok(Self::Parquet)
        } else {
            Err(DatasetError::UnknownFormat { path: path.to_owned(), expected: ".csv or .parquet" })
        }
    }
}

/// The columns of an interactions table, for messages.
const INTERACTION_COLUMNS: &str = "user_id, movie_id, rating, timestamp";
/// What a table is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// User, movie, rating and time; without a column of ratings each is that of the event's kind,
    /// and without kinds 1.
    Interactions,
    /// The same, but for the last: what measures ratings must not make them up.
    Ratings,
    /// The columns of single events.
    Events,
}

/// The columns of an events table, for messages.
const EVENT_COLUMNS: &str = "user_id, movie_id, kind, minute, stars, timestamp";

/// Reads an interactions table on all threads: a csv file, a Parquet file or a folder of Parquet
/// files.
///
/// Columns are found by name in any order and further ones are passed over. Integers of any width
/// and strings of any Parquet form are taken. An events file is read as interactions too: rating 1
/// for a watch, the stars for a rating; where there is a rating column too, that is what counts.
/// Without either every rating is 1.
/// Beside the table, memory holds two more copies of the movie ids and some blocks of 512 KiB or row
/// groups of up to a million rows for each thread. A csv file that holds a quotation mark is read by
/// one thread from there on.
///
/// # Errors
/// [`DatasetError`] naming the file and the line of the first value that is missing, not an
/// integer, a user id or rating out of range, or no movie id; [`DatasetError::TooManyRows`] from
/// 2³² rows; [`DatasetError::Cancelled`] when the progress handle says so. An empty table is not an
/// error here.
pub fn read_interactions(
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Interactions, DatasetError> {
    let table = match TableFormat::of(path)? {
        TableFormat::Csv => csv_file::read(path, progress, Wanted::Interactions, &mut |_| {})?,
        TableFormat::Parquet => {
            let (parts, wanted) = (parts(path)?, Wanted::Interactions);
            parquet_file::read(&parts, progress, wanted, MOST_ROWS, &mut |_| {})?.interactions
        }
    };
    check_rows(path, table.len())?;
    Ok(table)
}

/// Goes once through an interactions table and shows `each` its rows, some thousands to a million
/// at a time, in the order of the input; the distinct movie ids behind all their codes come back.
///
/// Codes of movies are the same in all blocks, numbered in order of first appearance; the ids of a
/// block hold at least those its rows use. For what needs no row a second time: memory holds some
/// blocks for each thread and the movie ids, whatever the length of the table, which may have any
/// number of rows. Otherwise as [`read_interactions`], but that ratings must be there.
///
/// # Errors
/// As [`read_interactions`], but for [`DatasetError::TooManyRows`], and
/// [`DatasetError::MissingColumn`] for a table without ratings; rows before the failure were shown
/// by then.
pub fn scan_interactions(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut (dyn FnMut(&Interactions) + Send),
) -> Result<MovieIds, DatasetError> {
    let mut show = |rows: &mut Interactions| {
        each(rows);
        rows.user_ids.clear();
        rows.movies.clear();
        rows.ratings.clear();
        rows.timestamps.clear();
    };
    let table = match TableFormat::of(path)? {
        TableFormat::Csv => csv_file::read(path, progress, Wanted::Ratings, &mut show)?,
        TableFormat::Parquet => {
            let (parts, wanted) = (parts(path)?, Wanted::Ratings);
            parquet_file::read(&parts, progress, wanted, u64::MAX, &mut show)?.interactions
        }
    };
    Ok(table.movie_ids)
}

/// Is shown the table whenever rows were added, and may take them out.
type EachBlock<'a> = dyn FnMut(&mut Interactions) + Send + 'a;
/// Rows of a table in memory are numbered in 32 bits.
const MOST_ROWS: u64 = u32::MAX as u64;

fn check_rows(path: &Path, rows: usize) -> Result<(), DatasetError> {
    match u32::try_from(rows) {
        Ok(_) => Ok(()),
        Err(_) => Err(DatasetError::TooManyRows { path: path.to_owned(), rows }),
    }
}

/// Reads an events table as `log-ingest --events-out` writes it.
///
/// # Errors
/// [`DatasetError::NotEvents`] for a table without the columns of single events; otherwise as
/// [`read_interactions`].
pub fn read_events(path: &Path, progress: &mut dyn Progress) -> Result<EventTable, DatasetError> {
    match TableFormat::of(path)? {
        TableFormat::Csv => {
            // A missing file is to be called missing, not of the wrong kind.
            fs_err::File::open(path)?;
            Err(DatasetError::NotEvents { path: path.to_owned() })
        }
        TableFormat::Parquet => {
            let (parts, wanted) = (parts(path)?, Wanted::Events);
            let table = parquet_file::read(&parts, progress, wanted, MOST_ROWS, &mut |_| {})?;
            check_rows(path, table.len())?;
            Ok(table)
        }
    }
}

fn parts(path: &Path) -> Result<Vec<std::path::PathBuf>, DatasetError> {
    if path.is_dir() { crate::staged::parquet_parts(path) } else { Ok(vec![path.to_owned()]) }
}

/// Refuses a movie id that could not stand in the log or in a list of answers.
fn check_movie_id(id: &str, place: Place<'_>) -> Result<(), DatasetError> {
    match MovieId::new(id) {
        Ok(_) if id.len() <= MAX_LINE_BYTES => Ok(()),
        _ => Err(place.refuse("movie_id", id, MOVIE_ID_FORM)),
    }
}

/// Refuses a rating that is not 1 to 5.
fn check_rating(rating: i64, place: Place<'_>) -> Result<u8, DatasetError> {
    match u8::try_from(rating) {
        Ok(stars @ 1..=5) => Ok(stars),
        _ => Err(place.refuse("rating", &rating.to_string(), RATING_RANGE)),
    }
}

/// Takes a user id from a signed column.
fn user_id(value: i64, place: Place<'_>) -> Result<u64, DatasetError> {
    u64::try_from(value).map_err(|_| place.refuse("user_id", &value.to_string(), USER_ID_RANGE))
}

const RATING_RANGE: &str = "an integer from 1 to 5";
const MOVIE_ID_FORM: &str =
    "a movie id: 1 to 65536 bytes, without white space, '/', '=', ',' or control characters";
const USER_ID_RANGE: &str = "an integer from 0 to 2^63 - 1";
