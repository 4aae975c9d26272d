use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::sizes::{allocation, table};

/// Longest movie id that is kept, in bytes; real ones are below 150. It bounds what a stream of
/// made-up ids can take.
pub const MAX_MOVIE_ID_BYTES: usize = 512;

/// The movie id at each row, for readers. A row that no film has is empty.
///
/// Whoever holds the lock of a shard may take this one, never the other way round; while a shard's
/// lock is held, the rows of its films stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Names(RwLock<Vec<Option<Arc<str>>>>);

impl Names {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Vec<Option<Arc<str>>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Option<Arc<str>>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows for movie ids, given to ids that films have and taken back with the last such film.
#[derive(Debug, Default)]
pub(crate) struct MovieRows {
    rows: HashMap<Arc<str>, u32, RandomState>,
    /// Films at each row.
    films: Vec<u32>,
    free: Vec<u32>,
    /// Memory of the ids' texts.
    text_bytes: usize,
    most_ids: usize,
}

impl MovieRows {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row of an id; none if it has none and there are `limit` ids.
    ///
    /// A new row is without films: [`hold`](Self::hold) must follow before a
    /// [`release`](Self::release) can.
    pub(crate) fn row(&mut self, id: &str, limit: usize, names: &Names) -> Option<u32> {
        if let Some(&row) = self.rows.get(id) {
            return Some(row);
        }
        if self.rows.len() >= limit {
            return None;
        }
        let id: Arc<str> = Arc::from(id);
        self.text_bytes += text_bytes(&id);
        let mut names = names.write();
        let row = match self.free.pop() {
            Some(row) => {
                names[row as usize] = Some(Arc::clone(&id));
                row
            }
            None => {
                let row = u32::try_from(self.films.len()).ok()?;
                names.push(Some(Arc::clone(&id)));
                self.films.push(0);
                row
            }
        };
        drop(names);
        self.rows.insert(id, row);
        self.most_ids = self.most_ids.max(self.rows.len());
        Some(row)
    }

    /// One more film has this row.
    pub(crate) fn hold(&mut self, row: u32) {
        self.films[row as usize] += 1;
    }

    /// One film less has this row, and no reader finds it any more.
    pub(crate) fn release(&mut self, row: u32, names: &Names) {
        let films = &mut self.films[row as usize];
        *films -= 1;
        if *films == 0 {
            let id = names.write()[row as usize].take();
            if let Some(id) = id {
                self.text_bytes -= text_bytes(&id);
                self.rows.remove(&id);
            }
            self.free.push(row);
        }
    }

    /// Estimated memory, with what readers see.
    pub(crate) fn memory_bytes(&self) -> usize {
        const NAME: usize = size_of::<Option<Arc<str>>>();
        self.text_bytes
            + table(self.most_ids, size_of::<(Arc<str>, u32)>())
            + allocation(self.films.capacity() * (size_of::<u32>() + NAME))
            + allocation(self.free.capacity() * size_of::<u32>())
    }
}

/// Memory of a shared text: two counters before the bytes.
fn text_bytes(id: &str) -> usize {
    allocation(2 * size_of::<usize>() + id.len())
}
