use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Ids below this are found in an array, the others in a table. Nearly all ids of a service lie
/// there, and the array is no longer than the highest of them.
const NEAR: u64 = 1 << 22;

/// Users in order of first appearance, and their events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    /// One more than the place of each id, 0 without one.
    near: Vec<u32>,
    far: HashMap<u64, u32, RandomState>,
    ids: Vec<u64>,
    events: Vec<u64>,
}

impl Users {
    /// Counts an event and tells the user's place.
    #[inline]
    pub(crate) fn add(&mut self, id: u64) -> u32 {
        let place = match self.near.get(usize::try_from(id).unwrap_or(usize::MAX)) {
            Some(&known) if known > 0 => known - 1,
            _ => self.place(id),
        };
        self.events[place as usize] += 1;
        place
    }

    #[cold]
    fn place(&mut self, id: u64) -> u32 {
        let next = u32::try_from(self.ids.len()).expect("fewer than 2^32 users");
        if id < NEAR {
            let index = id as usize;
            if self.near.len() <= index {
                self.near.resize((index + 1).next_power_of_two(), 0);
            }
            self.near[index] = next + 1;
        } else if let Some(&place) = self.far.get(&id) {
            return place;
        } else {
            self.far.insert(id, next);
        }
        self.ids.push(id);
        self.events.push(0);
        next
    }

    /// Events of a user, 0 of one who is not there.
    #[inline]
    pub(crate) fn events_of(&self, id: u64) -> u64 {
        let place = if id < NEAR {
            self.near.get(id as usize).copied().unwrap_or(0).checked_sub(1)
        } else {
            self.far.get(&id).copied()
        };
        place.map_or(0, |place| self.events[place as usize])
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Events by place.
    pub(crate) fn events(&self) -> &[u64] {
        &self.events
    }

    /// Ids and events by place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.ids.iter().copied().zip(self.events.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_ids_are_counted_alike() {
        let mut users = Users::default();
        for id in [7, u64::MAX >> 1, 7, NEAR, NEAR - 1, NEAR, 0] {
            users.add(id);
        }
        let counted: Vec<_> = users.iter().collect();
        assert_eq!(counted, [(7, 2), (u64::MAX >> 1, 1), (NEAR, 2), (NEAR - 1, 1), (0, 1)]);
        assert_eq!(
            (users.events_of(NEAR), users.events_of(8), users.events_of(1 << 40)),
            (2, 0, 0)
        );
        assert_eq!(users.len(), 5);
    }
}
