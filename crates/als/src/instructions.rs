//! For tests: the same work on every set of vector instructions there is.

use pulp::{Arch, Scalar, Simd, WithSimd};

/// The vector instructions a task runs with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instructions {
    /// None.
    Portable,
    /// Those that are taken outside of tests: the best there are.
    Dispatched,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// AVX-512.
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
}

impl Instructions {
    /// All but [`Portable`](Self::Portable) that this processor has.
    pub(crate) fn available() -> Vec<Self> {
        let mut available = vec![Self::Dispatched];
        #[cfg(target_arch = "x86_64")]
        {
            available.extend(pulp::x86::V3::try_new().map(Self::V3));
            available.extend(pulp::x86::V4::try_new().map(Self::V4));
        }
        available
    }

    pub(crate) fn run<T: WithSimd>(self, task: T) -> T::Output {
        match self {
            Self::Portable => Scalar.vectorize(task),
            Self::Dispatched => Arch::new().dispatch(task),
            #[cfg(target_arch = "x86_64")]
            Self::V3(simd) => Simd::vectorize(simd, task),
            #[cfg(target_arch = "x86_64")]
            Self::V4(simd) => Simd::vectorize(simd, task),
        }
    }
}
