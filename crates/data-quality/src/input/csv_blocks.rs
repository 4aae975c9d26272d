use std::{io::Read, path::Path};

use marquee_dataset::{Buffer, LineBlocks, LongLine, Piece};
use marquee_events::MAX_LINE_BYTES;

use super::{
    quoted::{self, Quoted},
    unreadable,
};
use crate::QualityError;

/// Cuts a csv file into blocks of whole records.
pub(crate) struct CsvBlocks<'a, R> {
    path: &'a Path,
    lines: LineBlocks<R>,
    /// The block with the header, and where its records start.
    first: Option<(Buffer, usize)>,
    width: usize,
}

/// A part of a csv file.
pub(crate) struct CsvBlock {
    pub(crate) piece: CsvPiece,
    /// Where it starts in the file, in bytes.
    pub(crate) offset: u64,
}

pub(crate) enum CsvPiece {
    /// Whole records: the bytes of a buffer from one place to another.
    Records(Buffer, usize, usize),
    /// A line that is longer than any record may be.
    Long(LongLine),
}

impl<'a, R: Read> CsvBlocks<'a, R> {
    /// Reads up to the end of the block that holds the header; `None` if there is no byte.
    pub(crate) fn open(path: &'a Path, reader: R) -> Result<Option<Self>, QualityError> {
        let mut lines = LineBlocks::new(reader, MAX_LINE_BYTES);
        let block = lines.next().map_err(|source| unreadable(path, 0, source))?;
        let Some(block) = block else { return Ok(None) };
        match block.piece {
            Piece::Lines(buffer) => {
                Ok(Some(Self { path, lines, first: Some((buffer, 0)), width: 0 }))
            }
            Piece::LongLine(_) => Err(QualityError::NotATable {
                path: path.to_owned(),
                problem: String::from("its first line is longer than 512 KiB; is it a csv file?"),
            }),
        }
    }

    /// The bytes of the first block.
    pub(crate) fn start(&self) -> &[u8] {
        self.first.as_ref().map_or(&[], |(buffer, _)| buffer.as_ref())
    }

    /// Records start at this byte, and have that many values.
    pub(crate) fn begin(&mut self, start: usize, width: usize) {
        self.width = width;
        if let Some((_, records)) = &mut self.first {
            *records = start;
        }
    }

    /// The next block; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<CsvBlock>, QualityError> {
        let (buffer, start, offset) = match self.first.take() {
            Some((buffer, start)) => (buffer, start, 0),
            None => {
                let offset = self.lines.offset();
                let block =
                    self.lines.next().map_err(|source| unreadable(self.path, offset, source))?;
                match block.map(|block| block.piece) {
                    None => return Ok(None),
                    Some(Piece::Lines(buffer)) => (buffer, 0, offset),
                    Some(Piece::LongLine(line)) => {
                        return Ok(Some(CsvBlock { piece: CsvPiece::Long(line), offset }));
                    }
                }
            }
        };
        let bytes = buffer.as_ref();
        let mut end = bytes.len();
        if !self.lines.has_ended() {
            let cut = whole_records(bytes, start, self.width);
            // A block that is one open record is given out as it is: nothing can be added to it.
            if cut > start && cut < end {
                self.lines.put_back(&bytes[cut..]);
                end = cut;
            }
        }
        let offset = offset + start as u64;
        Ok(Some(CsvBlock { piece: CsvPiece::Records(buffer, start, end), offset }))
    }
}

/// Where the record starts that the text does not end; the length of the text if it ends all.
fn whole_records(text: &[u8], start: usize, width: usize) -> usize {
    let mut from = start;
    while let Some(mark) = memchr::memchr(b'"', &text[from..]) {
        let line =
            memchr::memrchr(b'\n', &text[from..from + mark]).map_or(from, |end| from + end + 1);
        from = match quoted::record(text, line, width, false) {
            Quoted::Open => return line,
            Quoted::Record { end, .. } => end,
            Quoted::Malformed => line_end(text, line),
        };
    }
    text.len()
}

/// Behind the line end of the line that starts there.
pub(crate) fn line_end(text: &[u8], start: usize) -> usize {
    memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |end| start + end + 1)
}
