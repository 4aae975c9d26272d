//! Streams of lines cut into blocks, so that threads can share them.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::{
    pool::{Pool, Pooled},
    staged::hex,
};

/// Bytes of a block: some 4,000 lines of log, well within a processor's second-level cache.
pub(crate) const BLOCK_BYTES: usize = 1 << 19;

/// Cuts a stream into blocks of whole lines.
///
/// Where the cuts are depends on the bytes of the stream alone.
pub struct LineBlocks<R> {
    reader: R,
    buffers: Pool<Vec<u8>>,
    /// The start of a line whose end is still to come.
    rest: Vec<u8>,
    /// Bytes of it that were given out before.
    put_back: usize,
    offset: u64,
    head_bytes: usize,
    ended: bool,
}

/// A part of a stream.
pub struct Block {
    /// What stands there.
    pub piece: Piece,
    /// Where it starts in the stream, in bytes.
    pub offset: u64,
}

/// What a part of a stream holds.
pub enum Piece {
    /// One or more lines with their ends; the very last of the stream may lack its end.
    Lines(Buffer),
    /// A line longer than a block, of which only the start is kept.
    LongLine(LongLine),
}

/// A line that was passed over.
pub struct LongLine {
    /// The first bytes of it, as many as the reader was told to keep.
    pub head: Vec<u8>,
    /// Bytes of the line, without its end.
    pub length: u64,
    /// SHA-256 of the line, without its end.
    pub sha256: String,
    /// Whether a line end followed.
    pub terminated: bool,
}

impl<R: Read> LineBlocks<R> {
    /// Of lines that do not fit into a block, the first `head_bytes` are kept.
    pub fn new(reader: R, head_bytes: usize) -> Self {
        let buffers = Pool::default();
        let rest = Vec::new();
        Self { reader, buffers, rest, put_back: 0, offset: 0, head_bytes, ended: false }
    }

    /// The next part; `None` at the end of the stream.
    ///
    /// # Errors
    /// What the reader says.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not tell of errors alone")]
    pub fn next(&mut self) -> io::Result<Option<Block>> {
        let mut buffer = Buffer { bytes: self.buffers.take(), len: 0 };
        // What was put back comes on top, so that every block brings something new.
        let size = BLOCK_BYTES + std::mem::take(&mut self.put_back);
        if buffer.bytes.len() < size {
            buffer.bytes.resize(size, 0);
        }
        buffer.bytes.truncate(size);
        let filled = self.fill(&mut buffer)?;
        if filled == 0 {
            return Ok(None);
        }
        let offset = self.offset;
        let cut = match memchr::memrchr(b'\n', &buffer.bytes[..filled]) {
            _ if self.ended => filled,
            Some(end) => end + 1,
            None => {
                let line = self.long_line(&mut buffer.bytes)?;
                self.offset += line.length + u64::from(line.terminated);
                return Ok(Some(Block { piece: Piece::LongLine(line), offset }));
            }
        };
        self.rest.extend_from_slice(&buffer.bytes[cut..filled]);
        buffer.len = cut;
        self.offset += cut as u64;
        Ok(Some(Block { piece: Piece::Lines(buffer), offset }))
    }

    /// Takes back the end of the last block: the next one starts with it.
    ///
    /// For records of several lines, of which only the reader of lines knows that they are whole.
    pub fn put_back(&mut self, lines: &[u8]) {
        self.rest.splice(0..0, lines.iter().copied());
        self.put_back += lines.len();
        self.offset -= lines.len() as u64;
    }

    /// Whether all bytes of the stream were read, those put back apart.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Where the next block starts in the stream, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Everything that was not given out yet.
    pub(crate) fn into_rest(self) -> impl Read {
        io::Cursor::new(self.rest).chain(self.reader)
    }

    /// Puts the rest of the block before and what follows into the buffer, until it is full or the
    /// stream ends.
    fn fill(&mut self, buffer: &mut Buffer) -> io::Result<usize> {
        let carried = self.rest.len();
        buffer.bytes[..carried].copy_from_slice(&self.rest);
        self.rest.clear();
        Ok(carried + self.read_into(&mut buffer.bytes[carried..])?)
    }

    fn read_into(&mut self, mut target: &mut [u8]) -> io::Result<usize> {
        let room = target.len();
        while !target.is_empty() && !self.ended {
            match self.reader.read(target) {
                Ok(0) => self.ended = true,
                Ok(read) => target = &mut target[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(room - target.len())
    }

    /// The buffer is full and holds no line end: digests up to the next one.
    fn long_line(&mut self, buffer: &mut [u8]) -> io::Result<LongLine> {
        let mut line = LongLine {
            head: buffer[..self.head_bytes.min(buffer.len())].to_vec(),
            length: 0,
            sha256: String::new(),
            terminated: false,
        };
        let mut hasher = Sha256::new();
        let mut filled = buffer.len();
        loop {
            let end = memchr::memchr(b'\n', &buffer[..filled]);
            let part = end.unwrap_or(filled);
            hasher.update(&buffer[..part]);
            line.length += part as u64;
            line.terminated = end.is_some();
            if line.terminated {
                self.rest.extend_from_slice(&buffer[part + 1..filled]);
            }
            if line.terminated || self.ended {
                line.sha256 = hex(&hasher.finalize());
                return Ok(line);
            }
            filled = self.read_into(buffer)?;
        }
    }
}

/// Bytes of a stream.
pub struct Buffer {
    /// Longer than what it holds.
    bytes: Pooled<Vec<u8>>,
    len: usize,
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
