use std::io::Read;

use npyz::NpyHeader;

use super::NpzFault;

/// What every npy file starts with, before the two bytes of its version.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Bytes a header's text may have. Those of plain arrays have some hundred.
const LONGEST: usize = 1 << 16;

/// Reads the header of a plain array; gives the bytes it takes too.
///
/// The text of a header is a Python literal, and a literal of many brackets takes its parser
/// exponential time or more stack than there is; sizes whose product overflows are multiplied there
/// all the same. So it is compared with what a plain array has before it is parsed.
pub(super) fn read_header(reader: &mut impl Read) -> Result<(NpyHeader, u64), NpzFault> {
    let mut bytes = Vec::with_capacity(256);
    let mut read = |bytes: &mut Vec<u8>, count: usize| {
        let start = bytes.len();
        bytes.resize(start + count, 0);
        reader.read_exact(&mut bytes[start..]).map_err(NpzFault::Damaged)
    };
    read(&mut bytes, MAGIC.len() + 2)?;
    if !bytes.starts_with(MAGIC) {
        return Err(NpzFault::Header { problem: "it does not start as an npy file does" });
    }
    let width = if bytes[MAGIC.len()] == 1 { 2 } else { 4 };
    let start = bytes.len();
    read(&mut bytes, width)?;
    let length = bytes[start..].iter().rev().fold(0, |sum, &byte| (sum << 8) | usize::from(byte));
    if length > LONGEST {
        return Err(NpzFault::Header { problem: "it is longer than 64 KiB" });
    }
    let text = bytes.len();
    read(&mut bytes, length)?;
    Text { rest: &bytes[text..] }.plain_header()?;
    let header = NpyHeader::from_reader(bytes.as_slice()).map_err(NpzFault::Damaged)?;
    Ok((header, bytes.len() as u64))
}

/// What is left of a header's text.
struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`, keys in any order.
    fn plain_header(mut self) -> Result<(), NpzFault> {
        self.expect(b'{', "it is no dictionary")?;
        let mut keys: Vec<&[u8]> = Vec::new();
        while !self.take(b'}') {
            if !keys.is_empty() {
                self.expect(b',', "its entries are not separated by commas")?;
                if self.take(b'}') {
                    break;
                }
            }
            let key = self.quoted()?;
            if keys.contains(&key) {
                return Err(NpzFault::Header { problem: "it has a key twice" });
            }
            self.expect(b':', "a key has no value")?;
            match key {
                b"descr" => self.quoted().map(drop)?,
                b"fortran_order" => self.flag()?,
                b"shape" => self.sizes()?,
                _ => {
                    return Err(NpzFault::Header {
                        problem: "it has a key that arrays do not have",
                    });
                }
            }
            keys.push(key);
        }
        self.skip_spaces();
        match (keys.len(), self.rest) {
            (3, []) => Ok(()),
            (3, _) => Err(NpzFault::Header { problem: "something follows its dictionary" }),
            _ => Err(NpzFault::Header { problem: "it lacks descr, fortran_order or shape" }),
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Takes a character, if it is the next.
    fn take(&mut self, expected: u8) -> bool {
        self.skip_spaces();
        let rest = self.rest.strip_prefix(&[expected]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, expected: u8, problem: &'static str) -> Result<(), NpzFault> {
        if self.take(expected) { Ok(()) } else { Err(NpzFault::Header { problem }) }
    }

    /// A string without escapes.
    fn quoted(&mut self) -> Result<&'a [u8], NpzFault> {
        let problem = "a key or its type is no plain string: arrays of records are not read";
        let fault = NpzFault::Header { problem };
        self.skip_spaces();
        let Some((&quote @ (b'\'' | b'"'), text)) = self.rest.split_first() else {
            return Err(fault);
        };
        let plain = |byte: &u8| (byte.is_ascii_graphic() || *byte == b' ') && *byte != b'\\';
        match text.iter().position(|&byte| byte == quote) {
            Some(end) if text[..end].iter().all(plain) => {
                self.rest = &text[end + 1..];
                Ok(&text[..end])
            }
            _ => Err(fault),
        }
    }

    fn flag(&mut self) -> Result<(), NpzFault> {
        self.skip_spaces();
        let word =
            [b"True".as_slice(), b"False"].into_iter().find(|word| self.rest.starts_with(word));
        let Some(word) = word else {
            return Err(NpzFault::Header { problem: "fortran_order is neither True nor False" });
        };
        self.rest = &self.rest[word.len()..];
        Ok(())
    }

    /// A tuple of sizes whose product, without zeros, is a size too.
    fn sizes(&mut self) -> Result<(), NpzFault> {
        let problem = "its shape is no tuple of sizes";
        let too_many = NpzFault::Header { problem: "its shape has more elements than any file" };
        self.expect(b'(', problem)?;
        let mut elements: u64 = 1;
        while !self.take(b')') {
            let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (number, rest) = self.rest.split_at(digits);
            if number.is_empty() {
                return Err(NpzFault::Header { problem });
            }
            let size = number.iter().try_fold(0_u64, |size, digit| {
                size.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
            });
            let Some(product) = size.and_then(|size| elements.checked_mul(size.max(1))) else {
                return Err(too_many);
            };
            elements = product;
            self.rest = rest;
            if !self.take(b',') {
                return self.expect(b')', problem);
            }
        }
        Ok(())
    }
}
