//! Integration tests of the experiment crate.

/// Buckets and variants against known values, and the shares they converge to.
mod assignment;
/// What the file may hold, and the errors for what it may not.
mod config_file;
