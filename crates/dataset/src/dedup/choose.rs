//! Which of the rows with equal keys stays.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Keys, Strategy, ranges::Entry};
use crate::Interactions;

/// Moves to the front what `choose` names of the runs of one user each; how much that is.
pub(super) fn keep_of_each_user(
    range: &mut [Entry],
    mut choose: impl FnMut(&[Entry], &mut Vec<u32>),
) -> usize {
    let (mut kept, mut from) = (0, 0);
    let mut places = Vec::new();
    while from < range.len() {
        let user = range[from].user;
        let run = range[from..].iter().take_while(|entry| entry.user == user).count();
        places.clear();
        choose(&range[from..from + run], &mut places);
        kept = move_forward(range, from, kept, &places);
        from += run;
    }
    kept
}

/// Moves the entries at ascending `places` behind `from` to `to` and what follows; the place after.
pub(super) fn move_forward(
    entries: &mut [Entry],
    from: usize,
    mut to: usize,
    places: &[u32],
) -> usize {
    for &place in places {
        entries[to] = entries[from + place as usize];
        to += 1;
    }
    to
}

/// Whether a row takes the place of another of its key.
fn replaces(strategy: Strategy, new: Entry, old: Entry) -> bool {
    match strategy {
        Strategy::LatestByTimestamp | Strategy::Aggregate => {
            (new.time, new.row) > (old.time, old.row)
        }
        Strategy::FirstSeen => new.row < old.row,
        Strategy::LastSeen => new.row > old.row,
    }
}

/// Chooses one row of each movie among the rows of a user, without a hash table.
#[derive(Default)]
pub(super) struct ByMovie {
    /// For each movie the run it was last met in, and its choice there.
    choices: Vec<(u32, u32)>,
    run: u32,
}

impl ByMovie {
    /// Makes room for so many movies.
    pub(super) fn reserve(&mut self, movies: usize) {
        self.choices.resize(movies, (0, 0));
    }

    pub(super) fn choose(&mut self, run: &[Entry], strategy: Strategy, kept: &mut Vec<u32>) {
        self.run += 1;
        for (place, &entry) in run.iter().enumerate() {
            let (met, choice) = &mut self.choices[entry.movie as usize];
            if *met != self.run || replaces(strategy, entry, run[*choice as usize]) {
                (*met, *choice) = (self.run, place as u32);
            }
        }
        let chosen = |&(place, entry): &(usize, &Entry)| {
            self.choices[entry.movie as usize].1 == place as u32
        };
        kept.extend(run.iter().enumerate().filter(chosen).map(|(place, _)| place as u32));
    }
}

/// Chooses one row of each key.
#[derive(Default)]
pub(super) struct ByKey {
    choices: HashMap<(u64, u32, u8, i64), Entry, RandomState>,
}

impl ByKey {
    pub(super) fn choose(
        &mut self,
        table: &Interactions,
        keys: Keys,
        run: &[Entry],
        strategy: Strategy,
        kept: &mut Vec<u32>,
    ) {
        self.choices.clear();
        for &entry in run {
            let choice = self.choices.entry(keys.of(table, entry.row as usize)).or_insert(entry);
            if replaces(strategy, entry, *choice) {
                *choice = entry;
            }
        }
        let chosen = |&(_, entry): &(usize, &Entry)| {
            self.choices[&keys.of(table, entry.row as usize)].row == entry.row
        };
        kept.extend(run.iter().enumerate().filter(chosen).map(|(place, _)| place as u32));
    }
}
