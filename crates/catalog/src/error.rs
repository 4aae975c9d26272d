use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a catalog or a file of records could not be read. Every variant names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The file could not be opened or read; the source names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not a catalog.
    #[error(
        "{}: not a movie catalog; expected {{\"<movie id>\": {{\"title\": …, \"genres\": […]}}}}",
        path.display()
    )]
    Format {
        /// The catalog file.
        path: PathBuf,
        /// What the JSON reader said, with line and column.
        #[source]
        source: serde_json::Error,
    },
}
