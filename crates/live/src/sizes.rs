//! What memory things take, as a common allocator and hash table have it.

/// Bytes that an allocation of so many takes: a header of 8, in steps of 16, at least 32.
pub(crate) const fn allocation(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        _ => {
            let held = (bytes + 8).next_multiple_of(16);
            if held < 32 { 32 } else { held }
        }
    }
}

/// Bytes of a hash table that has held so many elements: a power of two of places, at most 7 of 8
/// taken, with one byte of control each.
pub(crate) const fn table(elements: usize, element_bytes: usize) -> usize {
    let places = match elements {
        0 => return 0,
        1..4 => 4,
        4..8 => 8,
        _ => (elements * 8 / 7).next_power_of_two(),
    };
    allocation(places * (element_bytes + 1) + 16)
}
