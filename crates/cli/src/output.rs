use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Context;
use serde::Serialize;

use crate::unless_closed;

/// Prints a value to stdout as JSON with 2-space indentation.
///
/// # Errors
/// When stdout cannot be written; a closed pipe is told apart by [`run`](crate::run).
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print_text(&text)
}

/// Prints an answer as [`print_json`] does that is in the file `written` already, so that its exit
/// code stands whoever reads stdout: a stdout that fails is a warning, a closed pipe is nothing.
pub fn print_written(value: &impl Serialize, written: &Path) {
    if let Err(error) = unless_closed(print_json(value)) {
        tracing::warn!("{error:#}; the answer is in {}", written.display());
    }
}

/// Prints text to stdout as it is.
///
/// # Errors
/// As [`print_json`].
pub fn print_text(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("cannot write to stdout")
}
