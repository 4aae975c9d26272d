use std::io::{self, Read};

use marquee_events::MAX_LINE_BYTES;
use sha2::{Digest, Sha256};

use crate::staged::hex;

const BLOCK_BYTES: usize = 4 << 20;

/// Cuts a stream into blocks of whole lines in one buffer.
pub(super) struct Blocks<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Bytes of the buffer that hold data.
    filled: usize,
    /// Bytes of the buffer already handed out.
    taken: usize,
    ended: bool,
}

/// A part of the stream.
pub(super) enum Piece<'a> {
    /// One or more lines with their ends; the very last of the stream may lack its end.
    Lines(&'a [u8]),
    /// A line too long for the buffer, of which only the start is kept.
    LongLine(LongLine),
}

/// A line that was passed over.
pub(super) struct LongLine {
    /// The first [`MAX_LINE_BYTES`].
    pub(super) head: Vec<u8>,
    /// Bytes of the line, without its end.
    pub(super) length: u64,
    /// SHA-256 of the line, without its end.
    pub(super) sha256: String,
    /// Whether a line end followed.
    pub(super) terminated: bool,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BLOCK_BYTES], filled: 0, taken: 0, ended: false }
    }

    /// The next part; `None` at the end of the stream.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        self.fill()?;
        if self.filled == 0 {
            return Ok(None);
        }
        if self.ended {
            self.taken = self.filled;
            return Ok(Some(Piece::Lines(&self.buffer[..self.filled])));
        }
        match memchr::memrchr(b'\n', &self.buffer[..self.filled]) {
            Some(end) => {
                self.taken = end + 1;
                Ok(Some(Piece::Lines(&self.buffer[..self.taken])))
            }
            None => self.long_line().map(|line| Some(Piece::LongLine(line))),
        }
    }

    /// Reads until the buffer is full or the stream ends.
    fn fill(&mut self) -> io::Result<()> {
        while self.filled < self.buffer.len() && !self.ended {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The buffer is full and holds no line end: digests up to the next one.
    fn long_line(&mut self) -> io::Result<LongLine> {
        let mut line = LongLine {
            head: self.buffer[..MAX_LINE_BYTES].to_vec(),
            length: 0,
            sha256: String::new(),
            terminated: false,
        };
        let mut hasher = Sha256::new();
        loop {
            let end = memchr::memchr(b'\n', &self.buffer[..self.filled]);
            let part = end.unwrap_or(self.filled);
            hasher.update(&self.buffer[..part]);
            line.length += part as u64;
            line.terminated = end.is_some();
            self.taken = part + usize::from(line.terminated);
            if line.terminated || self.ended {
                line.sha256 = hex(&hasher.finalize());
                return Ok(line);
            }
            self.filled = 0;
            self.fill()?;
        }
    }
}
