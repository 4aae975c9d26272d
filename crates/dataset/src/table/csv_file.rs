mod plain;

use std::{
    cell::Cell,
    io::{self, Cursor, Read},
    path::Path,
    sync::atomic::Ordering,
};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::{
    EachBlock, INTERACTION_COLUMNS, RATING_RANGE, USER_ID_RANGE, Wanted,
    chunk::{Chunk, KnownIds, Merger, Place, RawIds},
};
use crate::{
    DatasetError, Interactions, Progress,
    field::parse_integer,
    lines::{BLOCK_BYTES, Buffer, LineBlocks, Piece},
    stages::{self, BatchSize},
    stored_file::StoredFile,
};

/// Records read at a time where lines cannot be shared among threads.
const RECORDS_AT_A_TIME: usize = 1 << 14;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a csv file on all threads; `each` is shown the table whenever rows were added.
///
/// Blocks of lines are records by themselves as long as no quotation mark is met; from the first
/// one on, a line end may be part of a value, and one thread reads the rest.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    wanted: Wanted,
    each: &mut EachBlock<'_>,
) -> Result<Interactions, DatasetError> {
    let file = StoredFile::open(path)?;
    progress.begin("reading the table", file.bytes);
    let (position, mut advanced) = (file.position.clone(), 0);
    let mut between = || {
        let read = position.load(Ordering::Relaxed);
        progress.advance(read - advanced);
        advanced = read;
        if progress.is_cancelled() { Err(DatasetError::Cancelled) } else { Ok(()) }
    };
    let (header, mut blocks) = open(path, file, wanted)?;
    let known = KnownIds::default();
    let mut merger = Merger::new(&known);
    let mut lines = header.lines;
    stages::run(
        BatchSize::ManyBlocks,
        || blocks.next(),
        |block| header.block(block.bytes(), &known),
        |chunk| {
            let chunk = chunk.map_err(|error: DatasetError| error.on_a_line_after(lines))?;
            lines += chunk.lines;
            merger.take(&chunk);
            each(merger.rows());
            Ok(())
        },
        &mut between,
    )?;
    let Some((quoted, start, offset)) = blocks.into_quoted() else {
        return Ok(merger.into_table().interactions);
    };
    header.refuse_mark(&start).map_err(|error| error.on_a_line_after(lines))?;
    let (since_record, record_start) = (Cell::new(0), Cell::new(0));
    let mut records = reader(Bounded { reader: quoted, since_record: &since_record });
    let line_ends = |record: &ByteRecord, end| {
        since_record.set(0);
        record_start.set(end);
        memchr::memchr_iter(b'\n', record.as_slice()).count() as u64
    };
    loop {
        between()?;
        let chunk = header.chunk(&mut records, RECORDS_AT_A_TIME, &known, line_ends);
        let chunk = chunk.map_err(|error| match since_record.get() {
            0..=BLOCK_BYTES => error.on_a_line_after(lines),
            _ => {
                let offset = offset + record_start.get();
                DatasetError::LongRecord { path: path.to_owned(), offset }
            }
        })?;
        if chunk.len() == 0 {
            return Ok(merger.into_table().interactions);
        }
        merger.take(&chunk);
        each(merger.rows());
    }
}

/// Reads the header; what follows it comes in blocks.
fn open<R: Read>(
    path: &Path,
    input: R,
    wanted: Wanted,
) -> Result<(Header<'_>, Blocks<'_, R>), DatasetError> {
    let mut lines = LineBlocks::new(input, 0);
    let first = next_lines(path, &mut lines)?;
    let bytes = first.as_ref().map_or(&[][..], AsRef::as_ref);
    if bytes.is_empty() {
        return Err(DatasetError::EmptyFile {
            path: path.to_owned(),
            expected: INTERACTION_COLUMNS,
        });
    }
    let mut records = reader(terminated(bytes));
    let mut names = ByteRecord::new();
    records.read_byte_record(&mut names).map_err(DatasetError::csv(path))?;
    let (start, lines_before) = (records.position().byte(), records.position().line() - 1);
    let start = (start as usize).min(bytes.len());
    drop(records);
    let (columns, fields) = (Columns::of(path, &names, wanted)?, names.len());
    let header = Header { path, columns, fields, lines: lines_before };
    let first = first.map(|buffer| CsvBlock { buffer, start, offset: start as u64 });
    Ok((header, Blocks { path, lines, first, quoted: None }))
}

/// The next block of lines of a stream that holds no line longer than a block.
fn next_lines<R: Read>(
    path: &Path,
    lines: &mut LineBlocks<R>,
) -> Result<Option<Buffer>, DatasetError> {
    let offset = lines.offset();
    let block = lines.next().map_err(|source| DatasetError::ReadOn {
        name: path.display().to_string(),
        offset,
        source,
    })?;
    match block.map(|block| block.piece) {
        None => Ok(None),
        Some(Piece::Lines(buffer)) => Ok(Some(buffer)),
        Some(Piece::LongLine(_)) => Err(DatasetError::LongRecord { path: path.to_owned(), offset }),
    }
}

/// Records without a header, ended by line feeds alone, so that lines can be counted by them.
fn reader<R: Read>(input: R) -> Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(1 << 16)
        .from_reader(input)
}

/// Text with a line feed at its end.
fn terminated(text: &[u8]) -> impl Read {
    let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
    text.chain(end)
}

/// A block and where its records start.
struct CsvBlock {
    buffer: Buffer,
    start: usize,
    /// Where they start in the file.
    offset: u64,
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
        let offset = self.lines.offset();
        let block = match self.first.take() {
            Some(first) => Some(first),
            None => next_lines(self.path, &mut self.lines)?.map(|buffer| CsvBlock {
                buffer,
                start: 0,
                offset,
            }),
        };
        match block {
            Some(block) if memchr::memchr(b'"', block.bytes()).is_some() => {
                self.quoted = Some(block);
                Ok(None)
            }
            block => Ok(block),
        }
    }

    /// Everything from the block with the quotation mark on, with a line feed at its end, and what
    /// its first bytes are and where they stand in the file.
    fn into_quoted(self) -> Option<(impl Read, Vec<u8>, u64)> {
        let block = self.quoted?;
        let bytes = block.bytes().to_vec();
        let start = bytes[..bytes.len().min(80)].to_vec();
        let rest = Cursor::new(bytes).chain(self.lines.into_rest());
        Some((rest.chain(&b"\n"[..]), start, block.offset))
    }
}

/// Ends a stream in which a quotation mark has opened a value that does not end.
struct Bounded<'a, R> {
    reader: R,
    /// Bytes read since the last record.
    since_record: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_record.get() > BLOCK_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = self.reader.read(buffer)?;
        self.since_record.set(self.since_record.get() + read);
        Ok(read)
    }
}

/// Where the columns stand.
#[derive(Clone, Copy)]
struct Columns {
    user: usize,
    movie: usize,
    /// Without one every rating is 1.
    rating: Option<usize>,
    timestamp: usize,
}

impl Columns {
    fn of(path: &Path, header: &ByteRecord, wanted: Wanted) -> Result<Self, DatasetError> {
        let place = |column: &str| {
            (0..header.len()).find(|&place| without_return(header, place) == column.as_bytes())
        };
        let needed = |column| {
            place(column).ok_or_else(|| DatasetError::MissingColumn {
                path: path.to_owned(),
                column,
                found: header
                    .iter()
                    .take(20)
                    .map(|name| {
                        let name = String::from_utf8_lossy(name);
                        name.chars().take(40).flat_map(char::escape_debug).collect()
                    })
                    .collect::<Vec<String>>()
                    .join(", "),
                expected: INTERACTION_COLUMNS,
            })
        };
        Ok(Self {
            user: needed("user_id")?,
            movie: needed("movie_id")?,
            rating: match wanted {
                Wanted::Interactions => place("rating"),
                Wanted::Ratings | Wanted::Events => Some(needed("rating")?),
            },
            timestamp: needed("timestamp")?,
        })
    }

    /// The values of a record.
    #[inline]
    fn values<'a>(self, value: impl Fn(usize) -> &'a [u8]) -> Values<'a> {
        Values {
            user: value(self.user),
            movie: value(self.movie),
            rating: self.rating.map(&value),
            timestamp: value(self.timestamp),
        }
    }
}

/// The values of a record, as they stand there.
struct Values<'a> {
    user: &'a [u8],
    movie: &'a [u8],
    rating: Option<&'a [u8]>,
    timestamp: &'a [u8],
}

/// What is known of every record.
struct Header<'a> {
    path: &'a Path,
    columns: Columns,
    /// Number of columns.
    fields: usize,
    /// Lines up to the first record.
    lines: u64,
}

impl Header<'_> {
    /// Reads a block of whole lines without quotation marks.
    fn block(&self, bytes: &[u8], known: &KnownIds) -> Result<Chunk, DatasetError> {
        self.refuse_mark(bytes)?;
        let coder = known.coder();
        let (mut chunk, mut ids) = (coder.chunk(), RawIds::default());
        let rows = self.plain_rows(bytes, &mut chunk, &mut ids);
        coder.push_movies(&mut chunk, &ids, self.path)?;
        rows?;
        Ok(chunk)
    }

    /// Every reader passes over a byte order mark, which is right for the header alone.
    fn refuse_mark(&self, bytes: &[u8]) -> Result<(), DatasetError> {
        if !bytes.starts_with(BYTE_ORDER_MARK) {
            return Ok(());
        }
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let value = String::from_utf8_lossy(line);
        let place = Place { path: self.path, line: 1 };
        Err(place.refuse("record", &value, "text without a byte order mark"))
    }

    /// Reads up to `most` records; lines in errors count from the reader's first. `line_ends` is
    /// told of each record and its end and says how many line ends its values hold.
    fn chunk(
        &self,
        reader: &mut Reader<impl Read>,
        most: usize,
        known: &KnownIds,
        line_ends: impl Fn(&ByteRecord, u64) -> u64,
    ) -> Result<Chunk, DatasetError> {
        let coder = known.coder();
        let (mut chunk, mut ids) = (coder.chunk(), RawIds::default());
        let rows = self.rows(reader, most, &mut chunk, &mut ids, line_ends);
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
        line_ends: impl Fn(&ByteRecord, u64) -> u64,
    ) -> Result<(), DatasetError> {
        let mut record = ByteRecord::new();
        let failed = DatasetError::csv(self.path);
        while chunk.len() < most && reader.read_byte_record(&mut record).map_err(&failed)? {
            // The reader stands behind the record's line end; line ends in values lie before it.
            let end = reader.position();
            let line = end.line() - 1 - line_ends(&record, end.byte());
            let place = Place { path: self.path, line };
            if record.len() == 1 && without_return(&record, 0).is_empty() {
                continue;
            }
            if record.len() != self.fields {
                let (path, expected) = (self.path.to_owned(), self.fields);
                return Err(DatasetError::Fields { path, line, expected, found: record.len() });
            }
            let values = self.columns.values(|column| without_return(&record, column));
            push_row(&values, place, chunk, ids)?;
        }
        Ok(())
    }
}

#[inline]
fn push_row(
    values: &Values<'_>,
    place: Place<'_>,
    chunk: &mut Chunk,
    ids: &mut RawIds,
) -> Result<(), DatasetError> {
    ids.push(values.movie, place.line);
    chunk.push_user(integer(values.user, place, "user_id", USER_ID_RANGE)?, place)?;
    let rating = match values.rating {
        Some(rating) => integer(rating, place, "rating", RATING_RANGE)?,
        None => 1,
    };
    chunk.push_rating(rating, place)?;
    chunk.push_timestamp(integer(values.timestamp, place, "timestamp", TIMESTAMP_RANGE)?);
    Ok(())
}

/// A value; of the last of a record the carriage return before the line end is no part.
fn without_return(record: &ByteRecord, column: usize) -> &[u8] {
    let value = &record[column];
    match value.strip_suffix(b"\r") {
        Some(rest) if column + 1 == record.len() => rest,
        _ => value,
    }
}

const TIMESTAMP_RANGE: &str = "an integer (seconds since 1970)";

fn integer(
    field: &[u8],
    place: Place<'_>,
    column: &'static str,
    expected: &'static str,
) -> Result<i64, DatasetError> {
    parse_integer(field)
        .ok_or_else(|| place.refuse(column, &String::from_utf8_lossy(field), expected))
}
