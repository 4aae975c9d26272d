use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{CatalogError, RecordFault, Records};

/// Highest user id of the event log.
const MAX_USER_ID: u64 = i64::MAX as u64;

/// What the API tells of a person; `None` where it tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct User {
    /// Years.
    #[serde(default)]
    pub age: Option<u32>,
    /// As the API has it, such as `F`.
    #[serde(default)]
    pub gender: Option<String>,
    /// As the API has it, such as `sales/marketing`.
    #[serde(default)]
    pub occupation: Option<String>,
}

/// A line of the users file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRecord {
    /// The user id of the event log, 0 to 2⁶³ − 1.
    pub user_id: u64,
    /// Years; null if unknown.
    pub age: Option<u32>,
    /// As the API has it; null if unknown.
    pub gender: Option<String>,
    /// As the API has it; null if unknown.
    pub occupation: Option<String>,
}

/// An answer of the API. Some APIs give the id as text.
#[derive(Deserialize)]
struct UserAnswer {
    user_id: NumberOrText,
    #[serde(flatten)]
    user: User,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl NumberOrText {
    fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// Users by id, ascending.
///
/// As a file: JSON Lines, one [`UserRecord`] a line, ascending by `user_id`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users {
    users: BTreeMap<u64, User>,
}

impl Users {
    /// What is known of a user.
    #[must_use]
    pub fn get(&self, user_id: u64) -> Option<&User> {
        self.users.get(&user_id)
    }

    /// Adds a user, replacing what was held.
    pub fn insert(&mut self, user_id: u64, user: User) {
        self.users.insert(user_id, user);
    }

    /// Number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Users by ascending id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &User)> {
        self.users.iter().map(|(&id, user)| (id, user))
    }
}

/// Reads a users file: JSON Lines in any order; empty lines are passed over.
///
/// # Errors
/// [`CatalogError::Io`] when the file cannot be read; [`CatalogError::User`] with the line for the
/// first one that is no [`UserRecord`], or repeats a user.
pub fn read_users(path: &Path) -> Result<Users, CatalogError> {
    let mut reader = BufReader::new(fs_err::File::open(path)?);
    let mut users = BTreeMap::new();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        if reader.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let refuse = |problem: String| CatalogError::User { path: path.to_owned(), line, problem };
        let record: UserRecord = serde_json::from_slice(&text)
            .map_err(|error| refuse(format!("not a user record: {error}")))?;
        let UserRecord { user_id, age, gender, occupation } = record;
        if user_id > MAX_USER_ID {
            return Err(refuse(format!("user_id {user_id} is above 2^63 - 1")));
        }
        match users.entry(user_id) {
            Entry::Vacant(place) => place.insert(User { age, gender, occupation }),
            Entry::Occupied(_) => {
                return Err(refuse(format!("user {user_id} for the second time")));
            }
        };
    }
    Ok(Users { users })
}

impl Records for Users {
    const NOUN: &'static str = "users";

    fn read(path: &Path) -> Result<Self, CatalogError> {
        read_users(path)
    }

    fn write(&self, output: &mut dyn Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            user_id: u64,
            #[serde(flatten)]
            user: &'a User,
        }
        for (user_id, user) in self.iter() {
            serde_json::to_writer(&mut *output, &Line { user_id, user })?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }

    fn holds(&self, id: &str) -> bool {
        id.parse().is_ok_and(|user_id| self.users.contains_key(&user_id))
    }

    fn take(&mut self, id: &str, body: &[u8]) -> Result<(), RecordFault> {
        let answer: UserAnswer = serde_json::from_slice(body)?;
        let found = answer.user_id.into_text();
        match found.parse() {
            Ok(user_id) if found == id => {
                self.insert(user_id, answer.user);
                Ok(())
            }
            _ => Err(RecordFault::OtherId { found }),
        }
    }
}
