//! Tests of the ranking ground floor, by what they are about.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod conformance; // the suite accepts a right model and catches wrong ones
mod item_set; // sets of items and the filter made of them
mod request; // what is asked, and what is left out by it
mod seen; // what users have seen
mod top_k; // exact ranking and its tie rule
