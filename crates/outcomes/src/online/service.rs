//! The service as the platform saw it: statuses, and lists that are a user's own.

use std::{collections::BTreeMap, hash::BuildHasher};

use std::collections::HashMap;

use foldhash::{fast::RandomState, quality::FixedState};

use crate::block::Answer;

/// Lists in one generation of [`ListMemory`].
const GENERATION: usize = 1 << 18;

#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Answers that hold a list.
    pub(crate) lists: u64,
    /// Those whose list was given to nobody else.
    pub(crate) personalised: u64,
    seen: ListMemory,
}

/// Who got which list, of at least the last [`GENERATION`] different ones and at most twice as
/// many.
#[derive(Debug, Default)]
struct ListMemory {
    young: HashMap<u64, Given, RandomState>,
    old: HashMap<u64, Given, RandomState>,
}

#[derive(Debug, Clone, Copy)]
struct Given {
    first_user: u64,
    times: u32,
    shared: bool,
}

impl Service {
    pub(crate) fn count(&mut self, user: u64, answer: &Answer) {
        *self.statuses.entry(answer.status).or_default() += 1;
        if answer.status != Answer::OK || answer.films.is_empty() {
            return;
        }
        self.lists += 1;
        let list = FixedState::with_seed(0).hash_one(&*answer.films);
        let given = self.seen.remember(list, user);
        if given.shared {
            return;
        }
        if given.first_user == user {
            given.times = given.times.saturating_add(1);
            self.personalised += 1;
        } else {
            given.shared = true;
            // What was the first user's own until now turns out to be shared.
            self.personalised -= u64::from(given.times);
        }
    }
}

impl ListMemory {
    fn remember(&mut self, list: u64, user: u64) -> &mut Given {
        if self.young.len() >= GENERATION && !self.young.contains_key(&list) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(list).or_insert_with(|| {
            old.remove(&list).unwrap_or(Given { first_user: user, times: 0, shared: false })
        })
    }
}
