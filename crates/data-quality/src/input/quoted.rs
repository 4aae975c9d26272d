//! Records of csv in which values are quoted, and may hold line ends.
//!
//! One stray quotation mark must not swallow the rows behind it. So a value over several lines is
//! taken for one only if the record closes properly, has as many values as the header has names,
//! and no line within it has as many by itself; otherwise its first line stands alone.

use std::borrow::Cow;

use marquee_events::MAX_LINE_BYTES;

/// What starts at some line of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Quoted<'a> {
    /// A record, and where the next one starts.
    Record { fields: Vec<Cow<'a, [u8]>>, end: usize },
    /// No record: the line is at fault.
    Malformed,
    /// The text ends before the record does, and there is more to come.
    Open,
}

/// Reads the record that starts at `start`. `width` is the number of names of the header, `whole`
/// says that the text is all there is.
pub(crate) fn record(text: &[u8], start: usize, width: usize, whole: bool) -> Quoted<'_> {
    let open = || {
        if whole || text.len() - start > MAX_LINE_BYTES { Quoted::Malformed } else { Quoted::Open }
    };
    let mut fields = Vec::with_capacity(width);
    let mut from = start;
    loop {
        let (field, after) = match field(text, from) {
            Some(Ok(field)) => field,
            Some(Err(Unfinished)) => return open(),
            None => return Quoted::Malformed,
        };
        fields.push(field);
        match text.get(after) {
            Some(b',') if after - start <= MAX_LINE_BYTES => from = after + 1,
            Some(b',') => return Quoted::Malformed,
            // Only at the end of the text is there neither comma nor line end.
            _ => {
                let end = text.len().min(after + 1);
                if end - start > MAX_LINE_BYTES
                    || !is_plausible(&text[start..after], &fields, width)
                {
                    return Quoted::Malformed;
                }
                return Quoted::Record { fields, end };
            }
        }
    }
}

/// The closing mark is not in the text.
struct Unfinished;

type Field<'a> = (Cow<'a, [u8]>, usize);

/// The value at `from`, and where the comma or line end behind it stands; `None` if something else
/// follows a closing mark.
fn field(text: &[u8], from: usize) -> Option<Result<Field<'_>, Unfinished>> {
    let rest = &text[from..];
    if rest.first() != Some(&b'"') {
        let length = memchr::memchr2(b',', b'\n', rest).unwrap_or(rest.len());
        let mut value = &rest[..length];
        if rest.get(length) != Some(&b',') {
            value = value.strip_suffix(b"\r").unwrap_or(value);
        }
        return Some(Ok((Cow::Borrowed(value), from + length)));
    }
    let mut value: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    let mut part = 1;
    loop {
        let Some(mark) = memchr::memchr(b'"', &rest[part..]).map(|mark| part + mark) else {
            return Some(Err(Unfinished));
        };
        let piece = &rest[part..mark];
        match rest.get(mark + 1) {
            // Two marks are one.
            Some(b'"') => {
                value.to_mut().extend_from_slice(piece);
                value.to_mut().push(b'"');
                part = mark + 2;
            }
            next => {
                if value.is_empty() {
                    value = Cow::Borrowed(piece);
                } else {
                    value.to_mut().extend_from_slice(piece);
                }
                let after = match (next, rest.get(mark + 2)) {
                    (Some(b'\r'), Some(b'\n') | None) => mark + 2,
                    (Some(b',' | b'\n') | None, _) => mark + 1,
                    _ => return None,
                };
                return Some(Ok((value, from + after)));
            }
        }
    }
}

/// Whether a record over several lines is more likely one than a stray mark and other rows.
fn is_plausible(record: &[u8], fields: &[Cow<'_, [u8]>], width: usize) -> bool {
    let lines: Vec<&[u8]> = record.split(|&byte| byte == b'\n').collect();
    if lines.len() == 1 {
        return true;
    }
    let is_row = |line: &&[u8]| memchr::memchr_iter(b',', line).count() + 1 == width;
    fields.len() == width && !lines[1..lines.len() - 1].iter().any(is_row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<String> {
        match record(text.as_bytes(), 0, 4, true) {
            Quoted::Record { fields, end } => {
                assert!(end == text.len() || text[..end].ends_with('\n'));
                let text = |field: &Cow<'_, [u8]>| String::from_utf8_lossy(field).into_owned();
                fields.iter().map(text).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_come_without_their_marks() {
        assert_eq!(fields("1,\"a,b\",5,7\n"), ["1", "a,b", "5", "7"]);
        assert_eq!(fields("1,\"a \"\"b\"\"\",5,7"), ["1", "a \"b\"", "5", "7"]);
        assert_eq!(fields("\"1\",\"\",\"5\",\"7\"\r\n"), ["1", "", "5", "7"]);
        assert_eq!(fields("1,a\"b,5,7\r\nnext"), ["1", "a\"b", "5", "7"]);
        assert_eq!(fields("1,\"a\nb\",5,7\n"), ["1", "a\nb", "5", "7"]);
        assert_eq!(fields("1,\"a\"\n"), ["1", "a"]);
    }

    #[test]
    fn a_stray_mark_takes_no_other_row_with_it() {
        for text in [
            "1,\"a,5,7\n2,b,5,7\n",
            "1,\"a,5,7\n2,b,5,7\n3,c\",5,7\n",
            "1,\"a\"b,5,7\n",
            "1,\"a,5\n2,b\",5,7,8\n",
        ] {
            assert_eq!(record(text.as_bytes(), 0, 4, true), Quoted::Malformed, "{text}");
        }
        assert_eq!(record(b"1,\"a,5,7\n", 0, 4, false), Quoted::Open);
        let long = format!("1,\"{}", "a".repeat(MAX_LINE_BYTES));
        assert_eq!(record(long.as_bytes(), 0, 4, false), Quoted::Malformed);
    }
}
