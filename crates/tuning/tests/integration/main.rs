//! The search as its callers use it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

// Draws: seeds, ranges, what is written and read.
mod draws;
// Journals: taken up again, cut off, of another search, damaged.
mod journals;
// The page, in words that must be there.
mod pages;
// Rungs, survivors, given trials, failures, stops.
mod searches;
