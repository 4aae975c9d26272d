use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;
use lru::LruCache;

use crate::{
    films::{Deed, Entry, Placed, UserFilms},
    sizes::{allocation, table},
};

/// Parts the users are cut into, each with its own lock, so that a reader seldom meets the writer.
pub(crate) const SHARDS: usize = 64;
/// The number of the last event of an empty shard: later than any.
pub(crate) const NO_EVENT: u64 = u64::MAX;

/// Which shard a user is in. Unlike the hash within a shard it is the same in every run.
pub(crate) const fn shard_of(user_id: u64) -> usize {
    // Fibonacci hashing (Knuth, 1973): the highest bits depend on all of the id's.
    (user_id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SHARDS.ilog2())) as usize
}

/// An event on its way into a user's list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    /// The event's number.
    pub(crate) event: u64,
    pub(crate) user_id: u64,
    pub(crate) movie: u32,
    pub(crate) deed: Deed,
    pub(crate) time: i64,
}

/// One part of the users. Aligned so that two shards' locks are not in one cache line.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard(RwLock<Users>);

impl Shard {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Users> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Users> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Shard {
    fn default() -> Self {
        let users = LruCache::unbounded_with_hasher(RandomState::default());
        Self(RwLock::new(Users { users, list_bytes: 0, most: 0 }))
    }
}

/// The users of a shard, in order of their last event.
#[derive(Debug)]
pub(crate) struct Users {
    users: LruCache<u64, UserFilms, RandomState>,
    /// Memory of the users' lists.
    list_bytes: usize,
    /// Users there were at most.
    most: usize,
}

impl Users {
    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }

    /// The films of a user; reading is no event.
    pub(crate) fn films(&self, user_id: u64) -> Option<&[Entry]> {
        self.users.peek(&user_id).map(|user| &*user.films)
    }

    /// Number of the last event of the user longest without one.
    pub(crate) fn oldest_event(&self) -> u64 {
        self.users.peek_lru().map_or(NO_EVENT, |(_, user)| user.last_event)
    }

    pub(crate) fn touch(&mut self, touch: Touch, limit: usize) -> Placed {
        let user = self.users.get_or_insert_mut(touch.user_id, UserFilms::default);
        let before = list_bytes(&user.films);
        user.last_event = touch.event;
        let placed = user.touch(touch.movie, touch.deed, touch.time, limit);
        self.list_bytes = self.list_bytes - before + list_bytes(&user.films);
        self.most = self.most.max(self.users.len());
        placed
    }

    /// Puts in a user as the most recent.
    pub(crate) fn put(&mut self, user_id: u64, user: UserFilms) {
        self.list_bytes += list_bytes(&user.films);
        let before = self.users.put(user_id, user);
        self.list_bytes -= before.map_or(0, |user| list_bytes(&user.films));
        self.most = self.most.max(self.users.len());
    }

    /// Takes out the user longest without an event.
    pub(crate) fn pop_oldest(&mut self) -> Option<Vec<Entry>> {
        let (_, user) = self.users.pop_lru()?;
        self.list_bytes -= list_bytes(&user.films);
        Some(user.films)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &UserFilms)> {
        self.users.iter().map(|(&user_id, user)| (user_id, user))
    }

    /// Estimated memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        // A user with links to the neighbours; the table holds a pointer to it twice.
        const NODE: usize = allocation(size_of::<(u64, UserFilms, [usize; 2])>());
        self.users.len() * NODE + table(self.most, 2 * size_of::<usize>()) + self.list_bytes
    }
}

fn list_bytes(films: &Vec<Entry>) -> usize {
    allocation(films.capacity() * size_of::<Entry>())
}
