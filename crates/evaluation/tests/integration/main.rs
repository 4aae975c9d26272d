//! The crate's integration tests, one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

/// Intervals and paired tests: known answers, seeds, threads.
mod bootstrap;
/// A model with written-out answers.
mod fake;
/// Divisions of users and films.
mod groups;
/// Metrics of rankings small enough to compute by hand.
mod known_answers;
/// The whole protocol on the written-out model: misses, masking, counts, threads.
mod offline;
/// What holds for every ranking: bounds, growth with k, perfect and useless rankings.
mod properties;
/// Every metric, group and difference of the written-out model, and the JSON.
mod protocol;
/// Coverage, novelty, diversity by hand.
mod quality;
/// The JSON object, key by key.
mod report;
