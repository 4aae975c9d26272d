//! The crate's integration tests, one binary.

/// A model with written-out answers.
mod fake;
/// Metrics of rankings small enough to compute by hand.
mod known_answers;
/// The whole protocol on the written-out model: misses, masking, counts, threads.
mod offline;
/// What holds for every ranking: bounds, growth with k, perfect and useless rankings.
mod properties;
/// The JSON object, key by key.
mod report;
