use std::{
    io::{Cursor, Read},
    path::Path,
    str,
    sync::atomic::Ordering,
};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{
    INTERACTION_COLUMNS, RATING_RANGE, USER_ID_RANGE,
    chunk::{Chunk, KnownIds, Merger, Place, RawIds},
};
use crate::{
    DatasetError, Interactions, LogSource, Progress,
    lines::{Buffer, LineBlocks, Piece},
    stages::{self, Batch},
};

/// Records read at a time where lines cannot be shared among threads.
const RECORDS_AT_A_TIME: usize = 1 << 16;

/// Reads a csv file on all threads.
///
/// Blocks of lines are records by themselves as long as no quotation mark is met; from the first
/// one on, a line end may be part of a value, and one thread reads the rest.
pub(super) fn read(path: &Path, progress: &mut dyn Progress) -> Result<Interactions, DatasetError> {
    let source = LogSource::open(path)?;
    progress.begin("reading the table", source.bytes);
    let (position, mut advanced) = (source.position, 0);
    let mut between = || {
        let read = position.load(Ordering::Relaxed);
        progress.advance(read - advanced);
        advanced = read;
        if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
    };
    let (header, mut blocks) = open(path, source.reader)?;
    let known = KnownIds::default();
    let mut merger = Merger::new(&known);
    let mut lines = header.lines;
    stages::run(
        Batch::ManyBlocks,
        || blocks.next(),
        |block| header.chunk(&mut reader(block.bytes()), usize::MAX, &known),
        |chunk| {
            let chunk = chunk.map_err(|error: DatasetError| error.on_a_line_after(lines))?;
            lines += chunk.lines;
            merger.take(&chunk);
            Ok(())
        },
        &mut between,
    )?;
    let mut records = reader(blocks.into_quoted());
    loop {
        between()?;
        let chunk = header
            .chunk(&mut records, RECORDS_AT_A_TIME, &known)
            .map_err(|error| error.on_a_line_after(lines))?;
        if chunk.len() == 0 {
            return Ok(merger.into_table().interactions);
        }
        merger.take(&chunk);
    }
}

/// Reads the header; what follows it comes in blocks.
fn open<'a, R: Read>(
    path: &'a Path,
    input: R,
) -> Result<(Header<'a>, Blocks<'a, R>), DatasetError> {
    let mut lines = LineBlocks::new(input, 0);
    let first = next_lines(path, &mut lines)?;
    let bytes = first.as_ref().map_or(&[][..], AsRef::as_ref);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(Cursor::new(bytes));
    let names = reader.byte_headers().map_err(DatasetError::csv(path))?.clone();
    let header = Header { path, columns: columns(path, &names)?, fields: names.len(), lines: 0 };
    // The reader's own place is that of the next record only once it has been read.
    let mut after = ByteRecord::new();
    let (start, before) = match reader.read_byte_record(&mut after).map_err(DatasetError::csv(path))
    {
        Ok(true) => after.position().map_or((0, 1), |place| (place.byte(), place.line())),
        _ => (bytes.len() as u64, 1),
    };
    let header = Header { lines: before - 1, ..header };
    let first = first.map(|buffer| CsvBlock { buffer, start: start as usize });
    Ok((header, Blocks { path, lines, first, quoted: None }))
}

/// The next block of lines of a stream that holds no line longer than a block.
fn next_lines<R: Read>(
    path: &Path,
    lines: &mut LineBlocks<R>,
) -> Result<Option<Buffer>, DatasetError> {
    match lines.next()?.map(|block| block.piece) {
        None => Ok(None),
        Some(Piece::Lines(buffer)) => Ok(Some(buffer)),
        Some(Piece::LongLine(line)) => {
            Err(DatasetError::LongRecord { path: path.to_owned(), bytes: line.length })
        }
    }
}

/// Records without a header.
fn reader<R: Read>(input: R) -> Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(input)
}

/// A block and where its records start.
struct CsvBlock {
    buffer: Buffer,
    start: usize,
}

impl CsvBlock {
    fn bytes(&self) -> &[u8] {
        &self.buffer.as_ref()[self.start..]
    }
}

/// The blocks after the header, up to the first that holds a quotation mark.
struct Blocks<'a, R> {
    path: &'a Path,
    lines: LineBlocks<R>,
    first: Option<CsvBlock>,
    quoted: Option<CsvBlock>,
}

impl<R: Read> Blocks<'_, R> {
    fn next(&mut self) -> Result<Option<CsvBlock>, DatasetError> {
        if self.quoted.is_some() {
            return Ok(None);
        }
        let block = match self.first.take() {
            Some(first) => Some(first),
            None => {
                next_lines(self.path, &mut self.lines)?.map(|buffer| CsvBlock { buffer, start: 0 })
            }
        };
        match block {
            Some(block) if memchr::memchr(b'"', block.bytes()).is_some() => {
                self.quoted = Some(block);
                Ok(None)
            }
            block => Ok(block),
        }
    }

    /// Everything from the block with the quotation mark on.
    fn into_quoted(self) -> impl Read {
        let block = self.quoted.map_or(Vec::new(), |block| block.bytes().to_vec());
        Cursor::new(block).chain(self.lines.into_rest())
    }
}

/// What is known of every record.
struct Header<'a> {
    path: &'a Path,
    /// Where user_id, movie_id, rating and timestamp stand.
    columns: [usize; 4],
    /// Number of columns.
    fields: usize,
    /// Lines up to the first record.
    lines: u64,
}

impl Header<'_> {
    /// Reads up to `most` records; lines in errors count from the reader's first.
    fn chunk(
        &self,
        reader: &mut Reader<impl Read>,
        most: usize,
        known: &KnownIds,
    ) -> Result<Chunk, DatasetError> {
        let coder = known.coder();
        let (mut chunk, mut ids) = (coder.chunk(), RawIds::default());
        let rows = self.rows(reader, most, &mut chunk, &mut ids);
        // An id before the row that ended the reading may be wrong as well.
        coder.push_movies(&mut chunk, &ids, self.path)?;
        rows?;
        chunk.lines = reader.position().line() - 1;
        Ok(chunk)
    }

    /// Reads everything but the movies' codes.
    fn rows(
        &self,
        reader: &mut Reader<impl Read>,
        most: usize,
        chunk: &mut Chunk,
        ids: &mut RawIds,
    ) -> Result<(), DatasetError> {
        let mut record = ByteRecord::new();
        let failed = DatasetError::csv(self.path);
        while chunk.len() < most && reader.read_byte_record(&mut record).map_err(&failed)? {
            let line = record.position().map_or(0, csv::Position::line);
            let place = Place { path: self.path, line };
            if record.len() != self.fields {
                let (path, expected) = (self.path.to_owned(), self.fields);
                return Err(DatasetError::Fields { path, line, expected, found: record.len() });
            }
            let [user, movie, rating, timestamp] = self.columns.map(|column| &record[column]);
            ids.push(movie, line);
            chunk.push_user(integer(user, place, "user_id", USER_ID_RANGE)?, place)?;
            chunk.push_rating(integer(rating, place, "rating", RATING_RANGE)?, place)?;
            chunk.push_timestamp(integer(timestamp, place, "timestamp", TIMESTAMP_RANGE)?);
        }
        Ok(())
    }
}

const TIMESTAMP_RANGE: &str = "an integer (seconds since 1970)";

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
    place: Place<'_>,
    column: &'static str,
    expected: &'static str,
) -> Result<i64, DatasetError> {
    // Nearly all are a few plain digits, which cannot overflow.
    if !field.is_empty() && field.len() <= 18 && field.iter().all(u8::is_ascii_digit) {
        return Ok(field.iter().fold(0, |value, digit| 10 * value + i64::from(digit - b'0')));
    }
    str::from_utf8(field)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| place.refuse(column, &String::from_utf8_lossy(field), expected))
}
