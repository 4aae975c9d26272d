//! Integration tests of the statistics crate.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

/// Draws, intervals and p-values of the bootstrap, and that threads change nothing.
mod bootstrap;
/// Clustered rates and tests against values computed with numpy, and what they fall back to.
mod clustered;
/// How often intervals cover the truth in simulations with a known one.
mod coverage;
/// Intervals, tests, quantiles and Gini against published and scipy's values.
mod known_answers;
