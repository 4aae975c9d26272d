use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Context;
use marquee_dataset::StagedFile;
use serde::Serialize;

/// Prints a value to stdout as JSON with 2-space indentation.
///
/// # Errors
/// When stdout cannot be written; a closed pipe is told apart by [`run`](crate::run).
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print_text(&text)
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

/// Writes a value as JSON with 2-space indentation to a staged file.
///
/// # Errors
/// When the file cannot be written.
pub fn stage_json(path: &Path, value: &impl Serialize) -> anyhow::Result<StagedFile> {
    let mut file = StagedFile::create(path)?;
    serde_json::to_writer_pretty(&mut file, value)
        .map_err(io::Error::from)
        .and_then(|()| file.write_all(b"\n"))
        .map_err(|source| file.failed(source))?;
    Ok(file)
}

/// Writes a value as JSON with 2-space indentation; the file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    Ok(stage_json(path, value)?.commit()?)
}
