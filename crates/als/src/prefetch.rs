//! The one place with `unsafe`: asking the processor for memory before it is needed.

/// Entries ahead of the one in work whose rows are asked for.
pub(crate) const AHEAD: usize = 8;

const CACHE_LINE: usize = 64;

/// Asks for the memory of a slice; a hint that changes no result.
#[inline(always)]
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "prefetching takes a raw pointer"))]
pub(crate) fn prefetch<T>(slice: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = slice.as_ptr().cast::<i8>();
        let mut offset = 0;
        while offset < size_of_val(slice) {
            // SAFETY: a prefetch reads nothing, whatever the address; this one lies in the slice.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(offset)) };
            offset += CACHE_LINE;
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, CACHE_LINE);
}
