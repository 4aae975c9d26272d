//! Values of text tables, read fast because nearly all of them are short.

use std::str;

/// The integer that decimal digits with an optional `-` are, if it fits.
///
/// No `+`, no white space, no point: `None` for those, as for no digits at all.
#[inline]
#[must_use]
pub fn parse_integer(field: &[u8]) -> Option<i64> {
    // Nearly all are a few plain digits, which cannot overflow.
    if (1..=18).contains(&field.len()) {
        let (first, last) = match field.split_last_chunk() {
            Some((first, last)) => (first, eight_digits(*last)),
            None => (field, Some(0)),
        };
        let (mut value, mut plain) = (0, true);
        for byte in first {
            let digit = byte.wrapping_sub(b'0');
            plain &= digit < 10;
            value = 10 * value + i64::from(digit);
        }
        if let (true, Some(last)) = (plain, last) {
            let shift = if first.len() == field.len() { 1 } else { 100_000_000 };
            return Some(value * shift + last);
        }
    }
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if plain { str::from_utf8(field).ok()?.parse().ok() } else { None }
}

/// The number that eight digits are, all at once: pairs of neighbours are put together three times.
#[inline]
fn eight_digits(bytes: [u8; 8]) -> Option<i64> {
    let text = u64::from_le_bytes(bytes);
    let high = 0xf0f0_f0f0_f0f0_f0f0;
    let zeros = 0x3030_3030_3030_3030;
    // A byte past '9' has another high half once 6 is added.
    let is_digits =
        (text & high == zeros) && (text.wrapping_add(0x0606_0606_0606_0606) & high == zeros);
    let pairs = (text & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    let eight = (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32;
    is_digits.then_some(eight as i64)
}

/// Where the first comma is.
#[inline]
#[must_use]
pub fn first_comma(text: &[u8]) -> Option<usize> {
    // Most values are shorter than a search for one is worth.
    let near = text.len().min(8);
    match text[..near].iter().position(|&byte| byte == b',') {
        Some(comma) => Some(comma),
        None => memchr::memchr(b',', &text[near..]).map(|comma| near + comma),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_length_are_read() {
        let digits = b"9081726354607182930";
        for length in 1..=19 {
            let text = &digits[..length];
            let expected: i64 = str::from_utf8(text).unwrap().parse().unwrap();
            assert_eq!(parse_integer(text), Some(expected));
            for place in 0..length {
                for wrong in [b'/', b':', b'a', b' ', b',', 0xff, 0xb0, b'-'] {
                    let mut text = text.to_vec();
                    text[place] = wrong;
                    let expected = str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
                    assert_eq!(parse_integer(&text), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_comma_is_found_near_and_far() {
        for place in 0..40 {
            let mut text = vec![b'x'; 40];
            assert_eq!(first_comma(&text[..place]), None);
            text[place] = b',';
            assert_eq!(first_comma(&text), Some(place));
        }
    }
}
