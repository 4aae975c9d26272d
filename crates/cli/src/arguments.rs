use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Parser;

/// Parses the command line; usage errors print their text and exit with 2, `--help` with 0.
///
/// Every flag may be written with underscores as well (`--data_path`).
#[must_use]
pub fn parse<A: Parser>() -> A {
    A::parse_from(dashed(std::env::args_os()))
}

/// The arguments with the underscores of flag names as dashes; values stay as they are, and so
/// does everything after `--`.
pub fn dashed(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut values_only = false;
    arguments
        .into_iter()
        .map(|argument| {
            values_only |= argument == "--";
            match argument.to_str() {
                Some(text) if text.starts_with("--") && !values_only => {
                    let (name, value) = text.split_at(text.find('=').unwrap_or(text.len()));
                    OsString::from(name.replace('_', "-") + value)
                }
                _ => argument,
            }
        })
        .collect()
}

/// Refuses outputs that are one file, or one of the inputs, however their paths are spelt.
/// An input may be named more than once.
///
/// # Errors
/// Names the output.
pub fn check_distinct<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    let mut taken: HashSet<PathBuf> = inputs.into_iter().map(|path| place(path)).collect();
    for path in outputs {
        anyhow::ensure!(
            taken.insert(place(path)),
            "{}: named twice; every file needs its own",
            path.display()
        );
    }
    Ok(())
}

/// Where a path leads: links, `.` and `..` resolved as far as the files exist.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Uses this many threads for parallel work; `None` takes one per core.
///
/// # Errors
/// When threads were used already, or cannot be started.
pub fn set_threads(threads: Option<usize>) -> anyhow::Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    anyhow::ensure!(threads > 0, "--threads must be at least 1");
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    Ok(())
}
