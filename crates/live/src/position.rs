use std::collections::BTreeMap;

use crate::LiveError;

/// The place in a stream up to which events were applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// The topic, any text.
    pub topic: String,
    /// Of each partition, from 0, the offset of the first event that was not applied, from 0.
    /// Partitions nothing was applied of may be left out.
    pub next: BTreeMap<i32, i64>,
}

impl Position {
    /// Checks partitions and offsets.
    pub(crate) fn check(&self) -> Result<(), LiveError> {
        match self.next.iter().find(|&(&partition, &offset)| partition < 0 || offset < 0) {
            Some((&partition, &offset)) => {
                Err(LiveError::Position { topic: self.topic.clone(), partition, offset })
            }
            None => Ok(()),
        }
    }
}
