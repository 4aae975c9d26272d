//! Renders a page of each kind from made-up numbers, to be looked at while the style is changed.
//!
//! `cargo run -p marquee-pages --example preview -- DIRECTORY` writes `drift.html` and
//! `validation.html` there, or into the current directory.

mod samples;

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let directory = std::env::args_os().nth(1).map_or_else(PathBuf::new, PathBuf::from);
    for (name, page) in
        [("drift.html", samples::drift()), ("validation.html", samples::validation())]
    {
        fs_err::write(directory.join(name), page.render())?;
    }
    Ok(())
}
