use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Serialize;

use crate::{Catalog, CatalogError, MovieRecord};

/// What a build did, for a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BuildSummary {
    /// Distinct movies of the data set.
    pub wanted: usize,
    /// Of these, how many the catalog held before.
    pub cached: usize,
    /// Of these, how many were added from records.
    pub added: usize,
    /// Movies without metadata, in byte order.
    pub missing: Vec<String>,
    /// Lines that were no movie record.
    pub problems: Vec<RecordProblem>,
}

/// A line that is not a movie record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads movie records, one JSON object a line; empty lines are passed over.
///
/// Lines that are no record are given back as problems and stop nothing.
///
/// # Errors
/// [`CatalogError::Io`] when the file cannot be read.
pub fn read_records(path: &Path) -> Result<(Vec<MovieRecord>, Vec<RecordProblem>), CatalogError> {
    let mut reader = BufReader::new(fs_err::File::open(path)?);
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        if reader.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<MovieRecord>(&text) {
            Ok(record) if record.id.is_empty() => {
                problems.push(RecordProblem { line, problem: "the movie id is empty".to_owned() });
            }
            Ok(record) => records.push(record),
            Err(error) => problems.push(RecordProblem { line, problem: error.to_string() }),
        }
    }
    Ok((records, problems))
}

/// Adds to `catalog` the records of `movie_ids` it does not hold yet.
///
/// Movies held already stay as they are, wanted or not; of several records of one movie the first
/// counts. `problems` of reading go into the summary.
pub fn build<'a>(
    catalog: &mut Catalog,
    movie_ids: impl IntoIterator<Item = &'a str>,
    records: Vec<MovieRecord>,
    problems: Vec<RecordProblem>,
) -> BuildSummary {
    let mut wanted: Vec<&str> = movie_ids.into_iter().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut summary = BuildSummary { wanted: wanted.len(), problems, ..BuildSummary::default() };
    wanted.retain(|id| catalog.get(id).is_none());
    summary.cached = summary.wanted - wanted.len();
    let mut found = vec![false; wanted.len()];
    for record in records {
        if let Ok(place) = wanted.binary_search(&record.id.as_str())
            && !found[place]
        {
            found[place] = true;
            catalog.insert(record.id, record.movie);
            summary.added += 1;
        }
    }
    let missing = wanted.iter().zip(&found).filter(|&(_, &found)| !found);
    summary.missing = missing.map(|(&id, _)| id.to_owned()).collect();
    summary
}
