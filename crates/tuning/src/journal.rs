use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use fs_err::{File, OpenOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Run, TuningError};

/// Format of the file that is written and read. It goes up when a file that was written before can
/// no longer be read with its meaning.
pub const JOURNAL_FORMAT: u32 = 1;

/// The runs of a search, kept as they end: JSON Lines, the first one saying of what search.
///
/// A line is on the disk before the next run begins. A line without its end, as a killed process
/// leaves it, is cut off when the search goes on.
#[derive(Debug)]
pub struct Journal {
    runs: Vec<Run>,
    file: Option<(PathBuf, File)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format_version: u32,
    /// What must be the same for runs to mean the same.
    search: Map<String, Value>,
}

impl Journal {
    /// A journal that nobody keeps.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { runs: Vec::new(), file: None }
    }

    /// The journal of a search, taken up again where the file is there.
    ///
    /// `search` is all that the scores depend on: space, plan, data. A file of another search is
    /// refused, so that runs are never compared that cannot be.
    ///
    /// # Errors
    /// [`TuningError`] naming the file when it cannot be read or written, is damaged other than in
    /// its last line, or is of another search.
    pub fn open(path: &Path, search: Map<String, Value>) -> Result<Self, TuningError> {
        let failed = |source| TuningError::Journal { path: path.to_owned(), source };
        let text = match fs_err::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].split_inclusive(|&byte| byte == b'\n').enumerate();
        let wrong = |line: usize, why: String| TuningError::JournalLine {
            path: path.to_owned(),
            line: line + 1,
            why,
        };
        let header = lines.next().map(|(line, text)| {
            serde_json::from_slice::<Header>(text).map_err(|error| wrong(line, error.to_string()))
        });
        let is_new = header.is_none();
        if let Some(header) = header {
            let header = header?;
            if header.format_version != JOURNAL_FORMAT {
                let version = header.format_version;
                return Err(wrong(0, format!("format {version}, not {JOURNAL_FORMAT}")));
            }
            if let Some(what) = difference(&header.search, &search) {
                return Err(TuningError::OtherSearch { path: path.to_owned(), what });
            }
        }
        let runs = lines.map(|(line, text)| {
            serde_json::from_slice(text).map_err(|error| wrong(line, error.to_string()))
        });
        let runs = runs.collect::<Result<Vec<Run>, _>>()?;
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.set_len(whole as u64).map_err(failed)?;
        let mut journal = Self { runs, file: Some((path.to_owned(), file)) };
        if is_new {
            journal.write(&Header { format_version: JOURNAL_FORMAT, search })?;
        }
        Ok(journal)
    }

    /// Runs that are known.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The run of a trial on a rung, if it is known.
    #[must_use]
    pub fn find(&self, trial: usize, rung: usize) -> Option<&Run> {
        self.runs.iter().find(|run| run.trial == trial && run.rung == rung)
    }

    pub(crate) fn append(&mut self, run: &Run) -> Result<(), TuningError> {
        self.write(run)?;
        self.runs.push(run.clone());
        Ok(())
    }

    fn write(&mut self, value: &impl Serialize) -> Result<(), TuningError> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(value).map_err(|error| TuningError::Journal {
            path: path.clone(),
            source: io::Error::from(error),
        })?;
        line.push(b'\n');
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        written.map_err(|source| TuningError::Journal { path: path.clone(), source })
    }
}

/// The first key, in byte order, under which two objects differ.
fn difference(a: &Map<String, Value>, b: &Map<String, Value>) -> Option<String> {
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort_unstable();
    keys.into_iter().find(|&key| a.get(key) != b.get(key)).cloned()
}
