use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApiUrl, CatalogError};

/// The negative cache: ids an API answered 404 for, and when.
///
/// As JSON: `{"api": "<base>", "missing": {"<id>": "<time>"}}` with the base URL of the API, times as
/// RFC 3339 in UTC, in byte order of the ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingIds {
    api: String,
    since: BTreeMap<String, Timestamp>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    api: String,
    missing: BTreeMap<String, String>,
}

impl MissingIds {
    /// No ids of an API.
    #[must_use]
    pub fn new(api: &ApiUrl) -> Self {
        Self { api: api.as_str().to_owned(), since: BTreeMap::new() }
    }

    /// The base URL of the API that gave the answers.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Where the negative cache of the records at `out` stands: beside them, `<stem>_missing.json`.
    ///
    /// ```
    /// use std::path::Path;
    /// use marquee_catalog::MissingIds;
    ///
    /// let path = MissingIds::path_beside(Path::new("artifacts/movie_catalog.json"));
    /// assert_eq!(path, Path::new("artifacts/movie_catalog_missing.json"));
    /// ```
    #[must_use]
    pub fn path_beside(out: &Path) -> PathBuf {
        let mut name = out.file_stem().map_or_else(OsString::new, ToOwned::to_owned);
        name.push("_missing.json");
        out.with_file_name(name)
    }

    /// Reads a negative cache.
    ///
    /// # Errors
    /// [`CatalogError::Io`] when the file cannot be read, [`CatalogError::Missing`] when it is no
    /// negative cache.
    pub fn read(path: &Path) -> Result<Self, CatalogError> {
        let refuse = |problem| CatalogError::Missing { path: path.to_owned(), problem };
        let text = fs_err::read(path)?;
        let Form { api, missing } =
            serde_json::from_slice(&text).map_err(|error| refuse(error.to_string()))?;
        let since = missing.into_iter().map(|(id, time)| match time.parse() {
            Ok(time) => Ok((id, time)),
            Err(_) => Err(refuse(format!("{time:?} of {id:?} is no RFC 3339 time"))),
        });
        Ok(Self { api, since: since.collect::<Result<_, _>>()? })
    }

    /// Writes the negative cache as JSON with 2-space indentation, ending in a line end.
    ///
    /// # Errors
    /// What the output says.
    pub fn write(&self, output: &mut dyn Write) -> io::Result<()> {
        let missing = self.since.iter().map(|(id, time)| (id.clone(), time.to_string())).collect();
        let form = Form { api: self.api.clone(), missing };
        serde_json::to_writer_pretty(&mut *output, &form)?;
        output.write_all(b"\n")
    }

    /// Whether the answer 404 for `id` is younger than `age` at the time `now`. A time in the
    /// future, of a clock set wrong, counts as too old.
    #[must_use]
    pub fn remembers(&self, id: &str, now: SystemTime, age: Duration) -> bool {
        self.since.get(id).is_some_and(|&since| {
            now.duration_since(SystemTime::from(since)).is_ok_and(|elapsed| elapsed < age)
        })
    }

    /// Notes that `id` was answered with 404 at the time `now`, in whole seconds.
    pub fn insert(&mut self, id: String, now: SystemTime) {
        let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
        // A whole second lies in the range that the time itself lies in.
        let second = Timestamp::from_second(now.as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.since.insert(id, second);
    }

    /// Forgets an id; whether it was held.
    pub fn remove(&mut self, id: &str) -> bool {
        self.since.remove(id).is_some()
    }

    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.since.len()
    }

    /// Whether there are no ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.since.is_empty()
    }

    /// The ids in byte order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.since.keys().map(String::as_str)
    }
}
