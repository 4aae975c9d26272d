/// The value of a text of decimal digits; `None` if it is empty, holds anything but digits, or is
/// over `u64::MAX`. Leading zeros are allowed.
#[inline]
pub(crate) fn parse(digits: &[u8]) -> Option<u64> {
    match leading(digits) {
        (value, count) if count == digits.len() && count > 0 => Some(value),
        _ => parse_long(digits),
    }
}

/// The value of the digits a text begins with, 18 at most, and how many they are.
#[inline]
pub(crate) fn leading(text: &[u8]) -> (u64, usize) {
    let mut value = 0;
    let mut count = 0;
    // That many digits cannot overflow, so that nothing has to be checked on the way.
    for digit in text.iter().take(18).map_while(|&byte| digit(byte)) {
        value = value * 10 + digit;
        count += 1;
    }
    (value, count)
}

#[cold]
fn parse_long(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &byte in digits {
        value = value.checked_mul(10)?.checked_add(digit(byte)?)?;
    }
    Some(value)
}

/// The value of two decimal digits, 0 to 99.
#[inline]
pub(crate) fn pair(tens: u8, units: u8) -> Option<u32> {
    let tens = tens.wrapping_sub(b'0');
    let units = units.wrapping_sub(b'0');
    (tens <= 9 && units <= 9).then_some(u32::from(tens) * 10 + u32::from(units))
}

#[inline]
pub(crate) fn digit(byte: u8) -> Option<u64> {
    let value = byte.wrapping_sub(b'0');
    (value <= 9).then_some(u64::from(value))
}

/// Appends `value` without leading zeros.
pub(crate) fn push(value: u64, out: &mut Vec<u8>) {
    // u64::MAX has 20 digits.
    let mut buffer = [0_u8; 20];
    let mut start = buffer.len();
    let mut rest = value;
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[start..]);
}

/// Fills `out` with the last `out.len()` digits of `value`, zeros in front.
pub(crate) fn fill(value: u32, out: &mut [u8]) {
    let mut rest = value;
    for byte in out.iter_mut().rev() {
        *byte = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(value: u64) -> String {
        let mut out = Vec::new();
        push(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn parses_digits_only() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"000120"), Some(120));
        assert_eq!(parse(b"18446744073709551615"), Some(u64::MAX));
        for refused in [&b""[..], b"18446744073709551616", b"+1", b"-1", b"1 ", b"1e3", b":", b"/"]
        {
            assert_eq!(parse(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn pushes_what_parses_back() {
        for value in [0, 9, 10, 123_456_789, u64::MAX] {
            assert_eq!(pushed(value), value.to_string());
            assert_eq!(parse(pushed(value).as_bytes()), Some(value));
        }
    }

    #[test]
    fn fills_with_zeros_in_front() {
        let mut out = [b'x'; 4];
        fill(37, &mut out);
        assert_eq!(&out, b"0037");
        assert_eq!(pair(b'3', b'7'), Some(37));
        assert_eq!(pair(b'3', b':'), None);
    }
}
